/** Screenshots as one animated GIF. */
import { GIFEncoder, applyPalette, quantize } from 'gifenc';
import { PNG } from 'pngjs';

export function makeGif(frames: readonly { png: Buffer; ms: number }[]): Uint8Array {
  const gif = GIFEncoder();
  for (const { png, ms } of frames) {
    const { width, height, data } = PNG.sync.read(png);
    const palette = quantize(data, 256);
    gif.writeFrame(applyPalette(data, palette), width, height, { palette, delay: ms });
  }
  gif.finish();
  return gif.bytes();
}
