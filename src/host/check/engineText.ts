/**
 * Reads what an engine's own text names as the GPUs that it was compiled for (core/file/engineText). Its place grows with
 * the graph, so the file is read in steps until it is found, 4 MB at most. Asked when a page opens, a target is looked at,
 * or a deep check was wanted; never by a plain check.
 */
import type { EngineText } from '../../core/file/engineText';
import { EngineTextScanner } from '../../core/file/engineText';
import { answerOfText, type CodeAnswer, textMayDiffer } from '../../core/report/codeFacts';
import type { FileFacts } from '../../core/report/engineReport';
import { headerSize } from '../../core/file/engineHeader';
import type { FilePath } from './checkRecords';
import { openRegularFile, readAt } from './regularFile';

/** Most engines have it in the first step. Bytes. */
const firstStep = 32 * 1024;
/** As much of an engine as the first step reads, for who opens the file anyway. */
export const engineStart = headerSize + firstStep;
const nextSteps = 512 * 1024;
export const maxEngineTextBytes = 4 * 1024 * 1024;

export interface EngineTextOptions {
  /** Where the engine begins in the file; bytes. */
  offset?: number;
  /** What was read of the engine before, from its first byte on. */
  start?: Uint8Array;
  signal?: AbortSignal | undefined;
}

/** null: it is not there, or the file cannot be read, which its report says already. Never rejects. */
export async function readEngineText(
  file: FilePath,
  { offset = 0, start, signal }: EngineTextOptions = {},
): Promise<EngineText | null> {
  const scanner = new EngineTextScanner();
  let at = headerSize;
  if (start && start.length > at) {
    scanner.push(latin1(start.subarray(at)));
    if (scanner.found !== null) return scanner.found;
    at = start.length;
  }
  try {
    const { handle } = await openRegularFile(file);
    try {
      while (at < maxEngineTextBytes && signal?.aborted !== true) {
        const step = Math.min(at < firstStep ? firstStep : nextSteps, maxEngineTextBytes - at);
        const bytes = await readAt(handle, offset + at, step);
        scanner.push(latin1(bytes));
        if (scanner.found !== null || bytes.length < step) return scanner.found;
        at += bytes.length;
      }
      return null;
    } finally {
      await handle.close();
    }
  } catch {
    return null;
  }
}

/** By Node: a TextDecoder takes ten times as long. */
function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

/** Texts that are remembered, the last ones asked for. */
const mostTexts = 2000;

/** Remembers what was read of an engine until the file changes, so that a report keeps what it said. */
export class EngineTexts {
  /** By name: of a file the last state that was read. */
  private readonly texts = new Map<string, { state: string; text: EngineText | null }>();

  /** Whether something was read of this file, as it is now or as it was. */
  knows(file: FilePath): boolean {
    return this.texts.size > 0 && this.texts.has(nameOf(file));
  }

  /** What was read before; null: nothing, or it is not there. */
  known(file: FilePath, facts: FileFacts): EngineText | null {
    return this.before(file, facts) ?? null;
  }

  private before(file: FilePath, facts: FileFacts): EngineText | null | undefined {
    const known = this.texts.get(nameOf(file));
    return known?.state === stateOf(facts) ? known.text : undefined;
  }

  async read(
    file: FilePath,
    facts: FileFacts,
    options?: EngineTextOptions,
  ): Promise<EngineText | null> {
    const before = this.before(file, facts);
    if (before !== undefined) return before;
    const text = await readEngineText(file, options);
    if (options?.signal?.aborted === true) return text;
    const name = nameOf(file);
    this.texts.delete(name);
    const [oldest] = this.texts.keys();
    if (this.texts.size >= mostTexts && oldest !== undefined) this.texts.delete(oldest);
    this.texts.set(name, { state: stateOf(facts), text });
    return text;
  }
}

/** What is known of the code inside an engine. deep: its text is read where it was not. start: as in EngineTextOptions. */
export async function codeAnswers(
  path: FilePath,
  facts: FileFacts,
  texts: EngineTexts,
  deep: boolean,
  start?: Uint8Array,
): Promise<CodeAnswer[]> {
  const { header } = facts;
  // Of several engines, or of one beside its model, this would be another's.
  const [inside, ...others] = facts.engines;
  const isElsewhere = inside !== undefined && (inside.offset === null || others.length > 0);
  if (isElsewhere || !textMayDiffer(header)) return [];
  const text = deep ? await texts.read(path, facts, start && { start }) : texts.known(path, facts);
  return text ? [answerOfText(header, text)] : [];
}

const nameOf = (file: FilePath): string =>
  typeof file === 'string' ? file : `\0${Buffer.from(file).toString('hex')}`;

const stateOf = ({ size, modified, headerBytes }: FileFacts): string =>
  [size, modified, Buffer.from(headerBytes).toString('hex')].join('\0');
