/**
 * What helps, best first. Titles, details and order of all remedies are here. The rules are NVIDIA's (documentation of
 * EngineInvalidityDiagnostics): a CUDA error is repaired, not rebuilt away; an old driver or runtime is updated, or the
 * engine rebuilt; too little memory asks for weight streaming; version, compute capability and malformed ask for a
 * rebuild; kSUBOPTIMAL runs, updating and rebuilding makes it fast.
 *
 * Only what cures is offered. A remedy that leaves a reason without any other remedy is not: another runtime does not
 * help an engine that needs more memory than there is. For a GPU that TensorRT-RTX does not run on nothing is built.
 */
import { refusedFamilies } from '../trial/recipeEvidence';
import { compareComputeCapabilities, supportOf } from '../gpu/computeCapability';
import type { FileFactRow, Remedy, RemedyAction, RemedyId } from './engineReport';
import { engineInsideLabel } from '../file/fileKind';
import { formatCudaVersion } from '../text/formats';
import { plainText } from '../text/plainText';
import { weightStreamingFlag } from '../rebuild/rebuildOptions';
import { type Finding, codeOf, gpuTrouble, gpuView, noCodeHere, type ReportInput } from './reasons';
import { reasonIds, reasonTable, type ReasonId, type ReasonRow } from './reasonTable';
import { compareVersions, releaseFor, runtimeReleases, sameVersion } from './runtimeReleases';
import { predictVerdict } from './verdictRule';
import { diagnosticBit } from './validity';

const driverPage = 'https://www.nvidia.com/drivers/';
const driverModelPage = 'https://docs.nvidia.com/deploy/nvidia-smi/index.html';

type Draft = Omit<Remedy, 'preferred'>;

export function findRemedies(input: ReportInput, findings: readonly Finding[]): Remedy[] {
  const reasons = new Set(findings.map((f) => f.reason.id));
  if (reasons.has('unreadable')) {
    return [];
  }
  const drafts =
    input.facts.kind === 'tensorrt-rtx' || input.facts.kind === 'empty'
      ? engineRemedies(input, reasons)
      : foreignRemedies(input);
  // On such a GPU neither a rebuild nor another runtime makes any engine run.
  const possible =
    input.runtime?.untested === true ? drafts.filter(({ action }) => !isBuild(action)) : drafts;
  const useful = gpuView(input).support === 'never' ? possible.filter(helpsOnAnyGpu) : possible;
  const complete = useful.length > 0 || drafts.length === 0 ? useful : [showLog()];
  return merged(complete).map((draft, index) => ({
    ...draft,
    preferred: index === 0 && draft.cures.length > 0,
  }));
}

/** Not with a TensorRT-RTX that nobody tested, which only checks headers. */
function isBuild({ kind }: Draft['action']): boolean {
  return ['rebuild', 'build', 'buildFromOtherModel', 'copyRebuildCommand'].includes(kind);
}

function helpsOnAnyGpu({ action, cures }: Draft): boolean {
  return (
    !isBuild(action) &&
    (cures.length === 0 || cures.some((id) => reasonTable[id].about !== 'engine and machine'))
  );
}

/** A remedy that helps in several ways is offered once, where it came first. */
function merged(drafts: readonly Draft[]): Draft[] {
  const byId = new Map<RemedyId, Draft>();
  for (const draft of drafts) {
    const first = byId.get(draft.id);
    byId.set(
      draft.id,
      first ? { ...first, cures: [...new Set([...first.cures, ...draft.cures])] } : draft,
    );
  }
  return [...byId.values()];
}

function draft(
  id: RemedyId,
  title: string,
  detail: string,
  cures: ReasonId[],
  action: RemedyAction,
): Draft {
  return { id, title, detail, cures, action };
}

/** What helps against a reason beside a rebuild and a new copy, and where it stands among those. */
const against: Readonly<
  Partial<Record<ReasonId, { place: 'first' | 'update' | 'other-runtime' | 'last'; drafts: Offer }>>
