/**
 * Makes the report of a run, which every surface shows, from what the shim measured, what was chosen and what was read of
 * the tensors. Sentences are made here and nowhere else. Pure.
 */
import { formatBytes, formatCount, withFullStop } from '../text/formats';
import { libraryLine, plainText } from '../text/plainText';
import { goalReport } from './goal';
import { histogramOf } from './histogram';
import type { TensorFacts } from '../inspect/inspection';
import type { RawAttempt, RawRun } from '../wire/shimReports';
import { readSamples } from './runSamples';
import { formatMilliseconds, formatThroughput } from './runFormats';
import { failureCodeOf } from '../wire/failure';
import { makeRunFailure } from './runFailures';
import type {
  AttemptReport,
  CacheReport,
  Goal,
  LayerTime,
  OutputReport,
  RunChoices,
  RunFailure,
  RunReport,
  TensorSummary,
} from './runReport';
import { statisticsOf } from './statistics';
import { makeSweep } from './sweep';
import { thinTimeline } from './timeline';
import { graphsOffSentence, isStreaming, savingOf, scratchSentence } from './weightBudget';

export interface RunFacts {
  id: string;
  kind: RunReport['kind'];
  /** As the user knows it. */
  file: string;
  startedAt: number;
  endedAt: number;
  runtime: { version: string; path: string } | null;
  choices: RunChoices;
  inputs: (TensorSummary & { source: string })[];
  /** null: nothing was run, or it ended before there was a report. */
  raw: RawRun | null;
  /** es_run_sample array. */
  samples: Uint8Array;
  /** Of the first attempt, read from its files. */
  outputs: OutputReport[];
  lines: readonly { severity: number; text: string }[];
  cachePath: string | null;
  /** What ended everything (makeRunFailure); null: nothing did. */
  failure: RunFailure | null;
  reference: RunReport['reference'];
}

export function makeRunReport(facts: RunFacts): RunReport {
  const { raw } = facts;
  const attempts = raw === null ? [] : raw.attempts.map((_, i) => makeAttempt(facts, raw, i));
  const sweep =
    facts.kind === 'sweep' && attempts.length > 0
      ? makeSweep(attempts, raw?.streamable ?? null)
      : null;
  const report: RunReport = {
    schema: 1,
    id: facts.id,
    kind: facts.kind,
    file: plainText(facts.file),
    startedAt: facts.startedAt,
    endedAt: facts.endedAt,
    runtime:
      facts.runtime === null
        ? null
        : { version: facts.runtime.version, path: plainText(facts.runtime.path) },
    gpu: raw === null ? null : { ...raw.gpu, name: plainText(raw.gpu.name, 200) },
    choices: facts.choices,
    inputs: facts.inputs,
    loadMs: raw === null ? null : raw.loadNs / 1e6,
    streamable: raw?.streamable ?? null,
    attempts,
    cache: makeCache(facts, attempts),
    sweep,
    reference: null,
    failure: facts.failure,
    headline: '',
    notes: [],
    libraryLines: facts.lines.map(({ severity, text }) => ({ severity, text: libraryLine(text) })),
  };
  return withReference(report, facts.reference);
}

/** The same report with the reference joined, now or later: comparisons, headline and notes follow. */
export function withReference(report: RunReport, reference: RunReport['reference']): RunReport {
  const joined = { ...report, reference };
  return { ...joined, headline: headlineOf(joined), notes: notesOf(joined) };
}

/** The runs of a search for a goal as one sweep, in the order in which they were measured. */
export function joinSearch(reports: readonly [RunReport, ...RunReport[]], goal: Goal): RunReport {
  const [first] = reports;
  const measured = reports.flatMap(({ attempts }) => attempts);
  const asked = ({ budgetAsked, budget }: AttemptReport): number => budgetAsked ?? budget ?? 0;
  const attempts = [...measured].sort((a, b) => asked(b) - asked(a));
  const joined: RunReport = {
    ...first,
    endedAt: reports.at(-1)?.endedAt ?? first.endedAt,
    attempts,
    sweep: {
      ...makeSweep(attempts, first.streamable),
      goal: goalReport(goal, first.streamable, measured),
    },
    failure: reports.find(({ failure }) => failure !== null)?.failure ?? null,
    libraryLines: reports.flatMap(({ libraryLines }) => libraryLines).slice(0, 400),
  };
  return withReference(joined, null);
}

