/** The work of `engine-inspector check`: finds the files, asks, and prints one report after the other. */
import type { ContainedReport, EngineReport, FileFacts } from '../core/report/engineReport';
import { exitCode } from '../core/report/exitCode';
import { makePrediction, type Prediction } from '../core/report/prediction';
import { reportJson } from '../core/report/reportJson';
import { jsonText, sharedJsonPieces } from '../core/report/reportJsonText';
import type { SharedReport } from '../core/report/sharedReport';
import { reportText as fullReportText } from '../core/report/reportText';
import type { CheckedFiles, DescribedFile } from '../host/check/checkedFiles';
import { Checker } from '../host/check/checker';
import type { Oracle } from '../host/check/oracle';
import { factsOfInfo, headerOfCompatibilityInfo, whyNoInfo } from '../core/file/compatibilityInfo';
import { Failure } from '../core/wire/failure';
import type { ChosenRuntime } from '../host/runtimes/runtimes';
import type { FoundRuntime } from '../host/runtimes/runtimeSources';
import type { MachineProfile } from '../core/report/verdictRule';
import type { CheckOptions } from './checkOptions';
import { fixesFor, fixLines, lineOf, SharedFixes } from './fixes';
import { findEngines, type FoundFile } from './findEngines';
import { complain, hasColour, type Paint, painter, print, printPieces } from './output';
import { rawArguments } from './rawArguments';

/** Files of one round. Two rounds are held in memory: one is asked about while the other one is printed. */
const roundSize = 2048;

export interface CheckSession {
  oracle: Oracle;
  choose: (engineVersion: string | null) => Promise<ChosenRuntime>;
  knownRuntimes: () => Promise<readonly FoundRuntime[]>;
}

export async function checkFiles(
  paths: readonly string[],
  options: CheckOptions,
  session: CheckSession,
): Promise<number> {
  const profile =
    options.machine === undefined
      ? null
      : await (await import('./machineProfile')).readMachineProfile(options.machine);
  const { predictedReport } = profile
    ? await import('../core/report/predictedReport')
    : { predictedReport: null };
  const checker = checkerOf(options, session);
  const printer = options.json === true ? new JsonPrinter() : new TextPrinter(options);
  let worst = 0;
  const count = (code: number) => {
    // 1 goes before 2: that an engine is known not to run matters more than that another could not be checked.
    if (code === 1 || (code === 2 && worst === 0)) worst = code;
  };
  const search = findEngines(rawArguments(paths), {
    extensions: options.ext,
    followLinks: options.followLinks === true,
    complain: (problem) => {
      complain(problem);
      count(2);
    },
  });
  let files = 0;
  if (options.compatibilityInfo !== undefined) {
    const facts = compatibilityFacts(options.compatibilityInfo);
    const { withoutBuilding } = await import('../core/report/containedReports');
    const { file, headerBytes, size, modified } = facts;
    for (const asked of await checker.headers([
      { file, headerBytes, size, modified, problem: '' },
    ])) {
      files++;
      // ONNX Runtime compiles its model again; there is no engine here that could be built in its place.
      const report = { ...asked, remedies: withoutBuilding(asked.remedies) };
      const prediction = profile && makePrediction(facts, profile.machine, profile.name);
      count(exitCode([{ report, predicted: prediction?.predicted ?? null }]));
      await printer.file({ file, report, shared: null }, prediction, [], null);
    }
  }
  const skipped = new SkippedFiles();
  const counted = new WeakSet<SharedReport>();
  // Another machine is asked about: whether it holds code for that GPU is part of the answer.
  const deep = options.deep === true || profile !== null;
  for await (const { round, checked } of askedRounds(search, checker)) {
    const beside = (at: number) => round[at];
    let index = 0;
    for (const next of checked.describedFiles({ deep, beside })) {
      const described = next instanceof Promise ? await next : next;
      const found = round[index++];
      files++;
      if (described.shared) {
        const { of } = described.shared;
        if (!counted.has(of)) {
          counted.add(of);
          count(exitCode([{ report: of.example }]));
        }
        const printed = printer.file(described, null, [], null);
        if (printed) await printed;
        continue;
      }
      const { facts, report, code, recipe } = described;
      // Nobody said that it is an engine: neither an argument nor a recipe beside it.
      if (report.ofOthers && found?.named === false && !recipe) {
        files--;
        skipped.add(report);
        continue;
      }
      const prediction = profile && makePrediction(facts, profile.machine, profile.name, code);
      const predicted = prediction?.predicted ?? null;
      count(
        exitCode([
          {
            report,
            predicted,
            predictedStops: prediction?.noCode === true || prediction?.libraryStops === true,
          },
        ]),
      );
      const inner =
        profile &&
        facts.engines.map(
          (engine) => engine.facts && makePrediction(engine.facts, profile.machine, profile.name),
        );
      const there =
        profile && predictedReport?.(facts, profile.machine, profile.name, { code, recipe });
      await printer.file(described, prediction, inner ?? [], there ?? null);
    }
  }
  skipped.tell();
  if (files === 0) {
    complain('No engines were found. Name engine files, or folders that hold *.engine files.');
    count(2);
  }
  await printer.end();
  return worst;
}

