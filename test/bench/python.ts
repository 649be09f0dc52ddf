/** What the bench compares with and builds from: fetched by pip with pinned sums into .deps, never more than once. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';

import { inRoot, outputOf, runtimeVersion } from './measure';

export interface Python {
  command: string;
  env: NodeJS.ProcessEnv;
}

/** The interpreter itself: a version manager's `python3` is a shell script that takes longer than what is measured. */
export const pythonCommand = execFileSync(
  process.env['PYTHON'] ?? 'python3',
  ['-c', 'import sys; print(sys.executable)'],
  { encoding: 'utf8' },
).trim();

/** Puts the packages of scripts/setup/requirements/NAME.txt into the folder. */
async function fetched(folder: string, requirementsName: string, what: string): Promise<string> {
  const stamp = `${folder}/.complete`;
  const requirements = inRoot(`scripts/setup/requirements/${requirementsName}.txt`);
  const wanted = fs.readFileSync(requirements, 'utf8');
  if (!fs.existsSync(stamp) || fs.readFileSync(stamp, 'utf8') !== wanted) {
    console.log(`fetching ${what} (pip)`);
    fs.rmSync(folder, { recursive: true, force: true });
    await outputOf(pythonCommand, [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'],
      ...['--require-hashes', '--no-deps', '--only-binary=:all:', '--ignore-requires-python'],
      ...['--target', folder, '--requirement', requirements],
    ]);
    fs.writeFileSync(stamp, wanted);
  }
  return folder;
}

/** NVIDIA's Python bindings. */
export async function pythonWithBindings(): Promise<Python> {
  const folder = await fetched(
    inRoot('.deps/python'),
    `bench-bindings-${runtimeVersion}`,
    `NVIDIA's Python bindings ${runtimeVersion}`,
  );
  const libraries = inRoot('.deps/tensorrt-rtx', runtimeVersion);
  return { command: pythonCommand, env: { PYTHONPATH: [folder, libraries].join(':') } };
}

export async function pythonWithOnnx(): Promise<Python> {
  return {
    command: pythonCommand,
    env: { PYTHONPATH: await fetched(inRoot('.deps/python-onnx'), 'bench-onnx', 'onnx') },
  };
}

/** The folder that holds the ONNX files of PP-OCRv4. */
export async function ocrModels(): Promise<string> {
  const folder = await fetched(inRoot('.deps/models/ocr'), 'bench-models', 'PP-OCRv4');
  return `${folder}/rapidocr_onnxruntime/models`;
}
