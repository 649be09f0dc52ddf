/** <image-preview>: an output as a picture, on a canvas: the page's policy allows no image from elsewhere. */
import type { ImagePreview } from '../../../core/run/runReport';

export class ImagePreviewElement extends HTMLElement {
  private shown: ImagePreview | null = null;
  private readonly canvas = document.createElement('canvas');

  set preview(preview: ImagePreview) {
    if (preview === this.shown) return;
    this.shown = preview;
    const { width, height, pixels } = preview;
    this.canvas.width = width;
    this.canvas.height = height;
    const bytes = new Uint8ClampedArray(pixels);
    if (bytes.length !== width * height * 4 || bytes.length === 0) return;
    this.canvas.getContext('2d')?.putImageData(new ImageData(bytes, width, height), 0, 0);
  }

  connectedCallback(): void {
    this.append(this.canvas);
  }
}

customElements.define('image-preview', ImagePreviewElement);
