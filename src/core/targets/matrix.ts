/** Engines × targets: the cells of many engines, quickly, and what they come to. */
import type { EngineReport, FileFacts, Severity } from '../report/engineReport';
import {
  cellFor,
  cellSeverity,
  codeEvidence,
  surelyFits,
  unusableBy,
  type Cell,
  type CodeEvidence,
  type TargetCell,
  type TargetReasonId,
} from './cell';
import { factsOfReport } from './reportFacts';
import type { Target } from './targets';

/** Rows kept: of ten thousand engines few differ in what a cell depends on. Bounded, for folders where all do. */
const mostKept = 1024;

/** One row of cells for each file. Engines that differ in nothing that counts share their cells. */
export class MatrixCells {
  private readonly kept = new Map<string, SharedRow>();

  constructor(readonly targets: readonly Target[]) {}

  row(facts: FileFacts, code: CodeEvidence | null = null): readonly TargetCell[] {
    const key = code === null ? keyOf(facts) : null;
    const ofFile = unusableBy(facts);
    if (key === null) return this.targets.map((target) => cellFor(facts, target, code, ofFile));
    const weights = facts.header?.weightBytes ?? 0;
    const shared = this.sharedBy(key);
    if (shared.whole && weights <= shared.fitsEverywhere) return shared.row as TargetCell[];
    const row = this.targets.map((target, at) => {
      if (!surelyFits(weights, target)) return cellFor(facts, target, null, ofFile);
      return (shared.row[at] ??= cellFor(facts, target, null, ofFile));
    });
    if (!shared.whole && row.every((cell, at) => cell === shared.row[at])) {
      shared.whole = true;
      shared.fitsEverywhere = weights;
    }
    return row;
  }

  /** Of an engine that has a report: the facts that its cells are made of, and the row. */
  ofReport(report: EngineReport): { facts: FileFacts; row: readonly TargetCell[] } {
    const facts = factsOfReport(report);
    return { facts, row: this.row(facts, codeEvidence(report.code)) };
  }

  private sharedBy(key: string): SharedRow {
    const known = this.kept.get(key);
    if (known) return known;
    if (this.kept.size >= mostKept) this.kept.clear();
    const made = { row: [], whole: false, fitsEverywhere: 0 };
    this.kept.set(key, made);
    return made;
  }
}

/** The cells of engines whose weights fit. */
interface SharedRow {
  row: (TargetCell | undefined)[];
  /** All cells are there, and weights up to so many bytes fit on every target. */
  whole: boolean;
  fitsEverywhere: number;
}

/**
 * What a whole engine's cells depend on, but for the exact size of its weights: version, GPUs, CUDA's versions, and
 * whether it has weights. null: not a whole engine, and told with sizes of its own.
 */
function keyOf({ kind, size, header, headerBytes }: FileFacts): string | null {
  if (kind !== 'tensorrt-rtx' || !header || size !== header.fileSize) return null;
  return `${header.weightBytes > 0}${String.fromCharCode(...headerBytes.subarray(24, 56))}`;
}

/** Severity by reason, where engine-inspector.json says another one than the default. */
export type SeverityChoice = Severity | 'off';
export type SeverityByReason = Readonly<Partial<Record<string, SeverityChoice>>>;

/**
 * How loud a cell is on this target: that of its loudest reason. What is wrong on an optional target is information: it
 * is told and fails nothing. A file that could not be read is an error here, and counted apart where files are counted.
 */
export function severityOfCell(
  cell: TargetCell,
  target: Pick<Target, 'required'>,
  chosen: SeverityByReason = {},
): Severity {
  if (cell.cell === null) return 'error';
  const base = cellSeverity[cell.cell];
  const all = cell.reasons.map(({ id }, at): Severity => {
    const choice = chosen[id];
    if (choice === undefined) return at === 0 ? base : 'ok';
    return choice === 'off' ? 'ok' : choice;
  });
  const loudest = loud.find((severity) => all.includes(severity)) ?? 'ok';
  return loudest !== 'ok' && !target.required ? 'information' : loudest;
}

const loud: readonly Severity[] = ['error', 'warning', 'information'];

/** Why engines fail, as one line for all of them: root causes first. */
export interface MatrixCause {
  id: TargetReasonId;
  cell: Cell;
  /** Engines with it on at least one target. */
  engines: number;
  /** Names of the targets, in their order. */
  targets: string[];
  /** On a required one. */
  required: boolean;
}

export interface TargetCount {
  target: Target;
  /** Engines by cell. */
  cells: Record<Cell, number>;
  /** Engines that run there: without an error. */
  runs: number;
}

