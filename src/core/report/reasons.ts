/**
 * Why an engine stands as it does: one finding per fact of the file, per set diagnostic bit and per other answer of the
 * runtime. Wording and severity of every reason are here.
 */
import {
  type ComputeCapability,
  familyLabel,
  parseComputeCapability,
  runsOnSentence,
  supportOf,
  type Support,
} from '../gpu/computeCapability';
import { headerSize, type EngineHeader } from '../file/engineHeader';
import { mayBeTextMode } from '../file/transferDamage';
import type { TrialFacts } from '../trial/recipeEvidence';
import { codeFacts, familiesText, whyNoCode, type CodeAnswer, type CodeFacts } from './codeFacts';
import type {
  Evidence,
  FileFacts,
  HeaderFieldId,
  MachineFacts,
  Reason,
  ReasonId,
  RecordedHash,
  RuntimeAnswer,
  RuntimeFacts,
} from './engineReport';
import {
  formatBytesPair,
  formatCount,
  formatCudaVersion,
  formatExactBytes,
  threeParts,
  withFullStop,
} from '../text/formats';
import { plainText } from '../text/plainText';
import type { EngineOptions } from '../rebuild/rebuildOptions';
import { reasonIds, reasonTable } from './reasonTable';
import { runtimeReleases, sameVersion } from './runtimeReleases';
import { predictVerdict } from './verdictRule';
import {
  diagnosticBit,
  diagnosticNames,
  diagnostics,
  type DiagnosticReasonId,
  engineValidity,
  hasBit,
  unknownBits,
  validityName,
} from './validity';

/** The part of a recipe (core/rebuild/recipe.ts) that a report speaks of. */
export interface RecipeFacts {
  /** "model.engine.json" */
  file: string;
  /** As the recipe writes it: "../models/model.onnx". */
  model: string;
  options: Pick<EngineOptions, 'flags' | 'computeCapabilities'>;
  /** What NVIDIA's compiler answered for single GPU families; null or absent: it was not asked. */
  trial?: TrialFacts | null;
}

/** Why a runtime that should have answered did not. */
export interface RuntimeProblem {
  sentence: string;
  nextStep: string;
  /** false: installing or choosing another TensorRT-RTX would change nothing. */
  installable?: false;
}

export interface ReportInput {
  facts: FileFacts;
  /** What the runtime said about this file's header; null: not asked. */
  answer: RuntimeAnswer | null;
  /** The runtime in use; null: none. */
  runtime: RuntimeFacts | null;
  runtimeProblem?: RuntimeProblem | null;
  /** null: not known (not asked yet). */
  machine: MachineFacts | null;
  /** Runtimes found on this machine, in any order, the one in use may be among them. */
  knownRuntimes: { version: string; path: string }[];
  /** SHA-256 of the file beside the recorded one; only where the file was hashed. */
  recordedHash?: RecordedHash | null;
  /** What the recipe beside the engine says; null: there is none that can be read. */
  recipe?: RecipeFacts | null;
  /** What is known of the GPUs that it holds code for, beyond its header; absent: nobody looked. */
  code?: readonly CodeAnswer[];
  /** Another machine is spoken of, "the machine of rtx4060.json"; absent: the one at hand. */
  elsewhere?: string;
  /** ms since 1970. */
  now: number;
}

/** A reason, and how it continues a sentence about the engine: "was built by …". Null where it stands alone. */
export interface Finding {
  reason: Reason;
  predicate: string | null;
}

/** Why the runtime could not read a GPU. */
export type GpuTrouble = 'no-driver' | 'driver-too-old' | 'no-gpu' | 'other';

/** What several surfaces of the report need to know about the GPU. */
export interface GpuView {
  computeCapability: ComputeCapability | null;
  /** "NVIDIA GeForce RTX 4060 (8.9)", "the GPU here" where nothing is known. */
  label: string;
  support: Support | 'unknown';
}

/** True when TensorRT-RTX was asked but could not tell: kINVALID without a reason. Never a reason to rebuild. */
export function couldNotTell(answer: RuntimeAnswer | null): boolean {
  return answer?.validity === engineValidity.kINVALID && answer.diagnostics === 0;
}

/** "RTX 30, 40 and 50 series, newer ones by PTX": within a sentence. */
export function builtFor(header: EngineHeader, code: CodeFacts | null): string {
  return runsOnSentence(servedFamilies(header, code), header.ptxForNewer).replace('; ', ', ');
}

