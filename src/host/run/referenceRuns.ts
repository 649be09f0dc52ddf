/** ONNX Runtime on the CPU beside a run: alone from choices, or with the inputs of a run that is there, and compared. */
import * as path from 'node:path';

import type { ProfileShape, TensorFacts } from '../../core/inspect/inspection';
import { plainText } from '../../core/text/plainText';
import { recipePathOf } from '../../core/rebuild/recipe';
import { withReference } from '../../core/run/makeRunReport';
import { completeChoices } from '../../core/run/runChoices';
import type {
  ReferenceReport,
  RunChoices,
  RunProgress,
  RunReport,
  TensorSummary,
} from '../../core/run/runReport';
import { isTensorType } from '../../core/run/tensorTypes';
import { Failure } from '../../core/wire/failure';
import { compareOutputs } from './inputs/outputs';
import { type OnnxFile, readOnnxFile } from '../build/onnxFile';
import { readRecipeFile } from '../build/recipeFile';
import { runReference } from './reference/runReference';
import { inputFile, prepareInputs, refuseBadChoices } from './runInputs';

export interface ReferenceTools {
  /** The bundled process: dist/reference.js. */
  main: string;
  nodePath?: string | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: RunProgress) => void) | undefined;
}

/** From choices alone. Throws a Failure for what could not be tried. */
export async function referenceAlone(
  request: {
    engine: string;
    choices: RunChoices;
    model: string;
    folder: string;
    /** As the engine was inspected; null: the model tells. */
    tensors: TensorFacts[] | null;
  },
  tools: ReferenceTools,
): Promise<{
  reference: ReferenceReport;
  inputs: (TensorSummary & { source: string })[];
  choices: RunChoices;
}> {
  const { engine, model, folder } = request;
  const tensors = request.tensors ?? (await tensorsOfModel(engine, model, tools.signal));
  const profileCount = Math.max(1, ...tensors.map(({ profiles }) => profiles.length));
  const choices = completeChoices(request.choices, { tensors, profileCount });
  refuseBadChoices(engine, choices, { tensors, profileCount });
  const inputs = await prepareInputs(choices, tensors, folder, tools, tools.signal);
  const reference = await runReference(
    {
      main: tools.main,
      ...(tools.nodePath === undefined ? {} : { nodePath: tools.nodePath }),
      model,
      folder,
      inputs: inputs.map(({ name, shape, dataPath, summary: { type } }) => ({
        name,
        type,
        shape,
        dataPath,
      })),
    },
    tools,
  );
  return {
    reference,
    choices,
    inputs: inputs.map(({ summary, source }) => ({ ...summary, source })),
  };
}

/** With the inputs of a run, which still lie in its folder. */
export async function joinReference(
  report: RunReport,
  { model, folder }: { model: string; folder: string },
  tools: ReferenceTools,
): Promise<RunReport> {
  const reference = await runReference(
    {
      main: tools.main,
      ...(tools.nodePath === undefined ? {} : { nodePath: tools.nodePath }),
      model,
      folder,
      inputs: report.inputs.map(({ name, type, shape }, index) => ({
        name,
        type,
        shape,
        dataPath: path.join(folder, inputFile(index)),
      })),
    },
    tools,
  );
  const [first, ...others] = report.attempts;
  if (first === undefined || reference.failure !== null) return withReference(report, reference);
  const outputs = await compareOutputs(first.outputs, reference.outputs, tools.signal);
  return withReference({ ...report, attempts: [{ ...first, outputs }, ...others] }, reference);
}

/** The model's inputs as an engine of it would have them; ranges are those of the recipe beside the engine. */
async function tensorsOfModel(
  engine: string,
  model: string,
  signal: AbortSignal | undefined,
): Promise<TensorFacts[]> {
  const { facts } = await readOnnxFile(model, signal);
  const recipe = await readRecipeFile(recipePathOf(engine)).catch(() => null);
  const profiles = recipe?.options.profiles ?? [];
  return facts.inputs.map((input): TensorFacts => {
    if (input.shape === null || !isTensorType(input.type)) throw unusable(model, input);
    const shape = input.shape.map((size) => (typeof size === 'number' ? size : -1));
    return {
      name: input.name,
      mode: 'input',
      type: input.type,
      shape,
      format: 'row major linear',
      linear: true,
      location: 'device',
      shapeTensor: false,
      profiles: profiles.map((profile): ProfileShape | null => {
        const range = profile.find((one) => one.input === input.name);
        return range === undefined ? null : { min: range.min, opt: range.opt, max: range.max };
      }),
      profileValues: profiles.map(() => null),
    };
  });
}

function unusable(model: string, { name, type, shape }: OnnxFile['facts']['inputs'][0]): Failure {
  const what = shape === null ? 'an unknown number of dimensions' : `the type ${plainText(type)}`;
  return new Failure(
    'model-rejected',
    `The input "${plainText(name, 100)}" of ${plainText(model)} has ${what}, which cannot be made here.`,
    'Load the engine on a machine with a GPU, or compare in Python.',
  );
}
