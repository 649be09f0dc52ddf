/** Building PP-OCRv4 beside NVIDIA's Python bindings, and what a build does to the process that asked for it. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { defaultEngineOptions } from '../../src/core/rebuild/rebuildOptions';
import { makeSampleModel } from '../../src/core/sample/sampleModel';
import { EngineHostClient } from '../../src/host/engineHost/client';
import { shimFolderOf } from '../../src/host/runtimes/shims';
import { temporaryFolder } from '../harness';
import {
  inRoot,
  interleaved,
  library,
  megabytes,
  ms,
  outputOf,
  processTime,
  ratioRow,
  type Row,
} from './measure';
import { bundleScript } from './bundleScript';
import { residentBytes } from './processMemory';
import { ocrModels, pythonWithBindings } from './python';

const rounds = 7;
const dist = inRoot('dist');
const longestBlockMs = 50;

interface Built {
  /** Milliseconds: from the model to the written engine, in a process that has the library loaded. */
  build: number;
  /** Milliseconds: from the start of the process to its end. */
  whole: number;
  /** Milliseconds of processor time of all threads until then. */
  cpu: number;
  /** Bytes: the most memory that the process ever had. */
  peak: number;
  size: number;
}

const models = [
  {
    name: 'det',
    file: 'ch_PP-OCRv4_det_infer.onnx',
    min: [1, 3, 32, 32],
    opt: [1, 3, 640, 640],
    max: [1, 3, 1280, 1280],
  },
  {
    name: 'rec',
    file: 'ch_PP-OCRv4_rec_infer.onnx',
    min: [1, 3, 48, 32],
    opt: [1, 3, 48, 320],
    max: [6, 3, 48, 1280],
  },
  {
    name: 'cls',
    file: 'ch_ppocr_mobile_v2.0_cls_infer.onnx',
    // Its height and width have one name ("?"), so TensorRT-RTX wants them alike: 48 x 192 contradicts itself.
    min: [1, 3, 48, 48],
    opt: [1, 3, 192, 192],
    max: [6, 3, 192, 192],
  },
] as const;
type Model = (typeof models)[number];

const profilesOf = ({ min, opt, max }: Model) => [
  [{ input: 'x', min: [...min], opt: [...opt], max: [...max] }],
];

export async function buildOcr(which: Model['name']): Promise<Row[]> {
  const model = models.find(({ name }) => name === which);
  if (model === undefined) throw new Error(`there is no PP-OCRv4 ${which}`);
  const python = await pythonWithBindings();
  const file = path.join(await ocrModels(), model.file);
  const folder = temporaryFolder();
  try {
    const results = await interleaved(rounds, {
      ours: () => buildHere(model, file, path.join(folder.path, 'ours.engine')),
      python: async (): Promise<Built> => {
        const shapes = [model.min, model.opt, model.max].map((shape) => shape.join('x'));
        const output = path.join(folder.path, 'python.engine');
        const start = performance.now();
        const said = await outputOf(
          python.command,
          [inRoot('test/bench/build.py'), file, output, 'x', ...shapes],
          python.env,
        );
        const whole = performance.now() - start;
        const { buildMs, cpu, peak, size } = JSON.parse(said) as Record<string, number>;
        return {
          build: Number(buildMs),
          ...{ whole, cpu: Number(cpu), peak: Number(peak), size: Number(size) },
        };
      },
    });
    const sizes = new Set([...results.ours, ...results.python].map(({ size }) => size));
    if (sizes.size !== 1) throw new Error(`${which}: sizes differ: ${[...sizes].join()}`);
    const row = (what: string, key: keyof Built, atMost: number, unit = ms): Row =>
      ratioRow(
        `PP-OCRv4 ${which}: ${what}`,
        results.ours.map((built) => built[key]),
        {
          name: "NVIDIA's Python bindings, which also hash and fsync",
          values: results.python.map((built) => built[key]),
        },
        atMost,
        unit,
      );
    return [
      row('build, from the request to the written engine', 'build', 1.02),
      row('build, from the start of the process to its end', 'whole', 1.02),
      row('build, processor time of the process that builds', 'cpu', 1.05),
      row('build, most memory of the process', 'peak', 1, megabytes),
    ];
  } finally {
    folder.remove();
  }
}

