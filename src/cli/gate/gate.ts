/**
 * `check` as a gate: targets, formats, a baseline. With targets only files are read, and no TensorRT-RTX, GPU or driver is
 * needed or asked; without, this machine is asked as by a plain check.
 */
import * as fs from 'node:fs';
import { Baseline, parseBaseline } from '../../core/gate/baseline';
import {
  CellJsons,
  gateRecord,
  type CellJson,
  type GateJson,
  type GateRecord,
} from '../../core/gate/gateRecord';
import { makeEngineReport, type ReportInput } from '../../core/report/makeEngineReport';
import type { EngineReport, FileFacts } from '../../core/report/engineReport';
import { exitCode } from '../../core/report/exitCode';
import { reportJson } from '../../core/report/reportJson';
import { jsonText, sharedJsonPieces } from '../../core/report/reportJsonText';
import { ownNumbers, SharedReports } from '../../core/report/sharedReport';
import { findingsOf } from '../../core/gate/gateRecord';
import { codeEvidence } from '../../core/targets/cell';
import { MatrixCells } from '../../core/targets/matrix';
import { EngineTexts } from '../../host/check/engineText';
import { targetFixes, type TargetFix } from '../../core/targets/targetFixes';
import type { Target } from '../../core/targets/targets';
import { Failure } from '../../core/wire/failure';
import type { DescribedFile } from '../../host/check/checkedFiles';
import { hasRecipe } from '../../host/check/recipeBeside';
import { readTargetFile } from '../../host/check/targetFile';
import { readSmallText } from '../../host/files/readSmallFile';
import type { CheckOptions } from '../checkOptions';
import { SkippedFiles, type MachineCheck } from '../checkFiles';
import type { FoundFile } from '../findEngines';
import { bestThree, modelBeside, shellHere } from '../fixes';
import { complain, shown } from '../output';
import { reportText } from '../printers';
import { gateFiles, pathFrom } from './fileList';
import { FileOutput } from './outputs';
import { Reporter } from './reporter';
import { gateSettings, type GateSettings } from './settings';

/** Files read ahead: a disk answers several at once. */
const readsAtOnce = 16;
const maxBaselineBytes = 64 * 1024 * 1024;

export async function gate(
  paths: readonly string[],
  options: CheckOptions,
  askMachine: (files: Iterable<FoundFile>, each: MachineCheck) => Promise<void>,
): Promise<number> {
  const settings = await gateSettings(options);
  if (paths.length === 0 && options.filesFrom === undefined && settings.configFile === null) {
    throw new Failure(
      'wrong-use',
      "missing required argument 'paths'",
      'Name engine files or folders; without any, the folder of engine-inspector.json is searched.',
    );
  }
  const known = await readBaseline(settings);
  const reporter = new Reporter({
    ...settings,
    verbose: options.verbose === true,
    text: settings.targets === null ? machineText(options) : null,
    baseline: known,
  });
  const seen = new Seen(known, settings);
  try {
    await reporter.start();
    const files = gateFiles(paths, options, settings, () => reporter.code.addUnchecked());
    const skipped = new SkippedFiles();
    let count = 0;
    if (settings.targets) {
      count = await onTargets(files, settings.targets, settings, options, {
        seen,
        reporter,
        skipped,
      });
    } else {
      await askMachine(files, (file, found) => {
        const { shared, recipe } = file;
        // Nobody said that it is an engine: neither an argument nor a recipe beside it.
        if (!shared && file.report.ofOthers && !found.named && !recipe) {
          skipped.add(file);
          return;
        }
        count++;
        const report = shared?.of.example ?? file.report;
        const tell = (hasRecipe: boolean) => {
          const record = seen.look(
            gateRecord(shared ? { file: file.file, kind: report.kind } : file.facts, {
              targets: null,
              reasons: report.reasons,
              known: [],
              recipe: hasRecipe,
            }),
          );
          shownFile.current = file;
          return reporter.file(
            record,
            (style) =>
              shared && record.known.length === 0
                ? sharedJsonPieces(
                    shared.of,
                    file.file,
                    shared,
                    style,
                    known ? noneKnown : noRecipe,
                  )
                : jsonText(
                    { ...reportJson(file.report), ...ofRecord(record, known !== null) },
                    style,
                  ),
            exitCode([{ report }]),
          );
        };
        return shared ? tell(false) : hasRecipe(file.file).then(tell);
      });
    }
    skipped.tell();
    if (count === 0 && settings.shard === null) {
      complain('No engines were found. Name engine files, or folders that hold *.engine files.');
    }
    await reporter.end();
    seen.write();
    // A shard may have got none of few files.
    return count === 0 && settings.shard !== null ? 0 : reporter.code.code;
  } catch (error) {
    reporter.abort();
    throw error;
  }
}

