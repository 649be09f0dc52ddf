/**
 * How an engine is to be built: the one shape of options that recipes, dialogs, tasks and the command line share, what
 * TensorRT-RTX knows of each, and which of them cannot work on a machine. Names are those of NvInfer.h.
 */
import {
  parseComputeCapability,
  targetSet,
  type ComputeCapability,
} from '../gpu/computeCapability';
import type { EngineHeader } from '../file/engineHeader';
import { joinWords, threeParts } from '../text/formats';
import { compareVersions } from '../report/runtimeReleases';

/** What a rebuild is for. */
const rebuildChoices = ['this-machine', 'weight-streaming', 'chosen-gpus', 'from-recipe'] as const;
export type RebuildChoice = (typeof rebuildChoices)[number];

export function isRebuildChoice(action: string | undefined): action is RebuildChoice {
  return (rebuildChoices as readonly (string | undefined)[]).includes(action);
}

/** One dynamic input's range in a profile. */
export interface ShapeRange {
  input: string;
  min: number[];
  opt: number[];
  max: number[];
}
/** An optimization profile: one range for each dynamic input. */
export type Profile = ShapeRange[];

export const profilingVerbosities = ['layer-names-only', 'none', 'detailed'] as const;
export type ProfilingVerbosity = (typeof profilingVerbosities)[number];

export interface EngineOptions {
  /** BuilderFlag names: "kWEIGHT_STREAMING". */
  flags: string[];
  /** Those that TensorRT-RTX sets by itself and that are switched off: "kTF32". */
  clearedFlags: string[];
  /** "8.6", … or "current" alone; none: the library's default set, which newer GPUs may run by PTX. */
  computeCapabilities: string[];
  profiles: Profile[];
  profilingVerbosity: ProfilingVerbosity;
  /** MemoryPoolType name → bytes. */
  memoryPoolLimits: Record<string, number>;
}

export function defaultEngineOptions(): EngineOptions {
  return {
    flags: [],
    clearedFlags: [],
    computeCapabilities: [],
    profiles: [],
    profilingVerbosity: 'layer-names-only',
    memoryPoolLimits: {},
  };
}

export const weightStreamingFlag = 'kWEIGHT_STREAMING';

export interface BuilderFlagFacts {
  /** One line for a pick list. */
  what: string;
  /** gpu: fails where no GPU is; lean-runtime: needs a library that TensorRT-RTX does not bring along. */
  needs: 'nothing' | 'gpu' | 'lean-runtime';
  /** Worth showing in a dialog; the others are accepted in recipes and on the command line. */
  offered: boolean;
  /** TensorRT-RTX sets it by itself; it takes clearedFlags to switch it off. */
  onByDefault?: true;
  /** The last minor version that has it; absent: all known ones do. */
  lastVersion?: string;
}

const plain = (what: string): BuilderFlagFacts => ({ what, needs: 'nothing', offered: false });
const until14 = (what: string): BuilderFlagFacts => ({ ...plain(what), lastVersion: '1.4' });
const offered = (what: string): BuilderFlagFacts => ({ what, needs: 'nothing', offered: true });

/** Of TensorRT-RTX 1.4 to 1.7. Their numbers differ between versions, so only names are stored. */
export const builderFlags: Readonly<Record<string, BuilderFlagFacts>> = {
  kWEIGHT_STREAMING: offered(
    'Weights may stay in main memory and stream to the GPU: for models larger than its memory',
  ),
  kTF32: {
    ...offered('Faster products of 32-bit floats, rounded to 10 bits of mantissa'),
    onByDefault: true,
  },
  kSPARSE_WEIGHTS: offered('Use faster functions where weights are sparse enough'),
  kSTRICT_NANS: offered('Keep NaN and infinity exact: no x-x = 0 and the like'),
  // Weights are replaced, or supplied to engines that have none, by an application: nothing here does.
  kREFIT: { what: 'Weights can be replaced later', needs: 'gpu', offered: false },
  kREFIT_IDENTICAL: {
    what: 'Weights can be supplied later, the same ones',
    needs: 'gpu',
    offered: false,
  },
  kREFIT_INDIVIDUAL: plain('Only weights that are marked can be replaced later'),
  kSTRIP_PLAN: {
    what: 'Leave weights out of the engine, to be supplied later',
    needs: 'gpu',
    offered: false,
  },
  kREQUIRE_USER_ALLOCATION: plain('The application allocates all memory of an execution context'),
  kDISTRIBUTIVE_INDEPENDENCE: plain('The same operations along every independent axis'),
  kVERSION_COMPATIBLE: {
    what: 'Engines that later versions can run',
    needs: 'lean-runtime',
    offered: false,
  },
  kEXCLUDE_LEAN_RUNTIME: plain('With kVERSION_COMPATIBLE: leave the lean runtime out'),
  kDEBUG: plain('Wait for the GPU after every layer'),
  kGPU_FALLBACK: plain('For DLA: run other layers on the GPU'),
  kDISABLE_TIMING_CACHE: plain('Do not share timings between equal layers'),
  kERROR_ON_TIMING_CACHE_MISS: plain('Fail where the timing cache has no answer'),
  kEDITABLE_TIMING_CACHE: plain('Make the timing cache editable'),
  kDISABLE_COMPILATION_CACHE: plain('Do not keep compiled code in the timing cache'),
  kMONITOR_MEMORY: plain('Log memory use while building'),
  kSAFETY_SCOPE: plain('For NVIDIA DRIVE only; ignored'),
  kDIRECT_IO: plain('Deprecated: no reformatting at inputs and outputs'),
  kFP16: until14('Allow 16-bit floats; later versions take types from the model'),
  kBF16: until14('Allow bfloat16; later versions take types from the model'),
  kFP8: until14('Allow 8-bit floats; later versions take types from the model'),
  kINT8: until14('Allow 8-bit integers; later versions take types from the model'),
  kINT4: until14('Allow 4-bit integers; later versions take types from the model'),
  kFP4: until14('Allow 4-bit floats; later versions take types from the model'),
  kOBEY_PRECISION_CONSTRAINTS: until14('Fail where the types asked for cannot be had'),
  kPREFER_PRECISION_CONSTRAINTS: until14('Warn where the types asked for cannot be had'),
  kREJECT_EMPTY_ALGORITHMS: until14('Fail where no algorithm was selected'),
  kWEIGHTLESS: until14('The former name of kSTRIP_PLAN'),
};