/** Those of the header that it holds code for, as far as is known. */
export function servedFamilies(
  { computeCapabilities }: EngineHeader,
  code: CodeFacts | null,
): ComputeCapability[] {
  return computeCapabilities.filter((family) => !code?.without.includes(family));
}

export function codeOf({ facts, code }: ReportInput): CodeFacts | null {
  return codeFacts(facts.header, code ?? []);
}

/** The GPU at hand is one that the header lists and that the engine holds no code for. */
export function noCodeHere(input: ReportInput): boolean {
  const { computeCapability } = gpuView(input);
  return computeCapability !== null && codeOf(input)?.without.includes(computeCapability) === true;
}

/** The release whose list of GPUs counts: the runtime's, else the newest known. */
function countingVersion(runtime: RuntimeFacts | null): string {
  return runtime?.version ?? runtimeReleases[runtimeReleases.length - 1]?.version ?? '';
}

export function gpuView({ answer, machine, runtime }: ReportInput): GpuView {
  const gpu = machine?.gpu ?? null;
  // The library names the GPU in its line, also where nothing else could read it.
  const lines = answer?.lines.map((line) => line.text).join('\n') ?? '';
  const named = /(?:has|current) compute capability (\d+\.\d+)/.exec(lines)?.[1] ?? null;
  const computeCapability =
    gpu?.computeCapability ?? (named === null ? null : parseComputeCapability(named));
  const refused = /does not support this compute capability/.test(lines);
  return {
    computeCapability,
    label: gpu
      ? `${plainText(gpu.name, 120)} (${gpu.computeCapability})`
      : computeCapability
        ? `the GPU here (${computeCapability})`
        : 'the GPU here',
    support: refused
      ? 'never'
      : computeCapability === null
        ? 'unknown'
        : supportOf(computeCapability, countingVersion(runtime)),
  };
}

export function findReasons(input: ReportInput): Finding[] {
  // Whatever was answered, it was about numbers that nobody wrote.
  if (input.facts.damage?.headerHolds === false) {
    return [...fileFindings(input), ...hashFindings(input.recordedHash ?? null)];
  }
  const ofFile = fileFindings(input);
  // A file that is unusable by itself is not mended by a driver.
  const unusable = ofFile.some(({ reason }) => reasonTable[reason.id].proves === 'unusable');
  const answered = answerFindings(input).filter(
    ({ reason }) => !(unusable && reason.id === 'gpu-not-readable'),
  );
  return [
    ...ofFile,
    ...answered,
    ...machineFindings(input),
    ...headerFindings(input),
    ...codeFindings(input),
    ...runtimeFindings(input),
    ...ruleFindings(input),
    ...hashFindings(input.recordedHash ?? null),
  ];
}

type Loud = Reason['severity'];

function finding(
  id: ReasonId,
  evidence: Evidence,
  text: { predicate: string } | { sentence: string },
  more: {
    severity?: Loud;
    enumName?: string;
    headerField?: HeaderFieldId;
    libraryLines?: string[];
  } = {},
): Finding {
  const predicate = 'predicate' in text ? text.predicate : null;
  // What no runtime confirmed says so itself.
  const subject = evidence === 'header' ? 'According to its header, the engine' : 'The engine';
  return {
    predicate,
    reason: {
      id,
      severity: more.severity ?? reasonTable[id].severity,
      sentence: 'predicate' in text ? `${subject} ${text.predicate}` : text.sentence,
      evidence,
      libraryLines: more.libraryLines ?? [],
      ...(more.enumName === undefined ? {} : { enumName: more.enumName }),
      ...(more.headerField === undefined ? {} : { headerField: more.headerField }),
    },
  };
}

// ---- the file ----

/** What the file shows by itself, whatever the machine. */
export function fileReasons(facts: FileFacts): Reason[] {
  return fileFindings({ facts, answer: null }).map(({ reason }) => reason);
}

