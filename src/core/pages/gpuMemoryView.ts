/**
 * The GPU view as data: everything it says, made here from a snapshot, the history and the fit, so that the page only
 * lays it out. Also what page and extension say to each other.
 */
import type { Fit, FitState } from '../gpu/fit';
import { formatBytes, formatCudaVersion } from '../text/formats';
import {
  formatMemory,
  formatUsedOfTotal,
  type GpuReading,
  type GpuSnapshot,
  positionOf,
  usedPercent,
} from '../gpu/gpuMemory';
import { type GpuChoice, type VisibleGpus, whyNotUsable } from '../gpu/gpuMemoryChoice';
import { describeProblem, type GpuProblem, nvmlNotSupported } from '../gpu/gpuMemoryErrors';
import type { HistorySample } from '../gpu/gpuMemoryHistory';

export interface LabelledValue {
  label: string;
  value: string;
}

export interface GpuViewModel {
  /** ms since 1970 */
  at: number;
  /** The answer first: "9.9 of 16.0 GiB free on NVIDIA GeForce RTX 4060". */
  headline: string;
  problem: ViewProblem | null;
  /** How and how often it is read, and which GPU is used and why. */
  notes: string[];
  facts: LabelledValue[];
  fit: FitView | null;
  gpus: GpuView[];
}

export interface ViewProblem {
  sentence: string;
  nextStep: string;
  detail: string;
  /** Nobody's fault: say it quietly. */
  quiet: boolean;
}

export interface FitView {
  /** Printable; the engine in front of the user. */
  file: string;
  state: FitState;
  sentence: string;
  rows: LabelledValue[];
}

export interface GpuView {
  id: string;
  name: string;
  /** "GPU 0, MIG instance 2" */
  position: string;
  /** Checks and runs use it. */
  chosen: boolean;
  /** Why it cannot be chosen; empty: it can. */
  whyNot: string;
  /** "6.1/16.0 GiB" */
  usage: string;
  /** "9.9 GiB" */
  free: string;
  percent: number | null;
  /** The memory in use is above the user's threshold. */
  warns: boolean;
  /** "12 %", "unknown" */
  utilization: string;
  problem: ViewProblem | null;
  facts: LabelledValue[];
  processes: { pid: string; name: string; memory: string; kind: string }[];
  /** Stands in the table's place: none, not known, why not. */
  processesNote: string;
  /** For the plot: bytes, percent; null: unknown. */
  total: number | null;
  used: number | null;
  utilizationPercent: number | null;
}

export type ToGpuPage =
  | { type: 'waiting' }
  /** Before the first model, so that a page opened late has its ten minutes. */
  | { type: 'history'; samples: Record<string, readonly HistorySample[]> }
  | { type: 'model'; model: GpuViewModel };

export type FromGpuPage =
  | { type: 'ready' }
  | { type: 'refresh' }
  | { type: 'chooseGpu' }
  | { type: 'useGpu'; id: string }
  | { type: 'openSettings' }
  | { type: 'showLog' };

export interface GpuViewInput {
  snapshot: GpuSnapshot;
  choice: GpuChoice;
  visible: VisibleGpus;
  /** 0: never. */
  warningPercent: number;
  /** Milliseconds between two looks; null: there is no next one. */
  everyMs: number | null;
  /** The engine in front of the user; null: there is none. */
  fit: { file: string; fit: Fit } | null;
}

export function makeGpuView(input: GpuViewInput): GpuViewModel {
  const { snapshot, choice, visible } = input;
  return {
    at: snapshot.at,
    headline: headline(snapshot, choice),
    problem: viewProblem(snapshot.problem),
    notes: [readingNote(input), choice.problem, visible.sentence].filter((note) => note !== ''),
    facts: driverFacts(snapshot),
    fit: input.fit && fitView(input.fit),
    gpus: snapshot.gpus.map((gpu) => gpuView(gpu, input)),
  };
}

function headline(snapshot: GpuSnapshot, { gpu }: GpuChoice): string {
  if (gpu === null) {
    return snapshot.gpus.length > 0
      ? 'No GPU can be used by programs here'
      : snapshot.problem?.absent === false
        ? 'The GPUs could not be read'
        : 'No NVIDIA GPU was found here';
  }
  if (gpu.free === null) return `Free memory of ${gpu.name} is not known`;
  const of = gpu.total === null ? '' : ` of ${formatMemory(gpu.total)}`;
  return `${formatMemory(gpu.free)}${of} free on ${gpu.name}`;
}