> = {
  'version-mismatch': { place: 'other-runtime', drafts: matchingRuntimes },
  'old-cuda-driver': { place: 'update', drafts: updateDriver },
  'old-cuda-runtime': { place: 'update', drafts: updateRuntime },
  'cuda-error': { place: 'first', drafts: () => [repairCuda('cuda-error')] },
  suboptimal: { place: 'last', drafts: faster },
  'tcc-driver-model': { place: 'first', drafts: leaveTcc },
  'gpu-not-readable': { place: 'last', drafts: readableGpu },
  'no-runtime': {
    place: 'last',
    // Without a GPU it would have nothing to ask about.
    drafts: (input) => (hasNoDevice(input) ? [] : anotherRuntime(input, 'no-runtime')),
  },
  'runtime-failed': { place: 'last', drafts: failedRuntime },
  'no-code-for-gpu': { place: 'last', drafts: truthfulList },
};

type Offer = (input: ReportInput) => Draft[];

function engineRemedies(input: ReportInput, reasons: ReadonlySet<ReasonId>): Draft[] {
  const { runtime } = input;
  const present = reasonIds.filter((id) => reasons.has(id));
  const curedBy = (cure: ReasonRow['curedBy'][number]) =>
    present.filter((id) => reasonTable[id].curedBy.includes(cure));
  const rebuildable = curedBy('rebuild');
  const copyable = curedBy('new-copy');
  const offers = (place: string) =>
    present.flatMap((id) => (against[id]?.place === place ? against[id].drafts(input) : []));
  const noCode = noCodeHere(input) || isRefusedHere(input);
  const rebuilds =
    runtime && noCode
      ? // The same model would come without that code again.
        [otherModel(input, noCodeHere(input) ? [...rebuildable, 'no-code-for-gpu'] : rebuildable)]
      : runtime && rebuildable.length > 0
        ? [rebuild(input, rebuildable)]
        : [];
  const copies = copyable.length > 0 ? [getFileAgain(copyable)] : [];
  const partial =
    noCode || reasons.has('insufficient-gpu-memory')
      ? // nothing else makes it run here
        []
      : [...offers('update'), ...offers('other-runtime')];

  const onlyOld = rebuildable.every((id) => against[id]?.place === 'update');
  const onlyFile =
    rebuildable.every((id) => copyable.includes(id)) && !reasons.has('malformed-engine');
  const ordered = onlyFile
    ? [...copies, ...rebuilds]
    : onlyOld
      ? [...partial, ...rebuilds]
      : [...rebuilds, ...copies, ...partial];

  const all = [...offers('first'), ...ordered, ...offers('last')];
  const builds = all.some(isRebuild);
  return [
    ...all,
    ...(rebuilds.some(isRebuild) ? otherRebuilds(input, rebuildable) : []),
    ...(builds ? [copyCommand(all.filter(isRebuild).flatMap((d) => d.cures))] : []),
    ...(present.some((id) => reasonTable[id].logHelps && !isToldAlready(id, input))
      ? [showLog()]
      : []),
  ];
}

/** NVIDIA's compiler refuses the engine's model for the GPU at hand. */
function isRefusedHere(input: ReportInput): boolean {
  const { computeCapability } = gpuView(input);
  return (
    computeCapability !== null && refusedFamilies(input.recipe?.trial).includes(computeCapability)
  );
}

/** Without a driver there is nothing more to read. */
function isToldAlready(id: ReasonId, input: ReportInput): boolean {
  return id === 'gpu-not-readable' && input.machine !== null && gpuTrouble(input) === 'no-driver';
}

function isRebuild({ action }: Draft): boolean {
  return action.kind === 'rebuild';
}

function rebuild({ runtime, facts, elsewhere }: ReportInput, cures: ReasonId[]): Draft {
  const version = runtime ? ` ${plainText(runtime.version, 40)}` : '';
  const kept = facts.kind === 'empty' ? '' : ' The old file is kept until the new one is checked.';
  if (cures.includes('insufficient-gpu-memory')) {
    return draft(
      'rebuild-with-weight-streaming',
      'Rebuild with Weight Streaming',
      `Builds a new engine with TensorRT-RTX${version} whose weights need not all fit on the GPU; runs may be slower.${kept}`,
      cures,
      { kind: 'rebuild', choice: 'weight-streaming' },
    );
  }
  return draft(
    'rebuild',
    rebuildTitle(elsewhere),
    `Builds a new engine from the ONNX model with TensorRT-RTX${version}.${kept}`,
    cures,
    { kind: 'rebuild', choice: 'this-machine' },
  );
}

const rebuildTitle = (elsewhere: string | undefined): string =>
  `Rebuild for ${elsewhere?.replace(/^the machine/, 'the Machine') ?? 'This Machine'}`;