/** What to show where one failure is shown; null: there is something to show instead. */
export function failureOf(report: RunReport): RunFailure | null {
  if (report.failure !== null) return report.failure;
  if (report.kind === 'reference') return report.reference?.failure ?? null;
  if (report.attempts.some(({ failure }) => failure === null)) return null;
  return report.attempts[0]?.failure ?? null;
}

function makeAttempt(facts: RunFacts, raw: RawRun, index: number): AttemptReport {
  const attempt = raw.attempts[index] as RawAttempt;
  const samples = readSamples(facts.samples, attempt.firstSample, attempt.sampleCount);
  const count = samples.latency.length;
  const used = (free: number | null): number | null =>
    free === null ? null : Math.max(0, raw.gpu.total - free);
  const lowest = [attempt.freeLowest, attempt.freeReady].filter((free) => free !== null);
  return {
    budgetAsked: attempt.budgetAsked >= 0 ? attempt.budgetAsked : null,
    budget: attempt.budget,
    scratch: attempt.scratch,
    deviceMemory: attempt.deviceMemory,
    memory: {
      total: raw.gpu.total,
      before: used(raw.freeBefore),
      loaded: used(raw.freeLoaded),
      ready: used(attempt.freeReady),
      peak: used(lowest.length === 0 ? raw.freeLoaded : Math.min(...lowest)),
      after: used(raw.freeAfter),
    },
    contextMs: milliseconds(attempt.contextNs),
    firstRunMs: milliseconds(attempt.firstRunNs),
    latency: statisticsOf(samples.latency),
    gpuTime: known(samples.gpu),
    enqueueTime: known(samples.enqueue),
    throughput:
      attempt.wallNs !== null && attempt.wallNs > 0 && count > 0
        ? count / (attempt.wallNs / 1e9)
        : null,
    histogram: histogramOf(samples.latency),
    timeline: count === 0 ? null : thinTimeline(samples.at, samples.latency),
    cudaGraph:
      attempt.cudaGraph === true && isStreaming(attempt.budget, raw.streamable)
        ? false
        : attempt.cudaGraph,
    layers: attempt.layers === null ? null : layerTimes(attempt.layers),
    outputs: index === 0 ? facts.outputs : [],
    failure:
      attempt.failure === null
        ? null
        : makeRunFailure({
            file: facts.file,
            stage: attempt.failure.stage,
            code: failureCodeOf(attempt.failure.status),
            cuda: attempt.failure.cuda,
            sentence: attempt.failure.sentence,
            // Lines of several attempts cannot be told apart: a sweep's would all tell of the first.
            lines: raw.attempts.length === 1 ? facts.lines : [],
            gpu: raw.gpu,
            streamable: raw.streamable,
            budget: attempt.budget,
          }),
  };
}

const milliseconds = (ns: number | null): number | null => (ns === null ? null : ns / 1e6);

/** null: not one of them is known. */
const known = (values: Float64Array): AttemptReport['latency'] =>
  statisticsOf(values.filter((value) => !Number.isNaN(value)));

/** Slowest first. */
function layerTimes(layers: readonly { name: string; ns: number; count: number }[]): LayerTime[] {
  const times = layers.map(({ name, ns, count }) => ({
    name: plainText(name),
    mean: count > 0 ? ns / count / 1e6 : 0,
  }));
  const sum = times.reduce((all, { mean }) => all + mean, 0);
  return times
    .map((time) => ({ ...time, share: sum > 0 ? time.mean / sum : 0 }))
    .sort((a, b) => b.mean - a.mean);
}

// ---- the runtime cache --------------------------------------------------------------------------------------------

function makeCache({ raw, cachePath }: RunFacts, attempts: readonly AttemptReport[]): CacheReport {
  if (raw === null || raw.cache.state === 'off') {
    return {
      state: 'off',
      path: null,
      loadedBytes: null,
      savedBytes: null,
      coldMs: null,
      warmMs: null,
      sentence: 'The runtime cache was not used: kernels are compiled with every first run.',
    };
  }
  const { state, loadedBytes, savedBytes, message } = raw.cache;
  const first = attempts[0];
  const start = sum(first?.contextMs ?? null, first?.firstRunMs ?? null);
  const again = sum(milliseconds(raw.cache.warmContextNs), milliseconds(raw.cache.warmFirstRunNs));
  const coldMs = state === 'loaded' ? null : start;
  const warmMs = state === 'loaded' ? start : again;
  return {
    state,
    path: cachePath === null ? null : plainText(cachePath),
    loadedBytes,
    savedBytes,
    coldMs,
    warmMs,
    sentence: cacheSentence(state, coldMs, warmMs, loadedBytes, savedBytes, plainText(message)),
  };
}

