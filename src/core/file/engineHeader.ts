/**
 * The first 64 bytes of a TensorRT-RTX engine, as observed on files built with 1.4 to 1.7 (little endian):
 *
 *   0  'vtrt'                               24  u8 x 4  major, minor, patch, build
 *   4  u32 0                                28  'vtrt' again
 *   8  u32 2                                32  u32     targets, see computeCapability.ts
 *   16 u64 length of the whole file         40  i64     CUDA driver version at build
 *                                           48  i64     CUDA runtime version at build
 *                                           56  i64     bytes of weights that must fit on the GPU
 *
 * NVIDIA does not document these offsets. They explain a verdict and serve where no runtime is at hand; the runtime's
 * answer is the verdict. A new release with another layout is a change of this file.
 */
import { type ComputeCapability, targetSet } from '../gpu/computeCapability';
import { formatBytes, formatCudaVersion, formatExactBytes } from '../text/formats';
import { plainText } from '../text/plainText';

export type HeaderFieldId =
  | 'tag'
  | 'zero'
  | 'layout'
  | 'fileSize'
  | 'version'
  | 'tag2'
  | 'targets'
  | 'cudaDriver'
  | 'cudaRuntime'
  | 'weightBytes';

/** One field of the 64 bytes, for the header view. */
export interface HeaderField {
  id: HeaderFieldId;
  offset: number;
  length: number;
  /** "TensorRT-RTX that built it" */
  label: string;
  /** "1.7.1.116" */
  value: string;
  /** True where a reason points at this field. */
  flagged: boolean;
}

/** What TensorRT-RTX asks for (IRuntime::getEngineHeaderSize()) and all that is ever read of an engine for a check. */
export const headerSize = 64;

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

const rtxTag = 0x74727476; // 'vtrt'
const knownLayout = 2;

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** True when the file begins as TensorRT-RTX engines do. */
export function hasRtxTag(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && view(bytes).getUint32(0, true) === rtxTag;
}

/** Whether the first 64 bytes are a header at all, and of the layout that is known: u32 at 4 is 0, u32 at 8 is 2. */
function hasKnownLayout(bytes: Uint8Array): boolean {
  if (bytes.length < headerSize || !hasRtxTag(bytes)) return false;
  const data = view(bytes);
  return data.getUint32(4, true) === 0 && data.getUint32(8, true) === knownLayout;
}

/** The layout is known, but its numbers cannot be: what a transfer does that changes bytes, or damage. */
export function isDamagedHeader(bytes: Uint8Array): boolean {
  return hasKnownLayout(bytes) && readEngineHeader(bytes) === null;
}

/** 2^50 bytes, more than any engine will have. */
const mostBytes = 2 ** 50;

/** A signed number of 64 bits, exact where it is one that can be: a BigInt for each file would be felt among thousands. */
function i64(data: DataView, offset: number): number {
  return of64Bits(data.getInt32(offset + 4, true), data.getUint32(offset, true));
}

/** V8 keeps what it adds to a multiple of 2^32 as an object, 16 bytes for each number of each file, and a small number as none. */
export function of64Bits(high: number, low: number): number {
  return high === 0 ? low : high * 2 ** 32 + low;
}

/**
 * Bytes of the whole file, and of its weights, as the header whose first 32-bit word is this one says them: what engines of
 * one build differ in. From words, because a hundred thousand headers are looked at.
 */
export function lengthAndWeights(
  words: Int32Array,
  first: number,
): Pick<EngineHeader, 'fileSize' | 'weightBytes'> {
  return { fileSize: longAt(words, first + 4), weightBytes: longAt(words, first + 14) };
}

/** A signed number of 64 bits, exact where it is one that can be. */
function longAt(words: Int32Array, at: number): number {
  return of64Bits(words[at + 1] ?? 0, (words[at] ?? 0) >>> 0);
}

/** The same header with these. */
export function withLengthAndWeights(
  bytes: Uint8Array,
  { fileSize, weightBytes }: Pick<EngineHeader, 'fileSize' | 'weightBytes'>,
): Uint8Array {
  const copy = bytes.slice();
  const data = view(copy);
  data.setBigUint64(16, BigInt(fileSize), true);
  data.setBigUint64(56, BigInt(weightBytes), true);
  return copy;
}

/** Both can be true. */
export function canBeLengthAndWeights(fileSize: number, weightBytes: number): boolean {
  return (
    fileSize >= headerSize && fileSize <= mostBytes && weightBytes >= 0 && weightBytes <= mostBytes
  );
}

