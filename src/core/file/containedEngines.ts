/** Engines inside other files, each with the facts of a file of its own. */
import type { FileFacts } from '../report/engineReport';
import { makeTriagedFacts } from './fileFacts';

export { headerSize } from './engineHeader';

export interface ContainedEngine {
  /** Which one it is, printable: the node's name, or the path that the model names. */
  name: string;
  /** Where it begins in the file that is looked at; null: it is a file of its own, or not there. */
  offset: number | null;
  /** null: there is none. */
  facts: FileFacts | null;
  /** Why there is none, a sentence; empty: there is one. */
  problem: string;
  /** What was written of it in its place is none; else it is only not there, or another's. */
  isWrong?: true;
}

/** prefix: its first bytes, 64 or more; length: its own. wants: how many of them would tell more; 0: none. */
export function containedEngine(
  name: string,
  offset: number | null,
  prefix: Uint8Array,
  length: number,
  modified: number | null,
): { engine: ContainedEngine; wants: number } {
  const { facts, wants } = makeTriagedFacts({ file: name, prefix, size: length, modified });
  return { engine: { name: facts.file, offset, facts, problem: '' }, wants };
}