export interface MatrixSummary {
  /** Readable engines and what should be one, model packages of them among them. */
  engines: number;
  /** Files that are no TensorRT-RTX engines. */
  others: number;
  unreadable: number;
  /** Engines that run on every required target. */
  runEverywhere: number;
  requiredTargets: number;
  targets: TargetCount[];
  causes: MatrixCause[];
  /** "12 of 14 engines run on all required targets." */
  sentence: string;
}

/** Counts rows one by one and keeps none of them. */
export class MatrixCounter {
  private readonly counts: TargetCount[];
  private readonly causes = new Map<string, MatrixCause & { at: Set<number> }>();
  private engines = 0;
  private others = 0;
  private unreadable = 0;
  private runEverywhere = 0;

  constructor(
    private readonly targets: readonly Target[],
    chosen: SeverityByReason = {},
    /** As on a required target. */
    private readonly severityOf = (cell: TargetCell): Severity =>
      severityOfCell(cell, { required: true }, chosen),
  ) {
    this.counts = targets.map((target) => ({ target, cells: noCells(), runs: 0 }));
  }

  add(kind: FileFacts['kind'], row: readonly TargetCell[]): void {
    if (kind === 'unreadable') {
      this.unreadable++;
      return;
    }
    if (!countsAsEngine(kind, row)) {
      this.others++;
      return;
    }
    this.engines++;
    let everywhere = true;
    const seen = new Set<string>();
    row.forEach((cell, at) => {
      const count = this.counts[at];
      const target = this.targets[at];
      if (!count || !target || cell.cell === null) return;
      count.cells[cell.cell]++;
      const severity = this.severityOf(cell);
      if (severity === 'error') everywhere &&= !target.required;
      else count.runs++;
      if (severity === 'error' || severity === 'warning') this.cause(cell, target, at, seen);
    });
    if (everywhere) this.runEverywhere++;
  }

  private cause(cell: TargetCell, target: Target, at: number, seen: Set<string>): void {
    const id = cell.reasons[0]?.id;
    if (id === undefined || cell.cell === null) return;
    const key = `${id} ${cell.cell}`;
    const found = this.causes.get(key) ?? {
      id,
      cell: cell.cell,
      engines: 0,
      targets: [],
      required: false,
      at: new Set<number>(),
    };
    this.causes.set(key, found);
    found.at.add(at);
    found.required ||= target.required;
    if (!seen.has(key)) found.engines++;
    seen.add(key);
  }

  summary(): MatrixSummary {
    const required = this.targets.filter((target) => target.required).length;
    return {
      engines: this.engines,
      others: this.others,
      unreadable: this.unreadable,
      runEverywhere: this.runEverywhere,
      requiredTargets: required,
      targets: this.counts,
      causes: [...this.causes.values()]
        .map(({ at, ...cause }) => ({
          ...cause,
          targets: [...at].sort((a, b) => a - b).map((index) => this.targets[index]?.name ?? ''),
        }))
        .sort(
          (a, b) =>
            Number(b.required) - Number(a.required) ||
            loudness(a.cell) - loudness(b.cell) ||
            b.engines - a.engines,
        ),
      sentence: runSentence(this.runEverywhere, this.engines, required, this.targets.length),
    };
  }
}

/** What holds engines is one as well: an EPContext model, a model package, unless it is for other providers alone. */
export function countsAsEngine(kind: FileFacts['kind'], row: readonly TargetCell[]): boolean {
  if (kind !== 'model-package' && kind !== 'epcontext') return kind === 'tensorrt-rtx';
  return !row.some(({ reasons }) => reasons.some(({ id }) => id === 'not-tensorrt-rtx'));
}

const loudness = (cell: Cell): number => loud.indexOf(cellSeverity[cell]);

function noCells(): Record<Cell, number> {
  return {
    runs: 0,
    'runs-slower': 0,
    borderline: 0,
    'update-driver': 0,
    'needs-weight-streaming': 0,
    rebuild: 0,
    'no-code': 0,
    never: 0,
  };
}

/** For the status bar, the page and the command line. */
export function runSentence(run: number, engines: number, required: number, all: number): string {
  const which = required === all ? 'target' : 'required target';
  const where = required === 1 ? `the ${which}` : `all ${required} ${which}s`;
  if (engines === 0) return 'No engines were found.';
  if (engines === 1) {
    return run === 1 ? `The engine runs on ${where}.` : `The engine does not run on ${where}.`;
  }
  return `${run} of ${engines} engines run on ${where}.`;
}