function cacheSentence(
  state: 'missing' | 'loaded' | 'refused',
  coldMs: number | null,
  warmMs: number | null,
  loadedBytes: number | null,
  savedBytes: number | null,
  message: string,
): string {
  if (state === 'loaded') {
    const size = loadedBytes === null ? '' : ` (${formatBytes(loadedBytes)})`;
    const start =
      warmMs === null ? '' : ` Context and first run took ${formatMilliseconds(warmMs)}.`;
    // What TensorRT-RTX can't use of a cache it passes over without a word; what it compiled instead is written.
    return savedBytes === null
      ? `The runtime cache was used${size}: kernels were not compiled again.${start}`
      : `The runtime cache was loaded${size}, but kernels were compiled all the same and added to it.${start}`;
  }
  const begin =
    state === 'missing'
      ? 'There was no runtime cache yet.'
      : `The runtime cache was refused${message === '' ? '' : ` (${message})`}, and made anew.`;
  const cold = coldMs === null ? '' : ` Context and first run took ${formatMilliseconds(coldMs)}`;
  const warm = warmMs === null || cold === '' ? '' : `, with it ${formatMilliseconds(warmMs)}`;
  const saved =
    savedBytes !== null
      ? ` It is kept for this engine and GPU (${formatBytes(savedBytes)}).`
      : state === 'missing' && message !== ''
        ? ` It could not be kept: ${withFullStop(message)}`
        : ' It was not kept.';
  return `${begin}${cold === '' ? '' : `${cold}${warm}.`}${saved}`;
}

const sum = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : a + b;

// ---- sentences ----------------------------------------------------------------------------------------------------

function headlineOf(report: RunReport): string {
  if (report.kind === 'reference') return referenceHeadline(report);
  const failure = failureOf(report);
  if (failure !== null) return failure.sentence;
  if (report.sweep !== null) return report.sweep.goal?.sentence ?? report.sweep.sentence;
  const latency = report.attempts[0]?.latency ?? null;
  const throughput = report.attempts[0]?.throughput ?? null;
  if (latency === null) return 'It ran, but nothing was measured.';
  const rate = throughput === null ? '' : `, ${formatThroughput(throughput)}`;
  return `${formatMilliseconds(latency.median)} median${rate}.`;
}

function referenceHeadline({ reference, failure }: RunReport): string {
  const failed = failure ?? reference?.failure ?? null;
  if (failed !== null) return failed.sentence;
  const time =
    reference === null || reference.ms === null ? '' : `: ${formatMilliseconds(reference.ms)}`;
  return `${reference?.label ?? 'ONNX Runtime (CPU)'}${time}. The engine itself was not run.`;
}

function notesOf(report: RunReport): RunReport['notes'] {
  const notes: RunReport['notes'] = [];
  const tell = (severity: 'information' | 'warning', sentence: string): void => {
    if (!notes.some((note) => note.sentence === sentence)) notes.push({ severity, sentence });
  };
  const single = report.kind === 'run' ? report.attempts[0] : undefined;
  if (single !== undefined) noteAttempt(report, single, tell);
  if (report.kind === 'sweep') noteSweep(report, tell);
  for (const output of report.attempts[0]?.outputs ?? []) noteOutput(output, tell);
  for (const input of report.inputs) {
    if (input.nan + input.infinite > 0) {
      tell('warning', `The input "${plainText(input.name, 100)}" ${bad(input)}.`);
    }
  }
  for (const { comparison, name } of report.attempts[0]?.outputs ?? []) {
    if (comparison !== null && comparison.state !== 'good') {
      tell('warning', `"${plainText(name, 100)}" against ONNX Runtime: ${comparison.sentence}`);
    }
  }
  if (
    report.reference !== null &&
    report.reference.failure !== null &&
    report.kind !== 'reference'
  ) {
    tell('warning', `No comparison with ONNX Runtime: ${report.reference.failure.sentence}`);
  }
  if (report.kind === 'reference') {
    for (const output of report.reference?.outputs ?? []) noteOutput(output, tell);
    if (report.reference !== null && report.reference.failure === null) {
      tell(
        'information',
        'These are the results of ONNX Runtime on the CPU, computed from the model. They say nothing about the speed of the engine.',
      );
    }
  }
  return notes;
}

