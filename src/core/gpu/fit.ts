/**
 * "Will it fit": what an engine needs of a GPU's memory against what the GPU has, as one sentence. Every surface shows
 * this sentence: engine page, GPU view, tooltip, command line.
 *
 * - Weights that must be on the GPU come from the header (0 when built with weight streaming). More than the GPU's total
 *   is what TensorRT-RTX refuses (kINSUFFICIENT_GPU_MEMORY); more than is free now fails when it runs.
 * - With weight streaming the budget is NVIDIA's rule of thumb, min(free / 2, streamable / 2), unless everything finds
 *   room. While how much can be streamed is unknown (the header does not tell), the file's length is an upper bound.
 * - Activations and scratch memory come on top; where they are known they are counted.
 */
import type { EngineHeader } from '../file/engineHeader';
import { formatBytes, formatBytesPair } from '../text/formats';

export interface FitNeeds {
  /** Of the header: bytes of weights that must be on the GPU, 0 when built with weight streaming. */
  weightBytes: number;
  /** Length of the engine file; null: unknown. */
  fileSize: number | null;
  /** ICudaEngine::getStreamableWeightsSize(), known after a deserialize; null: unknown. */
  streamableBytes: number | null;
  /** ICudaEngine::getDeviceMemorySizeV2(): activations and scratch; null: unknown. */
  deviceMemoryBytes: number | null;
}

export interface FitGpu {
  /** Printable. */
  name: string;
  /** Bytes; null: unknown. */
  total: number | null;
  free: number | null;
}

/**
 * fits-with-streaming: at `budget`. does-not-fit-now: the GPU is large enough, other programs hold the memory.
 * unknown: the GPU's memory or the engine's need is.
 */
export type FitState =
  'fits' | 'fits-with-streaming' | 'does-not-fit-now' | 'does-not-fit' | 'unknown';

export interface Fit {
  state: FitState;
  /** "Fits: its weights need 1.2 GiB, and 6.7 of 8.0 GiB are free." */
  sentence: string;
  /** "fits", "streams at 3.4 GiB", "does not fit", …; empty: unknown. For a status bar. */
  short: string;
  /** Bytes needed on the GPU at least; null: unknown. */
  needed: number | null;
  streamable: number | null;
  /** Bytes; weight streaming budget by NVIDIA's rule of thumb; null: no streaming. */
  budget: number | null;
  total: number | null;
  free: number | null;
}

/** gpu: null where none can be read. */
export function fitOf(needs: FitNeeds, gpu: FitGpu | null): Fit {
  const total = known(gpu?.total);
  const free = known(gpu?.free);
  const base = { total, free, streamable: known(needs.streamableBytes), budget: null };
  if (!(needs.weightBytes >= 0)) {
    return {
      ...base,
      state: 'unknown',
      short: '',
      needed: null,
      sentence: "Can't tell whether it fits: the header has no plausible size of the weights.",
    };
  }
  const streams = (base.streamable ?? 0) > 0 || needs.weightBytes === 0;
  return streams
    ? streamingFit(needs, gpu?.name ?? '', base)
    : wholeFit(needs, gpu?.name ?? '', base);
}

/** The fit of an engine file as its header and length tell it; null: it is no engine, or no GPU is known. */
export function engineFit(
  engine: { header: Pick<EngineHeader, 'weightBytes'> | null; size: number | null },
  gpu: FitGpu | null,
): Fit | null {
  if (!engine.header || !gpu) return null;
  return fitOf(
    {
      weightBytes: engine.header.weightBytes,
      fileSize: engine.size,
      streamableBytes: null,
      deviceMemoryBytes: null,
    },
    gpu,
  );
}

type Base = Pick<Fit, 'total' | 'free' | 'streamable' | 'budget'>;

