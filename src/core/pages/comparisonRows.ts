/** "Engine beside machine", row by row, and "runs on", family by family: what the header says next to what is here. */
import { shortGpuName } from '../run/runFormats';
import { familyLabel, targetSet } from '../gpu/computeCapability';
import { targetsText, type EngineHeader } from '../file/engineHeader';
import type {
  ComparisonRow,
  GpuFamilyRow,
  Reason,
  ReasonId,
  RowState,
} from '../report/engineReport';
import { formatBytes, formatBytesPair, formatCudaVersion } from '../text/formats';
import { plainText } from '../text/plainText';
import type { CodeFacts } from '../report/codeFacts';
import { gpuView, noCodeHere, type ReportInput } from '../report/reasons';
import { sameVersion } from '../report/runtimeReleases';

/** reasons: what is wrong with the engine. */
export function comparisonRows(
  input: ReportInput,
  reasons: readonly Pick<Reason, 'id' | 'severity'>[],
): ComparisonRow[] {
  const { header } = input.facts;
  if (!header) {
    return [];
  }
  const bad: Bad = new Set(reasons.map(({ id }) => id));
  const rows = [
    versionRow(input, header, bad),
    gpuRow(input, header, bad),
    weightsRow(input, header, bad),
    driverRow(input, header, bad),
    runtimeRow(input, header, bad),
  ];
  // One fact is no error here and a warning in the reasons.
  return reasons.some(({ severity }) => severity === 'error')
    ? rows
    : rows.map((one) => (one.state === 'bad' ? { ...one, state: 'warning' } : one));
}

type Bad = ReadonlySet<ReasonId>;

function row(
  id: ComparisonRow['id'],
  label: string,
  engine: string,
  machine: string,
  verdict: { state: RowState; note: string },
): ComparisonRow {
  return { id, label, engine, machine, ...verdict };
}

const unknown = { state: 'unknown', note: 'not known here' } as const;
const nothing = { state: 'none', note: '' } as const;

function versionRow({ runtime }: ReportInput, header: EngineHeader, bad: Bad): ComparisonRow {
  const machine = runtime ? plainText(runtime.version, 40) : 'no runtime found';
  const same = runtime !== null && sameVersion(runtime.version, header.version);
  const verdict = !runtime
    ? unknown
    : bad.has('version-mismatch') || !same
      ? ({ state: 'bad', note: 'versions must match' } as const)
      : ({
          state: 'good',
          note: runtime.version === header.version ? 'same' : 'same but for the build number',
        } as const);
  return row('tensorrt-rtx', 'TensorRT-RTX', header.version, machine, verdict);
}

function gpuRow(input: ReportInput, header: EngineHeader, bad: Bad): ComparisonRow {
  const gpu = input.machine?.gpu ?? null;
  const { support, computeCapability } = gpuView(input);
  const machine = gpu
    ? `${shortGpuName(plainText(gpu.name, 120))}, ${gpu.computeCapability}`
    : (computeCapability ?? 'no GPU found');
  return row('gpu', 'GPU', targetsText(header), machine, gpuVerdict());

  function gpuVerdict(): { state: RowState; note: string } {
    if (computeCapability === null) {
      return unknown;
    }
    if (support === 'never') {
      return { state: 'bad', note: 'not a GPU that TensorRT-RTX runs on' };
    }
    if (bad.has('unsupported-compute-capability')) {
      return { state: 'bad', note: 'not built for it' };
    }
    if (noCodeHere(input)) {
      return { state: 'bad', note: 'listed, but no code for it' };
    }
    if (bad.has('suboptimal')) {
      return { state: 'warning', note: 'by PTX, slower' };
    }
    if (header.computeCapabilities.includes(computeCapability)) {
      return { state: 'good', note: 'built for it' };
    }
    return support === 'ptx' && header.ptxForNewer
      ? { state: 'warning', note: 'by PTX, slower' }
      : { state: 'bad', note: 'not built for it' };
  }
}

function weightsRow({ machine }: ReportInput, header: EngineHeader, bad: Bad): ComparisonRow {
  const gpu = machine?.gpu ?? null;
  const needs = header.weightBytes;
  const engine = needs > 0 ? formatBytes(needs) : '0, streamed or none';
  const free = gpu?.freeMemory ?? null;
  const has = gpu
    ? `${formatBytes(gpu.totalMemory)}${free === null ? '' : ` (${formatBytes(free)} free)`}`
    : 'no GPU found';
  return row('weights', 'Weights on the GPU', engine, has, weightsVerdict());

  function weightsVerdict(): { state: RowState; note: string } {
    if (gpu && needs > gpu.totalMemory) {
      return { state: 'bad', note: `${formatBytes(needs - gpu.totalMemory)} short` };
    }
    if (bad.has('insufficient-gpu-memory')) {
      return { state: 'bad', note: 'too little' };
    }
    if (needs <= 0) {
      return nothing;
    }
    if (!gpu) {
      return unknown;
    }
    if (free !== null && needs > free) {
      const [needsText, freeText] = formatBytesPair(needs, free);
      return { state: 'warning', note: `fits, but ${freeText} of ${needsText} are free now` };
    }
    return { state: 'good', note: 'fits' };
  }
}

function driverRow({ machine }: ReportInput, header: EngineHeader, bad: Bad): ComparisonRow {
  const here = machine?.driverVersion ?? null;
  const display = machine?.displayDriver ? ` (${plainText(machine.displayDriver, 40)})` : '';
  return row(
    'cuda-driver',
    'CUDA driver',
    atBuild(header.cudaDriver),
    here === null ? (machine ? 'no driver' : 'not read') : `${formatCudaVersion(here)}${display}`,
    notOlder(header.cudaDriver, here, bad.has('old-cuda-driver')),
  );
}

function runtimeRow({ runtime }: ReportInput, header: EngineHeader, bad: Bad): ComparisonRow {
  const here = runtime?.cudaRuntimeVersion ?? null;
  const machine = !runtime
    ? 'no runtime found'
    : here === null
      ? 'not known'
      : `${formatCudaVersion(here)} (in the library)`;
  return row(
    'cuda-runtime',
    'CUDA runtime',
    atBuild(header.cudaRuntime),
    machine,
    notOlder(header.cudaRuntime, here, bad.has('old-cuda-runtime')),
  );
}

function atBuild(version: number): string {
  return version > 0 ? `${formatCudaVersion(version)} at build` : 'not recorded';
}

function notOlder(
  engine: number,
  here: number | null,
  refused: boolean,
): { state: RowState; note: string } {
  if (refused || (here !== null && engine > here)) {
    return { state: 'bad', note: 'older than at build' };
  }
  if (engine <= 0) {
    return nothing;
  }
  return here === null ? unknown : { state: 'good', note: 'not older' };
}

/** The families that engines of this version can be built for, then the newer ones. */
export function runsOnRows(header: EngineHeader | null, code: CodeFacts | null): GpuFamilyRow[] {
  if (!header) {
    return [];
  }
  const { targets } = targetSet(header.version);
  const newest = targets[targets.length - 1]?.computeCapability ?? '12.1';
  const rows: GpuFamilyRow[] = targets.map(({ computeCapability }) => ({
    computeCapability,
    label: familyLabel(computeCapability),
    state: code?.without.includes(computeCapability)
      ? 'no-code'
      : header.computeCapabilities.includes(computeCapability)
        ? 'yes'
        : 'no',
  }));
  return [
    ...rows,
    {
      computeCapability: `>${newest}`,
      label: 'newer, slower (PTX)',
      state: header.ptxForNewer ? 'ptx' : 'no',
    },
  ];
}
