/**
 * Every sentence the Run tab says by itself, in one place. What is said about a run comes with its report (core/run) and
 * is never worded here.
 */
import type { RunSwitch } from '../../../core/run/runReport';
import { formatBytes, formatCount } from '../../../core/text/formats';

export const strings = {
  // before there is anything to run
  notLooked:
    'A run needs the engine’s inputs and outputs, and those are known only once it is loaded.',
  loading: 'Loading the engine',
  restricted: 'Restricted Mode: nothing is loaded or run from this workspace until you trust it.',
  referenceAlone: 'Run the Model with ONNX Runtime',
  noGpu: 'Running the engine needs an NVIDIA GPU, and none was found on this machine.',
  referenceAloneAbout:
    'Without a GPU that can run this engine, its ONNX model still runs on the CPU, with random inputs. The result is labelled “ONNX Runtime (CPU), not the engine”.',
  notTheEngine: 'ONNX Runtime (CPU), not the engine',
  showLog: 'Show Log',
  model: (model: string) => `Model: ${model}`,

  // the form
  form: 'What to run',
  results: 'Results',
  inputs: 'Inputs',
  noInputs: 'This engine has no inputs.',
  profile: 'Optimization profile',
  profileName: (index: number) => `Profile ${index}`,
  shapeTensor: 'Its values are a shape.',
  dimensionName: (input: string, index: number) => `${input}: size of dimension ${index}`,
  sizesOf: (least: string, most: string) => `${least} to ${most}`,
  sourceOf: (input: string) => `${input}: where its values come from`,
  source: {
    random: 'Random',
    zeros: 'Zeros',
    ones: 'Ones',
    range: 'Range',
    file: 'File',
  },
  seed: 'seed',
  seedOf: (input: string) => `${input}: seed`,
  from: 'from',
  fromOf: (input: string) => `${input}: from`,
  to: 'to',
  toOf: (input: string) => `${input}: to`,
  chooseFile: 'Choose File…',
  chooseFileOf: (input: string) => `Choose File… for ${input}`,
  orDrop: 'A .npy, .npz, raw or image file can also be dropped on an input.',
  dropHere: 'Drop it here',
  nothingDropped:
    'No file came with what was dropped. Hold Shift while dropping from VS Code’s Explorer, or choose the file.',
  tooLargeToDrop: (bytes: number, most: number) =>
    `${formatBytes(bytes)} is too large to drop (at most ${formatBytes(most)}). Choose the file instead.`,
  imageLayout: 'Order',
  imageColors: 'Colours',
  imageScale: 'Values',
  layouts: { nchw: 'NCHW, planes', nhwc: 'NHWC, pixels' },
  colors: { rgb: 'RGB', bgr: 'BGR', gray: 'Grey' },
  scales: {
    unit: '0 to 1',
    signed: '−1 to 1',
    bytes: '0 to 255',
    imagenet: 'ImageNet mean and deviation',
    own: 'As chosen',
  },

  budget: 'Weights kept on the GPU',
  budgetSlider: 'Weight streaming budget',
  budgetField: 'Budget in bytes, MiB or GiB',
  budgetValue: (budget: string, streamable: string) => `${budget} of ${streamable}`,
  rule: 'NVIDIA’s rule',
  ruleTitle: 'Half of the free memory or half of the streamable weights, whichever is less',
  automatic: 'Automatic',
  automaticTitle: 'What TensorRT-RTX chooses by itself',
  everything: 'Everything',
  everythingTitle: 'The default: nothing is streamed',
  unknownAmount: 'not known',
  ofStreamable: (streamable: string) => `of ${streamable}`,
  free: (free: string) => `${free} free`,
  freeUnknown: 'free memory not known',
  scratch: (scratch: string) => `scratch memory ${scratch}`,
  noScratch: 'no scratch memory',
  graphOff: 'CUDA graph off while streaming',
  notStreaming:
    'This engine was built without weight streaming: all of its weights have to fit on the GPU.',
  rebuildStreaming: 'Rebuild with Weight Streaming…',

  goal: 'Find a budget',
  goalKind: 'What the budget is to reach',
  goalKinds: { memory: 'Fits in', latency: 'Runs under' },
  goalField: {
    memory: 'GPU memory in MiB or GiB',
    latency: 'Latency in milliseconds',
  },
  goalExample: { memory: '6 GiB', latency: '20 ms' },
  goalWrong: {
    memory: 'A size is needed, such as 512 MiB or 6 GiB.',
    latency: 'A time is needed, such as 20 ms.',
  },
  findBudget: 'Find Budget',
  findBudgetTitle:
    'Measures one budget after the other, each in a process of its own, until the goal is met',
  answer: 'the answer',
  useBudget: 'Use This Budget',
  copyAsCpp: 'Copy as C++',
  copyAsPython: 'Copy as Python',
  copyBytes: 'Copy Bytes',
  budgetActions: 'What can be done with this budget',

  settings: 'Run',
  times: 'times after',
  warmUp: 'warm-up',
  timesName: 'Measured iterations, at least',
  warmUpName: 'Warm-up iterations',
  more: 'More settings',
  seconds: 'At least this many seconds',
  streams: 'Streams at once',
  profiled: 'Iterations for per-layer times',
  profiledHint: 'apart from the measured ones; 0: none',
  switches: {
    copies: 'Count copies to and from the GPU',
    cudaGraph: 'CUDA graph',
    lazyKernels: 'Compile kernels for dynamic shapes in the background',
  } satisfies Record<RunSwitch, string>,
  cudaGraphStreaming: 'CUDA graph (off: weights are streamed)',
  runtimeCache: 'Keep compiled kernels in a runtime cache',

  run: 'Run',
  sweep: 'Sweep Budgets',
  sweepTitle: (count: number) =>
    `Runs ${count} budgets one after the other, each in a fresh context`,
  sweepNothing: 'Nothing to sweep: the engine was built without weight streaming.',
  compare: 'Compare with ONNX Runtime',
  compareShown: 'Runs the recipe’s model on the CPU with the inputs of the run that is shown',
  compareNew: 'Runs the engine, then the recipe’s model on the CPU with the same inputs',
  reference: 'ONNX Runtime Only',
  referenceTitle: 'Runs the recipe’s model on the CPU, not the engine',
  cancel: 'Cancel',
  cancelName: 'Cancel the run',
  mendFirst: (count: number) =>
    count === 1 ? 'One field needs another value.' : `${count} fields need other values.`,
  elapsed: (time: string) => `${time} so far`,
  running: 'Running…',

  // validation
  number: 'A number is needed.',
  rangeTurned: 'This must not be less than where the range begins.',
  wholeNumber: (least: number, most: number) =>
    `A whole number from ${formatCount(least)} to ${formatCount(most)} is needed.`,
  secondsNumber: 'Seconds from 0 to 3,600 are needed.',
  timesOrSeconds: 'A number of times or of seconds is needed.',
  sizeNeeded: 'This size is dynamic: enter it.',
  sizeRange: (least: number, most: number, byProfile: boolean) => {
    if (!byProfile) return 'A whole number is needed.';
    return least === most
      ? `The profile takes ${least} only.`
      : `The profile takes ${least} to ${most}.`;
  },
  budgetText: 'A size is needed, such as 512 MiB or 2.35 GiB.',
  budgetTooLarge: 'More than can be streamed.',

  // results
  nothingRun: 'Nothing has run yet',
  nothingRunAbout:
    'A run measures latency, throughput and GPU memory, and shows what came out. A sweep shows what each weight streaming budget costs.',
  ranOn: (gpu: string, version: string, time: string) =>
    `Ran on ${gpu} with TensorRT-RTX ${version} at ${time}.`,
  referenceRan: (label: string, time: string) => `Ran with ${label} at ${time}.`,
  someGpu: 'a GPU that is not known',
  kind: { run: 'Run', sweep: 'Sweep', reference: 'Reference' },
  median: 'median',
  p95: 'p95',
  throughput: 'throughput',
  perSecond: (count: string) => `${count} /s`,
  peakMemory: 'GPU memory in use at peak',
  atBudget: (budget: string, what: string) =>
    `At a budget of ${budget}${what === '' ? '' : `, ${what}`}`,
  theKnee: 'the best trade-off',
  lastResult: 'The last result, until this one is there:',
  statistics: 'All numbers',
  statistic: {
    mean: 'Mean',
    median: 'Median',
    p90: 'p90',
    p95: 'p95',
    p99: 'p99',
    min: 'Least',
    max: 'Most',
    standardDeviation: 'Standard deviation',
  },
  latency: 'Latency',
  gpuTime: 'GPU time',
  enqueueTime: 'Enqueue',
  iterations: (count: number) =>
    `${formatCount(count)} ${count === 1 ? 'iteration' : 'iterations'}`,
  firstRun: 'First run',
  load: 'Loading the engine',
  context: 'Making the context',
  budgetTaken: 'Budget',
  scratchName: 'Scratch memory',
  deviceMemory: 'Activations and scratch memory',
  graphName: 'CUDA graph',
  graphUsed: 'used',
  graphNotUsed: 'asked for, not used',
  unknown: 'not known',
  nothing: '–',

  asTable: 'As a table',
  sweepPlot: (count: number) => `Latency over memory, ${count} budgets`,
  sweepPlotName: (points: string) =>
    `Median latency over the GPU memory that each took: ${points}.`,
  sweepPoint: (budget: string, median: string, memory: string) =>
    `${median} at a budget of ${budget}, ${memory} of GPU memory`,
  knee: 'best trade-off',
  sweepColumns: {
    budget: 'Budget',
    memory: 'Memory it took',
    median: 'Median',
    p95: 'p95',
    throughput: 'Throughput',
    scratch: 'Scratch memory',
  },
  showPoint: (budget: string) => `Show the run at ${budget}`,
  failed: 'failed',
  distribution: 'Distribution',
  histogramName: (median: string, least: string, most: string) =>
    `Histogram of latency: median ${median}, least ${least}, most ${most}.`,
  above: (count: number, from: string) =>
    `${count === 1 ? '1 iteration' : `${formatCount(count)} iterations`} took longer than ${from} and ${count === 1 ? 'is' : 'are'} not drawn.`,
  binColumns: { from: 'From', to: 'To', count: 'Runs' },
  overTime: 'Over time',
  timelineName: (seconds: string, least: string, most: string) =>
    `Latency over ${seconds}: least ${least}, most ${most}.`,
  timelineColumns: { at: 'From', least: 'Least', most: 'Most' },

  memory: 'GPU memory',
  memoryName: 'GPU memory in use on the whole GPU',
  memoryStages: {
    before: 'Before',
    loaded: 'Engine loaded',
    ready: 'With context and buffers',
    peak: 'At peak',
    after: 'Given back',
  },
  memoryColumns: { stage: 'When', used: 'In use', change: 'Change' },
  memoryOf: (total: string) => `of ${total}`,

  outputOf: { run: 'Outputs', reference: 'Outputs of ONNX Runtime (CPU)' },
  outputColumns: {
    output: 'Output',
    min: 'Min',
    mean: 'Mean',
    max: 'Max',
    nan: 'NaN',
    infinite: 'Inf',
    actions: 'Save',
  },
  against: 'Against ONNX Runtime',
  firstValues: 'First values',
  save: 'Save as .npy…',
  saveOf: (output: string) => `Save as .npy… ${output}`,
  saveAll: 'Save All as .npy…',
  compareLink: 'Compare with ONNX Runtime',
  preview: (output: string) => `${output} as a picture`,
  comparisonState: { good: 'Good:', warning: 'Warning:', bad: 'Problem:' },

  layers: (count: number) =>
    `Time per layer, ${formatCount(count)} ${count === 1 ? 'layer' : 'layers'}`,
  layersName: 'Time per layer, longest first',
  showLayer: (name: string) => `${name}: show in the Layers tab`,
  moreLayers: (count: number) => `Show ${formatCount(count)} more`,
  layersRest: (count: number, time: string, share: string) =>
    `${formatCount(count)} more: ${time}, ${share}`,

  inputsUsed: 'Inputs it ran with',
  inputColumns: { input: 'Input', shape: 'Shape and type', source: 'Values', range: 'Range' },
  libraryLines: (count: number) => `Messages (${formatCount(count)})`,
  stage: (stage: string) => `It stopped at “${stage}”`,
  cudaError: (code: number) => `CUDA error ${code}`,
  severity: { information: 'Information:', warning: 'Warning:', error: 'Error:' },

  // recent runs
  recent: 'Recent runs',
  budgetCount: (count: number) => `${count} ${count === 1 ? 'budget' : 'budgets'}`,
  recentColumns: {
    when: 'When',
    what: 'What',
    median: 'Median',
    memory: 'At peak',
    compare: 'Compare',
  },
  compareShort: 'Pick',
  importRuns: 'Import Runs…',
  importRunsTitle: 'Shows what run --json and sweep --json printed on other machines beside these',
  showRun: (when: string) => `Show the run of ${when}`,
  compareRunOf: (when: string) => `Compare the run of ${when}`,
  pickTwo: 'Pick two to see them side by side.',
  pickAnother: 'Pick another one.',
  difference: 'Side by side',
  endComparison: 'End Comparison',
  differenceColumns: { number: 'Number', difference: 'Difference' },
  differenceText: {
    kind: 'Kind',
    throughput: 'Throughput',
    peak: 'GPU memory at peak',
    runtime: 'TensorRT-RTX',
    gpu: 'GPU',
  },
  better: 'better',
  worse: 'worse',
  onceOnCpu: 'once, on the CPU',
  comparedWith: (label: string, model: string, time: string | null) =>
    `Compared with ${label}, ${model}${time === null ? '' : `, which took ${time}`}.`,
  useChoices: 'Use These Settings',
  useChoicesTitle: 'Puts what this run was done with back into the form',
  exportJson: 'Export JSON…',
  forget: 'Forget',
  forgetName: (when: string) => `Forget the run of ${when}`,
  same: 'same',
};