function fileFindings({ facts, answer }: Pick<ReportInput, 'facts' | 'answer'>): Finding[] {
  const malformed = answer !== null && hasBit(answer.diagnostics, diagnosticBit.kMALFORMED_ENGINE);
  // The runtime's "malformed" and what the file shows are one reason, said once.
  const runtimeAgrees = malformed
    ? { enumName: 'kMALFORMED_ENGINE', libraryLines: linesFor(answer, 'malformed-engine') }
    : {};
  const evidence: Evidence = malformed ? 'runtime' : 'header';
  const { kind, size, header, headerBytes } = facts;
  if (kind === 'unreadable') {
    return [finding('unreadable', 'file', { sentence: facts.kindSentence })];
  }
  if (kind === 'empty') {
    return [
      finding(
        'empty',
        malformed ? 'runtime' : 'file',
        {
          sentence:
            'The file is empty: the copy, download or build that should have filled it did not finish.',
        },
        runtimeAgrees,
      ),
    ];
  }
  if (kind === 'epcontext' && facts.engines.length > 0) {
    const ofEngines = facts.engines.flatMap((engine) =>
      engine.facts === null
        ? [finding('engine-missing', 'file', { sentence: engine.problem })]
        : fileFindings({ facts: engine.facts, answer: null }),
    );
    return [...ofEngines, ...infoFindings(facts)];
  }
  if (
    kind === 'model-package' &&
    facts.engines.some(({ facts: one, isWrong }) => one !== null || isWrong === true)
  ) {
    // Of one variant that does not fit, nothing is said of the package; what is written wrong in it is.
    return facts.engines.flatMap((engine) =>
      engine.facts === null
        ? engine.isWrong === true
          ? [finding('damaged', 'file', { sentence: `${engine.name}: ${engine.problem}` })]
          : []
        : fileFindings({ facts: engine.facts, answer: null })
            .filter(({ reason }) =>
              ['unusable', 'other-file'].includes(reasonTable[reason.id].proves ?? ''),
            )
            .map((one) => ({
              ...one,
              reason: { ...one.reason, sentence: `${engine.name}: ${one.reason.sentence}` },
            })),
    );
  }
  if (kind !== 'tensorrt-rtx') {
    return [
      finding(
        'not-tensorrt-rtx',
        evidence,
        { sentence: facts.kindSentence },
        {
          ...runtimeAgrees,
          headerField: 'tag',
        },
      ),
    ];
  }
  if (size !== null && size < headerSize) {
    const sentence = `The file has ${formatExactBytes(size)}; an engine's header alone has ${headerSize}.`;
    return [finding('too-short', evidence, { sentence }, runtimeAgrees)];
  }
  if (facts.damage !== null) {
    const { sentence } = facts.damage;
    return [finding('damaged', 'file', { sentence })];
  }
  if (!header) {
    return [unknownLayout(answer, headerBytes)];
  }
  if (size !== null && size < header.fileSize) {
    const lengths = `the file has ${formatExactBytes(size)}, its header says ${formatCount(header.fileSize)}.`;
    const sentence = mayBeTextMode(size, header.fileSize)
      ? `Bytes are missing: ${lengths} Its end was cut off, or a transfer in text mode turned each CR LF in it into LF.`
      : `Its end is missing: ${lengths}`;
    return [finding('truncated', 'header', { sentence }, { headerField: 'fileSize' })];
  }
  if (size !== null && size > header.fileSize) {
    const sentence =
      `The file is ${formatExactBytes(size - header.fileSize)} longer than its header says ` +
      `(${formatCount(header.fileSize)}).`;
    return [finding('longer-than-header', 'header', { sentence }, { headerField: 'fileSize' })];
  }
  return [];
}

function infoFindings({ wrongInfo }: FileFacts): Finding[] {
  if (!wrongInfo) return [];
  const { sentence, speaksOf } = wrongInfo;
  const more = speaksOf === null ? { severity: 'error' as const } : {};
  return [finding('compatibility-info', 'file', { sentence }, more)];
}

function unknownLayout(answer: RuntimeAnswer | null, bytes: Uint8Array): Finding {
  const zero = bytes[4] === 0 && bytes[5] === 0 && bytes[6] === 0 && bytes[7] === 0;
  const sentence =
    'The header has a layout that this program does not know, so ' +
    (answer
      ? "only the runtime's answer is shown."
      : 'nothing can be said of it without a runtime.');
  return finding(
    'unknown-header-layout',
    'header',
    { sentence },
    {
      headerField: zero ? 'layout' : 'zero',
    },
  );
}

// ---- the runtime's answer ----

