/** EngineValidity and EngineInvalidityDiagnostics, named as in NVIDIA's NvInferRuntime.h (1.4 to 1.7). */
import type { ReasonId } from './reasonTable';

export const engineValidity = { kVALID: 0, kSUBOPTIMAL: 1, kINVALID: 2 } as const;

export const diagnosticBit = {
  kVERSION_MISMATCH: 1,
  kUNSUPPORTED_CC: 2,
  kOLD_CUDA_DRIVER: 4,
  kOLD_CUDA_RUNTIME: 8,
  kINSUFFICIENT_GPU_MEMORY: 16,
  kMALFORMED_ENGINE: 32,
  kCUDA_ERROR: 64,
} as const;
export type DiagnosticName = keyof typeof diagnosticBit;

interface Diagnostic {
  bit: number;
  name: DiagnosticName;
  reason: ReasonId;
}

/** In the order of the bits. */
export const diagnostics = [
  { bit: 1, name: 'kVERSION_MISMATCH', reason: 'version-mismatch' },
  { bit: 2, name: 'kUNSUPPORTED_CC', reason: 'unsupported-compute-capability' },
  { bit: 4, name: 'kOLD_CUDA_DRIVER', reason: 'old-cuda-driver' },
  { bit: 8, name: 'kOLD_CUDA_RUNTIME', reason: 'old-cuda-runtime' },
  { bit: 16, name: 'kINSUFFICIENT_GPU_MEMORY', reason: 'insufficient-gpu-memory' },
  { bit: 32, name: 'kMALFORMED_ENGINE', reason: 'malformed-engine' },
  { bit: 64, name: 'kCUDA_ERROR', reason: 'cuda-error' },
] as const satisfies readonly Diagnostic[];

export type DiagnosticReasonId = (typeof diagnostics)[number]['reason'];

const validityNames: readonly string[] = ['kVALID', 'kSUBOPTIMAL', 'kINVALID'];

/** "kINVALID"; "EngineValidity 3" for a value of a future release. */
export function validityName(validity: number): string {
  return validityNames[validity] ?? `EngineValidity ${validity}`;
}

/** True where the bit is set; diagnostics is a uint64 in NVIDIA's header, so no 32-bit arithmetic. */
export function hasBit(bits: number, bit: number): boolean {
  return Math.floor(bits / bit) % 2 === 1;
}

/** The bits that no release up to 1.7 defines, each as a power of two. */
export function unknownBits(bits: number): number[] {
  const unknown: number[] = [];
  for (let exponent = diagnostics.length; exponent < 64; exponent++) {
    if (hasBit(bits, 2 ** exponent)) {
      unknown.push(2 ** exponent);
    }
  }
  return unknown;
}

/** ["kVERSION_MISMATCH", "bit 7"]. */
export function diagnosticNames(bits: number): string[] {
  const known = diagnostics.filter((d) => hasBit(bits, d.bit)).map((d) => d.name as string);
  return [...known, ...unknownBits(bits).map((bit) => `bit ${Math.log2(bit)}`)];
}
