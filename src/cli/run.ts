/**
 * Runs an engine with sample inputs in an engine host of its own, or its model with ONNX Runtime alone, and prints what
 * came of it. The JSON is documented in docs/cli-json.md.
 */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import { plainText } from '../core/text/plainText';
import { printedJson } from '../core/text/printableJson';
import { failureOf } from '../core/run/makeRunReport';
import { layerTimesCsv, runCsv } from '../core/run/runCsv';
import { runJson } from '../core/run/runJson';
import { defaultRunChoices, type OutputReport, type RunReport } from '../core/run/runReport';
import { runText } from '../core/run/runText';
import { recipePathOf } from '../core/rebuild/recipe';
import { Failure, wrongUse } from '../core/wire/failure';
import { npyNames, saveNpy } from '../host/run/inputs/outputs';
import { modelPathOf, readRecipeFile } from '../host/build/recipeFile';
import { inEngineSession, type EngineSession } from './engineSession';
import { exitCodeOf, exitCodes } from './exitCodes';
import { complain, print, shown } from './output';
import {
  imagesWithoutFile,
  resolveBudget,
  runChoices,
  type EngineRunArguments,
} from './runArguments';
import type { RunArguments } from './commandArguments';

const slowestLayers = 20;

/** Resolves with the exit code. */
export function run(engineArgument: string | undefined, args: RunArguments): Promise<number> {
  const doing = args.reference === undefined ? 'Running the engine' : 'Running the model';
  return inEngineSession(args, doing, async (session) => {
    const engine = engineArgument ?? takeEngine(args);
    if (engine === undefined) throw usage('Name the engine to run.');
    refuseWrongUse(args);
    const report =
      args.reference === undefined
        ? await runEngine(session, engine, args)
        : await runModel(session, engine, args.reference, args);
    session.progress.clear();
    if (session.isCancelled) throw new Failure('cancelled', 'Cancelled.', '');
    const saved = await saveOutputs(report, args);
    if (args.json === true) await print(printedJson(runJson(report, { saved })));
    else if (args.csv === true) await print(csvOf(report, args));
    else await print(`${runText(report, { layers: layerCount(args) })}\n`);
    return exitCodeOfRun(report);
  });
}

function refuseWrongUse(args: RunArguments): void {
  if (args.json === true && args.csv === true) throw usage('--json and --csv do not go together.');
  refuseImages(args, 'run');
  if (args.reference === undefined) return;
  if (args.compare !== undefined) {
    throw usage('--reference runs ONNX Runtime alone, --compare both: choose one.');
  }
  if (args.layers !== undefined) {
    throw usage('--layers is about the engine, which --reference does not run.');
  }
}

export function refuseImages(args: EngineRunArguments, command: string): void {
  const [name] = imagesWithoutFile(args);
  if (name === undefined) return;
  throw wrongUse(
    command,
    `--image names "${plainText(name, 100)}", for which no --input gives a picture.`,
  );
}

/** An optional value takes the word behind it, which may have been the engine. */
function takeEngine(args: RunArguments): string | undefined {
  for (const option of ['compare', 'reference'] as const) {
    const value = args[option];
    if (typeof value === 'string' && !/\.onnx$/i.test(value)) {
      args[option] = true;
      return value;
    }
  }
  return undefined;
}

async function runEngine(
  session: EngineSession,
  engine: string,
  args: RunArguments,
): Promise<RunReport> {
  const runtime = await session.open(engine);
  const model = args.compare === undefined ? null : await modelOf(engine, args.compare);
  let budget = resolveBudget(args.budget, { streamable: 0 });
  if (typeof args.budget === 'object') {
    // A share is of something: the runner keeps what it learns, so the engine is not inspected twice.
    const { inspection } = await session.runner.inspect(
      { engine, runtime, layers: false },
      session.context,
    );
    budget = resolveBudget(args.budget, inspection.facts);
  }
  const profiled = args.layers === undefined ? 0 : defaultRunChoices.profiledIterations;
  return session.runner.run(
    {
      engine,
      runtime,
      choices: runChoices(args, budget, profiled),
      kind: 'run',
      budgets: [],
      folder: session.privateFolder(),
      id: randomUUID(),
      reference: model === null ? null : { model },
    },
    session.context,
  );
}

/** The engine is named for its recipe and its inputs; nothing of it is loaded. */
async function runModel(
  session: EngineSession,
  engine: string,
  reference: string | true,
  args: RunArguments,
): Promise<RunReport> {
  return session.runner.reference(
    {
      engine,
      choices: runChoices(args, 'default', 0),
      model: await modelOf(engine, reference),
      folder: session.privateFolder(),
      id: randomUUID(),
      tensors: null,
    },
    session.context,
  );
}

async function modelOf(engine: string, named: string | true): Promise<string> {
  if (typeof named === 'string') return named;
  const file = recipePathOf(engine);
  const recipe = await readRecipeFile(file);
  if (recipe !== null) return modelPathOf(recipe, file);
  throw new Failure(
    'invalid-argument',
    `There is no recipe ${plainText(file)} that names the model of ${plainText(engine)}.`,
    'Name the ONNX model: --compare model.onnx or --reference model.onnx.',
  );
}

function csvOf(report: RunReport, { layers }: RunArguments): string {
  return layers === undefined ? runCsv(report) : layerTimesCsv(report);
}

/** Into a folder, which is made; by the name of each output. */
async function saveOutputs(
  report: RunReport,
  { saveOutputs: folder, json }: RunArguments,
): Promise<Map<string, string>> {
  const saved = new Map<string, string>();
  if (folder === undefined) return saved;
  const outputs: OutputReport[] =
    report.kind === 'reference'
      ? (report.reference?.outputs ?? [])
      : (report.attempts[0]?.outputs ?? []);
  const kept = outputs.filter(({ dataPath }) => dataPath !== null);
  if (kept.length === 0) return saved;
  await fs.mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new Failure(
      'file-error',
      `The folder ${plainText(folder)} cannot be made: ${plainText(error instanceof Error ? error.message : String(error))}`,
      'Choose another folder.',
    );
  });
  const names = npyNames(kept);
  for (const [index, output] of kept.entries()) {
    const { path: file, told } = await saveNpy(output, path.join(folder, names[index] ?? ''));
    saved.set(output.name, file);
    if (json !== true) complain(`Saved ${shown(file)}${told === '' ? '' : ` ${told}`}.`);
  }
  return saved;
}

export function exitCodeOfRun(report: RunReport): number {
  const failure = failureOf(report);
  if (failure !== null) return exitCodeOf(failure);
  const reference = report.reference?.failure ?? null;
  if (reference !== null) return exitCodes.failed;
  const outputs = [...report.attempts.flatMap((attempt) => attempt.outputs)];
  return outputs.some(({ comparison }) => comparison?.state === 'bad')
    ? exitCodes.failed
    : exitCodes.done;
}

function layerCount({ layers }: RunArguments): number {
  return layers === undefined ? 0 : layers === true ? slowestLayers : layers;
}

const usage = (message: string): Failure => wrongUse('run', message);