/** TensorRT-RTX refuses limits for the DLA pools: it has no DLA. */
export const memoryPools: Readonly<Record<string, string>> = {
  kWORKSPACE: 'Scratch memory of one layer',
  kTACTIC_DRAM: 'GPU memory while choosing how to compute a layer',
  kTACTIC_SHARED_MEMORY: 'Shared memory that a layer may use',
};

/** ComputeCapability numbers as the engine host wants them: "8.6" → 86, "current" → 1. */
export function computeCapabilityNumber(text: string): number | null {
  if (text === 'current') return 1;
  const parsed = parseComputeCapability(text);
  return parsed === null ? null : Number(parsed.replace('.', ''));
}

/** What the machine and the runtime at hand allow. */
export interface BuildSurroundings {
  /** "1.7.1.116"; null: not known yet. */
  runtimeVersion: string | null;
  /** null: not known; false: no GPU can be used here. */
  hasGpu: boolean | null;
}

export interface OptionProblem {
  /** Which option, for ranges in a recipe: ["flags", 0]. */
  path: (string | number)[];
  /** A whole sentence. */
  sentence: string;
  /** error: the build would fail; warning: it may. */
  severity: 'error' | 'warning';
  /** unknown: this version of TensorRT-RTX does not have it; model: no option helps, only another model does. */
  id: 'unknown-option' | 'needs-gpu' | 'impossible' | 'profile' | 'model';
}