/** The sample model by the command that users have, whole processes. */
export async function buildSample(): Promise<Row[]> {
  const python = await pythonWithBindings();
  const folder = temporaryFolder();
  try {
    const model = path.join(folder.path, 'sample.onnx');
    fs.writeFileSync(model, makeSampleModel({ fixedShape: true }).onnx);
    const output = (name: string) => path.join(folder.path, `${name}.engine`);
    const env = { LD_LIBRARY_PATH: path.dirname(library) };
    const results = await interleaved(9, {
      ours: () => {
        const ours = output('ours');
        // Nothing is replaced, as in Python.
        for (const file of fs.readdirSync(folder.path)) {
          if (file.startsWith('ours.')) fs.rmSync(path.join(folder.path, file));
        }
        const args = [path.join(dist, 'cli.js'), 'build', model, '-o', ours];
        return processTime(process.execPath, args, { env });
      },
      python: () =>
        processTime(python.command, [inRoot('test/bench/build.py'), model, output('python')], {
          env: python.env,
        }),
    });
    const sizes = ['ours', 'python'].map((name) => fs.statSync(output(name)).size);
    if (sizes[0] !== sizes[1]) throw new Error(`sizes differ: ${sizes.join()}`);
    return [
      ratioRow(
        'The sample model, `engine-inspector build`, whole process',
        results.ours,
        { name: "NVIDIA's Python bindings, which also hash and fsync", values: results.python },
        1.3,
      ),
    ];
  } finally {
    folder.remove();
  }
}

/** A fresh engine host for one build. */
async function buildHere(model: Model, file: string, output: string): Promise<Built> {
  fs.rmSync(output, { force: true });
  const start = performance.now();
  const client = new EngineHostClient({
    hostMain: path.join(dist, 'engineHost.js'),
    shimFolder: shimFolderOf(dist),
    onLog: () => undefined,
  });
  let built: Omit<Built, 'whole'>;
  try {
    await client.request('load', { libraryPath: library });
    const asked = performance.now();
    const { engineSize } = await client.request('build', {
      ...defaultEngineOptions(),
      computeCapabilities: [],
      model: file,
      output,
      profiles: profilesOf(model),
    });
    const build = performance.now() - asked;
    const pid = client.pid ?? 0;
    const peak = residentBytes(pid, 'VmHWM');
    built = { build, cpu: processorMs(pid), peak, size: engineSize };
  } finally {
    await client.dispose();
  }
  return { ...built, whole: performance.now() - start };
}

/** Of all its threads so far, in hundredths of a second. */
function processorMs(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** The longest hold-up of the event loop that a build causes in the process that asked for it. */
export async function eventLoop(): Promise<Row[]> {
  const modelFolder = await ocrModels();
  const folder = temporaryFolder();
  const [, rec] = models;
  try {
    const script = await bundleScript('rebuildProcess.ts', folder.path);
    const options = JSON.stringify({ ...defaultEngineOptions(), profiles: profilesOf(rec) });
    const engine = path.join(folder.path, 'rec.engine');
    const longest: number[] = [];
    for (let i = 0; i < rounds; i++) {
      const said = await outputOf(process.execPath, [
        ...[script, path.join(modelFolder, rec.file), engine, options, library, dist],
      ]);
      longest.push((JSON.parse(said) as { max: number }).max);
    }
    const worst = Math.max(...longest);
    return [
      {
        what: `Event loop of a Node process that rebuilds PP-OCRv4 rec with the extension's code: longest hold-up of ${rounds} builds`,
        ours: longest.map(ms).join(', '),
        yardstick: '',
        result: ms(worst),
        target: `< ${longestBlockMs} ms`,
        ok: worst < longestBlockMs,
      },
    ];
  } finally {
    folder.remove();
  }
}