function answerFindings(input: ReportInput): Finding[] {
  const { answer } = input;
  if (!answer) {
    return [];
  }
  const found: Finding[] = [];
  if (couldNotTell(answer)) {
    return isTcc(input) ? [] : [gpuNotReadable(input)];
  }
  const known = Object.values<number>(engineValidity).includes(answer.validity);
  if (!known) {
    const sentence = `TensorRT-RTX answered ${validityName(answer.validity)}, which this program does not know.`;
    found.push(
      finding(
        'unknown-diagnostic',
        'runtime',
        { sentence },
        {
          enumName: validityName(answer.validity),
          libraryLines: answer.lines.map((line) => line.text),
        },
      ),
    );
  }
  const severity = answer.validity === engineValidity.kINVALID ? 'error' : 'warning';
  for (const { bit, name, reason } of diagnostics) {
    const bitFinding = hasBit(answer.diagnostics, bit) ? worded[reason](input, 'runtime') : null;
    if (bitFinding) {
      const libraryLines = linesFor(answer, reason);
      Object.assign(bitFinding.reason, { severity, enumName: name, libraryLines });
      found.push(bitFinding);
    }
  }
  const unknown = unknownBits(answer.diagnostics);
  if (unknown.length > 0) {
    const names = unknown.map((bit) => `bit ${Math.log2(bit)}`).join(', ');
    const sentence = `TensorRT-RTX gave a reason that this program does not know (${names}).`;
    found.push(
      finding(
        'unknown-diagnostic',
        'runtime',
        { sentence },
        {
          severity,
          enumName: names,
          libraryLines: unmatchedLines(answer),
        },
      ),
    );
  }
  if (answer.validity === engineValidity.kSUBOPTIMAL) {
    found.push(suboptimal(input));
  }
  return found;
}

/** How each bit is worded; null: said already by what the file shows. */
const worded: Readonly<
  Record<DiagnosticReasonId, (input: ReportInput, evidence: Evidence) => Finding | null>
> = {
  'version-mismatch': versionMismatch,
  'unsupported-compute-capability': unsupportedGpu,
  'old-cuda-driver': oldDriver,
  'old-cuda-runtime': oldRuntime,
  'insufficient-gpu-memory': tooLittleMemory,
  'malformed-engine': malformedEngine,
  'cuda-error': cudaError,
};

function versionMismatch(input: ReportInput, evidence: Evidence) {
  const { facts, runtime } = input;
  const here = runtime
    ? `the runtime here is ${plainText(runtime.version, 40)}`
    : 'the runtime here is another one';
  const builtBy = facts.header
    ? `was built by TensorRT-RTX ${facts.header.version}`
    : 'was built by another version of TensorRT-RTX';
  return finding(
    'version-mismatch',
    evidence,
    { predicate: `${builtBy}; ${here}, and an engine only runs with the version that built it.` },
    // The library says this before it looks for a GPU: also where it gives no verdict.
    { headerField: 'version', libraryLines: linesFor(input.answer, 'version-mismatch') },
  );
}

function unsupportedGpu(input: ReportInput, evidence: Evidence) {
  const gpu = gpuView(input);
  const more = { headerField: 'targets' as const };
  if (gpu.support === 'never') {
    const family = gpu.computeCapability ? familyLabel(gpu.computeCapability) : null;
    const sentence =
      `TensorRT-RTX does not run on ${gpu.label}${nameAfter(family, gpu.label)}, ` +
      `so no rebuild of the engine helps here.${otherGpu(input)}`;
    return finding('unsupported-compute-capability', evidence, { sentence }, more);
  }
  const { header } = input.facts;
  if (
    header &&
    gpu.computeCapability &&
    header.computeCapabilities.includes(gpu.computeCapability)
  ) {
    const sentence = `TensorRT-RTX says that the engine does not run on ${gpu.label}, though its header lists that GPU.`;
    return finding('unsupported-compute-capability', evidence, { sentence }, more);
  }
  const others = header ? `, only for ${builtFor(header, codeOf(input))}` : '';
  return finding(
    'unsupported-compute-capability',
    evidence,
    { predicate: `was not built for ${gpu.label}${others}.` },
    more,
  );
}

/** Checks use the first GPU that CUDA shows; another one of this machine may do. */
function otherGpu({ machine, runtime }: ReportInput): string {
  const other = machine?.gpus.find(
    (gpu) => supportOf(gpu.computeCapability, countingVersion(runtime)) !== 'never',
  );
  return other
    ? ` It does run on ${plainText(other.name, 120)} (${other.computeCapability}), the other GPU of this machine: CUDA_VISIBLE_DEVICES=${other.index} would choose it.`
    : '';
}

