/** build_engine: builds as `engine-inspector build` does, after a person has said yes. */
import * as fs from 'node:fs/promises';
import * as z from 'zod';
import {
  inputRequired,
  inputResponse,
  type InputRequiredResult,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { rebuildCommand } from '../../core/rebuild/rebuildCommands';
import { planSummary } from '../../core/rebuild/rebuildPlan';
import {
  defaultEngineOptions,
  weightStreamingFlag,
  type EngineOptions,
  type ShapeRange,
} from '../../core/rebuild/rebuildOptions';
import { parseShapeRange, profilesOf } from '../../core/rebuild/rebuildProfiles';
import { formatBytes, formatDuration } from '../../core/text/formats';
import { Failure } from '../../core/wire/failure';
import { modelPathOf, readRecipeFile } from '../../host/build/recipeFile';
import { engineFileOf } from '../../host/build/recipeSurroundings';
import { Rebuilder, type RebuildResult } from '../../host/build/rebuild';
import { shown } from '../output';
import type { Folders } from './folders';
import type { ToolServices } from './server';
import { answer, capabilitiesOf, type ToolAnswer } from './tool';

const inputSchema = z.object({
  model: z.string().optional().describe('The ONNX model; may be left out where a recipe names it'),
  recipe: z
    .string()
    .optional()
    .describe('NAME.engine.json, which a build left beside its engine: build again as it says'),
  engine: z
    .string()
    .optional()
    .describe('The engine to write; beside the model, or that of the recipe, when left out'),
  computeCapabilities: z
    .array(z.string())
    .max(20)
    .optional()
    .describe(
      'GPUs to build for, such as 8.9 and 12.0, or current alone; all but 7.5 when left out',
    ),
  profiles: z
    .array(z.string())
    .max(100)
    .optional()
    .describe(
      'The ranges of dynamic inputs, INPUT:MIN:OPT:MAX, such as image:1x3x64x64:1x3x224x224:4x3x512x512',
    ),
  weightStreaming: z
    .boolean()
    .optional()
    .describe('Build so that the weights need not all fit into GPU memory'),
});
type BuildInput = z.infer<typeof inputSchema>;

export function addBuildTool(services: ToolServices): void {
  services.server.registerTool(
    'build_engine',
    {
      title: 'Build a TensorRT-RTX engine',
      description:
        'Builds an engine from an ONNX model with the TensorRT-RTX of this machine and puts it in place, with a recipe ' +
        'beside it. An engine that is there already is replaced and kept as .bak. The user is asked before it begins; it ' +
        'takes from seconds to many minutes and uses the GPU.',
      inputSchema,
      annotations: {
        readOnlyHint: false,
        destructiveHint: true,
        idempotentHint: false,
        openWorldHint: false,
      },
    },
    (input, context) =>
      answer('Building the engine', services, context, async (folders) => {
        const job = await prepare(folders, input);
        const chosen = await services.choose(null);
        if (chosen.runtime === null) {
          throw new Failure('library-not-loaded', chosen.why, chosen.nextStep);
        }
        const question = askFirst(services, context, job, chosen.runtime.version);
        if (question) return question;
        return build(services, context, job, chosen.runtime.path);
      }),
  );
}

interface Job {
  model: string;
  engine: string;
  replaces: boolean;
  options: EngineOptions;
  estimateMs: number | null;
}

/** Every path in it lies in the folders. */
async function prepare(folders: Folders, input: BuildInput): Promise<Job> {
  const recipeFile = input.recipe === undefined ? null : await folders.existing(input.recipe);
  const recipe = recipeFile === null ? null : await readRecipeFile(recipeFile);
  const named =
    input.model ?? (recipe && recipeFile !== null ? modelPathOf(recipe, recipeFile) : undefined);
  if (named === undefined) {
    throw new Failure(
      'wrong-use',
      'Neither a model nor a recipe was named.',
      'Name the ONNX model in model, or NAME.engine.json in recipe.',
    );
  }
  const model = await folders.existing(named);
  const engine = await folders.toWrite(
    input.engine ??
      (recipeFile !== null && /\.json$/i.test(recipeFile)
        ? engineFileOf(recipeFile)
        : `${model.replace(/\.onnx$/i, '')}.engine`),
  );
  const base = recipe?.options ?? defaultEngineOptions();
  const flags = new Set(base.flags);
  if (input.weightStreaming === true) flags.add(weightStreamingFlag);
  if (input.weightStreaming === false) flags.delete(weightStreamingFlag);
  return {
    model,
    engine,
    replaces: (await fs.lstat(engine).catch(() => null)) !== null,
    options: {
      ...base,
      flags: [...flags],
      computeCapabilities: input.computeCapabilities ?? base.computeCapabilities,
      profiles:
        input.profiles === undefined ? base.profiles : profilesOf(input.profiles.map(range)),
    },
    estimateMs: recipe?.built?.durationMs ?? null,
  };
}

function range(text: string): ShapeRange {
  try {
    return parseShapeRange(text);
  } catch (error) {
    throw new Failure(
      'wrong-use',
      error instanceof Error ? error.message : String(error),
      'Write each range as INPUT:MIN:OPT:MAX.',
    );
  }
}

/** The question, where it was not answered yet; null: yes. Throws where the answer is no, or nobody can be asked. */
function askFirst(
  services: ToolServices,
  context: ServerContext,
  { model, engine, replaces, options }: Job,
  version: string,
): InputRequiredResult | null {
  const answered = inputResponse(context.mcpReq.inputResponses, 'confirm');
  if (answered.kind === 'elicit') {
    if (answered.action === 'accept' && answered.content?.['build'] === true) return null;
    throw new Failure(
      'cancelled',
      'The user does not want this build; nothing was changed.',
      'Ask what they would like instead; do not call build_engine again unless they say so.',
    );
  }
  if (capabilitiesOf(services, context)?.elicitation === undefined) {
    const shell = process.platform === 'win32' ? 'powershell' : 'sh';
    const command = rebuildCommand('engine-inspector', { model, engine, options, shell });
    throw new Failure(
      'wrong-use',
      "This program can't ask the user before an engine is built, so it is not built. Nothing was changed.",
      `Tell the user to run: ${command.text}`,
    );
  }
  const kept = replaces ? ' The engine that is there is replaced and kept as .bak.' : '';
  return inputRequired({
    inputRequests: {
      confirm: inputRequired.elicit({
        message: `Build ${shown(engine)} from ${shown(model)} with TensorRT-RTX ${version}, ${planSummary(options, version)}?${kept}`,
        requestedSchema: {
          type: 'object',
          properties: { build: { type: 'boolean', title: 'Build the engine', default: true } },
          required: ['build'],
        },
      }),
    },
  });
}

async function build(
  { supervisor, events }: ToolServices,
  context: ServerContext,
  { model, engine, options, estimateMs }: Job,
  runtime: string,
): Promise<ToolAnswer> {
  const { signal, notify, _meta: meta } = context.mcpReq;
  const progressToken = meta?.progressToken;
  const result = await new Rebuilder(supervisor, events).build(
    { model, engine, options, runtime, keepBackups: 1, estimateMs },
    {
      signal,
      onProgress: ({ text, elapsedMs }) => {
        if (progressToken === undefined) return;
        const params = { progressToken, progress: Math.round(elapsedMs / 100) / 10, message: text };
        notify({ method: 'notifications/progress', params }).catch(() => undefined);
      },
    },
  );
  return builtAnswer(result, options);
}

function builtAnswer(result: RebuildResult, options: EngineOptions): ToolAnswer {
  const { engine, recipe, backup, engineSize, durationMs, runtime, traits, sha256 } = result;
  return {
    text: [
      `${shown(engine)}: built in ${formatDuration(durationMs)} with TensorRT-RTX ${runtime.version}, ${formatBytes(engineSize)}, ${planSummary(options, runtime.version, traits)}.`,
      ...(backup === null ? [] : [`The old engine is ${shown(backup)}.`]),
      ...result.warnings.map((warning) => `warning: ${shown(warning)}`),
      ...result.libraryWarnings.map((warning) => `TensorRT-RTX: ${shown(warning)}`),
    ].join('\n'),
    data: {
      ...{ engine: shown(engine), recipe: shown(recipe), size: engineSize, sha256 },
      backup: backup === null ? null : shown(backup),
      runtime: { version: runtime.version, path: shown(runtime.path) },
      durationMs: Math.round(durationMs),
      warnings: result.warnings.map(shown),
      libraryWarnings: result.libraryWarnings.map(shown),
    },
  };
}
