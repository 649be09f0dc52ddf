/**
 * Paths in, reports out. Files are asked about in chunks through an oracle (the engine hosts, or the shim in this
 * process); a chunk that hangs or crashes the oracle is asked file by file to find the culprit, and the rest goes on.
 * Where nobody can be asked, the header alone is read and the report says why. What comes of it: checkedFiles.ts.
 */
import type { ContainedEngine } from '../../core/file/containedEngines';
import { readEngineHeader } from '../../core/file/engineHeader';
import { makeFileFacts, unreadableFacts } from '../../core/file/fileFacts';
import type {
  ContainedReport,
  EngineReport,
  FileFacts,
  MachineFacts,
} from '../../core/report/engineReport';
import { makeEngineReport } from '../../core/report/makeEngineReport';
import { SharedReports } from '../../core/report/sharedReport';
import type { RuntimeProblem as Problem } from '../../core/report/reasons';
import { asFailure, type Failure } from '../../core/wire/failure';
import type { RuntimeInfo } from '../engineHost/protocol';
import { monotonicMs } from '../monotonic';
import type { FoundRuntime } from '../runtimes/runtimeSources';
import type { ChosenRuntime } from '../runtimes/runtimes';
import { AlikeFiles } from './alikeFiles';
import {
  answerOf,
  CheckedFiles,
  type KnownRuntimes,
  type Outcome,
  type ReportContext,
  type ReportOptions,
} from './checkedFiles';
import { CheckRecords, type FilePath, packPaths } from './checkRecords';
import { EngineTexts } from './engineText';
import { machineOf } from './machineFacts';
import type { Oracle, OracleOptions } from './oracle';

export interface CheckerOptions {
  oracle: Oracle;
  /** The runtime for an engine of this version; null: for whatever comes. */
  choose: (engineVersion: string | null) => Promise<ChosenRuntime>;
  /** All that were found, for remedies that lead to another one. */
  knownRuntimes: () => Promise<readonly FoundRuntime[]>;
  /** One line for each decision. */
  log?: (line: string) => void;
  /** A file alone that is not answered within this is the culprit. Milliseconds. */
  singleFileLimitMs?: number;
  /** What was read of engines before. */
  texts?: EngineTexts;
  /** For reading with Node where nobody is asked. Milliseconds. */
  readLimitMs?: number;
}

/** The first bytes of a file that only the caller can read. */
export interface ForeignHeader {
  /** As the user knows it. */
  file: string;
  /** At most 64 bytes. */
  headerBytes: Uint8Array;
  /** Bytes; null: unknown. */
  size: number | null;
  /** ms since 1970; null: unknown. */
  modified: number | null;
  /** Why it could not be read; empty: it was. */
  problem: string;
  /** What more than these bytes told of it; absent: nothing. */
  facts?: FileFacts;
}

/** The most files of one request: what a hang can cost. */
export const chunkSize = 512;
/** Chunks under way at once: one is transferred and decoded while the next is asked about. */
const chunksAtOnce = 4;
const defaultSingleFileLimitMs = 5_000;
const machineFreshMs = 10_000;

export class Checker {
  private readonly texts: EngineTexts;
  private readonly shared = new SharedReports();
  private readonly alike = new AlikeFiles();
  private known: { runtimes: readonly FoundRuntime[]; facts: KnownRuntimes } | null = null;
  private lastWhy = '';
  private machine: { facts: Promise<MachineFacts>; at: number } | null = null;

  constructor(private readonly options: CheckerOptions) {
    this.texts = options.texts ?? new EngineTexts();
  }

  /** Asks about all files. Fails only when it is cancelled. */
  async files(paths: readonly FilePath[], signal?: AbortSignal): Promise<CheckedFiles> {
    const outcomes = new Array<Outcome>(paths.length);
    await this.askAll(
      paths,
      paths.map((_, index) => index),
      await this.options.choose(null),
      outcomes,
      signal,
    );
    await this.askMatching(paths, outcomes, signal);
    return new CheckedFiles(
      paths,
      outcomes,
      await this.context(),
      this.options.readLimitMs,
      this.texts,
      this.shared,
      this.alike,
      (engines) => this.contained(engines, signal),
    );
  }

  /** One file's report. */
  async file(path: FilePath, signal?: AbortSignal, options?: ReportOptions): Promise<EngineReport> {
    return (await this.files([path], signal)).report(0, options);
  }

