/** What a gate is asked: flags before the environment, before engine-inspector.json, before defaults. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { gateFormats, type GateFormat } from '../../core/gate/gateFormats';
import { failLevels, type FailLevel } from '../../core/gate/gateRecord';
import { joinWords } from '../../core/text/formats';
import { chooseTargets } from '../../core/targets/chooseTargets';
import type { Target } from '../../core/targets/targets';
import { configFileName, noConfig, type InspectorConfig } from '../../core/targets/targetsConfig';
import { Failure } from '../../core/wire/failure';
import { isInside } from '../../host/files/isInside';
import type { CheckOptions } from '../checkOptions';
import { shown } from '../output';
import { findConfig } from './findConfig';
import { readConfig } from './readConfig';

export interface GateSettings {
  config: InspectorConfig;
  /** The folder that paths in reports, patterns and the baseline are relative to. */
  root: string;
  configFile: string | null;
  /** null: none were given, this machine is asked. */
  targets: readonly Target[] | null;
  format: GateFormat;
  outputs: readonly { format: GateFormat; file: string }[];
  failLevel: FailLevel;
  exitZero: boolean;
  baseline: string | null;
  updateBaseline: boolean;
  pruneBaseline: boolean;
  exclude: readonly string[];
  shard: { index: number; count: number } | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

export const gateVariables = {
  target: 'ENGINE_INSPECTOR_TARGETS',
  rtx: 'ENGINE_INSPECTOR_RTX',
  config: 'ENGINE_INSPECTOR_CONFIG',
  failLevel: 'ENGINE_INSPECTOR_FAIL_LEVEL',
  baseline: 'ENGINE_INSPECTOR_BASELINE',
} as const;

export async function gateSettings(
  options: CheckOptions,
  env: Environment = process.env,
  cwd: string = process.cwd(),
): Promise<GateSettings> {
  if (options.machine !== undefined) throw notWithMachine(options);
  const configFile = configFileOf(options, env, cwd);
  const config = configFile === null ? noConfig() : await readConfig(configFile);
  const root = configFile === null ? cwd : path.dirname(configFile);
  const names = options.target ?? list(env[gateVariables.target]);
  const tensorrtRtx = options.rtx ?? given(env[gateVariables.rtx]) ?? null;
  if (tensorrtRtx !== null && !/^\d{1,3}\.\d{1,3}\.\d{1,3}(\.\d{1,6})?$/.test(tensorrtRtx)) {
    throw wrong(
      `${shown(tensorrtRtx)} is not a version of TensorRT-RTX.`,
      'Give --rtx one such as 1.7.1.',
    );
  }
  const { targets, problems } = chooseTargets({ names, tensorrtRtx, configured: config.targets });
  const [problem, ...more] = problems;
  if (problem) {
    if (more.length === 0) throw wrong(problem.sentence, problem.nextStep);
    const lines = problems.map(({ sentence, nextStep }) => `${sentence} ${nextStep}`);
    throw wrong(lines.join('\n'), 'Name each as engine-inspector targets shows it.');
  }
  if (options.rtx !== undefined && targets.length === 0) {
    throw wrong(
      '--rtx is the TensorRT-RTX version of targets, and no target is named.',
      'Name some, such as --target rtx-4060-laptop,rtx-5090, or ask a version on this machine with --runtime.',
    );
  }
  const failLevel = options.failLevel ?? given(env[gateVariables.failLevel]) ?? 'error';
  if (!isOneOf(failLevels, failLevel)) {
    throw wrong(
      `${shown(failLevel)} is not a level to fail at.`,
      `Known: ${joinWords(failLevels)}.`,
    );
  }
  const own = options.baseline ?? given(env[gateVariables.baseline]);
  const ofConfig = config.baseline === null ? null : baselineIn(root, config.baseline);
  const baseline = own === undefined ? ofConfig : path.resolve(cwd, own);
  if (baseline === null && (options.updateBaseline === true || options.pruneBaseline === true)) {
    throw wrong('There is no baseline to write.', 'Name its file: --baseline known.json.');
  }
  return {
    config,
    root,
    configFile,
    targets: targets.length === 0 ? null : targets,
    format: options.json === true ? 'json' : formatOf(options.format ?? 'text'),
    outputs: (options.output ?? []).map(outputOf),
    failLevel,
    exitZero: options.exitZero === true,
    baseline,
    updateBaseline: options.updateBaseline === true,
    pruneBaseline: options.pruneBaseline === true,
    exclude: [...config.exclude, ...(options.exclude ?? [])],
    shard: options.shard === undefined ? null : shardOf(options.shard),
  };
}