/** For a GPU that the model needs more than: a model in other types. */
function otherModel(input: ReportInput, cures: ReasonId[]): Draft {
  const { computeCapability, label } = gpuView(input);
  // BF16 needs 8.0.
  const types = computeCapability === '7.5' ? 'FP16' : 'FP16 or BF16';
  const least = codeOf(input)?.least ?? null;
  const newer =
    least === null ||
    computeCapability === null ||
    compareComputeCapabilities(least, computeCapability) < 0
      ? ''
      : ` This model needs a GPU of compute capability ${least} or newer.`;
  return draft(
    'build-from-other-model',
    `Build from a Model in ${types}…`,
    `Asks for the same model in ${types}, which runs on ${label}, and builds the engine from it. The old file is kept until the new one is checked.${newer}`,
    cures,
    { kind: 'buildFromOtherModel' },
  );
}

/** The GPU at hand is served; a header that lists only what is inside tells the same everywhere else. */
function truthfulList(input: ReportInput): Draft[] {
  if (!input.runtime || noCodeHere(input)) return [];
  return [
    draft(
      'rebuild-for-chosen-gpus',
      'Rebuild for Chosen GPUs…',
      'Builds for GPUs by name, so that the header lists only those that there is code for. The old file is kept until the new one is checked.',
      ['no-code-for-gpu'],
      { kind: 'rebuild', choice: 'chosen-gpus' },
    ),
  ];
}

/** Ways to have more say in it than the one that always cures. */
function otherRebuilds(input: ReportInput, cures: ReasonId[]): Draft[] {
  const { runtime, recipe } = input;
  const version = runtime ? ` ${plainText(runtime.version, 40)}` : '';
  const fromRecipe = draft(
    'rebuild-from-recipe',
    'Rebuild from Recipe',
    `Builds it exactly as ${plainText(recipe?.file ?? '', 200)} says, with TensorRT-RTX${version}. The old file is kept until the new one is checked.`,
    cures,
    { kind: 'rebuild', choice: 'from-recipe' },
  );
  const forGpus = draft(
    'rebuild-for-chosen-gpus',
    'Rebuild for Chosen GPUs…',
    `Asks which GPU families the new engine should run on. The old file is kept until the new one is checked.`,
    cures,
    { kind: 'rebuild', choice: 'chosen-gpus' },
  );
  return [
    ...(recipe && recipeCures(input, cures) ? [fromRecipe] : []),
    // Naming GPUs makes no engine smaller.
    ...(cures.includes('insufficient-gpu-memory') ? [] : [forGpus]),
  ];
}

/** A recipe repeats what it says, also where that was the mistake. */
function recipeCures(input: ReportInput, cures: readonly ReasonId[]): boolean {
  const options = input.recipe?.options;
  if (!options) return false;
  if (cures.includes('insufficient-gpu-memory') && !options.flags.includes(weightStreamingFlag)) {
    return false;
  }
  if (!cures.includes('unsupported-compute-capability')) return true;
  const { computeCapability } = gpuView(input);
  const targets = options.computeCapabilities;
  if (targets.includes('current')) return true;
  // The default set leaves out 7.5 only.
  if (targets.length === 0) return computeCapability !== '7.5';
  return computeCapability !== null && targets.includes(computeCapability);
}

function copyCommand(cures: ReasonId[]): Draft {
  return draft(
    'copy-rebuild-command',
    'Copy Rebuild Command',
    "Copies how to build such an engine: for the terminal, NVIDIA's tensorrt_rtx tool, Python or C++. Nothing is run.",
    [...new Set(cures)],
    { kind: 'copyRebuildCommand' },
  );
}

function getFileAgain(cures: ReasonId[]): Draft {
  const compare = cures.includes('hash-mismatch') ? 'its SHA-256' : 'the lengths';
  const asBinary = cures.includes('damaged') ? ' as binary' : '';
  return draft(
    'get-file-again',
    'Get the File Again',
    `Copy or download it once more${asBinary} from where it came, and compare ${compare}.`,
    cures,
    { kind: 'getFileAgain' },
  );
}

