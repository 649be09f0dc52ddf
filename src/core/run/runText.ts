/** A run as plain text: for a terminal and for the clipboard. Does not end with a line feed. */
import { formatBytes, formatCount, formatDate } from '../text/formats';
import { plainText } from '../text/plainText';
import { columns, section } from '../text/textBlocks';
import { failureOf } from './makeRunReport';
import { unquotedLines } from './runFailures';
import {
  formatMilliseconds,
  formatPercent,
  formatShape,
  formatThroughput,
  formatValue,
} from './runFormats';
import type {
  AttemptReport,
  OutputReport,
  ReferenceReport,
  RunFailure,
  RunMemory,
  RunReport,
  Statistics,
  TensorSummary,
} from './runReport';
import { budgetName } from './weightBudget';

export interface RunTextOptions {
  /** How many of the slowest layers are shown. */
  layers: number;
}

const shownValues = 8;

export function runText(report: RunReport, { layers }: RunTextOptions): string {
  const failure = failureOf(report);
  const first = report.attempts[0];
  return [
    `${report.file}: ${report.headline}`,
    ...(failure === null ? [] : failureLines(failure)),
    ...section('Measured', report.kind === 'run' && first ? measuredLines(first) : []),
    ...section('Budgets', report.kind === 'sweep' ? sweepLines(report) : []),
    ...section('GPU memory', report.kind === 'run' && first ? memoryLines(report, first) : []),
    ...section('Inputs', report.inputs.flatMap(inputLines)),
    ...section('Outputs', (first?.outputs ?? []).flatMap(outputLines)),
    ...section(referenceTitle(report.reference), referenceLines(report)),
    ...section('Slowest layers', layerLines(first, layers)),
    ...section(
      'Notes',
      report.notes.map(({ severity, sentence }) =>
        severity === 'warning' ? `Warning: ${sentence}` : sentence,
      ),
    ),
    ...section(
      'Runtime cache',
      report.attempts.length > 0 && report.cache.state !== 'off' ? [report.cache.sentence] : [],
    ),
    '',
    [runOn(report), `Run ${formatDate(report.startedAt)}.`].filter(Boolean).join(' '),
  ].join('\n');
}

function failureLines(failure: RunFailure): string[] {
  return [failure.nextStep, ...section('What it said', unquotedLines(failure))].filter(
    (line) => line !== '',
  );
}

function measuredLines(attempt: AttemptReport): string[] {
  const { latency, throughput } = attempt;
  const lines = latency === null ? [] : latencyLines(latency);
  if (throughput !== null) lines.push(`Throughput: ${formatThroughput(throughput)}`);
  if (attempt.gpuTime !== null) {
    lines.push(`On the GPU: ${formatMilliseconds(attempt.gpuTime.median)} median`);
  }
  if (attempt.enqueueTime !== null) {
    lines.push(`In enqueueV3: ${formatMilliseconds(attempt.enqueueTime.median)} median`);
  }
  if (attempt.contextMs !== null) {
    lines.push(`Execution context: ${formatMilliseconds(attempt.contextMs)}`);
  }
  if (attempt.firstRunMs !== null) {
    lines.push(`First run: ${formatMilliseconds(attempt.firstRunMs)}`);
  }
  return lines;
}

function latencyLines(latency: Statistics): string[] {
  const named: [string, number][] = [
    ['median', latency.median],
    ['mean', latency.mean],
    ['p90', latency.p90],
    ['p95', latency.p95],
    ['p99', latency.p99],
    ['min', latency.min],
    ['max', latency.max],
  ];
  return [
    `Latency: ${named.map(([name, ms]) => `${name} ${formatMilliseconds(ms)}`).join(', ')}`,
    `Iterations: ${formatCount(latency.count)}`,
  ];
}

function memoryLines(report: RunReport, attempt: AttemptReport): string[] {
  const { memory } = attempt;
  const steps: [string, keyof RunMemory][] = [
    ['before', 'before'],
    ['engine loaded', 'loaded'],
    ['ready to run', 'ready'],
    ['peak', 'peak'],
    ['after', 'after'],
  ];
  const known = steps.flatMap(([name, key]) => {
    const bytes = memory[key];
    return bytes === null ? [] : [`${name} ${formatBytes(bytes)}`];
  });
  const { streamable } = report;
  const budget =
    attempt.budget === null || streamable === null || streamable === 0
      ? []
      : [
          `Weights: ${formatBytes(attempt.budget)} of ${formatBytes(streamable)} kept (${budgetName(report.choices.budget)}), ${formatBytes(attempt.scratch ?? 0)} of scratch`,
        ];
  return [...(known.length === 0 ? [] : [`In use: ${known.join(', ')}`]), ...budget];
}

