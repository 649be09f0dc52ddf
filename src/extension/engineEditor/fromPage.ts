/**
 * What the page says, parsed: a webview is another world, and nothing it sends is taken for granted. Texts, lists and
 * numbers have bounds here; whether a choice fits the engine is checked where the engine is known.
 */
import * as v from 'valibot';
import type { FromPage } from '../../core/pages/pageMessages';
import { choices, goal, integer, listOf, tensorName, text } from '../run/choices';

type Plain = {
  [T in FromPage['type']]: Extract<FromPage, { type: T }> extends { type: T } & infer M
    ? keyof M extends 'type'
      ? T
      : never
    : never;
}[FromPage['type']];

const plain = <T extends Plain>(...types: T[]) =>
  types.map((type) => v.object({ type: v.literal(type) }));

const mebibyte = 1024 * 1024;
/** Also the name of the run's folder: no separators, no dots. */
const runId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/));
const bytes = v.pipe(
  v.custom<Uint8Array>((value) => value instanceof Uint8Array),
  v.check((value) => value.byteLength <= 1024 * mebibyte),
);

const withRun = <T extends FromPage['type']>(...types: T[]) =>
  types.map((type) => v.object({ type: v.literal(type), run: runId }));

const schema = v.union([
  v.variant('type', [
    v.object({ type: v.literal('remedy'), id: text(100) }),
    v.object({
      type: v.literal('addTargets'),
      boards: v.pipe(listOf(text(100), 100), v.minLength(1)),
    }),
    v.object({ type: v.literal('fixForTarget'), target: text(200) }),
    v.object({ type: v.literal('copyText'), text: text(64 * mebibyte) }),
    v.object({ type: v.literal('run'), choices }),
    v.object({
      type: v.literal('sweep'),
      choices,
      budgets: v.pipe(listOf(integer(0), 64), v.minLength(1)),
    }),
    v.object({ type: v.literal('search'), choices, goal }),
    v.object({ type: v.literal('reference'), choices }),
    v.object({ type: v.literal('pickInput'), name: tensorName }),
    v.object({
      type: v.literal('dropInput'),
      name: tensorName,
      fileName: v.pipe(text(255), v.minLength(1)),
      bytes,
    }),
    v.object({ type: v.literal('saveOutput'), run: runId, output: tensorName }),
    ...withRun('compareRun', 'saveOutputs', 'exportRun', 'forgetRun'),
    ...plain(
      'chooseTargets',
      'importTarget',
      'editTargets',
      'showMatrix',
      'copyTargetCommand',
      'checkAll',
      'rebuildEngine',
      'tryOnOtherGpus',
    ),
    ...plain(
      'ready',
      'inspect',
      'cancelInspect',
      'exportInspection',
      'importLayers',
      'importProfile',
      'forgetImported',
      'compareEngine',
      'rebuildDetailed',
      'rebuildStreaming',
      'cancelRun',
      'importRuns',
      'readFreeMemory',
      'fix',
      'check',
      'copyReport',
      'showHeaderText',
      'showLog',
      'chooseRuntime',
      'manageTrust',
      'computeHash',
      'cancelHash',
    ),
  ]),
  v.variant('format', [
    v.object({ type: v.literal('exportLayers'), format: v.literal('json') }),
    v.object({
      type: v.literal('exportLayers'),
      format: v.literal('csv'),
      text: text(256 * mebibyte),
    }),
  ]),
]) satisfies v.GenericSchema<unknown, FromPage>;

/** undefined: not a message of ours. */
export function parseFromPage(message: unknown): FromPage | undefined {
  const parsed = v.safeParse(schema, message);
  return parsed.success ? parsed.output : undefined;
}