/** The plain check's own text, where nothing but this machine is asked. */
const shownFile: { current: DescribedFile | null } = { current: null };
function machineText(options: CheckOptions) {
  const text = reportText(options);
  return {
    start: () => '',
    file: () => (shownFile.current ? text.file(shownFile.current, null) : ''),
    end: () => [text.end()],
  };
}

async function onTargets(
  files: Iterable<FoundFile>,
  targets: readonly Target[],
  settings: GateSettings,
  options: CheckOptions,
  { seen, reporter, skipped }: { seen: Seen; reporter: Reporter; skipped: SkippedFiles },
): Promise<number> {
  const cells = new MatrixCells(targets);
  const texts = new EngineTexts();
  const jsons = new CellJsons(targets, settings.config.severity);
  const shared = new SharedReports(fileReport);
  // Rows are shared as well; what is printed of one with no recipe and nothing known is the same object each time.
  const rows = new WeakMap<readonly CellJson[], object>();
  const rowJson = (row: readonly CellJson[]): object => {
    const known = rows.get(row);
    if (known) return known;
    const made = ofRecord({ recipe: null, targets: row, known: [] }, settings.baseline !== null);
    rows.set(row, made);
    return made;
  };
  const limitMs = Math.min(10_000, options.timeout * 1000);
  let count = 0;
  const read = async ({ path, named, mayHaveRecipe }: FoundFile) => ({
    ...(await readTargetFile(path, texts, { limitMs, mayHaveRecipe })),
    named,
  });
  for await (const { facts, named, hasRecipe: recipe, recipe: own, code } of ahead(files, read)) {
    if (facts.ofOthers && !named && !recipe) {
      skipped.add(facts);
      continue;
    }
    count++;
    const row = jsons.row(cells.row(facts, codeEvidence(code)));
    const record = seen.look(gateRecord(facts, { targets: row, reasons: [], known: [], recipe }));
    reporter.fixes = () =>
      fixesOnTargets({ facts, code, recipe: own }, wrongCells(record, targets));
    await reporter.file(record, (style) => {
      const input = nobodyAsked(facts);
      const same = recipe || record.known.length > 0 ? null : shared.of(input);
      if (same) return sharedJsonPieces(same, facts.file, ownNumbers(facts), style, rowJson(row));
      const more = ofRecord(record, settings.baseline !== null);
      return jsonText({ ...reportJson(fileReport(input)), ...more }, style);
    });
  }
  return count;
}

/** What fails and is not in the baseline. */
function wrongCells({ targets: row, known }: GateRecord, targets: readonly Target[]) {
  return (row ?? []).flatMap((cell, at) => {
    const target = targets[at];
    const fails = cell.severity === 'error' || cell.severity === 'warning';
    return target && fails && !known.includes(cell.reasons[0]?.id ?? '') ? [{ cell, target }] : [];
  });
}

/** As commands for this terminal. */
function fixesOnTargets(
  { facts, code, recipe }: { facts: FileFacts } & Pick<DescribedFile, 'code' | 'recipe'>,
  wrong: Parameters<typeof targetFixes>[1],
): TargetFix[] {
  if (wrong.length === 0) return [];
  const around = { code, recipe, model: modelBeside(facts), shell: shellHere() };
  return bestThree(targetFixes(facts, wrong, around));
}

const noKnownRuntimes: ReportInput['knownRuntimes'] = [];

function nobodyAsked(facts: FileFacts): ReportInput {
  return {
    facts,
    answer: null,
    runtime: null,
    machine: null,
    knownRuntimes: noKnownRuntimes,
    now: Date.now(),
  };
}