/** Everything that can be known about options before the library is asked, profiles aside (rebuildProfiles.ts). */
export function checkOptions(
  options: EngineOptions,
  { runtimeVersion, hasGpu }: BuildSurroundings,
): OptionProblem[] {
  const problems: OptionProblem[] = [];
  const add = (
    path: OptionProblem['path'],
    id: OptionProblem['id'],
    sentence: string,
    severity: OptionProblem['severity'] = 'error',
  ): void => {
    problems.push({ path, id, sentence, severity });
  };
  const library = runtimeVersion === null ? 'TensorRT-RTX' : `TensorRT-RTX ${runtimeVersion}`;

  options.flags.forEach((flag, i) => {
    const facts = flagFacts(flag, runtimeVersion);
    if (facts === null) {
      add(['flags', i], 'unknown-option', `${library} has no builder flag "${flag}".`);
    } else if (facts.needs === 'gpu' && hasGpu === false) {
      add(
        ['flags', i],
        'needs-gpu',
        `${flag} needs a GPU while building, and none can be used here. Remove it, or build on a machine with one.`,
      );
    } else if (facts.needs === 'lean-runtime') {
      add(
        ['flags', i],
        'impossible',
        `${flag} needs NVIDIA's lean runtime (libnvinfer_lean), which TensorRT-RTX does not bring along.`,
        'warning',
      );
    }
  });
  options.clearedFlags.forEach((flag, i) => {
    const path = ['clearedFlags', i];
    const facts = flagFacts(flag, runtimeVersion);
    if (facts === null) {
      add(path, 'unknown-option', `${library} has no builder flag "${flag}".`);
    } else if (options.flags.includes(flag)) {
      add(path, 'impossible', `${flag} is both set and switched off. Remove one of them.`);
    } else if (facts.onByDefault !== true) {
      add(
        path,
        'impossible',
        `${flag} is off by default: switching it off changes nothing.`,
        'warning',
      );
    }
  });
  if (
    options.flags.includes('kEXCLUDE_LEAN_RUNTIME') &&
    !options.flags.includes('kVERSION_COMPATIBLE')
  ) {
    add(
      ['flags', options.flags.indexOf('kEXCLUDE_LEAN_RUNTIME')],
      'impossible',
      'kEXCLUDE_LEAN_RUNTIME means nothing without kVERSION_COMPATIBLE.',
    );
  }
  const refits = options.flags.filter((flag) => flag === 'kREFIT' || flag === 'kREFIT_IDENTICAL');
  if (refits.length > 0 && options.flags.includes('kREFIT_INDIVIDUAL')) {
    add(
      ['flags', options.flags.indexOf('kREFIT_INDIVIDUAL')],
      'impossible',
      `kREFIT_INDIVIDUAL cannot be used together with ${joinWords(refits)}.`,
    );
  }

  const known = runtimeVersion === null ? null : targetSet(runtimeVersion).targets;
  options.computeCapabilities.forEach((cc, i) => {
    const path = ['computeCapabilities', i];
    if (computeCapabilityNumber(cc) === null) {
      add(path, 'unknown-option', `"${cc}" is not a compute capability: write "8.9" or "current".`);
    } else if (cc === 'current') {
      if (options.computeCapabilities.length > 1) {
        add(path, 'impossible', '"current" must be the only compute capability.');
      }
      if (hasGpu === false) {
        add(
          path,
          'needs-gpu',
          '"current" means the GPU of this machine, and none can be used here. Name compute capabilities instead.',
        );
      }
    } else if (known?.every((target) => target.computeCapability !== cc) === true) {
      const list = joinWords(known.map((target) => target.computeCapability));
      add(path, 'unknown-option', `${library} cannot build for ${cc}: it knows ${list}.`);
    }
  });
  if (new Set(options.computeCapabilities).size < options.computeCapabilities.length) {
    add(['computeCapabilities'], 'impossible', 'A compute capability is listed twice.', 'warning');
  }

  for (const pool of Object.keys(options.memoryPoolLimits)) {
    if (!Object.hasOwn(memoryPools, pool)) {
      const list = joinWords(Object.keys(memoryPools));
      add(
        ['memoryPoolLimits', pool],
        'unknown-option',
        `${library} has no memory pool "${pool}": it has ${list}.`,
      );
    }
  }
  return problems;
}

/** Whether the builder has it on, by itself or because it is asked for. */
export function isFlagOn({ flags, clearedFlags }: EngineOptions, flag: string): boolean {
  if (flags.includes(flag)) return true;
  return builderFlags[flag]?.onByDefault === true && !clearedFlags.includes(flag);
}

export function withFlag(options: EngineOptions, flag: string, on: boolean): EngineOptions {
  if (isFlagOn(options, flag) === on) return options;
  const flags = options.flags.filter((other) => other !== flag);
  const clearedFlags = options.clearedFlags.filter((other) => other !== flag);
  const byDefault = builderFlags[flag]?.onByDefault === true;
  return {
    ...options,
    flags: on && !byDefault ? [...flags, flag] : flags,
    clearedFlags: !on && byDefault ? [...clearedFlags, flag] : clearedFlags,
  };
}

/** null: this version does not have it. */
export function flagFacts(flag: string, runtimeVersion: string | null): BuilderFlagFacts | null {
  const facts = Object.hasOwn(builderFlags, flag) ? builderFlags[flag] : undefined;
  if (facts === undefined) return null;
  if (facts.lastVersion === undefined || runtimeVersion === null) return facts;
  return compareVersions(threeParts(runtimeVersion), `${facts.lastVersion}.999`) <= 0
    ? facts
    : null;
}

/**
 * What an engine was built for, as options: the default set where newer GPUs may run it (only the default set brings
 * PTX), else its list.
 */
export function computeCapabilitiesOf(header: EngineHeader): string[] {
  return header.ptxForNewer ? [] : [...header.computeCapabilities];
}

/**
 * Targets for "this machine": those the engine had, as long as they serve this machine's GPU; else the default set, or
 * for a GPU that it leaves out (7.5) that GPU beside the old targets.
 */
export function computeCapabilitiesFor(
  gpu: ComputeCapability | null,
  before: readonly string[],
  runtimeVersion: string,
): string[] {
  const { targets } = targetSet(runtimeVersion);
  const known = (cc: string): boolean => targets.some((target) => target.computeCapability === cc);
  const kept = before.filter(known);
  if (gpu === null || kept.includes(gpu)) return kept;
  const inDefault = gpu !== '7.5';
  if (inDefault) return [];
  return sorted([...kept, gpu]);
}

function sorted(list: string[]): string[] {
  return list.sort((a, b) => (computeCapabilityNumber(a) ?? 0) - (computeCapabilityNumber(b) ?? 0));
}
