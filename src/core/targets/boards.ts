/** NVIDIA's boards by name: compute capability, memory, and what TensorRT-RTX makes of them. */
import { distance } from 'fastest-levenshtein';
import { architectureOf, supportOf, type ComputeCapability } from '../gpu/computeCapability';
import { joinWords } from '../text/formats';
import { newestRelease } from '../report/runtimeReleases';
import { boardId } from './boardId';
import { boardSources, boardTable, type BoardLine } from './boardTable';

export type { BoardLine } from './boardTable';

export interface Board {
  /** "rtx-4060-laptop" */
  id: string;
  /** "RTX 4060 Laptop" */
  name: string;
  computeCapability: ComputeCapability;
  /** Sizes that it was sold with, ascending; GB (of 2^30 bytes) as on the box. */
  memory: readonly number[];
  /** CPU and GPU share the memory. */
  unified: boolean;
  line: BoardLine;
  /** Where its facts can be looked up. */
  sources: readonly string[];
}

export const boards: readonly Board[] = boardTable.map(
  ([id, name, computeCapability, memory, line, sources]) => ({
    id,
    name,
    computeCapability,
    memory,
    unified: line === 'unified' || line === 'jetson',
    line,
    sources: sources.map((source) => boardSources[source]),
  }),
);

const byId = new Map(boards.map((board) => [board.id, board]));

/** Other names that people know them by. */
const aliases: Readonly<Record<string, string>> = {
  'dgx-spark': 'gb10',
  'gb10-dgx-spark': 'gb10',
  'rtx-spark': 'rtx-spark-n1x',
  'rtx-pro-6000-ws': 'rtx-pro-6000',
  'jetson-agx-thor': 'jetson-t5000',
};

export interface FoundBoard {
  board: Board;
  /** GB that the name gives ("rtx-3060-12gb"); null: none. */
  memory: number | null;
}

/** By id or name, with or without the memory behind it. */
export function findBoard(name: string): FoundBoard | null {
  const id = boardId(name);
  const whole = byId.get(aliases[id] ?? id);
  if (whole) return { board: whole, memory: null };
  const [, start = '', size = ''] = /^(.+?)-(\d{1,4})gb\b/.exec(id) ?? [];
  const board = byId.get(aliases[start] ?? start);
  return board ? { board, memory: Number(size) } : null;
}

/** Ids that are likely meant, best first. */
export function nearestBoards(name: string, count = 3): string[] {
  const id = boardId(name).replace(/-\d+gb$/, '');
  if (id === '') return [];
  const words = new Set(id.split('-'));
  return boards
    .map((board) => {
      const shared = board.id
        .split('-')
        .filter((word) => words.has(word) && /\d/.test(word)).length;
      // Digits that changed places are the slip that is meant most.
      const swapped = letters(id) === letters(board.id) ? 1 : 0;
      const away = distance(id, board.id) - 4 * shared - (board.id.includes(id) ? 4 : 0) - swapped;
      return { id: board.id, away };
    })
    .filter(({ away }) => away <= Math.max(2, id.length / 3))
    .sort((a, b) => a.away - b.away)
    .slice(0, count)
    .map((board) => board.id);
}

const letters = (text: string) => [...text].sort().join('');

/** "8 GB", "6 or 12 GB", "64 or 128 GB, shared by CPU and GPU". */
export function memoryText({ memory, unified }: Pick<Board, 'memory' | 'unified'>): string {
  const sizes = joinWords(memory.map(String)).replace(' and ', ' or ');
  return `${sizes} GB${unified ? ', shared by CPU and GPU' : ''}`;
}

/**
 * yes: NVIDIA supports it; limited: it runs, with the limits that the sentence tells; never: TensorRT-RTX does not run on
 * it, whatever the engine. Each board for itself: the RTX 2050 Laptop is an Ampere GPU, whatever its number.
 */
export function boardOutlook(
  { name, computeCapability }: Pick<Board, 'name' | 'computeCapability'>,
  version: string = newestRelease.version,
): { runs: 'yes' | 'limited' | 'never'; sentence: string } {
  const gpu = `${name} (${[architectureOf(computeCapability), computeCapability].filter(Boolean).join(', ')})`;
  switch (supportOf(computeCapability, version)) {
    case 'never':
      return { runs: 'never', sentence: `TensorRT-RTX does not run on ${gpu}.` };
    case 'ptx':
      return {
        runs: 'limited',
        sentence: `${gpu} is newer than TensorRT-RTX ${version}: engines run on it by PTX, slower.`,
      };
    case 'native':
      if (computeCapability === '7.5') {
        return {
          runs: 'limited',
          sentence: `${gpu} runs only engines that were built for 7.5 by name, in FP32 or FP16.`,
        };
      }
      if (computeCapability === '8.0') {
        return { runs: 'limited', sentence: `${gpu}: ${notInSupportMatrix}` };
      }
      return { runs: 'yes', sentence: `TensorRT-RTX runs on ${gpu}.` };
  }
}

/** 8.0 is in the default mask of every release, and in no recent list of NVIDIA's. */
export const notInSupportMatrix =
  "TensorRT-RTX builds for compute capability 8.0, but NVIDIA's support matrix does not list it.";
