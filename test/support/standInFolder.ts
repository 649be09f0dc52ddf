/**
 * A folder as somebody has it who works with engines, for the stand-in machine: engines with their ONNX models and
 * recipes. For the tests inside VS Code and for those on screen.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  writeStandInEngine,
  writeStandInModel,
  type StandInEngine,
  type StandInEngineOptions,
} from '../standIns/standIns';

/** An engine alone. */
export function putStandInEngine(
  folder: string,
  name: string,
  options: StandInEngineOptions = {},
): StandInEngine {
  return writeStandInEngine(path.join(folder, name), options);
}

export interface RecipeOptions {
  /** Of the engine as it was built; true: as it is. */
  sha256?: string | true;
}

/** The model that the engine was built from, and the recipe that says so. */
export function putRecipe(folder: string, engine: string, options: RecipeOptions = {}): string {
  const model = engine.replace(/\.engine$/, '.onnx');
  writeStandInModel(path.join(folder, model));
  const file = path.join(folder, engine);
  const modelBytes = fs.readFileSync(path.join(folder, model));
  const sha256 = options.sha256 === true ? sha256Of(fs.readFileSync(file)) : options.sha256;
  const recipe = {
    schemaVersion: 1,
    model: { path: model, sha256: sha256Of(modelBytes), size: modelBytes.length },
    options: {},
    ...(sha256 === undefined
      ? {}
      : { engine: { file: engine, sha256, size: fs.statSync(file).size } }),
  };
  fs.writeFileSync(`${file}.json`, `${JSON.stringify(recipe, undefined, 2)}\n`);
  return path.join(folder, model);
}

/** float32 in C order, as numpy.save writes it. */
export function writeNpy(file: string, shape: readonly number[], values: Float32Array): void {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const head = Buffer.alloc(10);
  head.write('\x93NUMPY\x01\x00', 'latin1');
  head.writeUInt16LE(padded.length, 8);
  fs.writeFileSync(file, Buffer.concat([head, Buffer.from(padded), Buffer.from(values.buffer)]));
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
