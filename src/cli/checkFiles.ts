/** The work of `engine-inspector check`: finds the files, asks, and prints one report after the other. */
import type { FileFacts } from '../core/report/engineReport';
import { exitCode } from '../core/report/exitCode';
import { makePrediction } from '../core/report/prediction';
import type { CheckedFiles, DescribedFile } from '../host/check/checkedFiles';
import { Checker } from '../host/check/checker';
import type { Oracle } from '../host/check/oracle';
import { factsOfInfo, headerOfCompatibilityInfo, whyNoInfo } from '../core/file/compatibilityInfo';
import { Failure } from '../core/wire/failure';
import type { ChosenRuntime } from '../host/runtimes/runtimes';
import type { FoundRuntime } from '../host/runtimes/runtimeSources';
import { lineFormat, type CheckOptions } from './checkOptions';
import { findEngines, type FoundFile } from './findEngines';
import { GatePrinter } from './gate/gatePrinter';
import { complain } from './output';
import { optimizeFor } from './optimizing';
import { JsonPrinter, TextPrinter } from './printers';
import { rawArguments } from './rawArguments';
import { SharedLines } from './sharedLines';

/** Files of one round, which is searched for, asked about and printed as one. The first is small: printing begins with it. */
const firstRound = 256;
const roundSize = 2048;
/**
 * Rounds that are asked about while one is printed: at first three, because code that has never run is slow. Later one, for
 * asking takes longer than printing by then.
 */
const roundsAhead = (files: number): number => (files <= 16_384 ? 3 : 1);

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
  const format = lineFormat(options);
  const gate = format && new GatePrinter(format);
  const printer = gate ?? (options.json === true ? new JsonPrinter() : new TextPrinter(options));
  await printer.start();
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
      gate?.code.addUnchecked();
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
  const lines = new SharedLines(printer, (report) => count(exitCode([{ report }])));
  // Another machine is asked about: whether it holds code for that GPU is part of the answer.
  const deep = options.deep === true || profile !== null;
  const one = async (described: DescribedFile, found: FoundFile | undefined): Promise<void> => {
    if (described.shared) {
      count(exitCode([{ report: described.shared.of.example }]));
      await printer.file(described, null, [], null);
      return;
    }
    const { facts, report, code, recipe } = described;
    // Nobody said that it is an engine: neither an argument nor a recipe beside it.
    if (report.ofOthers && found?.named === false && !recipe) {
      files--;
      skipped.add(report);
      return;
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
  };
  for await (const { round, checked } of askedRounds(search, checker)) {
    const beside = (at: number) => round[at];
    const found = { deep, beside };
    const shared = round.map(({ mayHaveModel }, at) => {
      const report = checked.shared(at, found);
      return report && lines.of(report, mayHaveModel);
    });
    const apart = shared.flatMap((line, at) => (line ? [] : [at]));
    const described = checked.describedFiles(found, apart);
    for (const [index, line] of shared.entries()) {
      if (line) {
        files++;
        const printed = lines.print(line, checked, index);
        if (printed) await printed;
        continue;
      }
      const next = described.next();
      if (next.done === true) break;
      files++;
      await one(next.value instanceof Promise ? await next.value : next.value, round[index]);
    }
  }
  skipped.tell();
  if (files === 0) {
    complain('No engines were found. Name engine files, or folders that hold *.engine files.');
    count(2);
  }
  await printer.end();
  return gate ? gate.code.code : worst;
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

function* rounds(files: Iterable<FoundFile>): Generator<FoundFile[]> {
  let round: FoundFile[] = [];
  let size = firstRound;
  for (const file of files) {
    round.push(file);
    if (round.length === size) {
      yield round;
      round = [];
      size = roundSize;
    }
  }
  if (round.length > 0) yield round;
}

interface AskedRound {
  round: readonly FoundFile[];
  checked: CheckedFiles;
}

/** One round after the other; the next ones are searched for and asked about meanwhile. */
async function* askedRounds(
  files: Iterable<FoundFile>,
  checker: Checker,
): AsyncGenerator<AskedRound> {
  const ask = async (round: FoundFile[]): Promise<AskedRound> => ({
    round,
    checked: await checker.files(round.map(({ path }) => path)),
  });
  const asked: Promise<AskedRound>[] = [];
  let found = 0;
  for (const round of rounds(files)) {
    await optimizeFor((found += round.length));
    const next = ask(round);
    // Awaited in its turn, which may come after it failed.
    next.catch(() => undefined);
    asked.push(next);
    while (asked.length > roundsAhead(found)) yield await (asked.shift() ?? next);
  }
  for (const next of asked) yield await next;
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
