/**
 * What IRuntime::getEngineValidity answers, as a rule. It explains answers and serves machines that are not at hand; it
 * agrees with every recorded answer of the real library (test/fixtures/recordedVerdicts.json). Where a runtime can be
 * asked, its answer is the verdict.
 *
 * The rule:
 *  1. Fewer than 64 bytes or another tag than 'vtrt': kINVALID, kMALFORMED_ENGINE, whatever the GPU.
 *  2. Otherwise bits add up: major, minor or patch differ; the mask does not admit the GPU; CUDA driver or CUDA runtime
 *     at build newer than here; more bytes of weights than the GPU has in total.
 *  3. No bit: kVALID, or kSUBOPTIMAL when only the "newer" bit admits the GPU.
 * The build number, the length in the header, the second tag and the layout number are not looked at.
 */
import { type ComputeCapability, supportOf, targetSet } from '../gpu/computeCapability';
import { hasRtxTag, headerSize } from '../file/engineHeader';
import { formatCudaVersion, threeParts } from '../text/formats';
import { diagnosticBit, engineValidity } from './validity';

/** A machine that an engine is to run on. */
export interface MachineProfile {
  computeCapability: ComputeCapability;
  /** Bytes, as cuDeviceTotalMem counts. */
  totalGpuMemory: number;
  /** CUDA version that the driver supports: 13000 = 13.0. */
  driverVersion: number;
  /** "1.7.1" or "1.7.1.116" */
  tensorrtRtx: string;
  /** CUDA runtime inside the TensorRT-RTX library: 13040 = 13.4. */
  cudaRuntimeVersion: number;
}

export interface PredictedVerdict {
  validity: number;
  diagnostics: number;
}

/** bytes: the first bytes of the file, 64 where it has them. */
export function predictVerdict(bytes: Uint8Array, machine: MachineProfile): PredictedVerdict {
  if (bytes.length < headerSize || !hasRtxTag(bytes)) {
    return { validity: engineValidity.kINVALID, diagnostics: diagnosticBit.kMALFORMED_ENGINE };
  }
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let diagnostics = 0;
  if (Array.from(bytes.subarray(24, 27)).join('.') !== threeParts(machine.tensorrtRtx)) {
    diagnostics += diagnosticBit.kVERSION_MISMATCH;
  }
  const admitted = admits(data.getUint32(32, true), machine);
  if (admitted === 'no') {
    diagnostics += diagnosticBit.kUNSUPPORTED_CC;
  }
  if (data.getBigInt64(40, true) > machine.driverVersion) {
    diagnostics += diagnosticBit.kOLD_CUDA_DRIVER;
  }
  if (data.getBigInt64(48, true) > machine.cudaRuntimeVersion) {
    diagnostics += diagnosticBit.kOLD_CUDA_RUNTIME;
  }
  if (data.getBigInt64(56, true) > machine.totalGpuMemory) {
    diagnostics += diagnosticBit.kINSUFFICIENT_GPU_MEMORY;
  }
  if (diagnostics !== 0) {
    return { validity: engineValidity.kINVALID, diagnostics };
  }
  return {
    validity: admitted === 'ptx' ? engineValidity.kSUBOPTIMAL : engineValidity.kVALID,
    diagnostics,
  };
}

/**
 * CUDA's own rule, which no header shows: a driver for an older CUDA major than the runtime inside the library does not
 * start it. A version that is not known (the largest number) stops nothing.
 */
export function driverStartsLibrary({
  driverVersion,
  cudaRuntimeVersion,
}: Pick<MachineProfile, 'driverVersion' | 'cudaRuntimeVersion'>): boolean {
  if (cudaRuntimeVersion === Number.MAX_SAFE_INTEGER) return true;
  return Math.floor(driverVersion / 1000) >= Math.floor(cudaRuntimeVersion / 1000);
}

/** "TensorRT-RTX 1.7.1 has CUDA runtime 13.4 inside, which needs a driver for CUDA 13.0 or newer; there it is for 12.8." */
export function libraryDoesNotStart(
  machine: Pick<MachineProfile, 'driverVersion' | 'cudaRuntimeVersion' | 'tensorrtRtx'>,
): string {
  const major = Math.floor(machine.cudaRuntimeVersion / 1000) * 1000;
  return (
    `TensorRT-RTX ${machine.tensorrtRtx} has CUDA runtime ${formatCudaVersion(machine.cudaRuntimeVersion)} inside, which needs ` +
    `a driver for CUDA ${formatCudaVersion(major)} or newer; there it is for ${formatCudaVersion(machine.driverVersion)}.`
  );
}

/** The mask is read as the runtime reads it, not as the release that wrote it meant it. */
function admits(mask: number, machine: MachineProfile): 'yes' | 'ptx' | 'no' {
  const set = targetSet(machine.tensorrtRtx);
  switch (supportOf(machine.computeCapability, machine.tensorrtRtx)) {
    case 'native': {
      const target = set.targets.find((t) => t.computeCapability === machine.computeCapability);
      return target && (mask & target.bit) !== 0 ? 'yes' : 'no';
    }
    case 'ptx':
      return (mask & set.newerBit) !== 0 ? 'ptx' : 'no';
    case 'never':
      return 'no';
  }
}
