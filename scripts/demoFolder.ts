/**
 * The demo's folder: real engines built from the sample model by the real TensorRT-RTX on the CPU, and copies of them
 * broken in the ways that happen to people. Engines are built once and kept in .deps/engines.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { EngineHostClient } from '../src/host/engineHost/client';
import { shimFolderOf } from '../src/host/runtimes/shims';
import { repositoryRoot } from '../test/harness';
import { newest, older } from '../test/support/releases';
import { sampleProfile, writeSampleModel } from './makeSampleModel';

const inDeps = (...parts: string[]): string => path.join(repositoryRoot, '.deps', ...parts);

export function librariesOf(version: string): string {
  return inDeps('tensorrt-rtx', version, 'tensorrt_rtx_libs');
}

export function libraryOf(version: string): string {
  const minor = version.split('.').slice(0, 2).join('_');
  const name = process.platform === 'win32' ? `tensorrt_rtx_${minor}.dll` : 'libtensorrt_rtx.so.1';
  return path.join(librariesOf(version), name);
}

export interface BuildVariant {
  flags?: string[];
  /** ComputeCapability's numbers; none: the default set. */
  computeCapabilities?: number[];
}

/** Builds the model with one version of TensorRT-RTX, unless that engine is there already. Returns the engine. */
export async function builtEngine(
  name: string,
  model: string,
  version: string,
  variant: BuildVariant = {},
): Promise<string> {
  const engine = inDeps('engines', `${name}-${version}.engine`);
  if (fs.existsSync(engine) && fs.statSync(engine).mtimeMs > fs.statSync(model).mtimeMs) {
    return engine;
  }
  fs.mkdirSync(path.dirname(engine), { recursive: true });
  const temporary = `${engine}.${process.pid}.tmp`;
  const errors: string[] = [];
  const dist = path.join(repositoryRoot, 'dist');
  const client = new EngineHostClient({
    hostMain: path.join(dist, 'engineHost.js'),
    shimFolder: shimFolderOf(dist),
    onLog: ({ severity, text }) => {
      if (severity <= 1) errors.push(text);
    },
  });
  const start = performance.now();
  try {
    await client.request('load', { libraryPath: libraryOf(version) });
    await client.request('build', {
      model,
      output: temporary,
      flags: variant.flags ?? [],
      clearedFlags: [],
      computeCapabilities: variant.computeCapabilities ?? [],
      profiles: [[sampleProfile]],
      profilingVerbosity: 'detailed',
      memoryPoolLimits: {},
    });
    fs.renameSync(temporary, engine);
  } catch (error) {
    throw new Error([String(error), ...errors].join('\n'), { cause: error });
  } finally {
    await client.dispose();
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const megabytes = (fs.statSync(engine).size / 1e6).toFixed(2);
  console.log(`  built ${path.basename(engine)}: ${megabytes} MB in ${seconds} s on the CPU`);
  return engine;
}

export interface DemoFile {
  name: string;
  about: string;
}

/** Makes the folder anew and says what is in it. */
export async function makeDemoFolder(folder: string): Promise<DemoFile[]> {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const model = inDeps('models', 'superResolution.onnx');
  if (!fs.existsSync(model)) writeSampleModel(model);
  const files: DemoFile[] = [];
  const add = (name: string, about: string, bytes: Buffer | string): void => {
    fs.writeFileSync(path.join(folder, name), bytes);
    files.push({ name, about });
  };

  const onnx = fs.readFileSync(model);
  const good = fs.readFileSync(await builtEngine('superResolution', model, newest));
  const streaming = { flags: ['kWEIGHT_STREAMING'] };
  add('superResolution.onnx', 'the sample model', onnx);
  add('superResolution.engine', `built from it by TensorRT-RTX ${newest}`, good);
  add(
    'weightStreaming.engine',
    'the same with weight streaming',
    fs.readFileSync(await builtEngine('streaming', model, newest, streaming)),
  );
  add(
    'turingOnly.engine',
    'the same for GPUs of compute capability 7.5 alone',
    fs.readFileSync(await builtEngine('turing', model, newest, { computeCapabilities: [75] })),
  );
  add(
    'otherVersion.engine',
    `built by TensorRT-RTX ${older}, another minor version`,
    fs.readFileSync(await builtEngine('superResolution', model, older)),
  );
  add(
    'truncated.engine',
    'a download that stopped at 60 %',
    good.subarray(0, Math.floor(good.length * 0.6)),
  );
  add('renamedModel.engine', 'the ONNX model under an engine’s name', onnx);
  add(
    'gitLfsPointer.engine',
    'what Git leaves where Git LFS is not installed',
    `version https://git-lfs.github.com/spec/v1\noid sha256:${createHash('sha256').update(good).digest('hex')}\nsize ${good.length}\n`,
  );
  // Only the mark and the version that TensorRT (not RTX) writes: enough to tell what it is, nothing that could run.
  const tensorRt = Buffer.alloc(4096, 0x5a);
  tensorRt.write('ftrt', 0, 'latin1');
  tensorRt.writeUInt32LE(0, 4);
  tensorRt.set([10, 9, 0, 34], 24);
  add(
    'tensorrt.engine',
    'begins as a plan of TensorRT 10.9 does, which is not TensorRT-RTX',
    tensorRt,
  );
  add('empty.engine', 'an empty file', '');
  return files;
}