/** Throws a Failure where it is not what this provider writes. */
function compatibilityFacts(text: string): FileFacts {
  const info = text.trim();
  const bytes = headerOfCompatibilityInfo(info);
  if (bytes === null) {
    throw new Failure(
      'wrong-use',
      `--compatibility-info takes 128 hexadecimal digits, an engine's first 64 bytes: ${whyNoInfo(info)}.`,
      "Copy the whole value of ep_compatibility_info from the model's metadata, the digits alone.",
    );
  }
  return factsOfInfo('compatibility info', bytes);
}

/** Files of other programs that merely end like engines: counted, the first ones by name. */
export class SkippedFiles {
  private readonly names: string[] = [];
  private count = 0;

  add({ file }: { file: string }): void {
    this.count++;
    if (this.names.length < 3) this.names.push(file);
  }

  tell(): void {
    if (this.count === 0) return;
    const more =
      this.count > this.names.length ? `, and ${this.count - this.names.length} more` : '';
    const what = this.count === 1 ? 'file that is not an engine' : 'files that are not engines';
    complain(
      `Skipped ${this.count} ${what}: ${this.names.join(', ')}${more}. Name one to see what it is.`,
    );
  }
}

function* rounds(files: Iterable<FoundFile>, size: number): Generator<FoundFile[]> {
  let round: FoundFile[] = [];
  for (const file of files) {
    round.push(file);
    if (round.length === size) {
      yield round;
      round = [];
    }
  }
  if (round.length > 0) yield round;
}

interface AskedRound {
  round: readonly FoundFile[];
  checked: CheckedFiles;
}

/** One round after the other; the next one is searched for and asked about meanwhile. */
async function* askedRounds(
  files: Iterable<FoundFile>,
  checker: Checker,
): AsyncGenerator<AskedRound> {
  const ask = async (round: FoundFile[]): Promise<AskedRound> => ({
    round,
    checked: await checker.files(round.map(({ path }) => path)),
  });
  let asked: Promise<AskedRound> | null = null;
  for (const round of rounds(files, roundSize)) {
    const next = ask(round);
    // Awaited in its turn, which may come after it failed.
    next.catch(() => undefined);
    if (asked) yield await asked;
    asked = next;
  }
  if (asked) yield await asked;
}

/** What is done with each file that this machine was asked about. */
export type MachineCheck = (file: DescribedFile, found: FoundFile) => Promise<void> | void;

/** Asks this machine about files and gives each on, in order. */
export async function askAboutFiles(
  files: Iterable<FoundFile>,
  options: CheckOptions,
  session: CheckSession,
  each: MachineCheck,
): Promise<void> {
  const checker = checkerOf(options, session);
  for await (const { round, checked } of askedRounds(files, checker)) {
    const beside = (at: number) => round[at];
    let index = 0;
    for (const file of checked.describedFiles({ beside })) {
      const found = round[index++];
      if (!found) continue;
      const done = each(file instanceof Promise ? await file : file, found);
      if (done) await done;
    }
  }
}

function checkerOf(options: CheckOptions, session: CheckSession): Checker {
  return new Checker({
    ...session,
    singleFileLimitMs: Math.min(5_000, options.timeout * 1000),
    readLimitMs: Math.min(10_000, options.timeout * 1000),
  });
}

/** A report to print. */
type Printed = Pick<DescribedFile, 'file' | 'report' | 'shared'> &
  Partial<Pick<DescribedFile, 'facts' | 'code' | 'recipe' | 'mayHaveModel'>>;

interface Printer {
  /** inner: predictions for the engines that the file holds; there: the report of the machine that is predicted. */
  file(
    file: Printed,
    prediction: Prediction | null,
    inner: readonly (Prediction | null)[],
    there: EngineReport | null,
  ): Promise<void> | void;
  end(): Promise<void> | void;
}

/** An array that is whole at every moment but for its end. */
class JsonPrinter implements Printer {
  private files = 0;

  file(
    file: Printed,
    prediction: Prediction | null,
    inner: readonly (Prediction | null)[],
    there: EngineReport | null,
  ): Promise<void> | void {
    const before = this.files++ === 0 ? '[\n' : ',\n';
    if (file.shared && !prediction) {
      return printPieces(before, sharedJsonPieces(file.shared.of, file.file, file.shared, 'lines'));
    }
    return print(before + jsonText(reportJson(file.report, prediction, inner, there), 'lines'));
  }

  end(): Promise<void> | void {
    return print(this.files === 0 ? '[]\n' : '\n]\n');
  }
}

class TextPrinter implements Printer {
  private readonly text: ReportText;

  constructor(options: CheckOptions) {
    this.text = reportText(options);
  }

  file(
    file: Printed,
    prediction: Prediction | null,
    _inner: readonly (Prediction | null)[],
    there: EngineReport | null,
  ): Promise<void> | void {
    return print(this.text.file(file, prediction, there));
  }

