/**
 * What was answered about a list of files. Verdicts are records (checkRecords.ts) until a report is asked for, so
 * 10,000 files cost little more than the asking.
 */

import type { ContainedEngine } from '../../core/file/containedEngines';
import { codeFacts, type CodeFacts } from '../../core/report/codeFacts';
import type {
  ContainedReport,
  EngineReport,
  FileFacts,
  MachineFacts,
  RecordedHash,
  RuntimeAnswer,
} from '../../core/report/engineReport';
import { makeFileFacts } from '../../core/file/fileFacts';
import { isModelPackageName } from '../../core/file/fileKind';
import { makeEngineReport, type ReportInput } from '../../core/report/makeEngineReport';
import type { RecipeFacts, RuntimeProblem as Problem } from '../../core/report/reasons';
import {
  ownNumbers,
  sharedReportOf,
  type OwnNumbers,
  type SharedReport,
  type SharedReports,
} from '../../core/report/sharedReport';
import { libraryLine, plainText } from '../../core/text/plainText';
import type { RuntimeInfo } from '../engineHost/protocol';
import type { AlikeFiles } from './alikeFiles';
import { displayPath, type CheckRecords, type FilePath } from './checkRecords';
import { codeAnswers, type EngineTexts } from './engineText';
import { defaultReadLimitMs, factsOfHead, modelPackage, readFileFacts } from './fileFacts';
import { fileProblem, fileProblemOfNumber, unreadable } from './fileProblem';
import { noRecipe, recipeBeside } from './recipeBeside';

export interface ReportOptions {
  /** SHA-256 of the file beside the one recorded when it was built. */
  recordedHash?: RecordedHash | null;
  /** Also reads the engine's own text, some of its first kilobytes, for what its header cannot say. */
  deep?: boolean;
}

/** What may lie beside a file; false: its folder was read, and nothing of that name is there. */
export interface Beside {
  mayHaveRecipe: boolean;
  mayHaveModel: boolean;
}

export interface FilesOptions extends ReportOptions {
  /** Of the index-th file; undefined: nobody looked. */
  beside?: (index: number) => Beside | undefined;
}

/** What the oracle said about one file. */
export type Outcome =
  | { kind: 'record'; records: CheckRecords; index: number; runtime: RuntimeInfo }
  /** Nobody was asked; the header is read when the report is made. */
  | { kind: 'not-asked'; problem: Problem };

const readsAtOnce = 8;

export type KnownRuntimes = ReportInput['knownRuntimes'];

export interface ReportContext {
  machine: MachineFacts;
  knownRuntimes: KnownRuntimes;
}

export interface DescribedFile {
  /** Printable, as in its facts. */
  file: string;
  readonly facts: FileFacts;
  /** Which GPUs of its header it holds no code for, as far as is known. */
  code: CodeFacts | null;
  readonly report: EngineReport;
  /** What the report has in common with those of other files: printed without making this one. null: nothing. */
  shared: SharedFile | null;
  /** Beside it. */
  recipe: RecipeFacts | null;
  /** A model of its name may lie beside it. */
  mayHaveModel: boolean;
}

/** A file with a shared report: that one, and all that is its own. */
export interface SharedFile extends OwnNumbers {
  readonly of: SharedReport;
}

/** A file of which nothing is special: its facts and its report are made when they are looked at. */
class PlainFile implements DescribedFile, SharedFile {
  readonly code = null;
  readonly recipe = null;
  private madeFacts: FileFacts | null = null;
  private made: EngineReport | null = null;

  constructor(
    readonly file: string,
    readonly of: SharedReport,
    private readonly records: CheckRecords,
    private readonly at: number,
    readonly mayHaveModel: boolean,
    readonly checkedAt: number,
  ) {}

  get shared(): SharedFile {
    return this;
  }

  get size(): number {
    return this.records.fileSize(this.at);
  }

  get modified(): number {
    return this.records.modified(this.at);
  }

  get weightBytes(): number {
    return this.records.weightBytes(this.at);
  }

  get facts(): FileFacts {
    return (this.madeFacts ??= plainFacts(this.file, this.records, this.at));
  }

  get report(): EngineReport {
    return (this.made ??= sharedReportOf(this.of, this));
  }
}

function plainFacts(file: string, records: CheckRecords, at: number): FileFacts {
  return makeFileFacts({
    file,
    prefix: records.copyOfHeader(at),
    size: records.fileSize(at),
    modified: records.modified(at),
  });
}

