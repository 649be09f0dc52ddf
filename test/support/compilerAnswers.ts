/** Recorded answers of the real compiler (test/fixtures/compilerAnswers): models, and the beginnings of engines. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as zlib from 'node:zlib';

const folder = path.resolve(
  // Tests inside VS Code are bundled elsewhere.
  process.env['ENGINE_INSPECTOR_REPOSITORY'] ?? path.join(__dirname, '../..'),
  'test/fixtures/compilerAnswers',
);

export interface CompilerAnswers {
  /** "default", "7.5", … */
  targets: string[];
  versions: string[];
  models: Record<string, { bytes: number; answers: Record<string, string> }>;
}

export interface EngineStart {
  file: string;
  /** Of the whole engine. */
  size: number;
  mask: string;
  refusedAlone: string[];
  buildsAlone: string[];
  compiledFor: string;
  /** The first bytes. */
  start: Buffer;
}

export function compilerAnswers(): CompilerAnswers {
  return readJson('answers.json') as CompilerAnswers;
}

/** The model's file, its weights set to zero. */
export function* answeredModels(): Generator<{
  name: string;
  bytes: Buffer;
  answers: Record<string, string>;
}> {
  const all = unpacked('models.br');
  let at = 0;
  for (const [name, { bytes, answers }] of Object.entries(compilerAnswers().models)) {
    yield { name, bytes: all.subarray(at, at + bytes), answers };
    at += bytes;
  }
}

export function engineStarts(): EngineStart[] {
  const { bytesEach, engines } = readJson('engineStarts.json') as {
    bytesEach: number;
    engines: Omit<EngineStart, 'start'>[];
  };
  const all = unpacked('engineStarts.br');
  return engines.map((engine, index) => ({
    ...engine,
    start: all.subarray(index * bytesEach, (index + 1) * bytesEach),
  }));
}

/** The beginning of a real engine in a file of its whole length: the rest is a hole. */
export function writeEngineStart(file: string, { start, size }: EngineStart): void {
  fs.writeFileSync(file, start);
  fs.truncateSync(file, size);
}

/** Built by 1.7.1.116 without named GPUs from a model with FP8 values: 8.0 and 8.6 are in its header, code is from 8.9 on. */
export function fp8EngineStart(): EngineStart {
  const found = engineStarts().find(({ file }) => /matmul\.fp8_qdq\.engine$/.test(file));
  if (!found) throw new Error('no engine start with FP8');
  return found;
}

function readJson(name: string): unknown {
  return JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
}

function unpacked(name: string): Buffer {
  return zlib.brotliDecompressSync(fs.readFileSync(path.join(folder, name)));
}
