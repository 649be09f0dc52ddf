/** The part of the bench that runs on a machine with a GPU, from the kit that gpuKit.ts packs: gpuMain.cjs LIBRARY */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { minorOf } from '../support/releases';
import { manyEngines } from './check';
import { makeFleet } from './fleet';
import { coldRows, fleetRows, largeFleetRows, type Places } from './fleetRows';
import { inRoot, runtimeVersion, type Row } from './measure';
import { tableOf } from './table';

/** Which NVIDIA's Python bindings are linked with. */
const parserName = 'libtensorrt_onnxparser_rtx.so.1';
/** To try the kit itself. */
const quick = process.argv.includes('--quick');
/** There a driver is asked as well, and the GPU's memory is read. */
const atMost = 2;

async function main(): Promise<void> {
  const library = process.argv[2];
  if (library === undefined) throw new Error('the path of libtensorrt_rtx.so.1 is missing');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-inspector-bench-'));
  // The bindings look for a package beside them.
  const libraries = path.join(folder, 'python/tensorrt_rtx_libs');
  fs.mkdirSync(libraries, { recursive: true });
  fs.writeFileSync(path.join(libraries, '__init__.py'), '');
  const ours = path.join(libraries, 'libtensorrt_rtx.so.1');
  fs.symlinkSync(path.resolve(library), ours);
  fs.symlinkSync(inRoot('.deps', parserName), path.join(libraries, parserName));
  const searched = [libraries, process.env['LD_LIBRARY_PATH'] ?? ''];
  const places: Places = {
    cli: inRoot('dist/cli.js'),
    library: ours,
    headers: [inRoot('.deps/headers', minorOf(runtimeVersion)), inRoot('.deps/headers')],
    python: {
      command: process.env['PYTHON'] ?? 'python3.12',
      env: { PYTHONPATH: [inRoot('.deps/python'), path.join(folder, 'python')].join(':') },
    },
    bareKoffi: inRoot('test/bench/bareKoffi.cjs'),
    plainLoop: {
      python: inRoot('test/bench/plainLoop.py'),
      cpp: inRoot('native-shim/test/plainLoop.cpp'),
    },
    plainWalk: inRoot('test/bench/plainWalk.cpp'),
    build: path.join(folder, 'build'),
    env: { LD_LIBRARY_PATH: searched.filter((each) => each !== '').join(':') },
  };
  const rows: Row[] = [];
  const take = async (name: string, made: () => Promise<Row[]>): Promise<void> => {
    try {
      rows.push(...(await made()));
    } catch (error) {
      console.log(`${name} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  try {
    const fleet = makeFleet(path.join(folder, 'many'), quick ? 500 : 10_000, 100);
    const [engine = ''] = fleet.paths;
    await take('cold', () => coldRows(places, engine, 11));
    const asked = ['text', 'csv', 'ndjson', 'json'] as const;
    await take('fleet', () => fleetRows(places, fleet, { rounds: 5, asked, atMost }));
    await take('many', () => manyEngines(places, fleet));
    const large = makeFleet(path.join(folder, 'large'), quick ? 1000 : 100_000, 100);
    await take('large fleet', async () => [
      ...(await fleetRows(places, large, {
        ...{ rounds: 2, atMost },
        asked: ['text', 'ndjson', 'json'],
      })),
      ...(await largeFleetRows(places, large)),
    ]);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  const asked = spawnSync('nvidia-smi', [
    '--query-gpu=name,driver_version',
    '--format=csv,noheader',
  ]);
  const gpu = asked.status === 0 ? asked.stdout.toString().trim() : 'no GPU';
  const presented = process.env['PRESENT_CC'];
  console.log(
    `${os.cpus()[0]?.model ?? 'unknown CPU'}, ${os.cpus().length} cores, ${gpu}${presented === undefined ? '' : `, compute capability ${presented} presented`}, Node ${process.versions.node}\n`,
  );
  console.log(tableOf(rows));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
