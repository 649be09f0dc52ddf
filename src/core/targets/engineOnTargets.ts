/**
 * One engine on all targets, as its page and its tree node show it: a row for each target with four facts, a word, a
 * sentence, how it is known and one fix; and the sentence over all of them.
 */
import { architectureOf, supportOf, type ComputeCapability } from '../gpu/computeCapability';
import type {
  EngineReport,
  FileFacts,
  HeaderFieldId,
  RowState,
  Severity,
} from '../report/engineReport';
import { sameVersion } from '../report/runtimeReleases';
import {
  formatBytes,
  formatBytesPair,
  formatCudaVersion,
  joinWords,
  threeParts,
} from '../text/formats';
import {
  cellFor,
  cellWords,
  codeEvidence,
  type Cell,
  type CellEvidence,
  type TargetCell,
  type TargetReasonId,
} from './cell';
import { cellRemedy, type CellRemedy } from './cellRemedy';
import { severityOfCell, type SeverityByReason } from './matrix';
import { factsOfReport } from './reportFacts';
import { machineOf, targetText, type Target } from './targets';
import { refusedFamilies } from '../trial/recipeEvidence';

export interface TargetFact {
  state: RowState;
  text: string;
  note: string;
}

export interface TargetRow {
  id: string;
  name: string;
  /** "8.9 · 8 GB" */
  facts: string;
  required: boolean;
  cell: Cell | null;
  /** "Runs", "Needs weight streaming" */
  word: string;
  severity: Severity;
  version: TargetFact;
  gpu: TargetFact;
  weights: TargetFact;
  driver: TargetFact;
  /** "Predicted", "Measured": never blended. */
  howKnown: string;
  sentence: string;
  /** Where the header says it. */
  field: HeaderFieldId | null;
  remedy: CellRemedy | null;
}

export interface EngineOnTargets {
  /** "Runs on 3 of your 5 targets" */
  title: string;
  /** Which can't run it and why; empty: all can. */
  summary: string;
  severity: Severity;
  runs: number;
  rows: TargetRow[];
}

/** How a cell is known, in words. */
export const evidenceWords: Readonly<Record<CellEvidence, string>> = {
  rule: 'Predicted',
  'engine-text': 'Read from the engine',
  compiler: 'Tried with the compiler',
  recipe: 'Read from the recipe',
  inspection: 'Loaded here',
  measured: 'Measured',
};

export function engineOnTargets(
  report: EngineReport,
  targets: readonly Target[],
  options: { own: boolean; severity?: SeverityByReason },
): EngineOnTargets {
  const facts = factsOfReport(report);
  const code = codeEvidence(report.code);
  const refused = refusedFamilies(report.trial);
  const rows = targets.map((target) =>
    targetRow(facts, target, cellFor(facts, target, code), refused, options.severity),
  );
  // On a target that is optional, what is wrong is information and still wrong.
  const failing = rows.filter((row) => !isRunning(row.cell));
  const runs = rows.length - failing.length;
  return {
    title: title(runs, rows.length, options.own),
    summary: summary(failing, facts),
    severity: loudest(rows),
    runs,
    rows,
  };
}

export function isRunning(cell: Cell | null): boolean {
  return cell === 'runs' || cell === 'runs-slower' || cell === 'borderline';
}

function loudest(rows: readonly TargetRow[]): Severity {
  const all = rows.map(({ severity }) => severity);
  return (['error', 'warning', 'information'] as const).find((one) => all.includes(one)) ?? 'ok';
}

function title(runs: number, all: number, own: boolean): string {
  if (all === 0) return 'No targets are chosen';
  const which = own ? 'your ' : '';
  const what = own ? 'target' : 'common board';
  if (all === 1)
    return runs === 1
      ? `Runs on ${own ? 'your' : 'that'} ${what}`
      : `Doesn't run on ${own ? 'your' : 'that'} ${what}`;
  if (runs === all) return `Runs on all ${all} ${what}s`;
  if (runs === 0) return `Runs on none of ${which || 'the '}${all} ${what}s`;
  return `Runs on ${runs} of ${which}${all} ${what}s`;
}

/** "It doesn't fit on Minimum spec and isn't built for the GPU of Old desktop." */
function summary(failing: readonly TargetRow[], { kind, kindSentence }: FileFacts): string {
  if (kind !== 'tensorrt-rtx' && kindSentence !== '') return kindSentence;
  const byReason = new Map<string, { phrase: (where: string) => string; names: string[] }>();
  for (const row of failing) {
    const phrase = phraseOf(row);
    const key = phrase('');
    const entry = byReason.get(key) ?? { phrase, names: [] };
    byReason.set(key, entry);
    entry.names.push(row.name);
  }
  const parts = [...byReason.values()].map(({ phrase, names }) => phrase(few(names)));
  return parts.length === 0 ? '' : `It ${joinWords(parts)}.`;
}

const few = (names: readonly string[]) =>
  names.length <= 3
    ? joinWords(names)
    : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;

