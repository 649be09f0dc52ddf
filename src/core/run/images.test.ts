import * as assert from 'node:assert/strict';

import {
  checkImageLayout,
  guessImageLayout,
  pictureSentence,
  pictureToTensor,
  type Picture,
} from './imageInput';
import { imagePreview } from './imagePreview';
import type { ImageLayout } from './runReport';
import { summarizeTensor } from './tensorSummary';
import { decodeValues, encodeValues } from './tensorTypes';
import type { TensorType } from '../inspect/inspection';

/** Two by one: red, then blue half transparent. */
const picture: Picture = {
  width: 2,
  height: 1,
  pixels: Uint8Array.of(255, 0, 0, 255, 0, 0, 255, 128),
};
const nchw: ImageLayout = { layout: 'nchw', colors: 'rgb', scale: [1], offset: [0] };
const values = (image: ImageLayout, shape: number[], type: TensorType = 'float32'): number[] => {
  const count = shape.reduce((product, size) => product * size, 1);
  return Array.from(decodeValues(type, pictureToTensor(picture, image, type, shape), count));
};

describe('pictures as inputs', () => {
  it('are laid out as NCHW and NHWC, RGB, BGR and gray', () => {
    assert.deepEqual(values(nchw, [1, 3, 1, 2]), [255, 0, 0, 0, 0, 128]);
    assert.deepEqual(values({ ...nchw, layout: 'nhwc' }, [1, 1, 2, 3]), [255, 0, 0, 0, 0, 128]);
    assert.deepEqual(values({ ...nchw, colors: 'bgr' }, [3, 1, 2]), [0, 128, 0, 0, 255, 0]);
    const gray = values({ ...nchw, colors: 'gray' }, [1, 1, 1, 2]);
    assert.ok(Math.abs((gray[0] ?? 0) - 76.245) < 1e-3 && Math.abs((gray[1] ?? 0) - 14.592) < 1e-3);
  });

  it('are scaled and moved, for each channel', () => {
    const image: ImageLayout = { ...nchw, scale: [1 / 255, 1, 2], offset: [-1, 5, 0] };
    assert.deepEqual(values(image, [3, 1, 2]), [0, -1, 5, 5, 0, 256]);
    assert.deepEqual(values({ ...nchw, scale: [2] }, [3, 1, 2], 'uint8'), [255, 0, 0, 0, 0, 255]);
  });

  it('are interpolated, and repeated over the batch', () => {
    const red = values(nchw, [1, 3, 1, 4]).slice(0, 4);
    assert.deepEqual(red, [255, 191.25, 63.75, 0]);
    const two = values(nchw, [2, 3, 1, 2]);
    assert.deepEqual(two.slice(0, 6), two.slice(6));
  });

  it('are told about in a sentence', () => {
    assert.equal(
      pictureSentence(picture, { ...nchw, scale: [1 / 255] }, [1, 3, 4, 4]),
      'scaled from 2 x 1 to 4 x 4, RGB as NCHW, value * 0.00392157 + 0',
    );
  });

  it('fit or say why not', () => {
    assert.equal(checkImageLayout(nchw, [1, 3, 8, 8]), null);
    assert.match(checkImageLayout(nchw, [1, 8, 8, 3]) ?? '', /needs 3 channels.*has 8/);
    assert.match(checkImageLayout(nchw, [3, 8]) ?? '', /needs a shape as NCHW/);
    assert.match(checkImageLayout({ ...nchw, scale: [1, 2] }, [3, 8, 8]) ?? '', /3 numbers each/);
    assert.match(checkImageLayout({ ...nchw, offset: [NaN] }, [3, 8, 8]) ?? '', /3 numbers each/);
    assert.equal(guessImageLayout('float32', [1, 3, 64, 64])?.layout, 'nchw');
    assert.equal(guessImageLayout('uint8', [1, 64, 64, 1])?.colors, 'gray');
    assert.deepEqual(guessImageLayout('uint8', [64, 64, 3])?.scale, [1, 1, 1]);
    assert.equal(guessImageLayout('float32', [1, 1000]), null);
    assert.equal(guessImageLayout('float32', [1, 16, 64, 64]), null);
  });
});

describe('outputs as pictures', () => {
  const preview = (type: TensorType, shape: number[], valueAt: (i: number) => number) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const bytes = encodeValues(
      type,
      Array.from({ length: count }, (_, i) => valueAt(i)),
    );
    return imagePreview(summarizeTensor('y', type, shape, bytes), bytes);
  };
  const pixel = (made: ReturnType<typeof preview>, x: number, y: number): number[] =>
    Array.from(made?.pixels.subarray((y * (made.width ?? 0) + x) * 4).subarray(0, 4) ?? []);

  it('take channels as colors', () => {
    const area = 8 * 10;
    const made = preview('float32', [1, 3, 8, 10], (i) => (i < area ? 1 : i < 2 * area ? 0.5 : 0));
    assert.deepEqual([made?.width, made?.height], [10, 8]);
    assert.deepEqual(pixel(made, 9, 7), [255, 128, 0, 255]);
    assert.equal(
      made?.sentence,
      'NCHW of 10 x 8, channels taken as red, green and blue; 0 to 1 shown from dark to bright.',
    );
    const last = preview('uint8', [8, 10, 4], (i) => [200, 100, 50, 25][i % 4] ?? 0);
    assert.deepEqual(pixel(last, 3, 3), [200, 100, 50, 25]);
    assert.match(last?.sentence ?? '', /NHWC.*alpha; 0 to 255/);
  });

  it('show maps in gray from the least to the largest', () => {
    const made = preview('float16', [16, 16], (i) => (i === 0 ? -50 : i === 255 ? 400 : 0));
    assert.deepEqual(pixel(made, 0, 0), [0, 0, 0, 255]);
    assert.deepEqual(pixel(made, 15, 15), [255, 255, 255, 255]);
    assert.match(
      made?.sentence ?? '',
      /^A map of 16 x 16 as gray; -50 to 400 \(least to largest\)/,
    );
    assert.match(
      preview('float32', [5, 7, 16, 16], () => 3)?.sentence ?? '',
      /all 3 .*the first of 35/,
    );
  });

  it('make large ones smaller and paint NaN black', () => {
    const made = preview('float32', [1, 1, 1024, 600], (i) => (i % 600 < 300 ? NaN : 1));
    assert.deepEqual([made?.width, made?.height], [300, 512]);
    assert.deepEqual(pixel(made, 0, 0), [0, 0, 0, 255]);
    assert.deepEqual(pixel(made, 299, 511), [255, 255, 255, 255]);
    assert.match(made?.sentence ?? '', /made smaller; NaN and infinite values are black\.$/);
  });

  it('are not made of what is no picture', () => {
    assert.equal(
      preview('float32', [1, 1000], () => 1),
      null,
    );
    assert.equal(
      preview('float32', [100], () => 1),
      null,
    );
    assert.equal(
      preview('float32', [], () => 1),
      null,
    );
    assert.equal(
      preview('float32', [3, 4, 4], () => 1),
      null,
    );
    assert.equal(
      preview('float32', [16, 16], () => NaN),
      null,
    );
    assert.equal(
      preview('float32', [0, 3, 16, 16], () => 1),
      null,
    );
  });
});
