/* eslint gates/read: off -- models and inputs, as large as they are, that runReference.ts opened before: in a process of its own */
/**
 * ONNX Runtime on the CPU, in a process of its own: one model, one set of inputs, one answer, then it ends. WebAssembly
 * keeps what a model does in a sandbox; nothing is fetched from the network, because the program's bytes are given to
 * it. The parent kills this process when it is cancelled or takes too long. It decodes pictures as well: that holds up
 * whoever does it.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';

import * as ort from 'onnxruntime-web';
import * as v from 'valibot';

import { asFailure } from '../../../../core/wire/failure';
import { loadInput } from '../../inputs/loadInput';
import { pictureTask, type PictureAnswer, type PictureTask } from '../../inputs/loadOutside';
import { referenceTask, type ReferenceAnswer, type ReferenceTask } from '../messages';
import { fromOrt, toOrt, UnsupportedType } from './ortTensors';

type Failed = Extract<ReferenceAnswer, { type: 'failed' }>;

/** A short model is run again, because the first run includes what is only done once. */
const repeatBelowMs = 1000;
const repeats = 3;

class TaskError extends Error {
  constructor(readonly failed: Failed) {
    super(failed.sentence);
  }
}

let stage: Extract<ReferenceAnswer, { type: 'stage' }>['stage'] = 'load';

function enter(next: typeof stage): void {
  stage = next;
  send({ type: 'stage', stage });
}

function send(answer: ReferenceAnswer | PictureAnswer, then?: () => void): void {
  if (process.send === undefined) process.exit(70);
  process.send(answer, () => then?.());
}

async function work(task: ReferenceTask): Promise<Extract<ReferenceAnswer, { type: 'done' }>> {
  const wasm = path.join(task.wasmFolder, 'ort-wasm-simd-threaded.wasm');
  ort.env.wasm.wasmBinary = fs.readFileSync(wasm);
  ort.env.wasm.wasmPaths = {
    wasm: pathToFileURL(wasm).href,
    mjs: pathToFileURL(path.join(task.wasmFolder, 'ort-wasm-simd-threaded.mjs')).href,
  };
  ort.env.wasm.numThreads = task.threads;
  ort.env.logLevel = 'error';

  enter('load');
  const session = await ort.InferenceSession.create(fs.readFileSync(task.model), {
    executionProviders: ['wasm'],
    externalData: task.externalFiles.map(({ location, path: file }) => ({
      path: location,
      data: fs.readFileSync(file),
    })),
  });

  enter('inputs');
  const feeds = readFeeds(session, task);
  enter('run');
  const [outputs, firstMs] = await timed(() => session.run(feeds));
  const times = [firstMs];
  while (firstMs < repeatBelowMs && times.length <= repeats) {
    times.push((await timed(() => session.run(feeds)))[1]);
  }
  times.sort((a, b) => a - b);
  const ms = times[Math.ceil(times.length / 2) - 1] ?? firstMs;

  enter('outputs');
  return {
    type: 'done',
    version: ort.env.versions.web ?? ort.env.versions.common,
    ms,
    outputs: session.outputNames.flatMap((name, index) => {
      const tensor = outputs[name];
      if (tensor === undefined) return [];
      const { type, bytes, told } = fromOrt(tensor);
      const dataPath = path.join(task.folder, `reference-${index}.bin`);
      fs.writeFileSync(dataPath, bytes, { mode: 0o600 });
      return [{ name, type, shape: [...tensor.dims], dataPath, told }];
    }),
  };
}

