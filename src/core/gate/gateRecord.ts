/**
 * What a gate knows of one file: its cells on all targets, or this machine's reasons where no targets are given. Made of a
 * check, or read back from the JSON of one (readRecord.ts); every format is written from it.
 */
import type { FileFacts, Severity } from '../report/engineReport';
import { compareSeverity } from '../report/reportGroups';
import type { ReportJson } from '../report/reportJson';
import type { TargetCell } from '../targets/cell';
import { severityOfCell, type SeverityByReason } from '../targets/matrix';
import type { Target } from '../targets/targets';
import { joinWords } from '../text/formats';

/** A cell as JSON has it: what core/targets/cell.ts says, and how loud that is here. */
export interface CellJson extends TargetCell {
  required: boolean;
  severity: Severity;
}

export interface GateRecord {
  /** Printable. */
  file: string;
  kind: string;
  /** The recipe beside it, as a path like the file's; null: none. */
  recipe: string | null;
  /** null: no targets were given. */
  targets: readonly CellJson[] | null;
  /** Of this machine's report; counts where no targets were given. */
  reasons: readonly { id: string; severity: Severity; sentence: string }[];
  /** Rules whose findings in this file are in the baseline. */
  known: readonly string[];
}

/** A file's object in JSON: the report, and what a gate adds. */
export type GateJson = ReportJson &
  Partial<Pick<GateRecord, 'targets' | 'known'>> & { recipe?: string | null };

/** One thing that is wrong with one file, on all targets where it is. */
export interface Finding {
  file: string;
  /** A reason's id. */
  rule: string;
  severity: Exclude<Severity, 'ok'>;
  /** Names; empty: on every machine, or on this one where no targets were given. */
  targets: readonly string[];
  sentence: string;
  /** In the baseline: told, and fails nothing. */
  known: boolean;
}

/** Cells are shared by engines that differ in nothing that counts, so theirs are made once. */
export class CellJsons {
  private readonly rows = new WeakMap<readonly TargetCell[], readonly CellJson[]>();

  constructor(
    private readonly targets: readonly Target[],
    private readonly severities: SeverityByReason,
  ) {}

  row(row: readonly TargetCell[]): readonly CellJson[] {
    const known = this.rows.get(row);
    if (known) return known;
    const made = row.map((cell, at): CellJson => {
      const required = this.targets[at]?.required ?? true;
      const severity = severityOfCell(cell, { required }, this.severities);
      return { ...cell, required, severity };
    });
    this.rows.set(row, made);
    return made;
  }
}

/** Loudest first. Equal rules are one finding, with all targets that it is about. */
export function findingsOf(record: GateRecord): Finding[] {
  const { file, known } = record;
  const found =
    record.targets === null
      ? record.reasons.map(({ id, severity, sentence }) => ({
          rule: id,
          severity,
          parts: [{ sentence, names: [] as string[] }],
          everywhere: true,
        }))
      : findingsOnTargets(record.targets);
  return found
    .flatMap(({ rule, severity, parts, everywhere }): Finding[] => {
      if (severity === 'ok') return [];
      const targets = everywhere ? [] : parts.flatMap(({ names }) => names);
      const sentence = parts
        .map((part) => (everywhere ? part.sentence : `${joinWords(part.names)}: ${part.sentence}`))
        .join(' ');
      return [{ file, rule, severity, targets, sentence, known: known.includes(rule) }];
    })
    .sort((a, b) => compareSeverity(a.severity, b.severity));
}

/** The same for many files, of which most have the same list of reasons, or the same row, as one before. */
export class FindingsOfMany {
  private readonly made = new WeakMap<object, readonly Finding[]>();

  of(record: GateRecord): readonly Finding[] {
    if (record.known.length > 0) return findingsOf(record);
    const same = record.targets ?? record.reasons;
    const before = this.made.get(same);
    if (before) return before.map((finding) => ({ ...finding, file: record.file }));
    const found = findingsOf(record);
    this.made.set(same, found);
    return found;
  }
}

interface Part {
  sentence: string;
  names: string[];
}

function findingsOnTargets(row: readonly CellJson[]) {
  const byRule = new Map<string, { severity: Severity; parts: Part[]; count: number }>();
  for (const cell of row) {
    const rule = cell.reasons[0]?.id;
    if (rule === undefined || cell.severity === 'ok') continue;
    const found = byRule.get(rule) ?? { severity: 'ok', parts: [], count: 0 };
    byRule.set(rule, found);
    found.count++;
    if (compareSeverity(cell.severity, found.severity) < 0) found.severity = cell.severity;
    const same = found.parts.find(({ sentence }) => sentence === cell.sentence);
    if (same) same.names.push(cell.name);
    else found.parts.push({ sentence: cell.sentence, names: [cell.name] });
  }
  return [...byRule].map(([rule, { severity, parts, count }]) => ({
    rule,
    severity,
    parts,
    // One sentence for all of them is about the file.
    everywhere: row.length > 1 && parts.length === 1 && count === row.length,
  }));
}

export type FailLevel = 'error' | 'warning' | 'none';
export const failLevels: readonly FailLevel[] = ['error', 'warning', 'none'];

/** What the files come to: 0 nothing that fails, 1 findings, 2 some could not be checked, or there were none. */
export class GateCode {
  private files = 0;
  private failed = false;
  private unchecked = false;

  constructor(
    private readonly failLevel: FailLevel,
    private readonly exitZero: boolean,
  ) {}

  /** machine: the code of this machine's report, where no targets were given. */
  add(record: GateRecord, findings: readonly Finding[], machine: 0 | 1 | 2 | null = null): void {
    this.files++;
    const fails = findings.some(({ severity, known, rule }) => {
      if (known || severity === 'information' || rule === 'unreadable') return false;
      if (this.failLevel === 'none') return false;
      return this.failLevel === 'warning' || severity === 'error' || machine === 1;
    });
    if (fails) this.failed = true;
    const unreadable = record.kind === 'unreadable' && !record.known.includes('unreadable');
    if (unreadable || (machine === 2 && record.kind !== 'unreadable')) this.unchecked = true;
  }

  /** A file that could not be looked for. */
  addUnchecked(): void {
    this.unchecked = true;
  }

  get code(): 0 | 1 | 2 {
    if (this.files === 0) return 2;
    if (this.exitZero) return 0;
    return this.failed ? 1 : this.unchecked ? 2 : 0;
  }
}

/** What a record is made of; recipe: whether one lies beside the file. */
export function gateRecord(
  facts: Pick<FileFacts, 'file' | 'kind'>,
  more: Pick<GateRecord, 'targets' | 'reasons' | 'known'> & { recipe: boolean },
): GateRecord {
  const { targets, reasons, known } = more;
  const recipe = more.recipe ? `${facts.file}.json` : null;
  return { file: facts.file, kind: facts.kind, recipe, targets, reasons, known };
}
