/** The numbers that tell what is in a tensor, in one pass over it, piece by piece for those that are large. */
import type { TensorType } from '../inspect/inspection';
import type { TensorSummary } from './runReport';
import { byteLength, decodeValues, elementCount } from './tensorTypes';

const firstCount = 32;
/** Elements at a time: even, so that a piece of a packed type ends with a whole byte. */
export const pieceElements = 64 * 1024;

export class TensorSummarizer {
  private count = 0;
  private finite = 0;
  private mean = 0;
  /** Sum of squared distances from the mean. */
  private squares = 0;
  private min = Infinity;
  private max = -Infinity;
  private nan = 0;
  private infinite = 0;
  private zeros = 0;
  private readonly first: number[] = [];

  add(values: ArrayLike<number>): void {
    this.count += values.length;
    for (let i = 0; this.first.length < firstCount && i < values.length; i++) {
      this.first.push(values[i] ?? 0);
    }
    let finite = 0;
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (value - value !== 0) {
        if (value === value) this.infinite += 1;
        else this.nan += 1;
        continue;
      }
      finite += 1;
      sum += value;
      if (value < this.min) this.min = value;
      if (value > this.max) this.max = value;
      if (value === 0) this.zeros += 1;
    }
    if (finite === 0) return;
    // Twice over a piece that is in the cache, then joined with what was before (Chan et al.): exact enough for values
    // far from zero, where a sum of squares is not.
    const mean = sum / finite;
    let squares = 0;
    for (let i = 0; i < values.length; i++) {
      const distance = (values[i] as number) - mean;
      if (distance - distance === 0) squares += distance * distance;
    }
    const total = this.finite + finite;
    const apart = mean - this.mean;
    this.squares += squares + apart * apart * ((this.finite * finite) / total);
    this.mean += (apart * finite) / total;
    this.finite = total;
  }

  finish(name: string, type: TensorType, shape: readonly number[]): TensorSummary {
    const some = this.finite > 0;
    return {
      name,
      type,
      shape: [...shape],
      count: this.count,
      min: some ? this.min : null,
      max: some ? this.max : null,
      mean: some ? this.mean : null,
      standardDeviation: some ? Math.sqrt(this.squares / this.finite) : null,
      nan: this.nan,
      infinite: this.infinite,
      zeros: this.zeros,
      first: this.first,
    };
  }
}

/** Of bytes in memory. */
export function summarizeTensor(
  name: string,
  type: TensorType,
  shape: readonly number[],
  bytes: Uint8Array,
): TensorSummary {
  const summarizer = new TensorSummarizer();
  const count = elementCount(shape);
  for (let at = 0; at < count; at += pieceElements) {
    const length = Math.min(pieceElements, count - at);
    const start = byteLength(type, at);
    summarizer.add(
      decodeValues(type, bytes.subarray(start, start + byteLength(type, length)), length),
    );
  }
  return summarizer.finish(name, type, shape);
}