function readFeeds(session: ort.InferenceSession, task: ReferenceTask): Record<string, ort.Tensor> {
  const feeds: Record<string, ort.Tensor> = {};
  for (const value of session.inputMetadata) {
    const input =
      task.inputs.find(({ name }) => name === value.name) ??
      // One input each: there is nothing to mistake it for.
      (session.inputNames.length === 1 && task.inputs.length === 1 ? task.inputs[0] : undefined);
    if (input === undefined) {
      throw refuse(
        `The model has an input "${value.name}" that the engine does not have`,
        'Choose the model that the engine was built from.',
      );
    }
    if (!value.isTensor) {
      throw refuse(
        `The input "${value.name}" of the model is not a tensor`,
        'ONNX Runtime runs it in a program of your own.',
      );
    }
    checkShape(value.name, value.shape, input.shape);
    feeds[value.name] = toOrt(input, value.type, fs.readFileSync(input.dataPath));
  }
  return feeds;
}

/** A name, or -1, which ONNX Runtime gives as an unsigned number. */
const isOpen = (size: number | string): boolean =>
  typeof size === 'string' || size < 0 || size >= 2 ** 31;

function checkShape(
  name: string,
  model: readonly (number | string)[],
  given: readonly number[],
): void {
  const fits =
    model.length === given.length && model.every((size, i) => isOpen(size) || size === given[i]);
  if (fits) return;
  throw refuse(
    `The input "${name}" is ${given.join(' x ')}, but the model takes ${model.map((size) => (isOpen(size) ? '?' : size)).join(' x ')}`,
    'Choose the model that the engine was built from, or another shape.',
  );
}

function refuse(sentence: string, nextStep: string): TaskError {
  return new TaskError({
    type: 'failed',
    stage,
    code: 'invalid-argument',
    sentence,
    nextStep,
    detail: '',
  });
}

async function timed<T>(act: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now();
  const result = await act();
  return [result, performance.now() - start];
}

function asFailed(thrown: unknown): Failed {
  if (thrown instanceof TaskError) return thrown.failed;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const failed = { type: 'failed', stage, detail: message } as const;
  if (thrown instanceof UnsupportedType) {
    return {
      ...failed,
      code: 'invalid-argument',
      sentence: message,
      nextStep: 'Compare with a model whose inputs and outputs are float32 or float16.',
    };
  }
  if (
    /bad_alloc|out of memory|memory access out of bounds|could not allocate|array buffer allocation|invalid array length|grow memory/i.test(
      message,
    )
  ) {
    return {
      ...failed,
      code: 'out-of-memory',
      sentence: 'There was not enough memory: WebAssembly has 4 GiB at most',
      nextStep: 'Use a smaller shape, or compare with ONNX Runtime in Python.',
    };
  }
  return {
    ...failed,
    code: stage === 'load' ? 'model-rejected' : 'runtime-failed',
    sentence: `ONNX Runtime ${stage === 'load' ? 'could not load the model' : 'could not run the model'}: ${firstLine(message)}`,
    nextStep:
      stage === 'load'
        ? 'It may use operators that ONNX Runtime for WebAssembly does not have; compare with ONNX Runtime in Python.'
        : 'Check the shapes and values of the inputs.',
  };
}

const firstLine = (text: string): string =>
  (text.split('\n')[0] ?? '').slice(0, 600).replace(/\.$/, '');

process.on('disconnect', () => process.exit(0));
process.once('message', (received) => {
  const answer = v.is(pictureTask, received) ? loadPicture(received) : answerTask(received);
  void answer.then((last) => send(last, () => process.exit(0)));
});

function answerTask(received: unknown): Promise<ReferenceAnswer> {
  const task = v.safeParse(referenceTask, received);
  const answer: Promise<ReferenceAnswer> = task.success
    ? work(task.output)
    : Promise.reject(new Error(`its task could not be read: ${task.issues[0].message}`));
  return answer.catch(asFailed);
}

async function loadPicture({
  choice,
  tensor,
  profile,
  dataPath,
}: PictureTask): Promise<PictureAnswer> {
  try {
    return { type: 'loaded', input: await loadInput(choice, tensor, profile, { dataPath }) };
  } catch (error) {
    const { code, message, nextStep, detail } = asFailure(error, 'Reading the picture');
    return { type: 'refused', code, message, nextStep, detail };
  }
}