function readingNote({ snapshot, everyMs }: GpuViewInput): string {
  const through =
    snapshot.source === 'nvml'
      ? 'Read through NVML'
      : snapshot.source === 'nvidia-smi'
        ? 'Read through nvidia-smi, because NVML was not found'
        : '';
  if (through === '') return '';
  if (everyMs === null) return `${through}.`;
  const seconds = everyMs / 1000;
  return `${through} every ${Number.isInteger(seconds) ? seconds : seconds.toFixed(1)} s.`;
}

function driverFacts(snapshot: GpuSnapshot): LabelledValue[] {
  return rows([
    ['NVIDIA driver', snapshot.driverVersion],
    [
      'CUDA of the driver',
      snapshot.cudaDriverVersion === null ? null : formatCudaVersion(snapshot.cudaDriverVersion),
    ],
    ['NVML', snapshot.nvmlVersion],
  ]);
}

function gpuView(
  gpu: GpuReading,
  { choice, visible, snapshot, warningPercent }: GpuViewInput,
): GpuView {
  const percent = usedPercent(gpu);
  return {
    id: gpu.id,
    name: gpu.name,
    position: positionOf(gpu),
    chosen: choice.gpu?.id === gpu.id,
    whyNot: whyNotUsable(gpu, snapshot.gpus, visible),
    usage: formatUsedOfTotal(gpu),
    free: formatMemory(gpu.free),
    percent,
    warns: isAbove(percent, warningPercent),
    utilization: gpu.utilization === null ? 'unknown' : `${gpu.utilization} %`,
    problem: viewProblem(gpu.problem),
    facts: rows([
      ['Compute capability', gpu.computeCapability],
      ['Kept by the driver', gpu.reserved === null ? null : formatMemory(gpu.reserved)],
      ['MIG', gpu.migEnabled ? 'on' : null],
      ['Part of', gpu.parent],
      ['UUID', gpu.hasUuid ? gpu.id : null],
      ['PCI', gpu.pciBusId],
    ]),
    processes: (gpu.processes ?? []).map((process) => ({
      pid: String(process.pid),
      name: process.name,
      memory: formatMemory(process.memory),
      kind: kindWords[process.kind],
    })),
    processesNote: processesNote(gpu),
    total: gpu.total === null ? null : Number(gpu.total),
    used: gpu.used === null ? null : Number(gpu.used),
    utilizationPercent: gpu.utilization,
  };
}

const kindWords = {
  compute: 'compute',
  graphics: 'graphics',
  both: 'compute and graphics',
} as const;

function processesNote(gpu: GpuReading): string {
  if (gpu.processesProblem) {
    return `The programs that use it are not known: ${describeProblem(gpu.processesProblem)}`;
  }
  // A GPU that does not answer has been said to do so.
  if (gpu.problem !== null && gpu.problem.code !== nvmlNotSupported) return '';
  if (gpu.processes === null) return 'Which programs use it was not asked yet.';
  return gpu.processes.length === 0 ? 'No program that this user can see uses its memory.' : '';
}

/** The threshold of the status bar's and the view's warning. */
export function isAbove(percent: number | null, warningPercent: number): boolean {
  return warningPercent > 0 && percent !== null && percent >= warningPercent;
}

function fitView({ file, fit }: { file: string; fit: Fit }): FitView {
  const size = (bytes: number | null) => (bytes === null ? null : formatBytes(bytes));
  return {
    file,
    state: fit.state,
    sentence: fit.sentence,
    rows: rows([
      ['Needed on the GPU at least', size(fit.needed)],
      ['Weights that can be streamed', size(fit.streamable)],
      ['Weight streaming budget', size(fit.budget)],
      ['Free now', size(fit.free)],
      ['Total', size(fit.total)],
    ]),
  };
}

function viewProblem(problem: GpuProblem | null): ViewProblem | null {
  if (!problem) return null;
  return {
    sentence: describeProblem(problem),
    nextStep: problem.nextStep,
    detail: problem.detail,
    quiet: problem.absent,
  };
}

function rows(list: [string, string | null][]): LabelledValue[] {
  return list.flatMap(([label, value]) => (value === null ? [] : [{ label, value }]));
}
