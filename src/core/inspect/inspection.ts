/**
 * What is inside an engine, as TensorRT-RTX told it after deserializing: the shape of the facts that every surface
 * shows (page, command line, JSON). The layers are apart (layers.ts): they can be tens of megabytes of JSON, stay bytes
 * until a surface wants them, and are parsed there.
 */

/** DataType of NvInferRuntimeBase.h, in its order, by the names that people use. */
export const tensorTypes = [
  'float32',
  'float16',
  'int8',
  'int32',
  'bool',
  'uint8',
  'float8e4m3',
  'bfloat16',
  'int64',
  'int4',
  'float4e2m1',
  'float8e8m0',
] as const;
export type TensorType = (typeof tensorTypes)[number];

/** Of one value; int4 and float4e2m1 lie two to a byte. */
export const bitsOfType: Readonly<Record<TensorType, number>> = {
  float32: 32,
  float16: 16,
  int8: 8,
  int32: 32,
  bool: 8,
  uint8: 8,
  float8e4m3: 8,
  bfloat16: 16,
  int64: 64,
  int4: 4,
  float4e2m1: 4,
  float8e8m0: 8,
};

/** min, opt and max of one input in one optimization profile. */
export interface ProfileShape {
  min: number[];
  opt: number[];
  max: number[];
}

export interface TensorFacts {
  /** Exact, as the library gave it: the identity of the tensor. Surfaces make it printable (core/text/plainText). */
  name: string;
  mode: 'input' | 'output';
  /** "unknown (17)" for one that this version of ours does not know. */
  type: TensorType | `unknown (${number})`;
  /** -1: dynamic. */
  shape: number[];
  /** getTensorFormatDesc in the first profile: "Row major linear FP32 format (kLINEAR)". */
  format: string;
  /** One for each optimization profile, only where they differ: the builder chooses for each alone. */
  profileFormats?: { format: string; linear: boolean }[];
  /** Of an output that is written where an input is read (getAliasedInputTensor), such as a KV cache: that input's name. */
  aliasOf?: string;
  /** In the first profile. False: vectorized or another layout than row major linear; bytes of such a tensor are not in C order. */
  linear: boolean;
  location: 'device' | 'host';
  /** Its values are shapes (isShapeInferenceIO): they must be known before the shapes of outputs are. */
  shapeTensor: boolean;
  /** One for each optimization profile; null: no shape there (outputs, and what the library does not tell). */
  profiles: (ProfileShape | null)[];
  /** Shape tensors: min, opt, max of the values, for each profile. */
  profileValues: (ProfileShape | null)[];
}

/** How a tensor lies in memory in one optimization profile. */
export function formatIn(
  { format, linear, profileFormats }: Pick<TensorFacts, 'format' | 'linear' | 'profileFormats'>,
  profile: number,
): { format: string; linear: boolean } {
  return profileFormats?.[profile] ?? { format, linear };
}

/** One weight streaming budget, tried on the engine. Bytes. */
export interface BudgetFacts {
  asked: number;
  taken: number;
  /** getWeightStreamingScratchMemorySize at that budget. */
  scratch: number;
  /** getDeviceMemorySizeV2 at that budget: activations and scratch. */
  deviceMemory: number;
}

export interface InspectionFacts {
  /** ICudaEngine::getName, printable; often empty. */
  name: string;
  tensors: TensorFacts[];
  profileCount: number;
  /** getDeviceMemorySizeV2: activations (and scratch) at most, bytes. */
  deviceMemory: number;
  /** getDeviceMemorySizeForProfileV2, bytes. */
  deviceMemoryPerProfile: number[];
  auxStreams: number;
  /** null: this version's interface does not tell. */
  layerCount: number | null;
  profilingVerbosity: 'layer-names-only' | 'none' | 'detailed' | 'unknown';
  refittable: boolean;
  /** Its weights don't fit into the free GPU memory and were left in the file (setDeferredWeightsLoading, from 1.6). */
  weightsDeferred?: boolean;
  /** Bytes; 0: built without weight streaming. */
  streamable: number;
  /** Bytes; null: built without weight streaming. */
  defaultBudget: number | null;
  automaticBudget: number | null;
  budgets: BudgetFacts[];
  /** The GPU that it was loaded on, from the CUDA driver. */
  gpu: {
    name: string;
    computeCapability: string;
    /** Bytes. free: just before the engine was loaded. */
    total: number;
    free: number;
  };
  /** Bytes of GPU memory that loading took (free before less free after). */
  loadedMemory: number;
  /** Milliseconds of deserializing. */
  loadMs: number;
}

/** One thing to know about it, made once in core (inspectionNotes.ts), shown by every surface. */
export interface InspectionNote {
  id:
    | 'names-only'
    | 'no-layers'
    | 'scratch-eats-saving'
    | 'not-streaming'
    | 'weights-do-not-fit'
    | 'weights-deferred'
    | 'shared-memory'
    | 'hash-unknown';
  severity: 'information' | 'warning';
  sentence: string;
}

/** Everything that was learned about one engine by loading it. The layers' JSON travels beside it as bytes. */
export interface Inspection {
  schema: 1;
  /** As the user knows it; printable. */
  file: string;
  /** ms since 1970 */
  inspectedAt: number;
  runtime: { version: string; path: string };
  facts: InspectionFacts;
  notes: InspectionNote[];
  /** Lines of the library, printable. */
  libraryLines: { severity: number; text: string }[];
}
