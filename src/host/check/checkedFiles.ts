/**
 * What was answered about a list of files. Verdicts are records (checkRecords.ts) until a report is asked for, so
 * 10,000 files cost little more than the asking.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

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
import { makeEngineReport } from '../../core/report/makeEngineReport';
import type { RecipeFacts, RuntimeProblem as Problem } from '../../core/report/reasons';
import { libraryLine } from '../../core/text/plainText';
import type { RuntimeInfo } from '../engineHost/protocol';
import type { CheckRecords, FilePath } from './checkRecords';
import { codeAnswers, type EngineTexts } from './engineText';
import { defaultReadLimitMs, factsOfHead, readFileFacts, unreadable } from './fileFacts';
import { fileProblem, fileProblemOfNumber } from './fileProblem';
export interface ReportOptions {
  /** SHA-256 of the file beside the one recorded when it was built. */
  recordedHash?: RecordedHash | null;
  /** Also reads the engine's own text, some of its first kilobytes, for what its header cannot say. */
  deep?: boolean;
}

/** What the oracle said about one file. */
export type Outcome =
  | { kind: 'record'; records: CheckRecords; index: number; runtime: RuntimeInfo }
  /** Nobody was asked; the header is read when the report is made. */
  | { kind: 'not-asked'; problem: Problem };

const readsAtOnce = 8;

export interface ReportContext {
  machine: MachineFacts;
  knownRuntimes: { version: string; path: string }[];
}

export interface DescribedFile {
  facts: FileFacts;
  /** Which GPUs of its header it holds no code for, as far as is known. */
  code: CodeFacts | null;
  report: EngineReport;
  /** Beside it. */
  recipe: RecipeFacts | null;
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

  async report(index: number, options: ReportOptions = {}): Promise<EngineReport> {
    return (await this.described(index, options)).report;
  }

  /** The report with the facts of the file that it was made from. */
  async described(
    index: number,
    { recordedHash, deep }: ReportOptions = {},
  ): Promise<DescribedFile> {
    const path = this.paths[index];
    const outcome = this.outcomes[index];
    if (path === undefined || !outcome) throw new RangeError(`no checked file ${index}`);
    const asked = outcome.kind === 'record';
    const facts = asked
      ? await this.factsOfRecord(path, outcome.records, outcome.index)
      : await this.factsWithoutHost(path);
    const code = await codeAnswers(path, facts, this.texts, deep === true);
    const recipe = await recipeBeside(path);
    const own = makeEngineReport({
      ...this.context,
      facts,
      code,
      recipe,
      answer: asked ? answerOf(outcome.records, outcome.index) : null,
      runtime: asked ? outcome.runtime : null,
      runtimeProblem: asked ? null : outcome.problem,
      recordedHash: recordedHash ?? null,
      now: Date.now(),
    });
    const known = codeFacts(facts.header, code);
    if (facts.engines.length === 0) return { facts, report: own, recipe, code: known };
    const { withEngines } = await import('../../core/report/containedReports');
    const report = withEngines(own, facts, await this.contained(facts.engines));
    return { facts, report, recipe, code: known };
  }

  /** In order; the next ones are read ahead where files have to be read. */
  async *reports(options?: ReportOptions): AsyncGenerator<EngineReport> {
    for await (const { report } of this.describedFiles(options)) yield report;
  }

  /** The same with the facts of each file. */
  async *describedFiles(options?: ReportOptions): AsyncGenerator<DescribedFile> {
    const ahead: Promise<DescribedFile>[] = [];
    for (let next = 0; next < this.length || ahead.length > 0;) {
      while (next < this.length && ahead.length < readsAtOnce) {
        const file = this.described(next++, options);
        // Awaited in its turn, which may come after it failed.
        file.catch(() => undefined);
        ahead.push(file);
      }
      const first = ahead.shift();
      if (first) yield await first;
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
    const type = records.fileType(index);
    if (type === 'directory' || type === 'other') {
      return unreadable(path, fileProblem(path, { type }));
    }
    return factsOfHead(
      path,
      {
        // A copy: 64 bytes must not keep a whole chunk of answers.
        bytes: records.header(index).slice(0, 64),
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
    lines: records
      .lines(index)
      .map(({ severity, bytes }) => ({ severity, text: libraryLine(bytes) })),
  };
}

/** null: there is none, or none that can be read; the recipe's own editor says what is wrong with it. */
async function recipeBeside(engine: FilePath): Promise<RecipeFacts | null> {
  if (typeof engine !== 'string') return null;
  const file = `${engine}.json`;
  // Most engines have none: the parser is loaded for those that do.
  if (!(await fs.stat(file).catch(() => null))?.isFile()) return null;
  const { readRecipeFile } = await import('../build/recipeFile');
  const recipe = await readRecipeFile(file).catch(() => null);
  return recipe && { file: path.basename(file), model: recipe.model.path, options: recipe.options };
}
