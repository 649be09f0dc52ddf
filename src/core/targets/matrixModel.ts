/**
 * Engines × targets as a page shows them: what it comes to in a sentence, root causes first, columns and rows. Cells are
 * kept once however many engines share them, so that thousands of rows travel as numbers.
 */
import type { ComputeCapability } from '../gpu/computeCapability';
import { refusedFamilies } from '../trial/recipeEvidence';
import type { EngineReport } from '../report/engineReport';
import { formatBytes, threeParts } from '../text/formats';
import { cellSeverity, cellWords, fewNames, type TargetCell } from './cell';
import { cellRemedy, type CellRemedy } from './cellRemedy';
import { evidenceWords } from './engineOnTargets';
import {
  countsAsEngine,
  MatrixCells,
  MatrixCounter,
  severityOfCell,
  type MatrixCause,
  type SeverityByReason,
} from './matrix';
import { targetText, type Target } from './targets';

export type CellSign = 'ok' | 'warning' | 'error' | 'unknown';

export interface CellView {
  sign: CellSign;
  /** For a narrow column: "memory". */
  short: string;
  /** "Needs weight streaming" */
  word: string;
  sentence: string;
  howKnown: string;
  remedy: CellRemedy | null;
  /** The key of its cause; empty: none. */
  cause: string;
}

export interface MatrixColumn {
  id: string;
  name: string;
  facts: string;
  required: boolean;
  /** Engines that run there. */
  runs: number;
}

export interface MatrixRow {
  id: string;
  name: string;
  /** "models/vision"; empty: the root. */
  folder: string;
  /** Its size, or what kind of file it is. */
  note: string;
  /** Indices into `cells`, one for each column. */
  cells: number[];
  /** On a required target: something is wrong. */
  fails: boolean;
  /** Somewhere. */
  hasProblem: boolean;
  /** How many columns are wrong. */
  wrong: number;
}

export interface MatrixCauseView {
  key: string;
  /** "36 engines were built by another TensorRT-RTX version than that of Studio and 3 more." */
  sentence: string;
  engines: number;
  required: boolean;
  sign: CellSign;
  /** What can be done about all of them at once. */
  action: string | null;
}

export interface MatrixModel {
  /** "211 of 300 engines run on all 4 required targets." */
  title: string;
  source: 'file' | 'defaults';
  fileName: string;
  problem: string;
  /** "12 other files are not engines." and the like; empty: nothing to add. */
  aside: string;
  columns: MatrixColumn[];
  rows: MatrixRow[];
  cells: CellView[];
  causes: MatrixCauseView[];
  /** What a pipeline runs. */
  command: string;
}

export interface MatrixEngine {
  id: string;
  /** Below the workspace, with forward slashes. */
  path: string;
  report: EngineReport;
}

export interface MatrixInput {
  engines: readonly MatrixEngine[];
  targets: readonly Target[];
  severity: SeverityByReason;
  source: 'file' | 'defaults';
  fileName: string;
  problem: string;
}

export function makeMatrixModel(input: MatrixInput): MatrixModel {
  const { engines, severity, source } = input;
  // Common boards are asked of nobody: the sentence counts them all.
  const targets =
    source === 'file'
      ? input.targets
      : input.targets.map((target) => ({ ...target, required: true }));
  const cellsOf = new MatrixCells(targets);
  const counter = new MatrixCounter(targets, severity);
  const pool: CellView[] = [];
  const known = new Map<TargetCell, number>();
  const indexOf = (cell: TargetCell, refused: readonly ComputeCapability[]) => {
    // What NVIDIA's compiler said of this engine's model is nobody else's.
    if (refused.length > 0) return pool.push(cellView(cell, severity, refused)) - 1;
    const found = known.get(cell);
    if (found !== undefined) return found;
    known.set(cell, pool.length);
    return pool.push(cellView(cell, severity)) - 1;
  };
  const rows = engines.flatMap(({ id, path, report }): MatrixRow[] => {
    const { row } = cellsOf.ofReport(report);
    counter.add(report.kind, row);
    // Foreign files have one fact, and it is the same on every target.
    if (!countsAsEngine(report.kind, row) && !['unreadable', 'empty'].includes(report.kind)) {
      return [];
    }
    const refused = refusedFamilies(report.trial);
    const cells = row.map((cell) => indexOf(cell, refused));
    const signs = cells.map((at) => pool[at]?.sign ?? 'unknown');
    const slash = path.lastIndexOf('/');
    return [
      {
        id,
        name: path.slice(slash + 1),
        folder: slash < 0 ? '' : path.slice(0, slash),
        note: noteOf(report),
        cells,
        fails: signs.some((sign, at) => sign === 'error' && targets[at]?.required === true),
        hasProblem: signs.some((sign) => sign !== 'ok'),
        wrong: signs.filter((sign) => sign === 'error' || sign === 'unknown').length,
      },
    ];
  });
  const summary = counter.summary();
  return {
    title: summary.sentence,
    source,
    fileName: input.fileName,
    problem: input.problem,
    aside: [
      summary.others === 0
        ? ''
        : `${count(summary.others, 'other file')} ${summary.others === 1 ? 'is not a TensorRT-RTX engine' : 'are not TensorRT-RTX engines'}.`,
      summary.unreadable === 0 ? '' : `${count(summary.unreadable, 'file')} could not be read.`,
    ]
      .filter(Boolean)
      .join(' '),
    columns: summary.targets.map(({ target, runs }) => ({
      id: target.id,
      name: target.name,
      facts: targetText(target),
      required: source === 'file' ? target.required : true,
      runs,
    })),
    rows,
    cells: pool,
    causes: summary.causes.map(causeView),
    command: `engine-inspector check .${source === 'file' ? '' : ` --target ${targets.map(({ id }) => id).join(',')}`}`,
  };
}

