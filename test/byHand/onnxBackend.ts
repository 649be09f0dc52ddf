/**
 * Compares this project's builds of the ONNX backend tests with NVIDIA's own (onnxBackend.py, run before): the same
 * outcome, and an operator called unknown exactly where NVIDIA's supports_operator says no.
 *
 *   npx tsx test/byHand/onnxBackend.ts OUT
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { defaultEngineOptions } from '../../src/core/rebuild/rebuildOptions';
import { ModelRefused } from '../../src/host/build/rebuild';
import { RebuildBench, requestFor } from '../support/rebuilds';

interface Row {
  name: string;
  parsed: boolean;
  built: boolean;
  operators: Record<string, boolean>;
}

const unknownKinds = /^(unknown|integer|optimizer|custom)-operator$/;

async function main(folder: string): Promise<void> {
  const rows = fs
    .readFileSync(path.join(folder, 'nvidia.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
  const bench = new RebuildBench();
  const engine = path.join(folder, 'out.engine');
  const differ: string[] = [];
  const wrong: string[] = [];
  let refused = 0;
  for (const row of rows) {
    const model = path.join(folder, 'models', `${row.name}.onnx`);
    let error: unknown = null;
    try {
      await bench.rebuilder.build({
        ...requestFor('1.7', model, engine, { options: defaultEngineOptions() }),
        keepBackups: 0,
      });
    } catch (thrown) {
      error = thrown;
    }
    const said = error instanceof Error ? error.message : 'built it';
    if ((error === null) !== row.built) {
      differ.push(`${row.name}: NVIDIA ${row.built ? 'built' : 'refused'} it; here ${said}`);
    }
    if (row.parsed || error === null) continue;
    refused++;
    const says =
      error instanceof ModelRefused && error.refusal.kinds.some((kind) => unknownKinds.test(kind));
    const isUnknown = Object.values(row.operators).includes(false);
    if (says !== isUnknown) wrong.push(`${row.name}: ${said}`);
  }
  await bench.dispose();
  console.log(
    `${rows.length} models, ${differ.length} with another outcome than NVIDIA's bindings`,
  );
  console.log(differ.join('\n'));
  console.log(
    `${refused} refused by the parser, ${wrong.length} with a wrong word about an operator`,
  );
  console.log(wrong.join('\n'));
}

void main(process.argv[2] ?? 'test-results/onnxBackend');
