/**
 * `npm run bench [-- NAME…]`: speed and memory as ratios within one run on one machine, against the real library.
 * Writes the last table of docs/benchmarks.md, unless only some were asked for. Exit code 1: a target was missed.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { activation } from '../test/bench/activation';
import { buildOcr, buildSample, eventLoop } from '../test/bench/build';
import { hugeEngine, manyEngines } from '../test/bench/check';
import { editor } from '../test/bench/editor';
import { makeFleet, type Fleet } from '../test/bench/fleet';
import {
  coldRows,
  fleetRows,
  largeFleetRows,
  targetsRows,
  type Places,
} from '../test/bench/fleetRows';
import { makeGpuKit } from '../test/bench/gpuKit';
import { sha256 } from '../test/bench/hash';
import { layersPage } from '../test/bench/layersPage';
import { matrix } from '../test/bench/matrix';
import { headersFolder, inRoot, library, runtimeVersion, type Row } from '../test/bench/measure';
import { onnxFacts } from '../test/bench/onnxFacts';
import { pythonWithBindings } from '../test/bench/python';
import { largeEngineMemory, runOverhead } from '../test/bench/run';
import { tableOf } from '../test/bench/table';
import { temporaryFolder } from '../test/harness';
import { builtEngine } from './demoFolder';
import { writeSampleModel } from './makeSampleModel';

async function engineToCheck(): Promise<string> {
  const model = inRoot('.deps/models/superResolution.onnx');
  if (!fs.existsSync(model)) writeSampleModel(model);
  return builtEngine('superResolution', model, runtimeVersion);
}

async function placesHere(): Promise<Places> {
  return {
    cli: inRoot('dist/cli.js'),
    library,
    headers: [headersFolder, inRoot('.deps/headers')],
    python: await pythonWithBindings(),
    bareKoffi: inRoot('test/bench/bareKoffi.cjs'),
    plainLoop: {
      python: inRoot('test/bench/plainLoop.py'),
      cpp: inRoot('native-shim/test/plainLoop.cpp'),
    },
    plainWalk: inRoot('test/bench/plainWalk.cpp'),
    build: inRoot('build/bench'),
    env: { LD_LIBRARY_PATH: path.dirname(library) },
  };
}

/** Engines that differ, in a hundred folders. */
async function withFleet(
  count: number,
  use: (places: Places, fleet: Fleet) => Promise<Row[]>,
): Promise<Row[]> {
  const places = await placesHere();
  const folder = temporaryFolder();
  try {
    return await use(places, makeFleet(folder.path, count, 100));
  } finally {
    folder.remove();
  }
}

const benches: Record<string, () => Promise<Row[]>> = {
  many: () => withFleet(10_000, manyEngines),
  cold: async () => coldRows(await placesHere(), await engineToCheck(), 15),
  fleet: () =>
    withFleet(10_000, (places, fleet) =>
      fleetRows(places, fleet, { rounds: 5, asked: ['text', 'csv', 'ndjson', 'json'] }),
    ),
  largeFleet: () =>
    withFleet(100_000, async (places, fleet) => [
      ...(await fleetRows(places, fleet, { rounds: 3, asked: ['text', 'ndjson', 'json'] })),
      ...(await largeFleetRows(places, fleet)),
    ]),
  targets: () => withFleet(100_000, targetsRows),
  matrix: () => Promise.resolve(matrix()),
  huge: async () => hugeEngine(await engineToCheck()),
  buildDet: () => buildOcr('det'),
  buildRec: () => buildOcr('rec'),
  buildCls: () => buildOcr('cls'),
  buildSample,
  eventLoop,
  onnxFacts,
  activation,
  editor,
  sha256,
  runOverhead,
  largeEngineMemory,
  layersPage,
};

const heading = '## All rows\n';

function machine(): string {
  const cpus = os.cpus();
  const memory = (os.totalmem() / 1e9).toFixed(0);
  const system = /^PRETTY_NAME="(.*)"$/m.exec(
    fs.existsSync('/etc/os-release') ? fs.readFileSync('/etc/os-release', 'utf8') : '',
  );
  return `${cpus[0]?.model.trim() ?? 'unknown CPU'}, ${cpus.length} cores, ${memory} GB, ${system?.[1] ?? os.type()}, Node ${process.versions.node}, no GPU used`;
}

async function main(): Promise<void> {
  const names = process.argv.slice(2);
  if (names.includes('--gpu')) {
    console.log(await makeGpuKit());
    return;
  }
  const unknown = names.filter((name) => !(name in benches));
  if (unknown.length > 0) {
    console.error(
      `There is no bench "${unknown.join('", "')}": ${Object.keys(benches).join(', ')}.`,
    );
    process.exitCode = 2;
    return;
  }
  const rows: Row[] = [];
  for (const [name, bench] of Object.entries(benches)) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.log(`${name} …`);
    const found = await bench();
    for (const row of found) {
      console.log(
        `  ${row.ok ? 'ok    ' : 'MISSED'} ${row.what}: ${row.ours}; ${row.yardstick} ${row.result} (${row.target})`,
      );
    }
    rows.push(...found);
  }
  if (names.length === 0) {
    const file = path.join(inRoot('docs'), 'benchmarks.md');
    // What stands before was written by a person.
    const [before = ''] = fs.readFileSync(file, 'utf8').split(heading);
    fs.writeFileSync(file, `${before}${heading}\n${machine()}\n\n${tableOf(rows)}\n`);
    console.log('docs/benchmarks.md is written.');
  }
  if (rows.some((row) => !row.ok)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