/** ", a GPU of the H100 and H200 family (Hopper)" would repeat what the label says; only unnamed GPUs get it. */
function nameAfter(family: string | null, label: string): string {
  return family !== null && label.startsWith('the GPU here') && !family.startsWith('compute')
    ? `, ${family}`
    : '';
}

function oldDriver(input: ReportInput, evidence: Evidence) {
  const { facts, machine, answer } = input;
  const line = /CUDA driver version (-?\d+), but the current CUDA driver version is (-?\d+)/.exec(
    textOf(answer),
  );
  const engine = facts.header?.cudaDriver ?? numberOf(line?.[1]);
  const here = machine?.driverVersion ?? numberOf(line?.[2]);
  return finding(
    'old-cuda-driver',
    evidence,
    {
      predicate:
        `was built with ${engine === null ? 'a newer driver' : `a driver for CUDA ${formatCudaVersion(engine)}`}; ` +
        `the driver here is ${here === null ? 'older' : `for CUDA ${formatCudaVersion(here)}`}.`,
    },
    { headerField: 'cudaDriver' },
  );
}

function oldRuntime(input: ReportInput) {
  const { facts, runtime, answer } = input;
  const line = /CUDA runtime version (-?\d+), but the current CUDA runtime version is (-?\d+)/.exec(
    textOf(answer),
  );
  const engine = facts.header?.cudaRuntime ?? numberOf(line?.[1]);
  const here = runtime?.cudaRuntimeVersion ?? numberOf(line?.[2]);
  return finding(
    'old-cuda-runtime',
    'runtime',
    {
      predicate:
        `was built with ${engine === null ? 'a newer CUDA runtime' : `CUDA runtime ${formatCudaVersion(engine)}`}; ` +
        `the one inside the TensorRT-RTX library here is ${here === null ? 'older' : formatCudaVersion(here)}.`,
    },
    { headerField: 'cudaRuntime' },
  );
}

function tooLittleMemory(input: ReportInput, evidence: Evidence) {
  const { facts, machine, answer } = input;
  const line = /requires (\d+) bytes of GPU memory, but the current GPU only has (\d+)/.exec(
    textOf(answer),
  );
  const needs = facts.header?.weightBytes ?? numberOf(line?.[1]);
  const has = machine?.gpu?.totalMemory ?? numberOf(line?.[2]);
  const [needsText, hasText] =
    needs !== null && has !== null ? formatBytesPair(needs, has) : ['more GPU memory', 'less'];
  return finding(
    'insufficient-gpu-memory',
    evidence,
    {
      predicate:
        needs !== null && has !== null
          ? `needs ${needsText} of GPU memory for its weights; the GPU has ${hasText}.`
          : 'needs more GPU memory for its weights than the GPU has.',
    },
    { headerField: 'weightBytes' },
  );
}

function malformedEngine({ facts }: ReportInput): Finding | null {
  const said = facts.kind !== 'tensorrt-rtx' || (facts.size !== null && facts.size < headerSize);
  if (said) {
    return null;
  }
  const sentence =
    'TensorRT-RTX says that the header of this engine is not in the format it expects.';
  return finding('malformed-engine', 'runtime', { sentence }, { headerField: 'tag' });
}

function cudaError(input: ReportInput): Finding | null {
  if (isTcc(input)) return null;
  const code = cudaErrorCode(input.answer);
  const sentence =
    'CUDA does not work on this machine: its driver or runtime is not installed correctly' +
    `${code === null ? '' : ` (${cudaErrorText(code)})`}.`;
  return finding('cuda-error', 'runtime', { sentence });
}

/** In TCC mode CUDA answers, and what TensorRT-RTX asks of it next is "not supported". */
const isTcc = ({ machine }: ReportInput): boolean => machine?.gpu?.driverModel === 'TCC';

