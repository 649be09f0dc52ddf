/**
 * `npm run bench [-- NAME…]`: speed and memory as ratios within one run on one machine, against the real library.
 * Writes the table to docs/benchmarks.md, unless only some were asked for. Exit code 1: a target was missed.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { activation } from '../test/bench/activation';
import { buildOcr, eventLoop } from '../test/bench/build';
import { buildPlainLoop, coldCommandLine, hugeEngine, manyEngines } from '../test/bench/check';
import { sha256 } from '../test/bench/hash';
import { layersPage } from '../test/bench/layersPage';
import { inRoot, runtimeVersion, type Row } from '../test/bench/measure';
import { onnxFacts } from '../test/bench/onnxFacts';
import { pythonWithBindings } from '../test/bench/python';
import { largeEngineMemory, runOverhead } from '../test/bench/run';
import { builtEngine } from './demoFolder';
import { writeSampleModel } from './makeSampleModel';

async function engineToCheck(): Promise<string> {
  const model = inRoot('.deps/models/superResolution.onnx');
  if (!fs.existsSync(model)) writeSampleModel(model);
  return builtEngine('superResolution', model, runtimeVersion);
}

const benches: Record<string, () => Promise<Row[]>> = {
  many: async () =>
    manyEngines(await engineToCheck(), await buildPlainLoop(), await pythonWithBindings()),
  cold: async () => coldCommandLine(await engineToCheck(), await pythonWithBindings()),
  huge: async () => hugeEngine(await engineToCheck()),
  buildDet: () => buildOcr('det'),
  buildRec: () => buildOcr('rec'),
  buildCls: () => buildOcr('cls'),
  eventLoop,
  onnxFacts,
  activation,
  sha256,
  runOverhead,
  largeEngineMemory,
  layersPage,
};

function machine(): string {
  const cpus = os.cpus();
  const memory = (os.totalmem() / 1e9).toFixed(0);
  const system = /^PRETTY_NAME="(.*)"$/m.exec(
    fs.existsSync('/etc/os-release') ? fs.readFileSync('/etc/os-release', 'utf8') : '',
  );
  return `${cpus[0]?.model.trim() ?? 'unknown CPU'}, ${cpus.length} cores, ${memory} GB, ${system?.[1] ?? os.type()}, Node ${process.versions.node}, no GPU used`;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ what, ours, yardstick, result, target, ok }) =>
      `| ${what} | ${ours} | ${yardstick} | ${result} | ${target} | ${ok ? 'yes' : '**no**'} |`,
  );
  return [
    '| what | ours | yardstick | result | target | met |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

async function main(): Promise<void> {
  const names = process.argv.slice(2);
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
    const text = `# Benchmarks

Made by \`npm run bench\` with the real TensorRT-RTX ${runtimeVersion}. Ratios within one run: the measurements take turns, each
number is a median. Rows that name a stand-in were measured on own code in place of a GPU and of TensorRT-RTX on it
(test/standIns).

${machine()}

${table(rows)}
`;
    fs.writeFileSync(path.join(inRoot('docs'), 'benchmarks.md'), text);
    console.log('docs/benchmarks.md is written.');
  }
  if (rows.some((row) => !row.ok)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