/** Runtimes of the engine's own version: only where that version would run it here. */
function matchingRuntimes(input: ReportInput): Draft[] {
  const { facts, knownRuntimes } = input;
  const version = facts.header?.version;
  if (version === undefined || !matchingWouldRun(input, version)) {
    return [];
  }
  const known = knownRuntimes
    .filter((r) => sameVersion(r.version, version))
    .sort((a, b) => Number(b.version === version) - Number(a.version === version))[0];
  if (known) {
    const shown = plainText(known.version, 40);
    return [
      draft(
        'use-matching-runtime',
        `Use Runtime ${shown}`,
        `Checks engines with the library at ${plainText(known.path, 300)} instead. The engine stays as it is.`,
        ['version-mismatch'],
        { kind: 'useRuntime', path: known.path, version: known.version },
      ),
    ];
  }
  const release = releaseFor(version);
  if (hasNoDevice(input)) return [];
  if (release) {
    return [
      draft(
        'install-matching-runtime',
        `Install Runtime ${release.version}`,
        `Downloads TensorRT-RTX ${release.version} from PyPI into the extension's own storage and uses it. The engine stays as it is.`,
        ['version-mismatch'],
        { kind: 'installRuntime', version: release.version, matchEngine: true },
      ),
    ];
  }
  return [chooseRuntime(['version-mismatch'])];
}

function matchingWouldRun({ facts, machine }: ReportInput, version: string): boolean {
  const gpu = machine?.gpu ?? null;
  if (!gpu) {
    return true;
  }
  const { diagnostics } = predictVerdict(facts.headerBytes, {
    computeCapability: gpu.computeCapability,
    totalGpuMemory: gpu.totalMemory,
    driverVersion: machine?.driverVersion ?? Number.MAX_SAFE_INTEGER,
    tensorrtRtx: version,
    // A library of the version that built it carries the CUDA runtime it was built with.
    cudaRuntimeVersion: Number.MAX_SAFE_INTEGER,
  });
  // An old driver can be updated as well.
  return diagnostics === 0 || diagnostics === diagnosticBit.kOLD_CUDA_DRIVER;
}

function updateDriver({ facts, machine }: ReportInput): Draft[] {
  const needed = facts.header?.cudaDriver ?? 0;
  const here = machine?.driverVersion ?? null;
  const display = machine?.displayDriver ? ` (${plainText(machine.displayDriver, 40)})` : '';
  return [
    draft(
      'update-driver',
      'Update the NVIDIA Driver',
      `Needs a driver for CUDA ${needed > 0 ? formatCudaVersion(needed) : 'of the build'} or newer` +
        `${here === null ? '' : `; the driver here${display} is for CUDA ${formatCudaVersion(here)}`}. The engine stays as it is.`,
      ['old-cuda-driver'],
      { kind: 'openUrl', url: driverPage, button: null },
    ),
  ];
}

function updateRuntime({ facts }: ReportInput): Draft[] {
  const { header } = facts;
  const cuda = header && header.cudaRuntime > 0 ? formatCudaVersion(header.cudaRuntime) : null;
  return [
    draft(
      'update-runtime',
      'Update the TensorRT-RTX Library',
      `Needs a library of TensorRT-RTX ${header ? header.version : 'of the same version'} that carries ` +
        `${cuda === null ? 'a newer CUDA runtime' : `CUDA runtime ${cuda} or newer`}. The engine stays as it is.`,
      ['old-cuda-runtime'],
      { kind: 'installRuntime', version: header?.version ?? null, matchEngine: false },
    ),
  ];
}

function repairCuda(reason: ReasonId): Draft {
  return draft(
    'repair-cuda',
    'Repair the CUDA Installation',
    'Reinstall the NVIDIA driver and restart the machine, then check again. A rebuild would not help.',
    [reason],
    { kind: 'openUrl', url: driverPage, button: 'Open NVIDIA Driver Downloads' },
  );
}

function leaveTcc(): Draft[] {
  return [
    draft(
      'leave-tcc',
      'Switch the GPU to WDDM Mode',
      'In a terminal that runs as administrator: nvidia-smi -dm WDDM, then restart the computer. A board that drives no display may refuse. A rebuild would not help.',
      ['tcc-driver-model'],
      { kind: 'openUrl', url: driverModelPage, button: "Open NVIDIA's Page About nvidia-smi" },
    ),
  ];
}

