/** The TensorRT-RTX releases that are known: those of tensorrt-rtx.json, the one list of them. */
import { releases } from '../../../tensorrt-rtx.json';
import { threeParts } from '../text/formats';

export interface RuntimeRelease {
  /** As published on PyPI (tensorrt-rtx-cu13-libs). */
  version: string;
  /** CUDA runtime inside the cu13 library: 13040 = 13.4. */
  cudaRuntimeVersion: number;
}

/** Ascending. */
export const runtimeReleases: readonly RuntimeRelease[] = releases;

export const newestRelease: RuntimeRelease = runtimeReleases.reduce((a, b) =>
  compareVersions(a.version, b.version) > 0 ? a : b,
);

/** The published release that loads engines of this version: major, minor and patch equal. */
export function releaseFor(engineVersion: string): RuntimeRelease | null {
  return runtimeReleases.find((r) => sameVersion(r.version, engineVersion)) ?? null;
}

/** As TensorRT-RTX compares: the build number does not count. */
export function sameVersion(a: string, b: string): boolean {
  return threeParts(a) === threeParts(b);
}

/** Order of "1.6.1.120" and "1.7.1.116". */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}
