/**
 * What must be known before a build can start, asked in as few questions as possible: model, GPUs, profile, options.
 * Starts filled from the recipe or the model; a recipe that says all is not asked about at all.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { ComputeCapability } from '../../core/gpu/computeCapability';
import type { EngineReport } from '../../core/report/engineReport';
import type { OnnxFacts } from '../../core/rebuild/onnxFacts';
import type {
  BuildSurroundings,
  EngineOptions,
  ShapeRange,
  RebuildChoice,
} from '../../core/rebuild/rebuildOptions';
import type { Recipe } from '../../core/rebuild/recipe';
import { fileName } from '../engineTarget';
import { describeModel, type Models } from './models';
import { type Answer, askAll, askPick, askText, endSteps } from './steps';

export interface DialogInput {
  engine: vscode.Uri;
  choice: RebuildChoice;
  report: EngineReport | null;
  recipe: Recipe | null;
  /** Known already: from the recipe, or the command was called for a model. */
  model: string | null;
  runtime: { path: string; version: string };
  /** Layer details are on, whatever the recipe says, and the options are shown. */
  detailed: boolean;
}

export interface Decided {
  model: string;
  options: EngineOptions;
  summary: string;
}

interface ModelItem extends vscode.QuickPickItem {
  path?: string;
}
interface GpuItem extends vscode.QuickPickItem {
  computeCapability: ComputeCapability;
}
interface OptionItem extends vscode.QuickPickItem {
  flag?: string;
}

export class RebuildDialog {
  constructor(private readonly models: Models) {}

  /** undefined: the person gave up. Throws Failure for a model that cannot be read. */
  async decide(input: DialogInput): Promise<Decided | undefined> {
    try {
      return await this.ask(input);
    } finally {
      endSteps();
    }
  }

  private async ask(input: DialogInput): Promise<Decided | undefined> {
    const model = input.model ?? (await this.askModel(input));
    if (model === undefined) return undefined;
    const { readOnnxFile } = await import('../../host/build/onnxFile');
    const { facts } = await readOnnxFile(model);
    if (facts.operators.some(({ op }) => op === 'EPContext')) {
      const { Failure } = await import('../../core/wire/failure');
      throw new Failure(
        'invalid-argument',
        `${path.basename(model)} is an EPContext model: it holds engines that are built already.`,
        'Build from the ONNX model that it was compiled from, or open it to see its engines.',
      );
    }
    if (input.recipe === null) await this.models.remember(input.engine, model);
    const options = await askOptions(input, facts);
    if (options === undefined) return undefined;
    const { planSummary } = await import('../../core/rebuild/rebuildPlan');
    return { model, options, summary: planSummary(options, input.runtime.version) };
  }

  private async askModel({ engine }: DialogInput): Promise<string | undefined> {
    const candidates = await this.models.candidates(engine);
    const { readOnnxFile } = await import('../../host/build/onnxFile');
    const items: ModelItem[] = await Promise.all(
      candidates.slice(0, 20).map(async (candidate): Promise<ModelItem> => ({
        path: candidate.path,
        label: vscode.workspace.asRelativePath(candidate.path),
        description: candidate.why,
        detail: await readOnnxFile(candidate.path).then(
          ({ facts }) => describeModel(facts),
          (error: unknown) => (error instanceof Error ? error.message : ''),
        ),
      })),
    );
    const browse: ModelItem = {
      label: 'Another file…',
      detail: 'Choose the ONNX model on disk',
      alwaysShow: true,
    };
    const given = await askPick<ModelItem>({
      title: await titleOf(engine),
      step: 1,
      totalSteps: 1,
      placeholder:
        items.length === 0
          ? 'No ONNX model was found in this workspace'
          : 'From which model was it built?',
      items: [...items, browse],
      many: false,
      picked: items.slice(0, 1),
    });
    if (given.kind !== 'next') return undefined;
    const [picked] = given.value;
    if (picked?.path !== undefined) return picked.path;
    endSteps();
    const chosen = await vscode.window.showOpenDialog({
      title: `The ONNX model of ${fileName(engine)}`,
      filters: { ONNX: ['onnx'] },
      defaultUri: vscode.Uri.file(path.dirname(engine.fsPath)),
    });
    return chosen?.[0]?.fsPath;
  }
}