/** The answers for a list of files, each a report when it is asked for. */
export class CheckedFiles {
  /** Time limits that ran out, by folder: a dead drive is not asked ten thousand times. */
  private readonly lateFolders = new Map<string, number>();

  constructor(
    readonly paths: readonly FilePath[],
    private readonly outcomes: readonly Outcome[],
    private readonly context: ReportContext,
    private readonly readLimitMs: number | undefined,
    private readonly texts: EngineTexts,
    private readonly sharedReports: SharedReports,
    private readonly alike: AlikeFiles,
    private readonly contained: (
      engines: readonly ContainedEngine[],
    ) => Promise<ContainedReport[]> = () => Promise.resolve([]),
  ) {}

  get length(): number {
    return this.paths.length;
  }

  /** EngineValidity as the runtime answered; null: not asked. Makes no report. */
  validity(index: number): number | null {
    const outcome = this.outcomes[index];
    return outcome?.kind === 'record' ? outcome.records.validity(outcome.index) : null;
  }

  async report(index: number, options: FilesOptions = {}): Promise<EngineReport> {
    return (this.plain(index, options) ?? (await this.described(index, options))).report;
  }

  /** The report with the facts of the file that it was made from. */
  async described(
    index: number,
    { recordedHash, deep, beside }: FilesOptions = {},
  ): Promise<DescribedFile> {
    const path = this.paths[index];
    const outcome = this.outcomes[index];
    if (path === undefined || !outcome) throw new RangeError(`no checked file ${index}`);
    const asked = outcome.kind === 'record';
    const facts = asked
      ? await this.factsOfRecord(path, outcome.records, outcome.index)
      : await this.factsWithoutHost(path);
    const { mayHaveRecipe = true, mayHaveModel = true } = beside?.(index) ?? {};
    const { recipe, answers } = mayHaveRecipe ? await recipeBeside(path, facts) : noRecipe;
    const code = [...(await codeAnswers(path, facts, this.texts, deep === true)), ...answers];
    const input: ReportInput = {
      ...this.context,
      facts,
      code,
      recipe,
      answer: asked ? answerOf(outcome.records, outcome.index) : null,
      runtime: asked ? outcome.runtime : null,
      runtimeProblem: asked ? null : outcome.problem,
      recordedHash: recordedHash ?? null,
      now: Date.now(),
    };
    // Ten thousand reports of an editor's workspace hold what they have in common once.
    const same = this.sharedReports.of(input);
    const own = same
      ? sharedReportOf(same, { ...ownNumbers(facts), file: facts.file, checkedAt: input.now })
      : makeEngineReport(input);
    const described = {
      file: facts.file,
      facts,
      recipe,
      code: codeFacts(facts.header, code),
      shared: null,
      mayHaveModel,
    };
    if (facts.engines.length === 0) return { ...described, report: own };
    const { withEngines } = await import('../../core/report/containedReports');
    return { ...described, report: withEngines(own, facts, await this.contained(facts.engines)) };
  }

  /** The same at once for a whole engine of which nobody knows more than its header; null: there is more to it. */
  private plain(index: number, options: FilesOptions): PlainFile | null {
    const shared = this.shared(index, options);
    const outcome = this.outcomes[index];
    if (!shared || outcome?.kind !== 'record') return null;
    const mayHaveModel = options.beside?.(index)?.mayHaveModel !== false;
    const { records, index: at } = outcome;
    return new PlainFile(this.nameOf(index), shared, records, at, mayHaveModel, Date.now());
  }

  /** Printable. */
  nameOf(index: number): string {
    return plainText(displayPath(this.paths[index] ?? ''));
  }

  /** What a file that has a shared report has for itself. */
  numbersOf(index: number): OwnNumbers {
    const outcome = this.outcomes[index];
    if (outcome?.kind !== 'record') throw new RangeError(`nobody was asked about file ${index}`);
    const { records, index: at } = outcome;
    return {
      size: records.fileSize(at),
      modified: records.modified(at),
      weightBytes: records.weightBytes(at),
    };
  }