/** It runs already; a release that knows the GPU, and a rebuild with it, make it fast. */
function faster(input: ReportInput): Draft[] {
  const { runtime } = input;
  const gpu = gpuView(input);
  const newer = runtimeReleases.filter(
    (r) =>
      runtime &&
      gpu.computeCapability &&
      compareVersions(r.version, runtime.version) > 0 &&
      supportOf(gpu.computeCapability, r.version) === 'native',
  );
  const release = newer[newer.length - 1];
  const update = draft(
    'update-runtime',
    release ? `Update TensorRT-RTX to ${release.version}` : 'Update TensorRT-RTX',
    release
      ? `TensorRT-RTX ${release.version} builds for this GPU by name. Rebuild the engine with it afterwards; until then it runs as it is.`
      : 'A newer release may build for this GPU by name. Rebuild the engine with it afterwards; until then it runs as it is.',
    ['suboptimal'],
    { kind: 'installRuntime', version: release?.version ?? null, matchEngine: false },
  );
  return [
    update,
    draft(
      'rebuild',
      rebuildTitle(input.elsewhere),
      'Builds a new engine from the ONNX model, best after updating TensorRT-RTX. The old file is kept until the new one is checked.',
      ['suboptimal'],
      { kind: 'rebuild', choice: 'this-machine' },
    ),
  ];
}

function readableGpu(input: ReportInput): Draft[] {
  switch (gpuTrouble(input)) {
    case 'no-driver':
      // A driver for no device is a dead end.
      if (input.machine?.nvidiaDevice !== true) return [];
      return [
        draft(
          'install-driver',
          'Install the NVIDIA Driver',
          'This machine has an NVIDIA device and no driver for it. Opens the downloads page of NVIDIA; the engine stays as it is.',
          ['gpu-not-readable'],
          { kind: 'openUrl', url: driverPage, button: null },
        ),
      ];
    case 'driver-too-old': {
      if (gpuView(input).support === 'never') return [];
      const needed = input.runtime?.cudaRuntimeVersion ?? null;
      return [
        draft(
          'update-driver',
          'Update the NVIDIA Driver',
          `TensorRT-RTX needs ${needed === null ? 'a newer driver' : `a driver for CUDA ${Math.floor(needed / 1000)}`} to read the GPU. The engine stays as it is.`,
          ['gpu-not-readable'],
          { kind: 'openUrl', url: driverPage, button: null },
        ),
      ];
    }
    case 'no-gpu':
      // A process that is shown no GPU (CUDA_VISIBLE_DEVICES, a container) has nothing to repair.
      return /not loaded/.test(input.machine?.whyNoGpu ?? '')
        ? [repairCuda('gpu-not-readable')]
        : [];
    case 'other':
      return [repairCuda('gpu-not-readable')];
  }
}

function installRuntime({ facts }: ReportInput, reason: ReasonId): Draft {
  const version = facts.header?.version;
  const release = version === undefined ? null : releaseFor(version);
  const chosen = release ?? runtimeReleases[runtimeReleases.length - 1];
  const shown = chosen ? ` ${chosen.version}` : '';
  return draft(
    'install-runtime',
    `Install TensorRT-RTX${shown}`,
    `Downloads it from PyPI into the extension's own storage${release ? '; it is the version that built this engine' : ''}. Nothing else is changed.`,
    [reason],
    { kind: 'installRuntime', version: chosen?.version ?? null, matchEngine: false },
  );
}

function anotherRuntime(input: ReportInput, reason: ReasonId): Draft[] {
  if (input.runtimeProblem?.installable === false) return [];
  return [installRuntime(input, reason), chooseRuntime([reason])];
}

function chooseRuntime(cures: ReasonId[]): Draft {
  return draft(
    'choose-runtime',
    'Choose a Runtime…',
    'Picks one of the TensorRT-RTX libraries on this machine, or a file.',
    cures,
    { kind: 'chooseRuntime' },
  );
}

function hasNoDevice({ machine }: ReportInput): boolean {
  return machine?.nvidiaDevice === false && machine.gpu === null;
}

function failedRuntime(input: ReportInput): Draft[] {
  return input.runtimeProblem ? anotherRuntime(input, 'runtime-failed').reverse() : [];
}

function showLog(): Draft {
  return draft('show-log', 'Show Log', 'Opens what TensorRT-RTX said, line by line.', [], {
    kind: 'showLog',
  });
}

const unpack = 'Unpack the archive if the engine is inside it, or get the engine itself.';

