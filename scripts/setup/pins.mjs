/**
 * What set-up fetches of TensorRT-RTX, and the SHA-256 sums it must have: from tensorrt-rtx.json, the one list of
 * releases, which CMake, src/core/report/runtimeReleases.ts and src/host/runtimes/installRuntime.ts read as well. Of each
 * release, oldest first:
 *
 *   version             as published on PyPI, tensorrt-rtx-cu13-libs
 *   cudaRuntimeVersion  of the CUDA runtime inside the library: 13040 = 13.4
 *   headers             digest (`digestOfFolder`) of NVIDIA's headers of that minor version in `headersCrate`
 *   downloadBytes       size of the wheel
 *   wheels              SHA-256 of the wheels by platform
 *   files               SHA-256 of what the Linux wheel has in tensorrt_rtx_libs
 */
import * as fs from 'node:fs';

import { inRoot } from './system.mjs';

const list = JSON.parse(fs.readFileSync(inRoot('tensorrt-rtx.json'), 'utf8'));

/** The crate that carries NVIDIA's public headers. */
export const headersCrate = list.headersCrate;

/** TensorRT-RTX releases by four-part version, oldest first. */
export const runtimes = Object.fromEntries(
  list.releases.map((release) => [release.version, release]),
);

/** The versions that the demo, the bench and the command line of the repository use: the newest, and the one before. */
export const [otherRuntime, currentRuntime] = Object.keys(runtimes).slice(-2);

/** The pinned digest of the headers by minor version: a list of pairs, because 1.10 is no key that keeps its place. */
export const headers = list.releases.map(({ version, headers: digest }) => [
  version.split('.').slice(0, 2).join('.'),
  digest,
]);

/** What pip is asked for: it refuses a wheel with another sum. */
export function requirementOf(version) {
  const sums = Object.values(runtimes[version].wheels).map((sum) => `--hash=sha256:${sum}`);
  return `tensorrt-rtx-cu13-libs==${version} ${sums.join(' ')}\n`;
}
