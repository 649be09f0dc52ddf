import type { Toolchain } from '../windows/toolchain.mjs';

export function windowsToolchain(): Toolchain;