/** No release writes others, and showing them as facts would be worse than none. */
function isPlausible(bytes: Uint8Array): boolean {
  const data = view(bytes);
  const within = (offset: number, least: number, most: number) => {
    const value = i64(data, offset);
    return value >= least && value <= most;
  };
  const major = data.getUint8(24);
  return (
    data.getUint32(28, true) === rtxTag &&
    major >= 1 &&
    major < 100 &&
    data.getUint8(25) < 100 &&
    data.getUint8(26) < 100 &&
    canBeLengthAndWeights(i64(data, 16), i64(data, 56)) &&
    within(40, 0, 999_999) &&
    within(48, 0, 999_999)
  );
}

/** null: fewer than 64 bytes, not TensorRT-RTX, a layout that is not known, or numbers that cannot be. */
export function readEngineHeader(bytes: Uint8Array): EngineHeader | null {
  if (!hasKnownLayout(bytes) || !isPlausible(bytes)) {
    return null;
  }
  const data = view(bytes);
  const version = `${data.getUint8(24)}.${data.getUint8(25)}.${data.getUint8(26)}.${data.getUint8(27)}`;
  const targets = data.getUint32(32, true);
  const set = targetSet(version);
  return {
    version,
    computeCapabilities: set.targets
      .filter((t) => (targets & t.bit) !== 0)
      .map((t) => t.computeCapability),
    ptxForNewer: (targets & set.newerBit) !== 0,
    targets,
    fileSize: i64(data, 16),
    cudaDriver: i64(data, 40),
    cudaRuntime: i64(data, 48),
    weightBytes: i64(data, 56),
  };
}

/** "8.0 · 8.6 · newer by PTX"; bits of the mask that are not known are named, never dropped. */
export function targetsText(header: EngineHeader): string {
  const set = targetSet(header.version);
  const known = set.targets.reduce((mask, t) => mask | t.bit, set.newerBit);
  const unknown = (header.targets & ~known) >>> 0;
  const parts: string[] = [...header.computeCapabilities];
  if (header.ptxForNewer) {
    parts.push('newer by PTX');
  }
  if (unknown !== 0) {
    parts.push(`unknown bits 0x${unknown.toString(16)}`);
  }
  return parts.length > 0 ? parts.join(' · ') : 'none';
}

/**
 * The fields of the header for the header view, in the order of the bytes; fewer where the layout is not known, or where
 * its numbers do not hold.
 */
export function headerFields(
  bytes: Uint8Array,
  flagged: ReadonlySet<HeaderFieldId> = new Set(),
  holds = true,
): HeaderField[] {
  const fields: HeaderField[] = [];
  const add = (id: HeaderFieldId, offset: number, length: number, label: string, value: string) => {
    if (offset + length <= bytes.length) {
      fields.push({ id, offset, length, label, value, flagged: flagged.has(id) });
    }
  };
  const tag = (offset: number) => `"${plainText(bytes.subarray(offset, offset + 4), 20)}"`;
  if (bytes.length < 4) {
    return fields;
  }
  add('tag', 0, 4, 'Tag of TensorRT-RTX', tag(0));
  if (!hasRtxTag(bytes)) {
    return fields.map((field) => ({ ...field, label: 'First four bytes' }));
  }
  const data = view(bytes);
  if (bytes.length >= 12) {
    add('zero', 4, 4, 'Always 0', String(data.getUint32(4, true)));
    add('layout', 8, 4, 'Layout of the header', String(data.getUint32(8, true)));
  }
  const header = holds ? readEngineHeader(bytes) : null;
  if (!header) {
    return fields;
  }
  const cuda = (version: number, none: string) =>
    version === 0 ? `0 (${none})` : `${formatCudaVersion(version)} (${version})`;
  add('fileSize', 16, 8, 'Length of the whole file', formatExactBytes(header.fileSize));
  add('version', 24, 4, 'TensorRT-RTX that built it', header.version);
  add('tag2', 28, 4, 'Tag again', tag(28));
  add(
    'targets',
    32,
    4,
    'GPUs it was built for',
    `${targetsText(header)} (0x${header.targets.toString(16)})`,
  );
  add('cudaDriver', 40, 8, 'CUDA driver at build', cuda(header.cudaDriver, 'not recorded'));
  add('cudaRuntime', 48, 8, 'CUDA runtime at build', cuda(header.cudaRuntime, 'not recorded'));
  add(
    'weightBytes',
    56,
    8,
    'Weights that must fit on the GPU',
    header.weightBytes === 0
      ? '0 (built with weight streaming, or without weights)'
      : `${formatBytes(header.weightBytes)} (${formatExactBytes(header.weightBytes)})`,
  );
  return fields;
}

/** "76 74 72 74 …" of at most 64 bytes. */
export function headerHex(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, headerSize), (b) => b.toString(16).padStart(2, '0')).join(
    ' ',
  );
}
