/**
 * What went wrong while an engine was loaded or run, in words: which file, why, what to do next. One place for CUDA's
 * numbers and for the stages of engine_shim.h. A number says what failed, the stage says what it was needed for.
 */
import { withoutLoaderMessage } from '../text/driverMessage';
import { withFullStop } from '../text/formats';
import { plainText } from '../text/plainText';
import type { FailureCode } from '../wire/failure';
import type { RunFailure } from './runReport';

export interface FailureFacts {
  /** As the user knows it. */
  file: string;
  stage: string;
  code: FailureCode;
  /** cudaError_t or CUresult; 0: none known. */
  cuda: number;
  /** The shim's or the host's own words. */
  sentence: string;
  /** The library's lines, severe ones. */
  lines: readonly { severity: number; text: string }[];
  gpu?: { name: string; computeCapability: string } | null;
  /** Bytes, where they are known: for advice that fits. */
  streamable?: number | null;
  budget?: number | null;
  /** The host's own advice, for failures that are not about the engine. */
  nextStep?: string;
}

export function makeRunFailure(facts: FailureFacts): RunFailure {
  const lines = [
    ...facts.lines.filter(({ severity }) => severity <= 1).map(({ text }) => text),
    ...(withoutLoaderMessage(facts.sentence) === facts.sentence ? [] : [facts.sentence]),
  ]
    .map((text) => plainText(text))
    .filter((text, i, all) => text !== '' && all.indexOf(text) === i);
  const cuda = facts.cuda !== 0 ? facts.cuda : cudaNumberIn(lines);
  const code = codeOf(facts.code, cuda, lines);
  const words = wordsFor({ ...facts, code, cuda }, lines);
  return { stage: facts.stage, code, cuda, ...words, lines };
}

/** The library's lines of a failure that its sentence does not quote. */
export function unquotedLines({
  sentence,
  lines,
}: Pick<RunFailure, 'sentence' | 'lines'>): string[] {
  return lines.filter((line) => !sentence.includes(plainText(line).trim()));
}

interface Words {
  sentence: string;
  nextStep: string;
}

/** The library tells CUDA's number in its lines only: "… (cudaError 209)", "Cuda failure: 209", "CUDA error 209". */
export function cudaNumberIn(lines: readonly string[]): number {
  for (const line of lines) {
    const match =
      // Not the line number in "[checkMacros.cpp::catchCudaError::229]".
      /(?<![a-z])(?:cuda ?error(?:_t)?|cuda failure|cuda runtime error|cuda driver error|curesult)\W{0,4}(?:code\W{0,3})?(\d{1,4})\b/i.exec(
        line,
      );
    if (match?.[1] !== undefined) return Number(match[1]);
    const name = /\b(?:CUDA_ERROR_[A-Z_]+|cudaError[A-Z]\w+)/.exec(line)?.[0];
    const number = name === undefined ? undefined : numbersByName[name];
    if (number !== undefined) return number;
    if (/no kernel image is available/i.test(line)) return 209;
    if (/\bout of memory\b/i.test(line) && /cuda|gpu|device/i.test(line)) return 2;
  }
  return 0;
}

const numbersByName: Readonly<Record<string, number>> = {
  CUDA_ERROR_OUT_OF_MEMORY: 2,
  cudaErrorMemoryAllocation: 2,
  CUDA_ERROR_NO_BINARY_FOR_GPU: 209,
  cudaErrorNoKernelImageForDevice: 209,
  CUDA_ERROR_ILLEGAL_ADDRESS: 700,
  cudaErrorIllegalAddress: 700,
  CUDA_ERROR_LAUNCH_FAILED: 719,
  cudaErrorLaunchFailure: 719,
  CUDA_ERROR_DEVICE_UNAVAILABLE: 46,
  cudaErrorDevicesUnavailable: 46,
  CUDA_ERROR_NO_DEVICE: 100,
  cudaErrorNoDevice: 100,
  cudaErrorInsufficientDriver: 35,
  CUDA_ERROR_UNKNOWN: 999,
  cudaErrorUnknown: 999,
};