  /** The same for files that VS Code reads and no native code can. */
  async headers(headers: readonly ForeignHeader[], signal?: AbortSignal): Promise<EngineReport[]> {
    const stride = 64;
    const packed = new Uint8Array(headers.length * stride);
    headers.forEach(({ headerBytes }, index) =>
      packed.set(headerBytes.subarray(0, stride), index * stride),
    );
    const lengths = headers.map(({ headerBytes }) => Math.min(headerBytes.length, stride));
    const ask = async (runtime: string, loaded: RuntimeInfo) => {
      const result = await this.options.oracle.checkHeaders(runtime, packed, stride, lengths, {
        signal,
      });
      return { records: new CheckRecords(result), runtime: loaded };
    };
    // Few, and already here: asked of the runtime that is chosen for the first engine among them.
    const version = headers
      .map(({ headerBytes }) => readEngineHeader(headerBytes)?.version ?? null)
      .find((found) => found !== null);
    const usable = await this.usable(await this.options.choose(version ?? null), signal);
    const context = await this.context();
    let asked: Awaited<ReturnType<typeof ask>> | null = null;
    let problem: Problem | null = 'problem' in usable ? usable.problem : null;
    if ('runtime' in usable) {
      try {
        asked = await ask(usable.runtime.path, usable.runtime);
      } catch (error) {
        problem = this.problemOf(error, 'Checking engine headers');
      }
    }
    return headers.map((header, index) => {
      const { file, headerBytes, size, modified } = header;
      const readable = header.problem === '';
      return makeEngineReport({
        ...context,
        facts: readable
          ? (header.facts ??
            makeFileFacts({
              file,
              prefix: headerBytes,
              size: size ?? headerBytes.length,
              modified,
            }))
          : unreadableFacts(file, `${file} could not be read: ${header.problem}`),
        answer: asked && readable ? answerOf(asked.records, index) : null,
        runtime: asked?.runtime ?? null,
        runtimeProblem: problem,
        now: Date.now(),
      });
    });
  }

  /** The engines that a file holds, each asked about by its first bytes. */
  private async contained(
    engines: readonly ContainedEngine[],
    signal: AbortSignal | undefined,
  ): Promise<ContainedReport[]> {
    const reports = await Promise.all(
      engines.map(async ({ facts }) =>
        facts === null
          ? null
          : ((await this.headers([{ ...foreignHeader(facts), facts }], signal))[0] ?? null),
      ),
    );
    return engines.map(({ name, offset, problem }, index) => ({
      name,
      offset,
      problem,
      report: reports[index] ?? null,
    }));
  }

  /** GPUs and driver; asked again when older than some seconds. */
  machineFacts(): Promise<MachineFacts> {
    if (!this.machine || monotonicMs() - this.machine.at > machineFreshMs) {
      this.machine = { facts: this.readMachine(), at: monotonicMs() };
    }
    return this.machine.facts;
  }

  private async readMachine(): Promise<MachineFacts> {
    try {
      const machine = machineOf(await this.options.oracle.gpus());
      if (machine.driverVersion !== null) return machine;
      const { findNvidiaDevice } = await import('../gpu/nvidiaDevice');
      return { ...machine, nvidiaDevice: await findNvidiaDevice() };
    } catch (error) {
      const { message, nextStep } = asFailure(error, 'Reading the GPUs');
      this.log(message);
      return {
        gpu: null,
        gpus: [],
        driverVersion: null,
        displayDriver: null,
        whyNoGpu: `${message} ${nextStep}`,
      };
    }
  }

  private async context(): Promise<ReportContext> {
    const runtimes = await this.options.knownRuntimes();
    // The same list for all files: reports are told apart by it.
    if (this.known?.runtimes !== runtimes) {
      const facts = runtimes
        .filter(({ problem, version }) => problem === null && version !== '')
        .map(({ version, path }) => ({ version, path }));
      this.known = { runtimes, facts };
    }
    return { machine: await this.machineFacts(), knownRuntimes: this.known.facts };
  }

