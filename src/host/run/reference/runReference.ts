/**
 * Runs the model that an engine was built from with ONNX Runtime on the CPU, to compare with, or alone where no GPU can
 * run the engine. The work is done by a process of its own (process/main.ts), which a cancel or the time limit kills:
 * its memory is free at once. What goes wrong is a failure in the report; only a cancel is thrown.
 */
import { fork, type ChildProcess } from 'node:child_process';
import * as os from 'node:os';
import * as path from 'node:path';
import * as v from 'valibot';

import { formatBytes, formatDuration } from '../../../core/text/formats';
import type { TensorType } from '../../../core/inspect/inspection';
import { plainText } from '../../../core/text/plainText';
import type { ReferenceReport, RunFailure, RunProgress } from '../../../core/run/runReport';
import { hostEnvironment } from '../../engineHost/hostEnvironment';
import { Failure } from '../../../core/wire/failure';
import { readOutput } from '../inputs/outputs';
import { readOnnxFile } from '../../build/onnxFile';
import { referenceAnswer, type ReferenceAnswer, type ReferenceTask } from './messages';

export interface ReferenceRequest {
  /** The bundled process: dist/reference.js, with ort/ beside it. */
  main: string;
  model: string;
  /** Files as loadInput writes them. */
  inputs: { name: string; type: TensorType; shape: number[]; dataPath: string }[];
  /** The run's own folder: outputs stay there as reference-<index>.bin. */
  folder: string;
  /** Where ONNX Runtime's WebAssembly is; beside main in ort/ when not given. */
  wasmFolder?: string;
  nodePath?: string;
  /** How many threads it may use; what the machine can spare when not given. */
  threads?: number;
}

export interface ReferenceCallbacks {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: RunProgress) => void) | undefined;
  /** Milliseconds. */
  timeoutMs?: number | undefined;
}

const defaultTimeoutMs = 10 * 60_000;
/** WebAssembly addresses 4 GiB, and the weights are in it twice while they are loaded. */
const maxModelBytes = 1.8 * 1024 ** 3;
const engineName = 'ONNX Runtime';

type Done = Extract<ReferenceAnswer, { type: 'done' }>;

/** Throws Failure "cancelled" only. */
export async function runReference(
  request: ReferenceRequest,
  { signal, onProgress, timeoutMs = defaultTimeoutMs }: ReferenceCallbacks = {},
): Promise<ReferenceReport> {
  const report: ReferenceReport = {
    label: `${engineName} (CPU)`,
    model: plainText(request.model),
    ms: null,
    outputs: [],
    failure: null,
  };
  try {
    const task = await makeTask(request, signal);
    const done = await runProcess(request, task, { signal, onProgress, timeoutMs });
    const outputs: ReferenceReport['outputs'] = [];
    for (const { name, type, shape, dataPath } of done.outputs) {
      outputs.push(await readOutput(name, type, shape, dataPath, signal));
    }
    return {
      ...report,
      label: `${engineName} ${plainText(done.version, 40)} (CPU)`,
      ms: done.ms,
      outputs,
    };
  } catch (error) {
    if (error instanceof Failure && error.code === 'cancelled') throw error;
    return { ...report, failure: runFailureOf(error, report.model) };
  }
}

async function makeTask(
  request: ReferenceRequest,
  signal: AbortSignal | undefined,
): Promise<ReferenceTask> {
  const model = await readOnnxFile(request.model, signal);
  const bytes = model.externalFiles.reduce((sum, { size }) => sum + size, model.size);
  if (bytes > maxModelBytes) {
    throw new Failure(
      'model-rejected',
      `The model ${plainText(request.model)} has ${formatBytes(bytes)}, more than ONNX Runtime can load here: it runs in WebAssembly, which has 4 GiB at most.`,
      'Compare with ONNX Runtime in Python, and choose its output as a file.',
    );
  }
  return {
    model: path.resolve(request.model),
    externalFiles: model.externalFiles.map(({ location, path: file }) => ({
      location,
      path: path.resolve(file),
    })),
    inputs: request.inputs,
    folder: request.folder,
    wasmFolder: request.wasmFolder ?? path.join(path.dirname(request.main), 'ort'),
    // Half of the threads are of the same cores; the machine stays usable.
    threads: request.threads ?? Math.max(1, Math.min(8, Math.floor(os.availableParallelism() / 2))),
  };
}