/** A number says more than "runtime-failed". */
function codeOf(code: FailureCode, cuda: number, lines: readonly string[]): FailureCode {
  if (code !== 'runtime-failed' && code !== 'cuda-failed') return code;
  if (cuda === 2) return 'gpu-out-of-memory';
  if (cuda !== 0) return 'cuda-failed';
  if (lines.some((line) => /\bOutOfMemory\b/.test(line))) return 'gpu-out-of-memory';
  return code;
}

function wordsFor(facts: FailureFacts, lines: readonly string[]): Words {
  const file = plainText(facts.file);
  switch (facts.code) {
    case 'cancelled':
      return {
        sentence: `The run of ${file} was cancelled.`,
        nextStep: 'Run it again at any time.',
      };
    case 'gpu-out-of-memory':
      return outOfGpuMemory(facts, file, lines);
    case 'out-of-memory':
      return {
        sentence: `There was not enough main memory ${purpose(facts.stage)} of ${file}.`,
        nextStep: 'Close other programs, or use smaller inputs.',
      };
    case 'no-driver':
      return noDriver(facts, file);
    case 'cuda-failed':
      return cudaWords(facts, file, lines);
    case 'runtime-failed':
      return refused(facts, file, lines);
    case 'host-exited':
      return {
        sentence:
          `The engine host ended ${doing(facts.stage)} ${file}. ${ended(facts.sentence)}` +
          (facts.cuda === 0 ? '' : ` Before that, CUDA failed (${cudaName(facts.cuda)}).`),
        nextStep:
          facts.cuda === 0
            ? 'A damaged engine can do that: compare its SHA-256 or rebuild it. The last messages are in the log.'
            : cudaWords(facts, file, lines).nextStep,
      };
    case 'host-timeout':
      return {
        sentence: `${file} took too long ${doing(facts.stage)} it and was stopped. ${ended(facts.sentence)}`,
        nextStep: 'A damaged engine can hang: compare its SHA-256 or rebuild it.',
      };
    // The sentence says it all.
    case 'invalid-argument':
    case 'library-not-loaded':
    case 'not-tensorrt-rtx':
    case 'unsupported-version':
    case 'file-error':
    case 'model-rejected':
    case 'internal':
    case 'host-start-failed':
    case 'host-crash-budget':
    case 'bad-message':
    case 'wrong-use':
      return {
        sentence: `${file}: ${ended(facts.sentence)}`,
        nextStep: facts.nextStep ?? 'See the log for more.',
      };
  }
}

function cudaWords(facts: FailureFacts, file: string, lines: readonly string[]): Words {
  const gpu = gpuName(facts);
  const error = cudaName(facts.cuda);
  const at = `${doing(facts.stage)} ${file}`;
  switch (facts.cuda) {
    case 2:
      return outOfGpuMemory(facts, file, lines);
    case 3:
    case 35:
    case 100:
    case 101:
    case 803:
    case 804:
    case 999:
      return noDriver(facts, file);
    case 46:
      return {
        sentence: `${gpu} is not available ${at} (${error}): another program holds it alone, or it was lost.`,
        nextStep: 'End the other program, or check with nvidia-smi whether the GPU is still there.',
      };
    case 200:
    case 209:
    case 218:
    case 222:
      return {
        sentence: `${file} has no code that ${gpu} can run (${error}).`,
        nextStep:
          facts.cuda === 222
            ? 'Update the NVIDIA driver, or rebuild the engine for this GPU.'
            : 'Rebuild the engine for the compute capability of this GPU, if TensorRT-RTX supports it.',
      };
    case 214:
      return {
        sentence: `${gpu} has a memory error ${at} (${error}).`,
        nextStep: 'Restart the computer; if the error comes back, have the GPU checked.',
      };
    case 700:
    case 702:
    case 710:
    case 716:
    case 717:
    case 718:
    case 719:
      return {
        sentence: `${gpu} failed or was lost ${at} (${error}).`,
        nextStep:
          'Run it again. If it happens again, compare the SHA-256 or rebuild the engine, and look in the system log for "Xid".',
      };
    default:
      return {
        sentence: `CUDA failed ${at} (${error}). ${ended(facts.sentence)}`,
        nextStep: 'Run it again; if it fails again, see the log.',
      };
  }
}