/** Nothing of this machine: what the file shows by itself. */
function fileReport(input: ReportInput): EngineReport {
  const report = makeEngineReport(input);
  const ofMachine = ['no-runtime', 'runtime-failed'];
  const reasons = report.reasons.filter(({ id }) => !ofMachine.includes(id));
  const asked = reasons.length === 0;
  return {
    ...report,
    reasons,
    remedies: report.remedies.filter(
      ({ cures }) => cures.length > 0 && !cures.every((id) => ofMachine.includes(id)),
    ),
    severity: reasons[0]?.severity ?? 'ok',
    ...(asked
      ? {
          headline: 'This machine was not asked, only the targets.',
          summary: 'check without targets asks this machine.',
        }
      : {}),
  };
}

const noRecipe = ofRecord({ recipe: null, targets: null, known: [] }, false);
const noneKnown = ofRecord({ recipe: null, targets: null, known: [] }, true);

function ofRecord(
  { recipe, targets, known }: Pick<GateRecord, 'recipe' | 'targets' | 'known'>,
  hasBaseline: boolean,
): Partial<GateJson> {
  return { recipe, ...(targets ? { targets } : {}), ...(hasBaseline ? { known } : {}) };
}

/** In order; some are read before their turn. */
async function* ahead<T, R>(items: Iterable<T>, work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const source = items[Symbol.iterator]();
  const waiting: Promise<R>[] = [];
  for (;;) {
    while (waiting.length < readsAtOnce) {
      const next = source.next();
      if (next.done === true) break;
      const started = work(next.value);
      // Awaited in its turn, which may come after it failed.
      started.catch(() => undefined);
      waiting.push(started);
    }
    const first = waiting.shift();
    if (!first) return;
    yield await first;
  }
}

async function readBaseline({ baseline, updateBaseline }: GateSettings): Promise<Baseline | null> {
  if (baseline === null) return null;
  const text = await readSmallText(baseline, maxBaselineBytes, 'The baseline');
  if (text === null) {
    if (updateBaseline) return new Baseline();
    throw new Failure(
      'wrong-use',
      `The baseline ${shown(baseline)} is not there.`,
      '--update-baseline writes it.',
    );
  }
  const parsed = parseBaseline(text);
  if ('baseline' in parsed) return parsed.baseline;
  throw new Failure(
    'wrong-use',
    `The baseline ${shown(baseline)} ${parsed.problem}.`,
    'Remove it and write it again with --update-baseline.',
  );
}

/** What the baseline knows of the files that are looked at, and what it should know afterwards. */
class Seen {
  private readonly looked = new Set<string>();
  private added = 0;
  private removed = 0;

  constructor(
    private readonly baseline: Baseline | null,
    private readonly settings: GateSettings,
  ) {}

  /** The same record, with what is known of its file. */
  look(record: GateRecord): GateRecord {
    const { baseline, settings } = this;
    if (baseline === null) return record;
    const path = pathFrom(settings.root, record.file) ?? record.file;
    const rules = findingsOf(record)
      .filter(({ severity }) => severity !== 'information')
      .map(({ rule }) => rule);
    const known = baseline.known(path);
    if (settings.updateBaseline) {
      for (const rule of rules) if (baseline.add(path, rule)) this.added++;
    }
    if (settings.pruneBaseline) {
      this.looked.add(path);
      this.remove(
        path,
        known.filter((rule) => !rules.includes(rule)),
      );
    }
    return { ...record, known: settings.updateBaseline ? rules : known };
  }

  write(): void {
    const { baseline, settings } = this;
    if (baseline === null || settings.baseline === null) return;
    if (!settings.updateBaseline && !settings.pruneBaseline) return;
    if (settings.pruneBaseline) {
      // Of files that are gone nothing is known any more.
      for (const path of baseline.paths) {
        if (this.looked.has(path) || fs.existsSync(`${settings.root}/${path}`)) continue;
        this.remove(path, baseline.known(path));
      }
    }
    const output = new FileOutput(settings.baseline);
    output.write(baseline.text());
    output.end();
    const { added, removed } = this;
    complain(
      `${shown(settings.baseline)}: ${added} ${added === 1 ? 'finding' : 'findings'} added, ${removed} removed, ${baseline.size} in all.`,
    );
  }

  private remove(path: string, rules: readonly string[]): void {
    for (const rule of rules) if (this.baseline?.remove(path, rule) === true) this.removed++;
  }
}