function runProcess(
  request: ReferenceRequest,
  task: ReferenceTask,
  { signal, onProgress, timeoutMs }: ReferenceCallbacks & { timeoutMs: number },
): Promise<Done> {
  if (signal?.aborted === true) return Promise.reject(cancelled(request.model));
  return new Promise((resolve, reject) => {
    const child = fork(request.main, [], {
      env: hostEnvironment(process.env),
      cwd: path.dirname(path.resolve(request.main)),
      execArgv: [],
      ...(request.nodePath === undefined ? {} : { execPath: request.nodePath }),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    const lastWords = keepLastWords(child);
    let stage = 'load';
    let settled = false;
    const settle = (act: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      child.kill('SIGKILL');
      act();
    };
    const onAbort = (): void => settle(() => reject(cancelled(request.model)));
    signal?.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(
      () => settle(() => reject(tookTooLong(request.model, timeoutMs))),
      timeoutMs,
    );
    child.on('message', (received) => {
      const parsed = v.safeParse(referenceAnswer, received);
      if (!parsed.success) {
        settle(() =>
          reject(new Error(`its answer could not be read: ${parsed.issues[0].message}`)),
        );
        return;
      }
      const answer = parsed.output;
      switch (answer.type) {
        case 'stage':
          stage = answer.stage;
          if (!settled) onProgress?.(progressOf(answer.stage));
          return;
        case 'done':
          settle(() => resolve(answer));
          return;
        case 'failed':
          settle(() => reject(new ReferenceFailure(answer)));
      }
    });
    child.once('error', (error) => settle(() => reject(couldNotStart(error))));
    // close: after the last of its output.
    child.once('close', (code, killedBy) =>
      settle(() => reject(itEnded(request.model, stage, code, killedBy, lastWords()))),
    );
    child.send(task, (error) => {
      if (error !== null) settle(() => reject(couldNotStart(error)));
    });
  });
}

class ReferenceFailure extends Error {
  constructor(readonly answer: Extract<ReferenceAnswer, { type: 'failed' }>) {
    super(answer.sentence);
  }
}

function runFailureOf(error: unknown, model: string): RunFailure {
  if (error instanceof ReferenceFailure) {
    const { stage, code, sentence, nextStep, detail } = error.answer;
    return {
      stage: `reference-${stage}`,
      code,
      sentence: `${model}: ${plainText(sentence)}.`,
      nextStep,
      cuda: 0,
      lines: detail === '' ? [] : [plainText(detail)],
    };
  }
  const known = error instanceof Failure;
  const message = error instanceof Error ? error.message : String(error);
  const detail = known ? plainText(error.detail) : '';
  return {
    stage: 'reference',
    code: known ? error.code : 'internal',
    sentence: known ? message : `${engineName} failed for ${model}: ${plainText(message)}.`,
    nextStep: known ? error.nextStep : 'Try again; if it fails again, report it with the log.',
    cuda: 0,
    lines: detail === '' ? [] : [detail],
  };
}

function progressOf(stage: Extract<ReferenceAnswer, { type: 'stage' }>['stage']): RunProgress {
  const sentences = {
    load: `${engineName} (CPU): loading the model`,
    inputs: `${engineName} (CPU): reading the inputs`,
    run: `${engineName} (CPU): running the model`,
    outputs: `${engineName} (CPU): writing the outputs`,
  };
  return { stage: `reference-${stage}`, sentence: sentences[stage], fraction: null };
}

const cancelled = (model: string): Failure =>
  new Failure(
    'cancelled',
    `Running ${plainText(model)} with ONNX Runtime was cancelled.`,
    'Start it again at any time.',
  );

const tookTooLong = (model: string, ms: number): Failure =>
  new Failure(
    'host-timeout',
    `ONNX Runtime took longer than ${formatDuration(ms)} for ${plainText(model)} and was stopped.`,
    'Use a smaller shape, or compare with ONNX Runtime in Python.',
  );

const couldNotStart = (error: Error): Failure =>
  new Failure(
    'host-start-failed',
    `The process for ONNX Runtime could not be started: ${plainText(error.message, 300)}.`,
    'Reinstall the extension.',
    error.message,
  );

function itEnded(
  model: string,
  stage: string,
  code: number | null,
  killedBy: NodeJS.Signals | null,
  words: string,
): Failure {
  // V8 ends the process when its own memory is full; Linux kills who uses most.
  const isMemory = /out of memory|allocation failed/i.test(words) || killedBy === 'SIGKILL';
  const how = killedBy === null ? `code ${code ?? 'unknown'}` : killedBy;
  const doing = stage === 'load' ? 'while it loaded' : 'while it ran';
  return new Failure(
    isMemory ? 'out-of-memory' : 'host-exited',
    `ONNX Runtime's process ended (${how}) ${doing} ${plainText(model)}${isMemory ? ': there was not enough memory' : ''}.`,
    isMemory
      ? 'Close other programs, use a smaller shape, or compare with ONNX Runtime in Python.'
      : 'Try again; if it fails again, compare with ONNX Runtime in Python.',
    words,
  );
}

function keepLastWords(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    text = (text + piece).slice(-4000);
  });
  return () => text.trim();
}
