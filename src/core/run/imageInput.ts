/** A picture as the values of an input tensor. */
import type { TensorType } from '../inspect/inspection';
import { formatShape } from './runFormats';
import type { ImageLayout } from './runReport';
import { encodeValues, isFloat } from './tensorTypes';

/** RGBA, 8 bits each, rows from the top. */
export interface Picture {
  width: number;
  height: number;
  pixels: Uint8Array;
}

/** Where height, width and channels are in a shape. */
export interface ImageShape {
  layout: ImageLayout['layout'];
  batch: number;
  channels: number;
  height: number;
  width: number;
}

/** null: the shape has neither three nor four dimensions, or one of them is open. */
export function imageShape(
  shape: readonly number[],
  layout: ImageLayout['layout'],
): ImageShape | null {
  if (shape.length !== 3 && shape.length !== 4) return null;
  if (shape.some((size) => size < 1)) return null;
  const [a = 0, b = 0, c = 0] = shape.slice(-3);
  const batch = shape.length === 4 ? (shape[0] ?? 1) : 1;
  return layout === 'nchw'
    ? { layout, batch, channels: a, height: b, width: c }
    : { layout, batch, channels: c, height: a, width: b };
}

/**
 * How a picture most likely becomes this input: channels where 1 or 3 stands, RGB, floats from 0 to 1 and integers from
 * 0 to 255. null: the input does not look like a picture.
 */
export function guessImageLayout(type: TensorType, shape: readonly number[]): ImageLayout | null {
  const rank = shape.length;
  if (rank !== 3 && rank !== 4) return null;
  const [a = 0, , c = 0] = shape.slice(-3);
  const isChannels = (size: number): boolean => size === 3 || size === 1;
  const layout = isChannels(a) ? 'nchw' : isChannels(c) ? 'nhwc' : null;
  if (layout === null) return null;
  const channels = layout === 'nchw' ? a : c;
  const scale = isFloat(type) ? 1 / 255 : 1;
  return {
    layout,
    colors: channels === 1 ? 'gray' : 'rgb',
    scale: Array<number>(channels).fill(scale),
    offset: Array<number>(channels).fill(0),
  };
}

/** What is wrong with this layout for this shape, as a sentence; null: it fits. */
export function checkImageLayout(image: ImageLayout, shape: readonly number[]): string | null {
  const place = imageShape(shape, image.layout);
  const name = image.layout.toUpperCase();
  if (place === null)
    return `A picture needs a shape as ${name} has; the input's is ${formatShape(shape)}`;
  const channels = image.colors === 'gray' ? 1 : 3;
  if (place.channels !== channels) {
    return `A ${image.colors} picture as ${name} needs ${channels} ${channels === 1 ? 'channel' : 'channels'}; the shape ${formatShape(shape)} has ${place.channels}`;
  }
  for (const list of [image.scale, image.offset]) {
    if ((list.length !== 1 && list.length !== channels) || !list.every(Number.isFinite)) {
      return `Scale and offset of a ${image.colors} picture are ${channels} ${channels === 1 ? 'number' : 'numbers'} each`;
    }
  }
  return null;
}

/**
 * The bytes of the whole tensor, the picture once for each of the batch. Transparent pixels are shown on black. The
 * layout must fit (checkImageLayout).
 */
export function pictureToTensor(
  picture: Picture,
  image: ImageLayout,
  type: TensorType,
  shape: readonly number[],
): Uint8Array {
  const place = imageShape(shape, image.layout);
  if (place === null) throw new Error('the shape is not that of a picture');
  const { batch, channels, height, width } = place;
  const scaled = scalePicture(picture, width, height);
  const values = new Float64Array(channels * height * width);
  for (let channel = 0; channel < channels; channel++) {
    const scale = image.scale[channel] ?? image.scale[0] ?? 1;
    const offset = image.offset[channel] ?? image.offset[0] ?? 0;
    for (let pixel = 0; pixel < height * width; pixel++) {
      const value = colorOf(scaled, pixel * 3, channel, image.colors);
      const at =
        image.layout === 'nchw' ? channel * height * width + pixel : pixel * channels + channel;
      values[at] = value * scale + offset;
    }
  }
  if (batch === 1) return encodeValues(type, values);
  const all = new Float64Array(batch * values.length);
  for (let i = 0; i < batch; i++) all.set(values, i * values.length);
  return encodeValues(type, all);
}

