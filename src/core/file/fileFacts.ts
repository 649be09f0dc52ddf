/** What is known of a file without any runtime, from stat and its first bytes: made here for every surface. */
import { headerSize, readEngineHeader } from './engineHeader';
import type { FileFacts } from '../report/engineReport';
import { triage } from './fileKind';
import { formatCount } from '../text/formats';
import { plainText } from '../text/plainText';
import type { ContainedEngine } from './containedEngines';

export interface FileInput {
  /** As the user knows it; made printable here. */
  file: string;
  /** The first bytes: 64 for a check, up to triagePrefix (fileKind.ts) where triage wants more. */
  prefix: Uint8Array;
  /** Bytes. */
  size: number;
  /** ms since 1970; null: unknown. */
  modified: number | null;
}

export function makeFileFacts(input: FileInput): FileFacts {
  return makeTriagedFacts(input).facts;
}

/** Also says how many bytes of prefix would tell more; 0: none. */
export function makeTriagedFacts(input: FileInput): { facts: FileFacts; wants: number } {
  const found = triage(input.prefix, input.size);
  const headerBytes = input.prefix.slice(0, headerSize);
  const header = found.damage?.headerHolds === false ? null : readEngineHeader(headerBytes);
  const facts: FileFacts = {
    file: plainText(input.file),
    kind: found.kind,
    kindSentence: found.sentence,
    kindDetails: found.details,
    damage: found.damage,
    ofOthers: found.ofOthers,
    engines: found.engineAt === null ? [] : [engineIn(input, found.engineAt)],
    originalModel: '',
    size: input.size,
    modified: input.modified,
    headerBytes,
    header,
  };
  return { facts, wants: found.wants };
}

/** sentence: what happened and the next step, "This file cannot be read: permission denied. …" */
export function unreadableFacts(file: string, sentence: string): FileFacts {
  return {
    file: plainText(file),
    kind: 'unreadable',
    kindSentence: plainText(sentence),
    kindDetails: [],
    damage: null,
    ofOthers: false,
    engines: [],
    originalModel: '',
    size: null,
    modified: null,
    headerBytes: new Uint8Array(),
    header: null,
  };
}

function engineIn({ prefix, size, modified }: FileInput, at: number): ContainedEngine {
  const file = `byte ${formatCount(at)}`;
  const inside = { file, prefix: prefix.subarray(at), modified };
  const all = makeFileFacts({ ...inside, size: size - at });
  // Taken out, it ends where its header says: what follows is of what it lies in.
  const length = all.damage === null ? (all.header?.fileSize ?? 0) : 0;
  const facts = length > 0 && length < size - at ? makeFileFacts({ ...inside, size: length }) : all;
  return { name: file, offset: at, facts, problem: '' };
}