async function askOptions(
  { engine, choice, report, recipe, runtime, detailed }: DialogInput,
  facts: OnnxFacts,
): Promise<EngineOptions | undefined> {
  const [{ planRebuild, checkPlan, targetRows }, rebuildOptions, profiles] = await Promise.all([
    import('../../core/rebuild/rebuildPlan'),
    import('../../core/rebuild/rebuildOptions'),
    import('../../core/rebuild/rebuildProfiles'),
  ]);
  const gpu = report?.gpu?.computeCapability ?? null;
  const surroundings: BuildSurroundings = {
    runtimeVersion: runtime.version,
    hasGpu: report === null ? null : report.gpu !== null,
  };
  const title = await titleOf(engine);
  const first = planRebuild({ choice, report, recipe, facts, gpu, surroundings });
  let { options } = first;
  if (detailed) options = { ...options, profilingVerbosity: 'detailed' };

  const steps: ((step: number, totalSteps: number) => Promise<Answer<unknown>>)[] = [];
  if (choice === 'chosen-gpus') {
    steps.push(async (step, totalSteps) => {
      const before = recipe?.options.computeCapabilities ?? [
        ...(report?.header?.ptxForNewer === false ? report.header.computeCapabilities : []),
      ];
      const items = targetRows(runtime.version, before, gpu).map(
        (row): GpuItem & { on: boolean } => ({
          label: row.label,
          description: row.computeCapability,
          computeCapability: row.computeCapability,
          on: row.picked,
        }),
      );
      const given = await askPick<GpuItem & { on: boolean }>({
        title,
        step,
        totalSteps,
        placeholder: 'Build for which GPUs? Naming them leaves out newer ones.',
        items,
        many: true,
        picked: items.filter(({ on }) => on),
      });
      if (given.kind !== 'next') return given;
      if (given.value.length === 0) return { kind: 'cancel' };
      options = {
        ...options,
        computeCapabilities: given.value.map(({ computeCapability }) => computeCapability),
      };
      return given;
    });
  }
  if (!first.complete) {
    const dynamic = options.profiles[0] ?? [];
    const ranges: ShapeRange[] = dynamic.map((range) => ({ ...range }));
    const origin = recipe ? 'from the recipe' : "suggested by the dimensions' names";
    for (const [index, range] of ranges.entries()) {
      const shape = facts.inputs.find(({ name }) => name === range.input)?.shape ?? [];
      const axes = shape.map((size) => (size === '' ? '?' : String(size))).join(' × ');
      for (const which of ['min', 'opt', 'max'] as const) {
        const changed = (text: string): ShapeRange[] | string => {
          const size = parseSize(text, profiles.parseShape);
          if (typeof size === 'string') return size;
          return ranges.map((other, at) => (at === index ? { ...other, [which]: size } : other));
        };
        steps.push(async (step, totalSteps) => {
          const given = await askText({
            title,
            step,
            totalSteps,
            prompt: `Input ${range.input} (${axes}): ${sizeNames[which]} size (${which}), ${origin}`,
            value: (ranges[index] ?? range)[which].join('x'),
            validate: (text) => {
              const now = changed(text);
              if (typeof now === 'string') return now;
              // The sizes that are asked for later are suggestions still, and may follow this one.
              const compared =
                which === 'max' ? now : widened(now, index, which, profiles.widenRange);
              return profiles
                .checkProfiles([compared], facts.inputs)
                .find(({ path: at }) => at[2] === index || ranges.length === 1)?.sentence;
            },
          });
          if (given.kind !== 'next') return given;
          const now = changed(given.value);
          if (typeof now !== 'string') {
            ranges.splice(
              0,
              ranges.length,
              ...(which === 'max' ? now : widened(now, index, which, profiles.widenRange)),
            );
          }
          options = { ...options, profiles: [ranges, ...options.profiles.slice(1)] };
          return given;
        });
      }
    }
  }
  if (recipe === null || detailed) {
    steps.push(async (step, totalSteps) => {
      const items: OptionItem[] = Object.entries(rebuildOptions.builderFlags)
        .filter(([flag, { offered, needs }]) => {
          const known = rebuildOptions.flagFacts(flag, runtime.version) !== null;
          return offered && known && (needs !== 'gpu' || surroundings.hasGpu === true);
        })
        .map(([flag, { what }]) => ({
          label: flagTitle(flag),
          description: flag,
          detail: what,
          flag,
        }));
      const details: OptionItem = {
        label: 'Layer details',
        description: 'ProfilingVerbosity::kDETAILED',
        detail: 'Layers, shapes and tactics can be inspected afterwards',
      };
      const given = await askPick<OptionItem>({
        title,
        step,
        totalSteps,
        placeholder: 'Options; Enter starts the build',
        items: [...items, details],
        many: true,
        picked: [
          ...items.filter(
            ({ flag }) => flag !== undefined && rebuildOptions.isFlagOn(options, flag),
          ),
          ...(options.profilingVerbosity === 'detailed' ? [details] : []),
        ],
      });
      if (given.kind !== 'next') return given;
      // Of a recipe, what is not offered here stays as it is written there.
      for (const item of items) {
        const on = given.value.includes(item);
        if (item.flag !== undefined) options = rebuildOptions.withFlag(options, item.flag, on);
      }
      options = {
        ...options,
        profilingVerbosity: given.value.includes(details) ? 'detailed' : 'layer-names-only',
      };
      return given;
    });
  }
  if (!(await askAll(steps))) return undefined;
  const errors = checkPlan(options, facts, surroundings).filter(
    ({ severity }) => severity === 'error',
  );
  if (errors.length === 0) return options;
  const { Failure } = await import('../../core/wire/failure');
  throw new Failure(
    'invalid-argument',
    `${fileName(engine)} cannot be built like this: ${errors.map(({ sentence }) => sentence).join(' ')}`,
    recipe === null ? 'Rebuild with other options.' : 'Correct the recipe and rebuild.',
  );
}

const sizeNames = { min: 'smallest', opt: 'typical', max: 'largest' } as const;

function widened(
  ranges: readonly ShapeRange[],
  index: number,
  given: 'min' | 'opt',
  widen: (range: ShapeRange, given: 'min' | 'opt') => ShapeRange,
): ShapeRange[] {
  return ranges.map((range, at) => (at === index ? widen(range, given) : range));
}

function parseSize(text: string, parse: (text: string) => number[]): number[] | string {
  try {
    return parse(text.replace(/\s+/g, '').replaceAll('×', 'x'));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** "kWEIGHT_STREAMING" → "Weight streaming". */
function flagTitle(flag: string): string {
  const words = flag.replace(/^k/, '').replaceAll('_', ' ');
  return /^[A-Z0-9]{2,5}$/.test(words)
    ? words
    : words.charAt(0) + words.slice(1).toLowerCase().replace('nans', 'NaNs');
}

/** Nothing is rebuilt where nothing is. */
async function titleOf(engine: vscode.Uri): Promise<string> {
  const { stat } = await import('node:fs/promises');
  const there = await stat(engine.fsPath).catch(() => null);
  return `${there ? 'Rebuild' : 'Build'} ${fileName(engine)}`;
}
