/**
 * What `doctor --full` tries: the claims of docs/verified.md that only a machine with an RTX GPU can prove, each by one call of
 * the command line as people make it. Reading its answer is here, calling it is not.
 */
import { plainText } from '../text/plainText';

export const trialIds = [
  'build',
  'header',
  'verdict',
  'inspect',
  'run-cold',
  'run-warm',
  'sweep',
  'compare',
  'reference',
] as const;
export type TrialId = (typeof trialIds)[number];

export type TrialState = 'held' | 'failed' | 'not tried';

export interface Trial {
  id: TrialId;
  /** As docs/verified.md has it. */
  claim: string;
  state: TrialState;
  /** What was seen. */
  seen: string;
  ms: number | null;
}

export type Called =
  /** Nothing could be called at all. */
  | { kind: 'no-runtime' }
  /** A call before this one, which it needs, gave nothing. */
  | { kind: 'skipped' }
  | { kind: 'ended'; code: number; ms: number; json: unknown; words: string };

interface Claim {
  text: string;
  /** What the answer shows; null: that it holds. */
  wrong(json: unknown): string | null;
  seen(json: unknown): string;
}

const claims: Readonly<Record<TrialId, Claim>> = {
  build: {
    text: 'A sample model is built with weight streaming',
    wrong: (json) => (typeof at(json, 'engine') === 'string' ? null : 'no engine was named'),
    seen: (json) => `TensorRT-RTX ${text(at(json, 'runtime', 'version'))}`,
  },
  header: {
    text: 'The new engine’s header is read, and says that its weights can be streamed',
    wrong: (json) =>
      at(json, 0, 'header', 'weightBytes') === 0 ? null : 'weights are not streamed',
    seen: (json) => `built by ${text(at(json, 0, 'header', 'version'))}`,
  },
  verdict: {
    text: 'TensorRT-RTX finds the new engine valid on this GPU',
    wrong: (json) =>
      ['valid', 'suboptimal'].includes(text(at(json, 0, 'verdict')))
        ? null
        : text(at(json, 0, 'headline')),
    seen: (json) =>
      `${text(at(json, 0, 'verdict'))} on ${text(at(json, 0, 'gpu', 'name') ?? 'the GPU')}`,
  },
  inspect: {
    text: 'Its inputs, outputs and memory are read',
    wrong: (json) => (count(at(json, 'tensors')) >= 2 ? null : 'fewer than two tensors'),
    seen: (json) => `${count(at(json, 'tensors'))} tensors`,
  },
  'run-cold': {
    text: 'It runs, and the runtime cache is written',
    wrong: (json) => (typeof medianOf(json) === 'number' ? null : 'no latency was measured'),
    seen: (json) => `median ${milliseconds(medianOf(json))}`,
  },
  'run-warm': {
    text: 'It runs again, with the runtime cache',
    wrong: (json) =>
      at(json, 'cache', 'state') === 'loaded'
        ? null
        : `the runtime cache was ${text(at(json, 'cache', 'state'))}`,
    seen: (json) =>
      `first run ${milliseconds(at(json, 'cache', 'warmMs'))}, without the cache ${milliseconds(at(json, 'cache', 'coldMs'))}`,
  },
  sweep: {
    text: 'Several weight streaming budgets are measured',
    wrong: (json) => (count(at(json, 'sweep', 'points')) >= 2 ? null : 'fewer than two budgets'),
    seen: (json) => text(at(json, 'sweep', 'sentence')),
  },
  compare: {
    text: 'Its outputs agree with ONNX Runtime’s',
    wrong: (json) => {
      const compared = comparisonsOf(json);
      if (compared.length === 0) return 'nothing was compared';
      const bad = compared.find((one) => at(one, 'state') === 'bad');
      return bad === undefined ? null : text(at(bad, 'sentence'));
    },
    seen: (json) => text(at(comparisonsOf(json)[0], 'sentence')),
  },
  reference: {
    text: 'ONNX Runtime runs the model on the CPU',
    wrong: () => null,
    seen: () => 'it ran',
  },
};

/** Exit codes of the command line: done, and not tried. */
const done = 0;
const notTried = 2;

/** Every claim with what the call for it showed. */
export function makeTrial(called: (id: TrialId) => Called): Trial[] {
  return trialIds.map((id) => {
    const claim = claims[id];
    const call = called(id);
    const trial = (state: TrialState, seen: string): Trial => ({
      id,
      claim: claim.text,
      state,
      seen: plainText(seen, 300),
      ms: call.kind === 'ended' ? Math.round(call.ms) : null,
    });
    if (call.kind === 'no-runtime') return trial('not tried', 'there is no TensorRT-RTX to try');
    if (call.kind === 'skipped') return trial('not tried', 'what it needs was not made');
    const { code, json, words } = call;
    if (code === notTried) return trial('not tried', words);
    if (code !== done) return trial('failed', words === '' ? `exit code ${code}` : words);
    const wrong = claim.wrong(json);
    return wrong === null ? trial('held', claim.seen(json)) : trial('failed', wrong);
  });
}

export function trialText(
  trials: readonly Trial[],
  paint: (state: TrialState, text: string) => string,
): string {
  const lines = trials.map(({ state, claim, seen, ms }) => {
    const time = ms === null ? '' : ` (${(ms / 1000).toFixed(1)} s)`;
    return `${paint(state, state.padEnd(10))}${claim}: ${seen}${time}`;
  });
  const held = trials.filter(({ state }) => state === 'held').length;
  return ['', ...lines, `${held} of ${trials.length} claims held on this machine.`, ''].join('\n');
}

function at(value: unknown, ...keys: (string | number)[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) =>
      inner !== null && typeof inner === 'object'
        ? (inner as Record<string | number, unknown>)[key]
        : undefined,
    value,
  );
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'unknown';
}

function count(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

function comparisonsOf(json: unknown): unknown[] {
  const outputs = at(json, 'attempts', 0, 'outputs');
  return (Array.isArray(outputs) ? outputs : [])
    .map((output) => at(output, 'comparison'))
    .filter((one) => one !== null && one !== undefined);
}

function medianOf(json: unknown): unknown {
  return at(json, 'attempts', 0, 'latency', 'median');
}

function milliseconds(value: unknown): string {
  return typeof value === 'number' ? `${value.toFixed(3)} ms` : 'not measured';
}
