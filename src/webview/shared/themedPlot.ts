/**
 * What elements with a plot by uPlot share: colours are the theme's and are read again when it changes, the width is the
 * element's.
 */
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export abstract class ThemedPlot extends HTMLElement {
  protected plot: uPlot | null = null;
  private readonly themes = new MutationObserver(() => this.rebuild());
  private readonly sizes = new ResizeObserver(() => this.fit());

  /** null: there is nothing to draw yet. */
  protected abstract draw(width: number): uPlot | null;

  connectedCallback(): void {
    this.themes.observe(document.documentElement, { attributeFilter: ['style', 'class'] });
    this.themes.observe(document.body, { attributeFilter: ['class'] });
    this.sizes.observe(this);
    this.rebuild();
  }

  disconnectedCallback(): void {
    this.themes.disconnect();
    this.sizes.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }

  protected rebuild(): void {
    if (!this.isConnected) return;
    this.plot?.destroy();
    this.plot = this.draw(this.clientWidth || 400);
  }

  private fit(): void {
    if (this.plot && this.clientWidth > 0 && this.clientWidth !== this.plot.width) {
      this.plot.setSize({ width: this.clientWidth, height: this.plot.height });
    }
  }
}

/** percent: how strong the lines of the grid are. */
export function quietAxis(color: (name: string) => string, percent: number): uPlot.Axis {
  return {
    stroke: color('--vscode-descriptionForeground'),
    font: `11px ${color('--vscode-font-family')}`,
    grid: { stroke: withAlpha(color('--vscode-descriptionForeground'), percent), width: 1 },
    ticks: { show: false },
  };
}

export function themeColors(): (name: string) => string {
  const style = getComputedStyle(document.documentElement);
  const fallback = getComputedStyle(document.body).color;
  return (name) => style.getPropertyValue(name).trim() || fallback;
}

export function withAlpha(color: string, percent: number): string {
  return `color-mix(in srgb, ${color} ${percent}%, transparent)`;
}
