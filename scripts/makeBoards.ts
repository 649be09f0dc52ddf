/**
 * Writes src/core/targets/boardTable.ts: NVIDIA's boards with compute capability and memory, from the list in
 * @huggingface/tasks, corrected and completed by scripts/boards/corrections.ts.
 *
 *   npx tsx scripts/makeBoards.ts
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { SKUS } from '@huggingface/tasks';
import { format, resolveConfig } from 'prettier';

import { boardId } from '../src/core/targets/boardId';
import {
  added,
  corrected,
  renamed,
  sources,
  type BoardLine,
  type BoardRow,
} from './boards/corrections';

export const boardTableFile = 'src/core/targets/boardTable.ts';

/** "RTX 3080 Mobile" → "RTX 3080 Laptop", as NVIDIA has named them since the RTX 30 series. */
function ourName(theirs: string): string {
  return renamed[theirs] ?? theirs.replace(/ Mobile$/, ' Laptop');
}

function lineOf(name: string): BoardLine {
  if (/^(GB10|RTX Spark)/.test(name)) return 'unified';
  if (name.startsWith('Jetson')) return 'jetson';
  if (/^(GTX|MX|TITAN)/.test(name) || /^RTX \d{4}(?! (SFF )?Ada)/.test(name)) return 'geforce';
  return /^(RTX|Quadro|T\d{3,4}\b)/.test(name) ? 'workstation' : 'data-center';
}

export function boardRows(): BoardRow[] {
  const rows = new Map<string, BoardRow>();
  for (const [theirs, { computeCapability, memory }] of Object.entries(SKUS.GPU.NVIDIA)) {
    const name = ourName(theirs);
    const before = rows.get(name);
    rows.set(name, {
      name,
      computeCapability: computeCapability.toFixed(1),
      memory: [...(before?.memory ?? []), ...(memory ?? [])],
      line: lineOf(name),
      sources: ['tasks'],
    });
  }
  for (const [name, { why, ...facts }] of Object.entries(corrected)) {
    const found = rows.get(name);
    if (!found) throw new Error(`corrected, but not in the list: ${name} (${why})`);
    rows.set(name, { ...found, ...facts });
  }
  for (const row of added) {
    if (rows.has(row.name)) throw new Error(`in the list by now, so not ours to add: ${row.name}`);
    rows.set(row.name, row);
  }
  const order: BoardLine[] = ['geforce', 'workstation', 'unified', 'data-center', 'jetson'];
  return [...rows.values()]
    .map((row) => ({ ...row, memory: [...new Set(row.memory)].sort((a, b) => a - b) }))
    .sort(
      (a, b) =>
        order.indexOf(a.line) - order.indexOf(b.line) ||
        Number(b.computeCapability) - Number(a.computeCapability) ||
        b.name.localeCompare(a.name, 'en', { numeric: true }),
    );
}

/** One row on one line, quoted as Prettier would. */
function quoted(row: unknown[]): string {
  return JSON.stringify(row).replaceAll('"', "'").replaceAll(',', ', ');
}

export async function boardTableText(): Promise<string> {
  const lines = boardRows().map(
    ({ name, computeCapability, memory, line, sources: from }) =>
      `  ${quoted([boardId(name), name, computeCapability, memory, line, from])}`,
  );
  const text = `/**
 * Written by scripts/makeBoards.ts: change scripts/boards/corrections.ts and run it again. Facts of the rows with the
 * source "tasks" are from @huggingface/tasks, MIT licence (THIRD-PARTY-NOTICES.md).
 */
import type { ComputeCapability } from '../gpu/computeCapability';

export type BoardLine = 'geforce' | 'workstation' | 'unified' | 'data-center' | 'jetson';
export type SourceId = keyof typeof boardSources;

export const boardSources = ${JSON.stringify(sources)} as const;

/** id, name, compute capability, memory on the box in GB, product line, where it can be looked up. */
// prettier-ignore
export const boardTable: readonly (readonly [
  id: string,
  name: string,
  computeCapability: ComputeCapability,
  memory: readonly number[],
  line: BoardLine,
  sources: readonly SourceId[],
])[] = [
${lines.join(',\n')}
];
`;
  return format(text, { ...(await resolveConfig(boardTableFile)), parser: 'typescript' });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  void boardTableText().then((text) => {
    writeFileSync(boardTableFile, text);
    console.log(`wrote ${boardTableFile}`);
  });
}