/** What is true of this machine, whatever was answered: said in place of what follows from it. */
function machineFindings(input: ReportInput): Finding[] {
  const { facts, answer } = input;
  if (!isTcc(input) || facts.kind !== 'tensorrt-rtx') return [];
  const failed = answer !== null && hasBit(answer.diagnostics, diagnosticBit.kCUDA_ERROR);
  const sentence = `${gpuView(input).label} is in TCC mode; TensorRT-RTX for Windows runs only on GPUs in WDDM mode.`;
  return [
    finding(
      'tcc-driver-model',
      'runtime',
      { sentence },
      {
        libraryLines: failed || couldNotTell(answer) ? linesFor(answer, 'tcc-driver-model') : [],
        ...(failed ? { severity: 'error', enumName: 'kCUDA_ERROR' } : {}),
      },
    ),
  ];
}

function suboptimal(input: ReportInput) {
  const gpu = gpuView(input);
  return finding(
    'suboptimal',
    'runtime',
    {
      predicate:
        gpu.support === 'ptx'
          ? `runs on ${gpu.label} by PTX only, slower than it could: that GPU is newer than those it was built for.`
          : `runs on ${gpu.label}, but slower than it could.`,
    },
    {
      headerField: 'targets',
      enumName: 'kSUBOPTIMAL',
      libraryLines: linesFor(input.answer, 'suboptimal'),
    },
  );
}

// ---- the runtime could not tell ----

/** cudaError codes that appear when a GPU cannot be read (names as in CUDA's documentation). */
const cudaErrors: Readonly<Record<number, string>> = {
  2: 'out of memory',
  3: 'CUDA could not be initialized',
  34: 'a stub of the CUDA driver library is installed in place of the driver',
  35: 'the driver is missing or too old',
  46: 'all GPUs are busy or in exclusive use',
  100: 'no GPU is visible to CUDA',
  101: 'the chosen GPU does not exist',
  304: 'the operating system refused a call of the driver',
  800: 'this process may not use the GPU',
  802: 'the system is not ready: on machines with NVSwitch the fabric manager must run',
  803: 'the driver and its CUDA library are of different versions: restart, or reinstall the driver',
  804: 'this GPU does not allow a CUDA newer than its driver',
  999: 'unknown error',
};

export function cudaErrorText(code: number): string {
  const text = cudaErrors[code];
  return text === undefined ? `cudaError ${code}` : `cudaError ${code}: ${text}`;
}

