/** Compute capabilities: order, the GPUs they stand for, and which of them TensorRT-RTX runs on. */
import { joinWords } from '../text/formats';

/** "8.9": major and minor as NVIDIA writes them. */
export type ComputeCapability = `${number}.${number}`;

/** "8.9" → "8.9"; null for anything else. */
export function parseComputeCapability(text: string): ComputeCapability | null {
  const match = /^(\d{1,3})\.(\d{1,2})$/.exec(text);
  return match ? `${Number(match[1])}.${Number(match[2])}` : null;
}

export function compareComputeCapabilities(a: ComputeCapability, b: ComputeCapability): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}

/** One compute capability that engines can be built for, and its bit in the header's mask. */
export interface Target {
  computeCapability: ComputeCapability;
  bit: number;
}

/** What a release can build for and admits, ascending; GPUs newer than the last run by PTX through newerBit. */
export interface TargetSet {
  targets: readonly Target[];
  newerBit: number;
}

const upTo120: readonly Target[] = [
  { computeCapability: '7.5', bit: 0x01 },
  { computeCapability: '8.0', bit: 0x02 },
  { computeCapability: '8.6', bit: 0x04 },
  { computeCapability: '8.9', bit: 0x08 },
  { computeCapability: '12.0', bit: 0x10 },
];
const targets14: TargetSet = { targets: upTo120, newerBit: 0x20 };
const targets15: TargetSet = {
  targets: [...upTo120, { computeCapability: '12.1', bit: 0x20 }],
  newerBit: 0x40,
};

/** By the TensorRT-RTX version ("1.7.1"): bit 5 changed its meaning with 1.5. Unknown newer releases are read as 1.5. */
export function targetSet(version: string): TargetSet {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 1 || (major === 1 && minor <= 4) ? targets14 : targets15;
}

/**
 * native: built for by name; ptx: newer than the list, runs by PTX only; never: not admitted whatever the engine, such as
 * 9.0, so no rebuild helps.
 */
export type Support = 'native' | 'ptx' | 'never';

export function supportOf(computeCapability: ComputeCapability, version: string): Support {
  const { targets } = targetSet(version);
  if (targets.some((t) => t.computeCapability === computeCapability)) {
    return 'native';
  }
  const newest = targets[targets.length - 1];
  return newest && compareComputeCapabilities(computeCapability, newest.computeCapability) > 0
    ? 'ptx'
    : 'never';
}

interface Family {
  /** "RTX 40 series" */
  gpus: string;
  architecture: string;
}

const families: Readonly<Partial<Record<ComputeCapability, Family>>> = {
  '5.0': { gpus: 'GTX 750 and 900M', architecture: 'Maxwell' },
  '5.2': { gpus: 'GTX 900 series', architecture: 'Maxwell' },
  '6.0': { gpus: 'P100', architecture: 'Pascal' },
  '6.1': { gpus: 'GTX 10 series', architecture: 'Pascal' },
  '7.0': { gpus: 'V100', architecture: 'Volta' },
  '7.2': { gpus: 'Jetson Xavier', architecture: 'Volta' },
  '7.5': { gpus: 'GTX 16 and RTX 20 series', architecture: 'Turing' },
  '8.0': { gpus: 'A100 class', architecture: 'Ampere' },
  '8.6': { gpus: 'RTX 30 series', architecture: 'Ampere' },
  '8.7': { gpus: 'Jetson Orin', architecture: 'Ampere' },
  '8.9': { gpus: 'RTX 40 series', architecture: 'Ada' },
  '9.0': { gpus: 'H100 and H200', architecture: 'Hopper' },
  '10.0': { gpus: 'B200', architecture: 'Blackwell' },
  '10.3': { gpus: 'B300', architecture: 'Blackwell' },
  '11.0': { gpus: 'Jetson Thor', architecture: 'Blackwell' },
  '12.0': { gpus: 'RTX 50 series', architecture: 'Blackwell' },
  '12.1': { gpus: 'GB10, DGX Spark', architecture: 'Blackwell' },
};

/** "RTX 40 series (Ada)"; "compute capability 13.0" where no name is known. */
export function familyLabel(computeCapability: ComputeCapability): string {
  const family = families[computeCapability];
  return family
    ? `${family.gpus} (${family.architecture})`
    : `compute capability ${computeCapability}`;
}

/** "Ada"; empty where it is not known. */
export function architectureOf(computeCapability: ComputeCapability): string {
  return families[computeCapability]?.architecture ?? '';
}

/** "RTX 30, 40 and 50 series, A100 class and GB10; newer ones by PTX". */
export function runsOnSentence(
  computeCapabilities: readonly ComputeCapability[],
  ptxForNewer: boolean,
): string {
  const has = (cc: ComputeCapability) => computeCapabilities.includes(cc);
  const series = [has('8.6') && '30', has('8.9') && '40', has('12.0') && '50'].filter(
    (s): s is string => typeof s === 'string',
  );
  const rtxSeries = has('7.5') ? ['20', ...series] : series;
  const words = [
    ...(has('7.5') ? ['GTX 16'] : []),
    ...(rtxSeries.length > 0 ? [`RTX ${joinWords(rtxSeries)} series`] : []),
    ...(has('8.0') ? ['A100 class'] : []),
    ...(has('12.1') ? ['GB10 (DGX Spark)'] : []),
  ];
  // The first word may hold an "and" of its own: "RTX 30, 40 and 50 series, A100 class and GB10".
  const listed =
    words.length > 2 ? `${words[0] ?? ''}, ${joinWords(words.slice(1))}` : words.join(' and ');
  if (listed === '') {
    return ptxForNewer ? 'only GPUs newer than the known ones, by PTX' : 'no GPU that is known';
  }
  return ptxForNewer ? `${listed}; newer ones by PTX` : listed;
}