function sweepLines({ attempts, sweep }: RunReport): string[] {
  const rows = attempts.map((attempt, index) => {
    const bytes = attempt.budget ?? attempt.budgetAsked;
    const point = sweep?.points.findIndex((each) => each.attempt === index) ?? -1;
    const memory = sweep?.points[point]?.memory ?? null;
    return [
      bytes === null ? 'default' : formatBytes(bytes),
      memory === null ? '' : formatBytes(memory),
      attempt.latency === null ? '' : formatMilliseconds(attempt.latency.median),
      attempt.latency === null ? '' : formatMilliseconds(attempt.latency.p95),
      attempt.failure !== null
        ? attempt.failure.sentence
        : sweep?.goal && bytes === sweep.goal.budget
          ? 'the answer'
          : sweep !== null && point >= 0 && sweep.knee === point
            ? 'best trade-off'
            : '',
    ];
  });
  return columns([['budget', 'GPU memory', 'median', 'p95', ''], ...rows]);
}

const inputLines = (input: TensorSummary & { source: string }): string[] => [
  `${plainText(input.name, 200)}: ${input.type} ${formatShape(input.shape)}, ${plainText(input.source)}`,
];

function outputLines(output: OutputReport): string[] {
  return [
    `${plainText(output.name, 200)}: ${output.type} ${formatShape(output.shape)}, ${numbers(output)}`,
    ...(output.first.length === 0 ? [] : [`  first ${firstValues(output)}`]),
    ...(output.comparison === null
      ? []
      : [`  against ONNX Runtime: ${output.comparison.sentence}`]),
  ];
}

function numbers(tensor: TensorSummary): string {
  const { min, max, mean, standardDeviation, nan, infinite } = tensor;
  const parts =
    min === null || max === null || mean === null || standardDeviation === null
      ? ['no finite values']
      : [
          `min ${formatValue(min)}`,
          `max ${formatValue(max)}`,
          `mean ${formatValue(mean)}`,
          `std ${formatValue(standardDeviation)}`,
        ];
  if (nan > 0) parts.push(`${formatCount(nan)} NaN`);
  if (infinite > 0) parts.push(`${formatCount(infinite)} infinite`);
  return parts.join(', ');
}

function firstValues({ first, count }: TensorSummary): string {
  const shown = first.slice(0, shownValues).map(formatValue).join(' ');
  return count > shownValues ? `${shown} …` : shown;
}

const referenceTitle = (reference: ReferenceReport | null): string =>
  reference === null ? '' : `Reference: ${reference.label}`;

function referenceLines({ kind, reference }: RunReport): string[] {
  if (reference === null) return [];
  const { failure } = reference;
  return [
    `Model: ${reference.model}`,
    ...(reference.ms === null ? [] : [`Time: ${formatMilliseconds(reference.ms)}`]),
    ...(failure === null || kind === 'reference' ? [] : [failure.sentence, failure.nextStep]),
    // Beside the engine's own outputs the comparison says it all.
    ...(kind === 'reference' ? reference.outputs.flatMap(outputLines) : []),
  ];
}

function layerLines(attempt: AttemptReport | undefined, most: number): string[] {
  const layers = attempt?.layers ?? [];
  const shown = layers.slice(0, most);
  const rows = shown.map(({ name, mean, share }) => [
    formatMilliseconds(mean),
    formatPercent(share),
    name,
  ]);
  const rest = layers.length - shown.length;
  return rows.length === 0
    ? []
    : [...columns(rows), ...(rest > 0 ? [`and ${formatCount(rest)} more`] : [])];
}

function runOn({ runtime, gpu }: RunReport): string {
  if (runtime === null) return '';
  const where = gpu === null ? '' : ` on ${gpu.name} (compute capability ${gpu.computeCapability})`;
  return `TensorRT-RTX ${runtime.version}${where}.`;
}