function cudaErrorCode(answer: RuntimeAnswer | null): number | null {
  return numberOf(/cudaError[ (]*(\d{1,4})/.exec(textOf(answer))?.[1]);
}

/** Told from the error code where the release prints one (1.6 and newer), else from what is known of the machine. */
export function gpuTrouble({ answer, machine, runtime }: ReportInput): GpuTrouble {
  const code = cudaErrorCode(answer);
  if (machine && machine.driverVersion === null) {
    return 'no-driver';
  }
  if (code === 35) {
    return machine ? 'driver-too-old' : 'no-driver';
  }
  if (code === 100) {
    return 'no-gpu';
  }
  if (code !== null) {
    return 'other';
  }
  if (!machine) {
    // 1.4 and 1.5 give no code: "Ensure that the GPU driver is installed and up to date."
    return 'no-driver';
  }
  const driver = machine.driverVersion ?? 0;
  const needed = runtime?.cudaRuntimeVersion ?? null;
  // Within one major version an older driver serves a newer runtime.
  if (needed !== null && Math.floor(driver / 1000) < Math.floor(needed / 1000)) {
    return 'driver-too-old';
  }
  return machine.gpus.length === 0 ? 'no-gpu' : 'other';
}

/** Why nothing can be asked here, for an engine that has no fault of its own. */
export function whyNoGpuHere(input: ReportInput): string {
  const device = input.machine?.nvidiaDevice ?? null;
  if (device === false) return 'This machine has no NVIDIA GPU.';
  const trouble = gpuTrouble(input);
  if (trouble === 'no-driver' && device === true) {
    return 'This machine has an NVIDIA GPU, but no NVIDIA driver was found.';
  }
  if (trouble === 'no-driver') return 'No NVIDIA driver was found on this machine.';
  return `TensorRT-RTX found no GPU${whyNotReadable(input)}`;
}

function gpuNotReadable(input: ReportInput): Finding {
  const lines = input.answer?.lines ?? [];
  const errors = lines.filter((line) => line.severity <= 1);
  const sentence = `TensorRT-RTX found no GPU${whyNotReadable(input)}`;
  return finding(
    'gpu-not-readable',
    'runtime',
    { sentence },
    {
      libraryLines: (errors.length > 0 ? errors : lines).map((line) => line.text),
    },
  );
}

/** The rest of the sentence, with its full stop; the driver's own words are sentences of their own. */
function whyNotReadable(input: ReportInput): string {
  const { answer, machine, runtime } = input;
  const code = cudaErrorCode(answer);
  const why = plainText(machine?.whyNoGpu ?? '', 600);
  switch (gpuTrouble(input)) {
    case 'no-driver':
      if (!machine) {
        return ': the NVIDIA driver is missing or too old.';
      }
      // What the system said about it, "libcuda.so.1: cannot open …", stands in the log.
      return why === '' || /^No NVIDIA driver/.test(why)
        ? ': no NVIDIA driver was found.'
        : `. ${why}`;
    case 'driver-too-old': {
      const driver = machine?.driverVersion ?? null;
      const needed = runtime?.cudaRuntimeVersion ?? null;
      const numbers = [
        driver === null ? '' : `it is for CUDA ${formatCudaVersion(driver)}`,
        needed === null ? '' : `the library needs one for CUDA ${Math.floor(needed / 1000)}`,
      ].filter(Boolean);
      return `: the NVIDIA driver is too old${numbers.length > 0 ? ` (${numbers.join(', ')})` : ''}.`;
    }
    case 'no-gpu':
      return why ? `. ${why}` : ': the driver shows no NVIDIA GPU to this process.';
    case 'other':
      if (why) {
        return `. ${why}`;
      }
      return code === null ? '; it does not say why.' : ` (${cudaErrorText(code)}).`;
  }
}

// ---- what the header proves where the runtime did not tell ----

/**
 * Another version than the runtime's, and, where the machine is known, what the rule says of its GPU. Only where the
 * runtime gave no verdict of its own: its answer says it better.
 */
function headerFindings(input: ReportInput): Finding[] {
  const { facts, answer, machine, runtime } = input;
  const asked = answer !== null && !couldNotTell(answer);
  if (asked || !facts.header) {
    return [];
  }
  const found: Finding[] = [];
  if (runtime && !sameVersion(runtime.version, facts.header.version)) {
    found.push(versionMismatch(input, 'header'));
  }
  const gpu = machine?.gpu ?? null;
  if (!gpu) {
    return found;
  }
  const predicted = predictVerdict(facts.headerBytes, {
    computeCapability: gpu.computeCapability,
    totalGpuMemory: gpu.totalMemory,
    driverVersion: machine?.driverVersion ?? Number.MAX_SAFE_INTEGER,
    tensorrtRtx: runtime?.version ?? facts.header.version,
    cudaRuntimeVersion: Number.MAX_SAFE_INTEGER,
  });
  if (hasBit(predicted.diagnostics, diagnosticBit.kUNSUPPORTED_CC)) {
    found.push(unsupportedGpu(input, 'header'));
  }
  if (hasBit(predicted.diagnostics, diagnosticBit.kOLD_CUDA_DRIVER)) {
    found.push(oldDriver(input, 'header'));
  }
  if (hasBit(predicted.diagnostics, diagnosticBit.kINSUFFICIENT_GPU_MEMORY)) {
    found.push(tooLittleMemory(input, 'header'));
  }
  return found;
}

/** NVIDIA's check looks at the header's list only; some engines hold no code for all of it. */
function codeFindings(input: ReportInput): Finding[] {
  const code = codeOf(input);
  if (!code) return [];
  const why = whyNoCode(code);
  const more = { headerField: 'targets' as const };
  if (noCodeHere(input)) {
    const passed = input.answer?.validity === engineValidity.kVALID;
    const though = passed
      ? 'its header lists it, and TensorRT-RTX checks no further'
      : 'its header lists it';
    const predicate = `holds no code for ${gpuView(input).label}, though ${though}: ${why}.`;
    return [
      finding('no-code-for-gpu', code.evidence, { predicate }, { ...more, severity: 'error' }),
    ];
  }
  const them = code.without.length === 1 ? 'it' : 'them';
  const predicate = `holds no code for compute capability ${familiesText(code.without)}, though its header lists ${them}: ${why}.`;
  return [finding('no-code-for-gpu', code.evidence, { predicate }, more)];
}

function runtimeFindings(input: ReportInput): Finding[] {
  const { facts, answer, runtime, runtimeProblem, knownRuntimes } = input;
  if (answer && runtime?.untested === true && facts.kind === 'tensorrt-rtx') {
    const sentence = `TensorRT-RTX ${plainText(runtime.version, 40)} was not tested with this version of Engine Inspector: what it answered is shown as it came.`;
    return [finding('untested-runtime', 'runtime', { sentence })];
  }
  if (answer || facts.kind !== 'tensorrt-rtx') {
    // A foreign file needs no runtime to be told.
    return [];
  }
  const said = runtimeProblem
    ? [runtimeProblem.sentence, runtimeProblem.nextStep].map((part) =>
        withFullStop(plainText(part).trim()),
      )
    : [];
  if (!runtime && knownRuntimes.length === 0) {
    const sentence =
      said.filter(Boolean).join(' ') || 'No TensorRT-RTX library was found on this machine.';
    return [finding('no-runtime', 'file', { sentence })];
  }
  if (runtimeProblem) {
    const sentence = said.filter(Boolean).join(' ');
    return [finding('runtime-failed', 'runtime', { sentence })];
  }
  const name = runtime ? `TensorRT-RTX ${plainText(runtime.version, 40)}` : 'No runtime';
  const sentence = `${name} has ${runtime ? 'not ' : ''}been asked about this engine.`;
  return [finding('runtime-failed', 'file', { sentence }, { severity: 'information' })];
}

/** A disagreement of rule and runtime, where the rule had all it needs. */
function ruleFindings({ facts, answer, machine, runtime }: ReportInput): Finding[] {
  const gpu = machine?.gpu ?? null;
  const driverVersion = machine?.driverVersion ?? null;
  if (!answer || couldNotTell(answer) || !runtime || !gpu || driverVersion === null) {
    return [];
  }
  if (hasBit(answer.diagnostics, diagnosticBit.kCUDA_ERROR)) {
    // No header can foretell it.
    return [];
  }
  if (facts.size === null || facts.kind === 'unreadable') {
    return [];
  }
  const recorded = facts.header?.cudaRuntime ?? 0;
  const cudaRuntimeVersion = runtime.cudaRuntimeVersion ?? (recorded <= 0 ? 0 : null);
  if (cudaRuntimeVersion === null) {
    return [];
  }
  const predicted = predictVerdict(facts.headerBytes, {
    computeCapability: gpu.computeCapability,
    totalGpuMemory: gpu.totalMemory,
    driverVersion,
    tensorrtRtx: runtime.version,
    cudaRuntimeVersion,
  });
  if (predicted.validity === answer.validity && predicted.diagnostics === answer.diagnostics) {
    return [];
  }
  const names = (validity: number, bits: number) =>
    [validityName(validity), ...diagnosticNames(bits)].join(', ');
  const sentence =
    `TensorRT-RTX ${threeParts(runtime.version)} answered ${names(answer.validity, answer.diagnostics)}; ` +
    `by the rule seen in 1.4 to 1.7 it would be ${names(predicted.validity, predicted.diagnostics)}. ` +
    "The runtime's answer counts.";
  return [finding('verdict-differs-from-rule', 'runtime', { sentence })];
}

function hashFindings(hash: RecordedHash | null): Finding[] {
  if (!hash || sameHash(hash)) {
    return [];
  }
  const short = (sha: string) => `${plainText(sha, 80).slice(0, 8)}…`;
  const sentence =
    'The file is not the one that was built: its SHA-256 begins with ' +
    `${short(hash.actual)}, the recorded one with ${short(hash.expected)}.`;
  return [finding('hash-mismatch', 'recipe', { sentence })];
}

export function sameHash(hash: RecordedHash): boolean {
  return hash.actual.toLowerCase() === hash.expected.toLowerCase();
}

// ---- the library's lines ----

function linesFor(answer: RuntimeAnswer | null, id: ReasonId): string[] {
  const pattern = reasonTable[id].line;
  return (answer?.lines ?? [])
    .map((line) => line.text)
    .filter((text) => pattern?.test(text) ?? false);
}

function unmatchedLines(answer: RuntimeAnswer): string[] {
  return answer.lines
    .map((line) => line.text)
    .filter((text) => !reasonIds.some((id) => reasonTable[id].line?.test(text)));
}

function textOf(answer: RuntimeAnswer | null): string {
  return answer?.lines.map((line) => line.text).join('\n') ?? '';
}

function numberOf(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}