/**
 * A configuration comes with a checkout, whose author need not be the one who calls: it makes nobody read or write a file
 * outside of its folder. The path is looked at before anything of it is asked of the system.
 */
function baselineIn(root: string, written: string): string {
  const file = path.resolve(root, written);
  if (isInside(root, file) && isReallyInside(root, path.dirname(file))) return file;
  throw wrong(
    `${configFileName} names the baseline ${shown(written)}, which is outside of its folder.`,
    'Put it beside that file, or name it with --baseline.',
  );
}

/** True where the folder is not there: nothing is read or written then. */
function isReallyInside(root: string, folder: string): boolean {
  try {
    return isInside(fs.realpathSync(root), fs.realpathSync(folder));
  } catch {
    return true;
  }
}

/** The plain check is left alone unless somebody asks for more, here or in a file. */
export function asksForGate(options: CheckOptions, env: Environment = process.env): boolean {
  if (options.machine !== undefined && options.target === undefined) return isGateOption(options);
  return (
    isGateOption(options) ||
    given(env[gateVariables.target]) !== undefined ||
    (options.config !== false &&
      (options.config !== undefined ||
        given(env[gateVariables.config]) !== undefined ||
        findConfig(process.cwd()) !== null))
  );
}

function isGateOption(options: CheckOptions): boolean {
  return gateOptionNames.some((name) => options[name] !== undefined);
}

const gateOptionNames = [
  'target',
  'rtx',
  'format',
  'output',
  'failLevel',
  'exitZero',
  'baseline',
  'updateBaseline',
  'pruneBaseline',
  'filesFrom',
  'exclude',
  'shard',
] as const satisfies readonly (keyof CheckOptions)[];

/** A gate is about targets or this machine. */
function notWithMachine(options: CheckOptions): Failure {
  const flags = gateOptionNames
    .filter((name) => options[name] !== undefined)
    .map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  return wrong(
    `--machine can't be used with ${joinWords(flags)}.`,
    'Describe that machine as a target in engine-inspector.json, or leave one of them out.',
  );
}

/** Where --machine asks about that machine alone; null: nothing is left unused. */
export function whyConfigIsUnused(
  { machine, config }: CheckOptions,
  env: Environment = process.env,
): string | null {
  if (machine === undefined || config === false) return null;
  const file = config ?? given(env[gateVariables.config]) ?? findConfig(process.cwd());
  if (file === null && given(env[gateVariables.target]) === undefined) return null;
  const unused = file === null ? gateVariables.target : `The targets of ${shown(file)}`;
  return `${unused} ${file === null ? 'is' : 'are'} not used: --machine asks about that machine alone.`;
}

function configFileOf({ config }: CheckOptions, env: Environment, cwd: string): string | null {
  if (config === false) return null;
  const named = config ?? given(env[gateVariables.config]);
  if (named === undefined) return findConfig(cwd);
  const file = path.resolve(cwd, named);
  return fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true
    ? path.join(file, 'engine-inspector.json')
    : file;
}

function formatOf(name: string): GateFormat {
  if (isOneOf(gateFormats, name)) return name;
  throw wrong(`There is no format ${shown(name)}.`, `Known: ${joinWords(gateFormats)}.`);
}

function outputOf(text: string): { format: GateFormat; file: string } {
  const at = text.indexOf('=');
  if (at <= 0 || at === text.length - 1) {
    throw wrong(
      `--output ${shown(text)} names no format and file.`,
      'Write it so: --output sarif=engines.sarif.',
    );
  }
  return { format: formatOf(text.slice(0, at)), file: text.slice(at + 1) };
}

function shardOf(text: string): { index: number; count: number } {
  const [, index = 0, count = 0] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= count) return { index, count };
  throw wrong(`--shard ${shown(text)} is not a shard.`, 'Write it as --shard 1/4.');
}

const wrong = (message: string, nextStep: string) => new Failure('wrong-use', message, nextStep);
const given = (text: string | undefined) =>
  text === undefined || text.trim() === '' ? undefined : text.trim();
export const list = (text: string | undefined) =>
  (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
function isOneOf<T extends string>(values: readonly T[], text: string): text is T {
  return (values as readonly string[]).includes(text);
}