function outOfGpuMemory(facts: FailureFacts, file: string, lines: readonly string[]): Words {
  if (lines.some((line) => /budget\b.*\btoo (?:small|low)/i.test(line))) {
    return {
      sentence: `The weight streaming budget is too small for ${file}${onGpu(facts)}. It says: ${ended(lines[0] ?? '')}`,
      nextStep: 'Raise the weight streaming budget.',
    };
  }
  const streams = facts.streamable ?? null;
  const lower =
    streams !== null && streams > 0 && (facts.budget === null || (facts.budget ?? 1) > 0);
  const weights =
    streams === 0
      ? 'rebuild the engine with weight streaming'
      : lower
        ? 'lower the weight streaming budget'
        : streams === null
          ? 'lower the weight streaming budget or rebuild the engine with weight streaming'
          : null;
  const sentence = `There was not enough GPU memory ${purpose(facts.stage)} of ${file}${onGpu(facts)}.`;
  const free = 'free GPU memory in other programs';
  switch (facts.stage) {
    case 'read':
    case 'deserialize':
    case 'inspect':
    case 'budget':
      return { sentence, nextStep: steps([weights, free]) };
    default:
      return {
        sentence,
        nextStep: steps([weights, 'use a smaller shape, a smaller batch or fewer streams', free]),
      };
  }
}

function noDriver(facts: FailureFacts, file: string): Words {
  const error = facts.cuda === 0 ? '' : ` (${cudaName(facts.cuda)})`;
  switch (facts.cuda) {
    case 35:
      return {
        sentence: `The NVIDIA driver is too old for the CUDA runtime of TensorRT-RTX, so ${file} cannot run${error}.`,
        nextStep: 'Update the NVIDIA driver.',
      };
    case 100:
    case 101:
      return {
        sentence: `There is no NVIDIA GPU that ${file} could run on${error}.`,
        nextStep:
          'Run it on a machine with an RTX GPU, or start the container with the GPU; CUDA_VISIBLE_DEVICES may hide it. ONNX Runtime on the CPU works without one.',
      };
    case 803:
    case 804:
      return {
        sentence: `The parts of the NVIDIA driver do not fit together, so ${file} cannot run${error}.`,
        nextStep:
          'Restart the computer after a driver update; if that does not help, install the driver again.',
      };
    case 0:
      return {
        sentence: `${file} needs an NVIDIA driver to run. ${ended(withoutLoaderMessage(facts.sentence))}`,
        nextStep:
          'Install the NVIDIA driver on a machine with an RTX GPU. ONNX Runtime on the CPU works without one.',
      };
    default:
      return {
        sentence: `The NVIDIA driver could not be used to run ${file}${error}.`,
        nextStep: 'Restart the computer; if that does not help, install the NVIDIA driver again.',
      };
  }
}

/** The library said no without a number of CUDA: its own lines tell why. */
function refused(facts: FailureFacts, file: string, lines: readonly string[]): Words {
  const all = lines.join('\n');
  const reason = lines[0] === undefined ? '' : ` It says: ${ended(lines[0])}`;
  if (facts.stage === 'read' || facts.stage === 'deserialize') {
    // Damage inside the file shows as a type of a wrong "version" as well; that one is not the engine's.
    if (/version|created with TensorRT/i.test(all) && !/Serialization assertion/i.test(all)) {
      return {
        sentence: `${file} was built with another version of TensorRT-RTX than the one that is used.${reason}`,
        nextStep: 'Choose the TensorRT-RTX that built it, or rebuild the engine.',
      };
    }
    if (/does not support this compute capability/i.test(all)) {
      return {
        sentence: `TensorRT-RTX does not run on ${gpuName(facts)}, so ${file} cannot be loaded here.${reason}`,
        nextStep:
          'Use a GPU that TensorRT-RTX supports (RTX 20 series or newer); a rebuild does not help.',
      };
    }
    if (/compute capability|target.*GPU|not.*compatible/i.test(all)) {
      return {
        sentence: `${file} was not built for ${gpuName(facts)}.${reason}`,
        nextStep: 'Rebuild the engine for this GPU, if TensorRT-RTX supports it.',
      };
    }
    return {
      sentence: `TensorRT-RTX could not load ${file}.${reason}`,
      nextStep: 'The file may be damaged: compare its SHA-256, copy it again or rebuild it.',
    };
  }
  if (facts.stage === 'inputs') {
    return {
      sentence: `TensorRT-RTX refused the inputs of ${file}. ${ended(facts.sentence)}${reason}`,
      nextStep: "Choose shapes and values within the engine's optimization profile.",
    };
  }
  if (facts.stage === 'budget') {
    return {
      sentence: `TensorRT-RTX refused the weight streaming budget for ${file}. ${ended(facts.sentence)}${reason}`,
      nextStep: 'Choose a budget from 0 to the streamable weights.',
    };
  }
  return {
    sentence: `TensorRT-RTX failed ${doing(facts.stage)} ${file}.${reason === '' ? ` ${ended(facts.sentence)}` : reason}`,
    nextStep: 'See the log for all it said; a rebuild with the same TensorRT-RTX often helps.',
  };
}

