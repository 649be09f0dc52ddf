import type { ComputeCapability } from './computeCapability';

/** The observed layout of the first 64 bytes (not documented by NVIDIA). */
export interface EngineHeader {
  /** "1.7.1.116", of the TensorRT-RTX that built the engine. */
  version: string;
  /** In ascending order, without the PTX bit. */
  computeCapabilities: ComputeCapability[];
  /** True when GPUs newer than the listed ones may run it through PTX. */
  ptxForNewer: boolean;
  /** The raw mask at offset 32. */
  targets: number;
  /** Length of the whole file as the header says it; bytes. */
  fileSize: number;
  /** CUDA driver at build: 13000 = 13.0; 0: built without one. */
  cudaDriver: number;
  /** CUDA runtime at build: 13020 = 13.2; 0: not recorded. */
  cudaRuntime: number;
  /** Bytes of weights that must fit on the GPU; 0 when built with weight streaming. */
  weightBytes: number;
}