function phraseOf({ cell, version }: TargetRow): (where: string) => string {
  switch (cell) {
    case 'needs-weight-streaming':
      return (where) => `doesn't fit on ${where}`;
    case 'update-driver':
      return (where) => `needs a newer driver on ${where}`;
    case 'no-code':
      return (where) => `has no code for the GPU of ${where}`;
    case 'never':
      return (where) => `can never run on ${where}`;
    case 'rebuild':
      return version.state === 'bad'
        ? (where) => `was built by another TensorRT-RTX version than that of ${where}`
        : (where) => `has to be built again for ${where}`;
    case null:
    case 'runs':
    case 'runs-slower':
    case 'borderline':
      return (where) => `can't be predicted for ${where}`;
  }
}

function targetRow(
  facts: FileFacts,
  target: Target,
  cell: TargetCell,
  refused: readonly ComputeCapability[],
  chosen: SeverityByReason = {},
): TargetRow {
  const ids = new Set(cell.reasons.map(({ id }) => id));
  const first = cell.reasons[0]?.id;
  return {
    id: target.id,
    name: target.name,
    facts: targetText(target),
    required: target.required,
    cell: cell.cell,
    word: cell.cell === null ? 'Not known' : capital(cellWords[cell.cell]),
    severity: severityOfCell(cell, target, chosen),
    version: versionFact(facts, target, ids),
    gpu: gpuFact(facts, target, ids),
    weights: weightsFact(facts, target, ids),
    driver: driverFact(facts, target, ids),
    howKnown: evidenceWords[cell.evidence],
    sentence: cell.sentence,
    field: first === undefined ? null : (fieldOf[first] ?? null),
    remedy: cellRemedy(cell, refused),
  };
}

const fieldOf: Readonly<Partial<Record<TargetReasonId, HeaderFieldId>>> = {
  'version-mismatch': 'version',
  'unsupported-compute-capability': 'targets',
  suboptimal: 'targets',
  'old-cuda-driver': 'cudaDriver',
  'old-cuda-runtime': 'cudaRuntime',
  'insufficient-gpu-memory': 'weightBytes',
  'borderline-gpu-memory': 'weightBytes',
  truncated: 'fileSize',
  'longer-than-header': 'fileSize',
  'not-tensorrt-rtx': 'tag',
};

const none: TargetFact = { state: 'none', text: '–', note: '' };
type Ids = ReadonlySet<TargetReasonId>;

function versionFact({ header }: FileFacts, { tensorrtRtx }: Target, ids: Ids): TargetFact {
  if (!header) return none;
  if (ids.has('version-mismatch')) {
    const text = tensorrtRtx === null ? 'another' : threeParts(tensorrtRtx);
    return { state: 'bad', text, note: `built by ${threeParts(header.version)}` };
  }
  const same = tensorrtRtx === null || sameVersion(tensorrtRtx, header.version);
  return same
    ? {
        state: 'good',
        text: threeParts(header.version),
        note: tensorrtRtx === null ? 'required' : 'the same',
      }
    : none;
}

function gpuFact({ header }: FileFacts, target: Target, ids: Ids): TargetFact {
  if (!header) return none;
  const text: string = target.computeCapability;
  const { tensorrtRtx } = machineOf(target, header.version);
  if (supportOf(target.computeCapability, tensorrtRtx) === 'never') {
    return { state: 'bad', text, note: 'not a GPU of TensorRT-RTX' };
  }
  if (ids.has('no-code-for-gpu')) return { state: 'bad', text, note: 'no code inside' };
  if (ids.has('unsupported-compute-capability')) {
    const name = architectureOf(target.computeCapability);
    return { state: 'bad', text, note: name === '' ? 'not built for it' : `not built for ${name}` };
  }
  if (ids.has('suboptimal')) return { state: 'warning', text, note: 'by PTX, slower' };
  return { state: 'good', text, note: 'built for it' };
}

function weightsFact({ header }: FileFacts, target: Target, ids: Ids): TargetFact {
  const needs = header?.weightBytes ?? 0;
  if (!header || needs <= 0) return header ? { ...none, note: 'streamed or none' } : none;
  const [needsText, hasText] = formatBytesPair(needs, target.memory);
  const text = `${needsText} of ${hasText}`;
  if (ids.has('insufficient-gpu-memory')) {
    return { state: 'bad', text, note: `${formatBytes(needs - target.memory)} short` };
  }
  const left = `${formatBytes(target.memory - needs)} left`;
  return ids.has('borderline-gpu-memory')
    ? { state: 'warning', text, note: left }
    : { state: 'good', text, note: left };
}

function driverFact({ header }: FileFacts, { driverVersion }: Target, ids: Ids): TargetFact {
  if (!header) return none;
  const needed = header.cudaDriver > 0 ? `built with ${formatCudaVersion(header.cudaDriver)}` : '';
  if (driverVersion === null) return { ...none, note: needed };
  const text = `CUDA ${formatCudaVersion(driverVersion)}`;
  return ids.has('old-cuda-driver')
    ? { state: 'bad', text, note: needed }
    : { state: 'good', text, note: needed === '' ? '' : 'new enough' };
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