function wholeFit(needs: FitNeeds, name: string, base: Base): Fit {
  const { total, free } = base;
  const needed = needs.weightBytes + (known(needs.deviceMemoryBytes) ?? 0);
  const what = needPhrase(needs, formatBytes(needed));
  if (total === null) {
    return {
      ...base,
      needed,
      state: 'unknown',
      short: '',
      sentence: `Can't tell whether it fits: ${what}, and the memory of ${name || 'a GPU'} could not be read.`,
    };
  }
  const [neededText, totalText] = formatBytesPair(needed, total);
  if (needed > total) {
    return {
      ...base,
      needed,
      state: 'does-not-fit',
      short: 'does not fit',
      sentence: `Does not fit: ${needPhrase(needs, neededText)}, and ${name} has ${totalText} in all; rebuilt with weight streaming it can run with less.`,
    };
  }
  if (free === null) {
    return {
      ...base,
      needed,
      state: 'unknown',
      short: '',
      sentence: `Fits if enough is free: ${what}, and ${name} has ${totalText}; how much of it is free is not known.`,
    };
  }
  if (needed > free) {
    const [neededNow, freeText] = formatBytesPair(needed, free);
    return {
      ...base,
      needed,
      state: 'does-not-fit-now',
      short: 'does not fit now',
      sentence: `Does not fit now: ${needPhrase(needs, neededNow)}, and ${freeText} of ${totalText} are free on ${name}; close programs that hold its memory.`,
    };
  }
  return {
    ...base,
    needed,
    state: 'fits',
    short: 'fits',
    sentence: `Fits: ${what}, and ${formatBytes(free)} of ${totalText} are free on ${name}.`,
  };
}

function streamingFit(needs: FitNeeds, name: string, base: Base): Fit {
  const { total, free } = base;
  const streamable = base.streamable ?? known(needs.fileSize);
  const isBound = base.streamable === null;
  const fixed = known(needs.deviceMemoryBytes) ?? 0;
  const room = free ?? total;
  if (streamable === null || room === null) {
    return {
      ...base,
      needed: fixed,
      state: 'unknown',
      short: '',
      sentence:
        room === null
          ? `Built with weight streaming, so it can run with little GPU memory; the memory of ${name || 'a GPU'} could not be read.`
          : 'Built with weight streaming, so it can run with little GPU memory; how large its weights are is not known.',
    };
  }
  const size = `${isBound ? 'at most ' : ''}${formatBytes(streamable)}`;
  const here =
    free === null
      ? `${name} has ${formatBytes(room)}, how much of it is free is not known`
      : `${formatBytes(free)} of ${total === null ? 'its memory' : formatBytes(total)} are free on ${name}`;
  if (streamable + fixed <= room) {
    return {
      ...base,
      needed: fixed,
      state: free === null ? 'unknown' : 'fits',
      short: free === null ? '' : 'fits',
      sentence: `${free === null ? 'Fits if enough is free' : 'Fits'}: all its weights take ${size}, and ${here}.`,
    };
  }
  const budget = defaultBudget(room, streamable);
  if (fixed + budget > room && fixed > room) {
    return {
      ...base,
      needed: fixed,
      state: total !== null && fixed > total ? 'does-not-fit' : 'does-not-fit-now',
      short: total !== null && fixed > total ? 'does not fit' : 'does not fit now',
      sentence: `Does not fit: besides its weights it needs ${formatBytes(fixed)}, and ${here}.`,
    };
  }
  const taken = Math.max(0, Math.min(budget, room - fixed));
  return {
    ...base,
    needed: fixed,
    budget: taken,
    state: free === null ? 'unknown' : 'fits-with-streaming',
    short: free === null ? '' : `streams at ${formatBytes(taken)}`,
    sentence: `Fits with weight streaming at ${formatBytes(taken)}: its weights take ${size}, and ${here}.`,
  };
}

/** NVIDIA's rule of thumb for the weight streaming budget, in bytes. */
export function defaultBudget(free: number, streamable: number): number {
  return Math.floor(Math.min(free / 2, streamable / 2));
}

function needPhrase(needs: FitNeeds, amount: string): string {
  return known(needs.deviceMemoryBytes) === null
    ? `its weights need ${amount}`
    : `its weights and activations need ${amount}`;
}

/** A size that can be believed. */
function known(bytes: number | null | undefined): number | null {
  return bytes !== null && bytes !== undefined && Number.isFinite(bytes) && bytes >= 0
    ? bytes
    : null;
}
