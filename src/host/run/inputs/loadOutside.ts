/**
 * Pictures are decoded by libraries that hold up their thread for a second or more, which the extension host must not
 * be. So the process that runs ONNX Runtime (reference/process/main.ts) does that too: it loads the whole input there.
 */
import { fork } from 'node:child_process';
import * as path from 'node:path';
import * as v from 'valibot';

import type { TensorFacts } from '../../../core/inspect/inspection';
import { plainText } from '../../../core/text/plainText';
import type { InputChoice } from '../../../core/run/runReport';
import { hostEnvironment } from '../../engineHost/hostEnvironment';
import { Failure, failureCodes } from '../../../core/wire/failure';
import { tensorSummary } from '../../../core/wire/tensorSummary';

/** Where that process is. */
export interface PictureProcess {
  /** dist/reference.js */
  main: string;
  nodePath?: string | undefined;
}

const something = v.looseObject({});
export const pictureTask = v.object({
  kind: v.literal('picture'),
  choice: v.custom<InputChoice>((value) => v.is(something, value)),
  tensor: v.custom<TensorFacts>((value) => v.is(something, value)),
  profile: v.number(),
  dataPath: v.nullable(v.string()),
});
export type PictureTask = v.InferOutput<typeof pictureTask>;

const loadedInput = v.object({
  name: v.string(),
  shape: v.array(v.number()),
  /** The tensor's bytes; null: only looked at. */
  dataPath: v.nullable(v.string()),
  /** "random values, seed 0", "photo.png: scaled from …". Printable. */
  source: v.string(),
  summary: tensorSummary,
});
export type LoadedInput = v.InferOutput<typeof loadedInput>;

export const pictureAnswer = v.variant('type', [
  v.object({
    type: v.literal('loaded'),
    input: loadedInput,
  }),
  v.object({
    type: v.literal('refused'),
    code: v.picklist(failureCodes),
    message: v.string(),
    nextStep: v.string(),
    detail: v.string(),
  }),
]);
export type PictureAnswer = v.InferOutput<typeof pictureAnswer>;

/** A picture that takes longer is none that anybody meant. Milliseconds. */
const limitMs = 60_000;

/** Throws Failure. */
export function loadPictureOutside(
  { main, nodePath }: PictureProcess,
  task: PictureTask,
  file: string,
  signal: AbortSignal | undefined,
): Promise<LoadedInput> {
  return new Promise((resolve, reject) => {
    const child = fork(main, [], {
      env: hostEnvironment(process.env),
      cwd: path.dirname(path.resolve(main)),
      execArgv: [],
      ...(nodePath === undefined ? {} : { execPath: nodePath }),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      child.removeAllListeners().on('error', () => undefined);
      child.kill('SIGKILL');
      act();
    };
    const fail = (predicate: string, detail = ''): void =>
      settle(() =>
        reject(
          new Failure(
            'file-error',
            `The picture ${plainText(file)} ${predicate}.`,
            'Choose a smaller one, or save it again with an image program.',
            detail,
          ),
        ),
      );
    const onAbort = (): void =>
      settle(() =>
        reject(new Failure('cancelled', 'Reading the inputs was cancelled.', 'Run it again.')),
      );
    const timer = setTimeout(() => fail('took too long to decode'), limitMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    child.once('message', (received) => {
      const parsed = v.safeParse(pictureAnswer, received);
      if (!parsed.success) fail('could not be decoded', parsed.issues[0].message);
      else if (parsed.output.type === 'loaded') {
        const { input } = parsed.output;
        settle(() => resolve(input));
      } else {
        const { code, message, nextStep, detail } = parsed.output;
        settle(() => reject(new Failure(code, message, nextStep, detail)));
      }
    });
    child.once('error', (error) => fail('could not be decoded: no process for it', error.message));
    child.once('exit', (code, killedBy) =>
      fail(`ended the process that decoded it (${killedBy ?? `code ${code}`})`),
    );
    child.send({ ...task, choice: absoluteChoice(task.choice) }, (error) => {
      if (error !== null) fail('could not be decoded: no process for it', error.message);
    });
  });
}

/** That process has a folder of its own. */
function absoluteChoice(choice: InputChoice): InputChoice {
  const { source } = choice;
  return source.kind === 'file'
    ? { ...choice, source: { ...source, path: path.resolve(source.path) } }
    : choice;
}