/** "scaled from 640 x 480 to 64 x 64, RGB as NCHW, value * 0.00392157 + 0" */
export function pictureSentence(
  picture: Picture,
  image: ImageLayout,
  shape: readonly number[],
): string {
  const place = imageShape(shape, image.layout);
  const same = place?.width === picture.width && place.height === picture.height;
  const size = `${picture.width} x ${picture.height}`;
  const scaled = same ? size : `scaled from ${size} to ${place?.width} x ${place?.height}`;
  const list = (numbers: readonly number[]): string => {
    const texts = numbers.map((number) => String(Number(number.toPrecision(6))));
    return new Set(texts).size === 1 ? (texts[0] ?? '') : `(${texts.join(', ')})`;
  };
  const colors = image.colors === 'gray' ? 'gray' : image.colors.toUpperCase();
  return `${scaled}, ${colors} as ${image.layout.toUpperCase()}, value * ${list(image.scale)} + ${list(image.offset)}`;
}

function colorOf(
  rgb: Float32Array,
  at: number,
  channel: number,
  colors: ImageLayout['colors'],
): number {
  switch (colors) {
    case 'rgb':
      return rgb[at + channel] ?? 0;
    case 'bgr':
      return rgb[at + 2 - channel] ?? 0;
    case 'gray': // as OpenCV and Pillow: ITU-R 601
      return 0.299 * (rgb[at] ?? 0) + 0.587 * (rgb[at + 1] ?? 0) + 0.114 * (rgb[at + 2] ?? 0);
  }
}

/** Bilinear between the four pixels around each new one's centre, as OpenCV's INTER_LINEAR. RGB, 0…255. */
export function scalePicture(picture: Picture, width: number, height: number): Float32Array {
  const { pixels } = picture;
  const scaled = new Float32Array(width * height * 3);
  const columns = sources(picture.width, width);
  const rows = sources(picture.height, height);
  // Plain loops: a closure for each of millions of values takes seconds.
  let to = 0;
  for (const row of rows) {
    const above = row.low * picture.width;
    const below = row.high * picture.width;
    for (const column of columns) {
      const share = column.share;
      const a = (above + column.low) * 4;
      const b = (above + column.high) * 4;
      const c = (below + column.low) * 4;
      const d = (below + column.high) * 4;
      const alphaA = (pixels[a + 3] as number) / 255;
      const alphaB = (pixels[b + 3] as number) / 255;
      const alphaC = (pixels[c + 3] as number) / 255;
      const alphaD = (pixels[d + 3] as number) / 255;
      for (let color = 0; color < 3; color++) {
        const left = (pixels[a + color] as number) * alphaA;
        const right = (pixels[b + color] as number) * alphaB;
        const leftBelow = (pixels[c + color] as number) * alphaC;
        const rightBelow = (pixels[d + color] as number) * alphaD;
        const upper = left + (right - left) * share;
        const lower = leftBelow + (rightBelow - leftBelow) * share;
        scaled[to++] = upper + (lower - upper) * row.share;
      }
    }
  }
  return scaled;
}

interface Source {
  low: number;
  high: number;
  /** How much of `high`. */
  share: number;
}

function sources(from: number, to: number): Source[] {
  return Array.from({ length: to }, (_, i) => {
    const place = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const low = Math.min(from - 1, Math.floor(place));
    return { low, high: Math.min(from - 1, low + 1), share: place - low };
  });
}