  end(): Promise<void> | void {
    return print(this.text.end());
  }
}

/** What is printed of all files with one report. */
interface Same {
  count: ReturnType<typeof outcomeOf>;
  rest: string;
}

/** Reports for people. */
class ReportText {
  private readonly paint: Paint = painter(hasColour(process.stdout));
  private readonly counts = { usable: 0, not: 0, unchecked: 0 };
  private readonly sharedFixes = new SharedFixes(this.paint);
  private readonly same = new WeakMap<SharedReport, Same>();

  constructor(private readonly options: CheckOptions) {}

  file(file: Printed, prediction: Prediction | null, there: EngineReport | null = null): string {
    const { paint } = this;
    const { shared } = file;
    if (shared && !prediction && this.options.verbose !== true) {
      const { example } = shared.of;
      const fixes = this.sharedFixes.lines(file.file, example, file.mayHaveModel !== false);
      if (fixes !== null) {
        const same = this.sameOf(shared.of);
        this.counts[same.count]++;
        return `${this.paint('bold', file.file)}${same.rest}${fixes}\n`;
      }
    }
    const { report } = file;
    this.counts[outcomeOf(report)]++;
    const predicted = prediction
      ? [
          `  ${paint(prediction.reasons.length > 0 ? 'error' : 'ok', 'predicted:')} ${prediction.headline}`,
          ...prediction.reasons.map(({ sentence }) => `    ${sentence}`),
        ]
      : [];
    if (this.options.verbose === true) {
      return [fullReportText(report), ...predicted, '', ''].join('\n');
    }
    const fixes = this.fixes(file, there ?? report, there && (prediction?.machine ?? null));
    const lines = [`${paint('bold', report.file)}${this.rest(report)}`, ...predicted, ...fixes];
    return `${lines.join('\n')}\n`;
  }

  /** As commands, which name the file; of what is no file, as sentences. */
  private fixes(
    { facts, code, recipe }: Printed,
    report: EngineReport,
    machine: MachineProfile | null,
  ): string[] {
    const fixes = facts
      ? fixesFor({ facts, code: code ?? null, recipe: recipe ?? null }, report, machine)
      : report.remedies.slice(0, 3).map((remedy) => ({ remedy, command: null }));
    return fixLines(fixes.map(lineOf), this.paint);
  }

  private sameOf(shared: SharedReport): Same {
    const known = this.same.get(shared);
    if (known) return known;
    const made = { count: outcomeOf(shared.example), rest: this.rest(shared.example) };
    this.same.set(shared, made);
    return made;
  }

  /** All but the file's name and what helps. */
  private rest(report: EngineReport): string {
    const { paint } = this;
    const isPackage = report.kind === 'model-package' && report.engines.length > 0;
    const label = ({ offset }: ContainedReport) =>
      isPackage
        ? 'variant:'
        : report.kind === 'epcontext' && offset === null
          ? 'beside:'
          : 'inside:';
    const lines = [
      `: ${paint(report.severity, report.headline)}`,
      ...(report.kind === 'epcontext' || isPackage ? [`  ${report.besides}`] : []),
      ...(report.kind === 'epcontext' && isAllSaid(report.engines)
        ? []
        : report.engines.map(
            (engine) => `  ${paint('bold', label(engine))} ${insideText(engine)}`,
          )),
      ...report.reasons.map(
        ({ severity, sentence }) => `  ${paint(severity, `${severity}:`)} ${sentence}`,
      ),
      // What people paid for with a trial; why it says nothing of this engine goes with it.
      ...(report.trial === null
        ? []
        : [
            `  ${paint('dim', 'trial:')} ${[report.trial.sentence, report.trial.stale].filter(Boolean).join(' ')}`,
          ]),
    ];
    return lines.join('\n');
  }

  end(): string {
    const { usable, not, unchecked } = this.counts;
    const total = usable + not + unchecked;
    if (total < 2) return '';
    return `${total} files: ${usable} usable, ${not} not usable, ${unchecked} could not be checked\n`;
  }
}

export const reportText = (options: CheckOptions): ReportText => new ReportText(options);

/** As the exit code counts: what is wrong with a file goes before what the runtime answered. */
export function outcomeOf(report: EngineReport): 'usable' | 'not' | 'unchecked' {
  return report.severity === 'error' ? 'not' : verdictCounts[report.verdict];
}

/** Of one engine that is in the file itself, or of none that is there, all stands in the report. */
function isAllSaid(engines: readonly ContainedReport[]): boolean {
  return engines.length < 2 && engines.every(({ offset, report }) => offset !== null || !report);
}

function insideText({ name, report, problem }: ContainedReport): string {
  if (report === null) return `${name}: ${problem}`;
  const { header, runsOnSentence, headline } = report;
  const what = header ? `TensorRT-RTX ${header.version} for ${runsOnSentence}` : 'an engine';
  return `${name}: ${what}. ${headline}`;
}

const verdictCounts = {
  valid: 'usable',
  suboptimal: 'usable',
  invalid: 'not',
  unchecked: 'unchecked',
} as const;