/** What a stage does to the engine, for "… while loading x.engine". */
function doing(stage: string): string {
  switch (stage) {
    case 'read':
    case 'deserialize':
      return 'while loading';
    case 'inspect':
      return 'while inspecting';
    case 'budget':
      return 'while setting the weight streaming budget of';
    case 'context':
      return 'while making the execution context of';
    case 'inputs':
      return 'while setting the inputs of';
    case 'buffers':
      return 'while making the buffers of';
    case 'first-run':
      return 'during the first run of';
    case 'warm-up':
      return 'while warming up';
    case 'measure':
      return 'while measuring';
    case 'profile':
      return 'while timing the layers of';
    case 'outputs':
      return 'while fetching the outputs of';
    default:
      return 'while working on';
  }
}

/** For "not enough memory for …". */
function purpose(stage: string): string {
  switch (stage) {
    case 'read':
    case 'deserialize':
    case 'inspect':
    case 'budget':
      return 'for the weights';
    case 'context':
      return 'for the execution context (activations and scratch)';
    case 'inputs':
    case 'buffers':
      return 'for the inputs and outputs';
    default:
      return 'for a run';
  }
}

function gpuName({ gpu }: FailureFacts): string {
  if (gpu === null || gpu === undefined) return 'this GPU';
  return `${plainText(gpu.name, 100)} (compute capability ${gpu.computeCapability})`;
}

const onGpu = ({ gpu }: FailureFacts): string =>
  gpu === null || gpu === undefined ? '' : ` on ${plainText(gpu.name, 100)}`;

/** "CUDA error 209: no kernel image for this GPU" */
export function cudaName(number: number): string {
  const words = cudaErrors[number];
  return words === undefined ? `CUDA error ${number}` : `CUDA error ${number}: ${words}`;
}

/** cudaError_t and CUresult agree on these. */
const cudaErrors: Readonly<Record<number, string>> = {
  1: 'invalid value',
  2: 'out of memory',
  3: 'not initialized',
  35: 'driver too old',
  46: 'GPU busy or unavailable',
  100: 'no GPU',
  101: 'no such GPU',
  200: 'invalid kernel image',
  209: 'no kernel image for this GPU',
  214: 'uncorrectable memory error',
  218: 'invalid PTX',
  222: 'PTX newer than the driver',
  700: 'illegal memory access',
  702: 'kernel took too long',
  710: 'assertion in a kernel',
  716: 'misaligned address',
  717: 'invalid address space',
  718: 'invalid program counter',
  719: 'kernel failed',
  803: 'driver and library do not match',
  804: 'compatibility mode not supported here',
  999: 'unknown error',
};

/** ["a", null, "b"] → "A, or b." */
function steps(wanted: readonly (string | null)[]): string {
  const given = wanted.filter((step) => step !== null);
  const last = given.pop() ?? '';
  const text = given.length === 0 ? last : `${given.join(', ')}, or ${last}`;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** One sentence that ends like one. */
function ended(text: string): string {
  return withFullStop(plainText(text).trim());
}
