/** The weight streaming budget that was measured, as a few lines for an application: C++ or Python. */
import { formatBytes } from '../text/formats';
import { plainText } from '../text/plainText';
import type { RunReport } from './runReport';

export const codeLanguages = ['cpp', 'python'] as const;
export type CodeLanguage = (typeof codeLanguages)[number];

export interface MeasuredBudget {
  /** Name of the engine's file. */
  engine: string;
  /** Bytes. */
  budget: number;
  streamable: number;
  gpu: string;
  /** "1.7.1.116" */
  runtimeVersion: string;
}

/** The answer of a search, else the best trade-off of a sweep; null: none stands out. */
export function measuredBudget({
  file,
  sweep,
  streamable,
  gpu,
  runtime,
}: RunReport): MeasuredBudget | null {
  if (sweep === null || streamable === null) return null;
  const budget = sweep.goal ? sweep.goal.budget : (sweep.points[sweep.knee ?? -1]?.budget ?? null);
  if (budget === null) return null;
  return {
    engine: file.replace(/^.*[/\\]/, ''),
    budget,
    streamable,
    gpu: gpu?.name ?? 'an unknown GPU',
    runtimeVersion: runtime?.version ?? '',
  };
}

export function budgetCode(language: CodeLanguage, measured: MeasuredBudget): string {
  const { engine, budget, streamable, gpu, runtimeVersion } = measured;
  // Names come from files and drivers: a comment must not end with them.
  const name = (text: string): string => plainText(text, 200).replaceAll(/[\\?]/g, '_');
  const about = [
    `${name(engine)}: ${formatBytes(budget)} of ${formatBytes(streamable)} of weights stay on the GPU,`,
    `measured on ${name(gpu)} with TensorRT-RTX ${name(runtimeVersion)}.`,
    "Where less memory is free than that takes, NVIDIA's rule of thumb: min(free / 2, streamable / 2).",
    'Call it after deserializing, before the first execution context is created.',
  ];
  switch (language) {
    case 'cpp':
      return [
        '#include <NvInfer.h>',
        '',
        '#include <algorithm>',
        '#include <cstdint>',
        '',
        ...about.map((line) => `// ${line}`),
        '// freeBytes: free GPU memory, of cudaMemGetInfo.',
        'bool setWeightBudget(nvinfer1::ICudaEngine &engine, int64_t freeBytes) {',
        `    constexpr int64_t measured = ${budget};`,
        '    int64_t const streamable = engine.getStreamableWeightsSize();',
        '    int64_t const rule = std::min(freeBytes / 2, streamable / 2);',
        '    int64_t const budget = freeBytes > measured ? std::min(measured, streamable) : rule;',
        '    return engine.setWeightStreamingBudgetV2(budget);',
        '}',
        '',
      ].join('\n');
    case 'python':
      return [
        'import tensorrt_rtx as trt',
        '',
        '',
        ...about.map((line) => `# ${line}`),
        '# free_bytes: free GPU memory, of cudaMemGetInfo.',
        'def set_weight_budget(engine: trt.ICudaEngine, free_bytes: int) -> None:',
        `    measured = ${budget}`,
        '    streamable = engine.streamable_weights_size',
        '    rule = min(free_bytes // 2, streamable // 2)',
        '    engine.weight_streaming_budget_v2 = (',
        '        min(measured, streamable) if free_bytes > measured else rule',
        '    )',
        '',
      ].join('\n');
  }
}