/** How kernels came to be, for an engine with dynamic shapes; null: it has none. */
export function kernelSentence(
  { lazyKernels }: Pick<RunChoices, 'lazyKernels'>,
  tensors: readonly Pick<TensorFacts, 'shape'>[],
): string | null {
  if (!tensors.some(({ shape }) => shape.some((size) => size < 0))) return null;
  return lazyKernels
    ? 'Kernels for these shapes were compiled in the background while slower ones ran, as in an application that sets nothing: the first iterations may be slower than the others.'
    : 'Kernels for these shapes were compiled before anything was measured (eager); an application that sets nothing starts with slower ones.';
}

type Tell = (severity: 'information' | 'warning', sentence: string) => void;

function noteAttempt(report: RunReport, attempt: AttemptReport, tell: Tell): void {
  const { streamable } = report;
  if (attempt.cudaGraph === false) {
    tell(
      'information',
      isStreaming(attempt.budget, streamable)
        ? graphsOffSentence
        : 'TensorRT-RTX did not use a CUDA graph for this engine.',
    );
  }
  const eaten = scratchSentence(attempt.budget, attempt.scratch, streamable);
  if (eaten !== null) tell('warning', eaten);
  else {
    const saving = savingOf(attempt.budget, attempt.scratch, streamable);
    if (saving !== null) {
      tell(
        'information',
        `Weights are streamed: ${formatBytes(saving.saved)} of ${formatBytes(streamable ?? 0)} are not kept on the GPU.`,
      );
    }
  }
  const asked = attempt.budgetAsked;
  if (asked !== null && attempt.budget === null && streamable === 0) {
    tell('information', 'The engine was built without weight streaming: the budget had no effect.');
  } else if (asked !== null && attempt.budget !== null && attempt.budget !== asked) {
    tell(
      'information',
      `TensorRT-RTX took a budget of ${formatBytes(attempt.budget)} instead of ${formatBytes(asked)}.`,
    );
  }
  const { latency } = attempt;
  if (latency === null) return;
  if (latency.count < 20) {
    tell(
      'information',
      `Percentiles of ${formatCount(latency.count)} ${latency.count === 1 ? 'iteration' : 'iterations'} say little: 100 or more are better.`,
    );
  } else if (latency.p95 > 2 * latency.median) {
    tell(
      'information',
      'Latency varies: the slowest twentieth takes more than twice the median. Other programs may use the GPU.',
    );
  }
}

function noteSweep(report: RunReport, tell: Tell): void {
  const { streamable, attempts } = report;
  const eaten = attempts.filter(
    ({ budget, scratch }) => (savingOf(budget, scratch, streamable)?.net ?? 1) <= 0,
  );
  if (eaten.length > 0) {
    tell(
      'warning',
      `At ${eaten.length} of ${attempts.length} budgets the scratch that streaming needs eats what it saves.`,
    );
  }
  if (attempts.some(({ cudaGraph }) => cudaGraph === false)) tell('information', graphsOffSentence);
  const reasons = new Map<string, number>();
  for (const { failure } of attempts) {
    if (failure !== null) reasons.set(failure.sentence, (reasons.get(failure.sentence) ?? 0) + 1);
  }
  if (failureOf(report) !== null) return;
  for (const [sentence, times] of reasons) {
    tell('warning', times === 1 ? sentence : `${times} budgets: ${sentence}`);
  }
}

function noteOutput(output: OutputReport, tell: Tell): void {
  if (output.nan + output.infinite === 0) return;
  tell('warning', `The output "${plainText(output.name, 100)}" ${bad(output)}.`);
}

/** "holds 12 NaN and 1 infinite value of 100" */
function bad({ nan, infinite, count }: TensorSummary): string {
  const parts = [
    ...(nan > 0 ? [`${formatCount(nan)} NaN`] : []),
    ...(infinite > 0 ? [`${formatCount(infinite)} infinite`] : []),
  ];
  return `holds ${parts.join(' and ')} of ${formatCount(count)} values`;
}