  /** The report that it shares with others, found without making anything of this file; null: there is more to it. */
  shared(index: number, options: FilesOptions): SharedReport | null {
    const path = this.paths[index];
    const outcome = this.outcomes[index];
    if (path === undefined || outcome?.kind !== 'record') return null;
    if (options.deep === true || options.recordedHash || this.texts.knows(path)) return null;
    if (options.beside?.(index)?.mayHaveRecipe !== false) return null;
    const { records, index: at, runtime } = outcome;
    const { context } = this;
    if (!records.isPlain(at, context.machine)) return null;
    if (isModelPackageName(typeof path === 'string' ? path : displayPath(path))) return null;
    return this.alike.find(records, at, runtime, context, () =>
      this.sharedReports.of({
        ...context,
        facts: plainFacts(this.nameOf(index), records, at),
        recipe: null,
        answer: answerOf(records, at),
        runtime,
        runtimeProblem: null,
        now: Date.now(),
      }),
    );
  }

  /** In order; the next ones are read ahead where files have to be read. */
  async *reports(options?: FilesOptions): AsyncGenerator<EngineReport> {
    for (const file of this.describedFiles(options)) yield (await file).report;
  }

  /** The same with the facts of each file, or of these. Nothing waits for the ones that are known at once. */
  *describedFiles(
    options: FilesOptions = {},
    indices: readonly number[] = [...this.paths.keys()],
  ): Generator<DescribedFile | Promise<DescribedFile>> {
    const ahead: (DescribedFile | Promise<DescribedFile>)[] = [];
    let waiting = 0;
    for (let next = 0; next < indices.length || ahead.length > 0;) {
      while (waiting < readsAtOnce && ahead.length <= readsAtOnce) {
        const index = indices[next++];
        if (index === undefined) break;
        const plain = this.plain(index, options);
        if (plain) {
          ahead.push(plain);
          continue;
        }
        const file = this.described(index, options);
        // Awaited in its turn, which may come after it failed.
        file.catch(() => undefined);
        ahead.push(file);
        waiting++;
      }
      const first = ahead.shift();
      if (first === undefined) continue;
      if (first instanceof Promise) waiting--;
      yield first;
    }
  }

  /** All of them. */
  async all(): Promise<EngineReport[]> {
    const reports: EngineReport[] = [];
    for await (const report of this.reports()) reports.push(report);
    return reports;
  }

  private async factsOfRecord(
    path: FilePath,
    records: CheckRecords,
    index: number,
  ): Promise<FileFacts> {
    const systemError = records.systemError(index);
    if (systemError !== 0) return unreadable(path, await fileProblemOfNumber(path, systemError));
    const ofPackage = await modelPackage(path);
    if (ofPackage) return ofPackage;
    const type = records.fileType(index);
    if (type === 'directory' || type === 'other') {
      return unreadable(path, fileProblem(path, { type }));
    }
    return factsOfHead(
      path,
      {
        bytes: records.copyOfHeader(index).subarray(0, 64),
        size: records.fileSize(index),
        modified: records.modified(index),
      },
      this.readLimitMs,
    );
  }

  private async factsWithoutHost(path: FilePath): Promise<FileFacts> {
    const limitMs = this.readLimitMs ?? defaultReadLimitMs;
    const text = typeof path === 'string' ? path : Buffer.from(path).toString('latin1');
    const folder = text.slice(0, Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\')));
    const late = this.lateFolders.get(folder) ?? 0;
    if (late >= 2) return unreadable(path, fileProblem(path, { timeoutMs: limitMs }));
    const started = performance.now();
    const facts = await readFileFacts(path, limitMs);
    if (facts.kind === 'unreadable' && performance.now() - started >= limitMs) {
      this.lateFolders.set(folder, late + 1);
    }
    return facts;
  }
}

export function answerOf(records: CheckRecords, index: number): RuntimeAnswer | null {
  const validity = records.validity(index);
  if (validity === null) return null;
  return {
    validity,
    diagnostics: records.diagnostics(index),
    lines: linesOf(records, index),
  };
}

const printable = new WeakMap<CheckRecords, Map<number, RuntimeAnswer['lines']>>();

/** Many files of an answer have the same lines: those are made printable once. */
function linesOf(records: CheckRecords, index: number): RuntimeAnswer['lines'] {
  const place = records.linesPlace(index);
  const known = printable.get(records) ?? new Map<number, RuntimeAnswer['lines']>();
  printable.set(records, known);
  const made =
    known.get(place) ??
    records.lines(index).map(({ severity, bytes }) => ({ severity, text: libraryLine(bytes) }));
  known.set(place, made);
  return made;
}
