import type { Toolchain } from './toolchain.mjs';

export const objectsFolder: string;
export const shimArguments: string[];
export function shimHeaders(): string[];
/** Returns the object files. */
export function compile(
  tools: Toolchain,
  name: string,
  sources: readonly string[],
  args: readonly string[],
  options?: { headers?: readonly string[] },
): Promise<string[]>;