function foreignRemedies(input: ReportInput): Draft[] {
  const cures: ReasonId[] = ['not-tensorrt-rtx'];
  const again = (detail: string) =>
    draft('get-file-again', 'Get the Engine Again', detail, cures, { kind: 'getFileAgain' });
  const build = (title: string, detail: string) => [
    draft('convert-foreign-engine', title, detail, cures, { kind: 'build' }),
    { ...copyCommand(cures), title: 'Copy Build Command' },
  ];
  const { kind, kindDetails } = input.facts;
  const out = takeOut(input);
  switch (kind) {
    case 'tensorrt':
      return build(
        'Build a TensorRT-RTX Engine…',
        'An engine of TensorRT cannot be converted: a new one is built from the ONNX model that it came from.',
      );
    case 'ultralytics':
      return [
        ...out,
        ...build(
          'Build a TensorRT-RTX Engine…',
          wrapsRtx(kindDetails)
            ? 'Builds one without metadata in front of it, from the ONNX model. This file stays as it is.'
            : 'Its engine cannot be converted: a new one is built from the ONNX model (in Ultralytics: export with format=onnx).',
        ),
      ];
    case 'torch-tr01':
      return [
        ...out,
        ...build(
          'Build a TensorRT-RTX Engine…',
          'Load this file with the program that wrote it, or build an engine from the ONNX model.',
        ),
      ];
    case 'onnx':
      if (/and it is (cut short|damaged)/.test(input.facts.kindSentence)) {
        return [
          again(
            'Copy or download the model once more, and compare the lengths: nothing can be built from a part.',
          ),
        ];
      }
      return build(
        'Build an Engine from This Model…',
        'Builds a TensorRT-RTX engine from it. The model stays as it is.',
      );
    case 'epcontext':
    case 'model-package':
      // Compiled for another provider: nothing of ours helps.
      return [];
    case 'git-lfs-pointer':
      return [
        draft(
          'fetch-lfs-object',
          'Fetch with git lfs pull',
          'Run git lfs pull in the repository: it puts the engine in the place of this pointer.',
          cures,
          { kind: 'gitLfsPull' },
        ),
      ];
    case 'zip':
      return [again(unpack)];
    case 'html':
      return [
        again(
          'Open the link in a browser: it may need a log-in or have moved. Then download the engine.',
        ),
      ];
    case 'zeros':
      return [again('Copy or download it once more from where it came, and compare the lengths.')];
    case 'text':
    case 'unknown':
      return [
        ...out,
        again(
          / archive, not an engine/.test(input.facts.kindSentence)
            ? unpack
            : 'Check that this is the file you meant, and copy or download the engine itself.',
        ),
      ];
    case 'tensorrt-rtx':
    case 'empty':
    case 'unreadable':
      return [];
  }
}

/** The engine of a wrapper as a file of its own. */
function takeOut({ facts }: ReportInput): Draft[] {
  const [inside, ...others] = facts.engines;
  const offset = inside?.offset ?? null;
  if (offset === null || !inside?.facts || others.length > 0) return [];
  // Bytes that a transfer changed are no engine wherever they lie.
  if (inside.facts.damage?.headerHolds === false) return [];
  const quoted = (text: string) => JSON.stringify(text);
  const to = facts.file.replace(/(\.\w+)?$/, '.rtx.engine');
  const length = inside.facts.header?.fileSize ?? null;
  // What comes behind it, such as the end of an upload, is no part of it either.
  const isFollowed = length !== null && (facts.size ?? 0) > offset + length;
  const text = [
    'import shutil',
    `wrapped = open(${quoted(facts.file)}, "rb")`,
    `wrapped.seek(${offset})`,
    `engine = open(${quoted(to)}, "xb")`,
    'shutil.copyfileobj(wrapped, engine)',
    ...(isFollowed ? [`engine.truncate(${length})`] : []),
    'engine.close()',
    '',
  ].join('\n');
  return [
    draft(
      'take-engine-out',
      'Copy Python to Extract the Engine',
      `Copies Python that writes what is from byte ${offset} on into ${to}; this file stays as it is.`,
      ['not-tensorrt-rtx'],
      { kind: 'copyPython', text },
    ),
  ];
}

function wrapsRtx(details: readonly FileFactRow[]): boolean {
  return details.some(
    (row) => row.label === engineInsideLabel && row.value.startsWith('TensorRT-RTX'),
  );
}