  /** Engines that another runtime is chosen for are asked about again, there. */
  private async askMatching(
    paths: readonly FilePath[],
    outcomes: Outcome[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const byBytes = new Map<number, number[]>();
    outcomes.forEach((outcome, index) => {
      if (outcome.kind !== 'record') return;
      const key = outcome.records.versionBytes(outcome.index);
      if (key === -1) return;
      const indices = byBytes.get(key);
      if (indices) indices.push(index);
      else byBytes.set(key, [index]);
    });
    // Ten thousand engines have a handful of versions: only one header of each is read.
    const others = [...byBytes.values()].flatMap((indices): [string, number[]][] => {
      const outcome = outcomes[indices[0] ?? 0];
      if (outcome?.kind !== 'record') return [];
      const version = readEngineHeader(outcome.records.header(outcome.index))?.version;
      return version === undefined || version === outcome.runtime.version
        ? []
        : [[version, indices]];
    });
    for (const [version, indices] of others) {
      const chosen = await this.options.choose(version);
      const [first = 0] = indices;
      const asked = outcomes[first];
      if (!chosen.runtime || asked?.kind !== 'record') continue;
      if (chosen.runtime.path === asked.runtime.path) continue;
      await this.askAll(paths, indices, chosen, outcomes, signal);
    }
  }

  private async askAll(
    paths: readonly FilePath[],
    indices: readonly number[],
    chosen: ChosenRuntime,
    outcomes: Outcome[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const usable = await this.usable(chosen, signal);
    if ('problem' in usable) {
      for (const index of indices) outcomes[index] = { kind: 'not-asked', ...usable };
      return;
    }
    // Beside the checks, and not before: a host that runs needs no other one for this. Never rejects.
    void this.machineFacts();
    const chunks: number[][] = [];
    for (let at = 0; at < indices.length; at += chunkSize) {
      chunks.push(indices.slice(at, at + chunkSize));
    }
    const failed: { chunk: number[]; failure: Failure }[] = [];
    await inParallel(chunks, chunksAtOnce, async (chunk) => {
      const failure = await this.ask(paths, chunk, usable.runtime, outcomes, { signal });
      if (failure) failed.push({ chunk, failure });
    });
    // One after the other, so that none is blamed for what another one does to the host.
    for (const { chunk, failure } of failed) {
      await this.askCarefully(paths, chunk, failure, usable.runtime, outcomes, signal);
    }
  }

  /** The runtime loaded, or why it is not. */
  private async usable(
    chosen: ChosenRuntime,
    signal: AbortSignal | undefined,
  ): Promise<{ runtime: RuntimeInfo } | { problem: Problem }> {
    if (chosen.why !== this.lastWhy) this.log(chosen.why);
    this.lastWhy = chosen.why;
    if (!chosen.runtime) {
      const { why, nextStep, installable } = chosen;
      return {
        problem: { sentence: why, nextStep, ...(installable === false ? { installable } : {}) },
      };
    }
    try {
      return { runtime: await this.options.oracle.load(chosen.runtime.path, { signal }) };
    } catch (error) {
      return { problem: this.problemOf(error, `Loading ${chosen.runtime.path}`) };
    }
  }

  /** A chunk that failed: one of its files may have hung or crashed the host. Alone each, up to the one that does it. */
  private async askCarefully(
    paths: readonly FilePath[],
    chunk: readonly number[],
    failed: Failure,
    runtime: RuntimeInfo,
    outcomes: Outcome[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let rest = chunk;
    for (let failure: Failure | null = failed; failure !== null;) {
      if (failure.code === 'cancelled') throw failure;
      if (!isFatalForHost(failure)) {
        for (const index of rest) outcomes[index] = notAsked(failure);
        return;
      }
      this.log(`${failure.message} Asking about ${rest.length} files one by one.`);
      const found = await this.askOneByOne(paths, rest, runtime, outcomes, signal);
      rest = found === null ? [] : rest.slice(found + 1);
      if (rest.length === 0) return;
      failure = await this.ask(paths, rest, runtime, outcomes, { signal });
    }
  }

  /** Position of the file that was the culprit; null: all were answered. */
  private async askOneByOne(
    paths: readonly FilePath[],
    indices: readonly number[],
    runtime: RuntimeInfo,
    outcomes: Outcome[],
    signal: AbortSignal | undefined,
  ): Promise<number | null> {
    const timeoutMs = this.options.singleFileLimitMs ?? defaultSingleFileLimitMs;
    for (const [position, index] of indices.entries()) {
      const failure = await this.ask(paths, [index], runtime, outcomes, { signal, timeoutMs });
      if (!failure) continue;
      if (failure.code === 'cancelled') throw failure;
      if (isFatalForHost(failure)) {
        outcomes[index] = notAsked(failure);
        return position;
      }
      for (const rest of indices.slice(position)) outcomes[rest] = notAsked(failure);
      return null;
    }
    return null;
  }

  /** Fills outcomes, or says why not. */
  private async ask(
    paths: readonly FilePath[],
    indices: readonly number[],
    runtime: RuntimeInfo,
    outcomes: Outcome[],
    options: OracleOptions,
  ): Promise<Failure | null> {
    const packed = packSendable(indices.map((index) => paths[index] ?? ''));
    try {
      const result = await this.options.oracle.checkFiles(
        runtime.path,
        packed,
        indices.length,
        options,
      );
      const records = new CheckRecords(result);
      indices.forEach((index, position) => {
        outcomes[index] = { kind: 'record', records, index: position, runtime };
      });
      return null;
    } catch (error) {
      return asFailure(error, 'Checking engines');
    }
  }

  private problemOf(error: unknown, doing: string): Problem {
    const failure = asFailure(error, doing);
    if (failure.code === 'cancelled') throw failure;
    this.log([failure.message, failure.detail].filter(Boolean).join('\n'));
    return { sentence: failure.message, nextStep: failure.nextStep };
  }

  private log(line: string): void {
    this.options.log?.(line);
  }
}

function foreignHeader({ file, headerBytes, size, modified }: FileFacts): ForeignHeader {
  return { file, headerBytes, size, modified, problem: '' };
}

/** A path that cannot be sent becomes one that cannot exist; its report is made from the path as it is. */
function packSendable(paths: readonly FilePath[]): Buffer {
  try {
    return packPaths(paths);
  } catch {
    return packPaths(paths.map((path) => (isSendable(path) ? path : '/dev/null/not-a-path')));
  }
}

function isSendable(path: FilePath): boolean {
  try {
    packPaths([path]);
    return true;
  } catch {
    return false;
  }
}

/** The host hung or ended: one of the files may be the reason. */
function isFatalForHost({ code }: Failure): boolean {
  return code === 'host-timeout' || code === 'host-exited';
}

function notAsked({ message, nextStep }: Failure): Outcome {
  return { kind: 'not-asked', problem: { sentence: message, nextStep } };
}

async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const lane = async () => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
}
