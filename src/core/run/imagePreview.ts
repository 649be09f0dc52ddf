/**
 * A tensor as a picture where it looks like one: 1, 3 or 4 channels over a height and a width, or a map of numbers. The
 * sentence says what was shown and how values became colours; nothing is shown as if it were exact.
 */
import type { TensorType } from '../inspect/inspection';
import { formatValue } from './runFormats';
import type { ImagePreview, TensorSummary } from './runReport';
import { elementReader, isFloat } from './tensorTypes';

const mostSide = 512;
/** Smaller is a list of numbers, not a picture. */
const leastSide = 8;
/** Longer and narrower is a table. */
const mostAspect = 16;
/** Along each side, for one pixel of the preview: an average of up to 16 values. */
const mostSamples = 4;

interface Place {
  channels: number;
  height: number;
  width: number;
  /** Elements from one to the next along each. */
  channelStride: number;
  rowStride: number;
  columnStride: number;
  /** How many pictures there are; the first is shown. */
  count: number;
  /** "NCHW", "NHWC", "map" */
  kind: string;
}

/** bytes: the whole tensor, C order. null: it does not look like a picture. */
export function imagePreview(
  summary: Pick<TensorSummary, 'type' | 'shape' | 'min' | 'max' | 'nan' | 'infinite'>,
  bytes: Uint8Array,
): ImagePreview | null {
  const place = placeOf(summary.shape);
  if (place === null || summary.min === null || summary.max === null) return null;
  const range = rangeOf(summary.type, summary.min, summary.max);
  const shrink = Math.min(1, mostSide / Math.max(place.width, place.height));
  const width = Math.max(1, Math.round(place.width * shrink));
  const height = Math.max(1, Math.round(place.height * shrink));
  const read = elementReader(summary.type, bytes);
  const pixels = new Uint8Array(width * height * 4);
  const color = (channel: number, x: number, y: number): number => {
    const value = average(read, place, channel, x, y, width, height);
    if (Number.isNaN(value)) return 0;
    const level = ((value - range.from) / (range.to - range.from)) * 255;
    return Math.min(255, Math.max(0, Math.round(level)));
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      const first = color(0, x, y);
      pixels[at] = first;
      pixels[at + 1] = place.channels === 1 ? first : color(1, x, y);
      pixels[at + 2] = place.channels === 1 ? first : color(2, x, y);
      pixels[at + 3] = place.channels === 4 ? color(3, x, y) : 255;
    }
  }
  return { width, height, pixels, sentence: sentenceOf(place, range, summary, shrink < 1) };
}

/** Whether imagePreview would make one, without the bytes. */
export const looksLikePicture = (shape: readonly number[]): boolean => placeOf(shape) !== null;

function placeOf(shape: readonly number[]): Place | null {
  if (shape.length < 2 || shape.some((size) => size < 1)) return null;
  const [b = 1, c = 1, d = 1] = shape.length === 2 ? [1, ...shape] : shape.slice(-3);
  const outer = shape.slice(0, -3).reduce((product, size) => product * size, 1);
  const isPicture = (height: number, width: number): boolean =>
    Math.min(height, width) >= leastSide &&
    Math.max(height, width) <= mostAspect * Math.min(height, width);
  if ((b === 1 || b === 3 || b === 4) && isPicture(c, d)) {
    const strides = { channelStride: c * d, rowStride: d, columnStride: 1 };
    const kind = b === 1 ? 'map' : 'NCHW';
    return { channels: b, height: c, width: d, ...strides, count: outer, kind };
  }
  if ((d === 1 || d === 3 || d === 4) && isPicture(b, c)) {
    const strides = { channelStride: 1, rowStride: c * d, columnStride: d };
    const kind = d === 1 ? 'map' : 'NHWC';
    return { channels: d, height: b, width: c, ...strides, count: outer, kind };
  }
  // [N, H, W] and [N, C, H, W] with other channels: the first map.
  if (isPicture(c, d)) {
    const strides = { channelStride: 0, rowStride: d, columnStride: 1 };
    return { channels: 1, height: c, width: d, ...strides, count: outer * b, kind: 'map' };
  }
  return null;
}

interface Range {
  from: number;
  to: number;
  /** As people read them. */
  name: string;
}

/** The usual ranges of pictures, where the values lie within one; else from the least to the largest. */
function rangeOf(type: TensorType, min: number, max: number): Range {
  const named = (from: number, to: number): Range => ({ from, to, name: `${from} to ${to}` });
  if (type === 'bool') return named(0, 1);
  if (type === 'uint8' && max > 16) return named(0, 255);
  if (isFloat(type)) {
    if (min >= -0.1 && max <= 1.1 && max > 0.1) return named(0, 1);
    if (min >= -1.1 && min < -0.1 && max <= 1.1 && max > 0.1) return named(-1, 1);
    if (min >= -16 && max <= 271 && max > 128) return named(0, 255);
  }
  return min < max
    ? { from: min, to: max, name: `${formatValue(min)} to ${formatValue(max)} (least to largest)` }
    : { from: min - 1, to: min + 1, name: `all ${formatValue(min)}` };
}

/** Of the values that one pixel of the preview covers; NaN: none of them is finite. */
function average(
  read: (index: number) => number,
  place: Place,
  channel: number,
  x: number,
  y: number,
  width: number,
  height: number,
): number {
  const [left, right] = covered(x, width, place.width);
  const [top, bottom] = covered(y, height, place.height);
  const stepX = Math.max(1, Math.ceil((right - left) / mostSamples));
  const stepY = Math.max(1, Math.ceil((bottom - top) / mostSamples));
  let sum = 0;
  let count = 0;
  for (let row = top; row < bottom; row += stepY) {
    for (let column = left; column < right; column += stepX) {
      const value = read(
        channel * place.channelStride + row * place.rowStride + column * place.columnStride,
      );
      if (value - value !== 0) continue;
      sum += value;
      count += 1;
    }
  }
  return count === 0 ? NaN : sum / count;
}

function covered(at: number, size: number, full: number): [number, number] {
  const from = Math.floor((at * full) / size);
  return [from, Math.max(from + 1, Math.floor(((at + 1) * full) / size))];
}

function sentenceOf(
  place: Place,
  range: Range,
  summary: Pick<TensorSummary, 'nan' | 'infinite'>,
  shrunk: boolean,
): string {
  const size = `${place.width} x ${place.height}`;
  const what =
    place.channels === 1
      ? `A map of ${size} as gray`
      : place.channels === 3
        ? `${place.kind} of ${size}, channels taken as red, green and blue`
        : `${place.kind} of ${size}, channels taken as red, green, blue and alpha`;
  const parts = [`${what}; ${range.name} shown from dark to bright`];
  if (place.count > 1) parts.push(`the first of ${place.count}`);
  if (shrunk) parts.push('made smaller');
  if (summary.nan + summary.infinite > 0) parts.push('NaN and infinite values are black');
  return `${parts.join('; ')}.`;
}