function noteOf({ kind, header, size }: EngineReport): string {
  if (kind === 'empty') return 'empty';
  if (kind === 'model-package') return 'model package';
  if (kind === 'epcontext') {
    return [header && threeParts(header.version), 'in an ONNX model'].filter(Boolean).join(' · ');
  }
  if (!header) return kind === 'unreadable' ? 'not readable' : 'unknown layout';
  if (size !== null && size < header.fileSize) return 'incomplete';
  return `${threeParts(header.version)} · ${formatBytes(size ?? header.fileSize)}`;
}

function cellView(
  cell: TargetCell,
  chosen: SeverityByReason,
  refused: readonly ComputeCapability[] = [],
): CellView {
  // What is wrong on an optional target is as wrong; the column says that it is optional.
  const severity = severityOfCell(cell, { required: true }, chosen);
  const sign: CellSign =
    cell.cell === null
      ? 'unknown'
      : severity === 'ok' || severity === 'information'
        ? 'ok'
        : severity;
  return {
    sign,
    short: shortWord(cell),
    word: cell.cell === null ? 'Not known' : capital(cellWords[cell.cell]),
    sentence: cell.sentence,
    howKnown: evidenceWords[cell.evidence],
    remedy: cellRemedy(cell, refused),
    cause: cell.cell === null || sign === 'ok' ? '' : causeKey(cell),
  };
}

/** As MatrixCounter tells causes apart. */
const causeKey = ({ cell, reasons }: TargetCell) => `${reasons[0]?.id ?? ''} ${cell ?? ''}`;

const shortRebuild: Readonly<Partial<Record<string, string>>> = {
  'version-mismatch': 'version',
  'unsupported-compute-capability': 'GPU',
  'old-cuda-runtime': 'CUDA',
};

function shortWord({ cell, reasons }: TargetCell): string {
  switch (cell) {
    case null:
      return 'not read';
    case 'runs':
      return 'runs';
    case 'runs-slower':
      return 'PTX';
    case 'borderline':
      return 'tight';
    case 'update-driver':
      return 'driver';
    case 'needs-weight-streaming':
      return 'memory';
    case 'no-code':
      return 'no code';
    case 'never':
      return 'never';
    case 'rebuild':
      return shortRebuild[reasons[0]?.id ?? ''] ?? 'damaged';
  }
}

/** "36 engines don't fit on Studio and 3 more without weight streaming." */
export function causeSentence(cause: MatrixCause): string {
  const { engines, targets } = cause;
  return `${count(engines, 'engine')} ${causePhrase(cause, fewNames(targets, 2))}.`;
}

function causeView(cause: MatrixCause): MatrixCauseView {
  const { engines, required } = cause;
  const remedy = bulkTitle(cause);
  return {
    key: `${cause.id} ${cause.cell}`,
    sentence: causeSentence(cause),
    engines,
    required,
    sign: cellSeverity[cause.cell],
    action: remedy,
  };
}

function causePhrase({ id, cell, engines }: MatrixCause, where: string): string {
  const one = engines === 1;
  switch (cell) {
    case 'needs-weight-streaming':
      return `${one ? "doesn't" : "don't"} fit on ${where} without weight streaming`;
    case 'no-code':
      return `${one ? 'has' : 'have'} no code for the GPU of ${where}`;
    case 'never':
      return `can never run on ${where}: TensorRT-RTX doesn't run there`;
    case 'update-driver':
      return `${one ? 'needs' : 'need'} a newer driver on ${where}`;
    case 'borderline':
      return `${one ? 'has' : 'have'} weights that barely fit on ${where}`;
    case 'runs-slower':
      return `${one ? 'runs' : 'run'} slower, by PTX, on ${where}`;
    case 'runs':
    case 'rebuild':
      if (id === 'version-mismatch') {
        return `${one ? 'was' : 'were'} built by another TensorRT-RTX version than that of ${where}`;
      }
      if (id === 'unsupported-compute-capability') {
        return `${one ? "isn't" : "aren't"} built for the GPU of ${where}`;
      }
      if (id === 'old-cuda-runtime') {
        return `${one ? 'was' : 'were'} built with a newer CUDA runtime than that of ${where}`;
      }
      return `${one ? 'is' : 'are'} damaged or incomplete`;
  }
}

function bulkTitle({ id, cell, engines }: MatrixCause): string | null {
  if (cell === 'needs-weight-streaming') return `Rebuild ${engines} with Weight Streaming…`;
  if (id === 'unsupported-compute-capability') {
    return cell === 'never' ? null : `Rebuild ${engines} for These GPUs…`;
  }
  return cell === 'rebuild' && (id === 'version-mismatch' || id === 'old-cuda-runtime')
    ? `Rebuild ${engines}…`
    : null;
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
