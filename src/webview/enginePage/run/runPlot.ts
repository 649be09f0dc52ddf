/**
 * <run-plot>: what a run measured, drawn by uPlot on a canvas: latency over memory, the histogram, the run over time.
 * A line under the plot reads out what is pointed at; the table beside each plot says the same to whoever cannot see or
 * point.
 */
import uPlot from 'uplot';
import { formatBytes, formatCount } from '../../../core/text/formats';
import { formatMilliseconds } from '../../../core/run/runFormats';
import type { Histogram } from '../../../core/run/runReport';
import { quietAxis, ThemedPlot, themeColors } from '../../shared/themedPlot';

export interface SweepPlotPoint {
  /** Bytes: GPU memory at peak, or the budget where memory is not known. */
  memory: number;
  ms: number;
  label: string;
  /** Index into the sweep's points. */
  index: number;
}

export type PlotSpec =
  | { kind: 'histogram'; histogram: Histogram; marks: { at: number; label: string }[] }
  | { kind: 'timeline'; at: readonly number[]; latency: readonly number[] }
  | {
      kind: 'sweep';
      /** By memory, least first. */
      points: SweepPlotPoint[];
      /** Index into `points` here; null: none. */
      knee: number | null;
      kneeLabel: string;
      /** Index into `points` here: the one that is shown below. */
      shown: number | null;
    };

const heights: Record<PlotSpec['kind'], number> = { sweep: 230, histogram: 130, timeline: 130 };

export class RunPlot extends ThemedPlot {
  private current: PlotSpec | null = null;
  private drawn = '';
  private readonly readout = document.createElement('p');

  constructor() {
    super();
    this.readout.className = 'plot-readout';
    this.readout.ariaHidden = 'true';
  }

  /** Setting what is drawn already changes nothing: the page renders often. */
  set spec(spec: PlotSpec) {
    const key = JSON.stringify(spec);
    if (key === this.drawn) return;
    this.drawn = key;
    this.current = spec;
    this.rebuild();
  }

  protected draw(width: number): uPlot | null {
    const spec = this.current;
    if (!spec) return null;
    const plot = new uPlot(
      {
        ...optionsOf(spec),
        width,
        height: heights[spec.kind],
        legend: { show: false },
        hooks: {
          draw: [(drawn) => drawMarks(drawn, spec)],
          setCursor: [({ cursor }) => this.read(spec, cursor.idx ?? null)],
        },
      },
      dataOf(spec),
      this,
    );
    this.append(this.readout);
    this.read(spec, null);
    if (spec.kind === 'sweep') {
      plot.over.addEventListener('click', () => {
        const point = spec.points[plot.cursor.idx ?? -1];
        if (point) this.dispatchEvent(new CustomEvent('pick', { detail: point.index }));
      });
    }
    return plot;
  }

  private read(spec: PlotSpec, index: number | null): void {
    this.readout.textContent = index === null ? '' : (readoutOf(spec, index) ?? '');
  }
}

function readoutOf(spec: PlotSpec, index: number): string | null {
  switch (spec.kind) {
    case 'sweep': {
      const point = spec.points[index];
      return point ? point.label : null;
    }
    case 'histogram': {
      const { from, width, counts } = spec.histogram;
      const count = counts[index];
      if (count === undefined) return null;
      const start = from + index * width;
      return `${formatMilliseconds(start)} to ${formatMilliseconds(start + width)}: ${formatCount(count)}`;
    }
    case 'timeline': {
      const [at, ms] = [spec.at[index], spec.latency[index]];
      if (at === undefined || ms === undefined) return null;
      return `${formatMilliseconds(ms)} at ${formatMilliseconds(at * 1000)}`;
    }
  }
}

function dataOf(spec: PlotSpec): uPlot.AlignedData {
  switch (spec.kind) {
    case 'sweep':
      return [spec.points.map(({ memory }) => memory), spec.points.map(({ ms }) => ms)];
    case 'histogram': {
      const { from, width, counts } = spec.histogram;
      return [counts.map((_, i) => from + i * width), counts];
    }
    case 'timeline':
      return [[...spec.at], [...spec.latency]];
  }
}

function optionsOf(spec: PlotSpec): Omit<uPlot.Options, 'width' | 'height'> {
  const color = themeColors();
  const axis = quietAxis(color, 20);
  const ms: uPlot.Axis = {
    ...axis,
    size: 66,
    values: (_plot, ticks) => ticks.map((tick) => (tick === 0 ? '0' : formatMilliseconds(tick))),
  };
  const cursor: uPlot.Cursor = { y: false, drag: { x: false, y: false } };
  switch (spec.kind) {
    case 'sweep':
      return {
        cursor,
        padding: [14, 20, 0, 0],
        scales: {
          x: { time: false, range: (_plot, min, max) => padded(min, max, 0.06) },
          y: { range: (_plot, _min, max) => [0, max * 1.12 || 1] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 24,
            gap: 4,
            space: 80,
            values: (_plot, ticks) =>
              ticks.map((bytes) => (bytes === 0 ? '0' : formatBytes(bytes))),
            incrs: byteIncrements,
          },
          ms,
        ],
        series: [
          {},
          {
            stroke: color('--vscode-charts-blue'),
            width: 2,
            points: { show: true, size: 7, fill: color('--vscode-charts-blue') },
          },
        ],
      };
    case 'histogram':
      return {
        cursor: { ...cursor, points: { show: false } },
        padding: [16, 20, 0, 0],
        scales: {
          x: {
            time: false,
            range: () => {
              const { from, width, counts } = spec.histogram;
              return [from, from + Math.max(1, counts.length) * width];
            },
          },
          y: { range: (_plot, _min, max) => [0, max * 1.1 || 1] },
        },
        axes: [
          { ...ms, grid: { show: false }, size: 24, gap: 4, space: 80 },
          {
            ...axis,
            size: 66,
            space: 34,
            values: (_plot, ticks) =>
              ticks.map((tick) => (Number.isInteger(tick) ? formatCount(tick) : '')),
          },
        ],
        series: [
          {},
          {
            paths: uPlot.paths.bars!({ size: [0.86, 60], align: 1 }),
            fill: color('--vscode-charts-purple'),
            stroke: color('--vscode-charts-purple'),
            width: 0,
            points: { show: false },
          },
        ],
      };
    case 'timeline':
      return {
        cursor,
        padding: [10, 20, 0, 0],
        scales: {
          x: { time: false },
          y: {
            range: (_plot, min, max) => [Math.max(0, min - (max - min) * 0.2), max * 1.05 || 1],
          },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 24,
            gap: 4,
            space: 80,
            values: (_plot, ticks) => ticks.map((tick) => `${Number(tick.toPrecision(6))} s`),
          },
          { ...ms, space: 34 },
        ],
        series: [
          {},
          {
            stroke: color('--vscode-charts-purple'),
            width: 1,
            points: { show: spec.at.length < 40, size: 4 },
          },
        ],
      };
  }
}

/** Steps that are round in binary units. */
const byteIncrements = Array.from({ length: 45 }, (_, power) => 2 ** power);

function padded(min: number, max: number, share: number): [number, number] {
  const pad = (max - min) * share || Math.abs(max) * share || 1;
  return [Math.max(0, min - pad), max + pad];
}

function drawMarks(plot: uPlot, spec: PlotSpec): void {
  switch (spec.kind) {
    case 'sweep':
      drawKnee(plot, spec);
      return;
    case 'histogram':
      for (const [i, mark] of spec.marks.entries()) drawMark(plot, mark, i);
      return;
    case 'timeline':
      return;
  }
}

/** A ring around the knee, and a dot around the point whose numbers are shown. */
function drawKnee(plot: uPlot, spec: Extract<PlotSpec, { kind: 'sweep' }>): void {
  const color = themeColors();
  const { ctx } = plot;
  const scale = devicePixelRatio;
  const ring = (index: number, radius: number, stroke: string, dash: number[]) => {
    const point = spec.points[index];
    if (!point) return null;
    const x = plot.valToPos(point.memory, 'x', true);
    const y = plot.valToPos(point.ms, 'y', true);
    ctx.strokeStyle = stroke;
    ctx.lineWidth = 2 * scale;
    ctx.setLineDash(dash.map((length) => length * scale));
    ctx.beginPath();
    ctx.arc(x, y, radius * scale, 0, 2 * Math.PI);
    ctx.stroke();
    return { x, y };
  };
  ctx.save();
  if (spec.shown !== null && spec.shown !== spec.knee) {
    ring(spec.shown, 8, color('--vscode-foreground'), [2, 2]);
  }
  const at = spec.knee === null ? null : ring(spec.knee, 8, color('--vscode-charts-green'), []);
  if (at) {
    ctx.font = `${12 * scale}px ${color('--vscode-font-family')}`;
    ctx.fillStyle = color('--vscode-foreground');
    const room = plot.bbox.left + plot.bbox.width - at.x;
    const width = ctx.measureText(spec.kneeLabel).width;
    ctx.textAlign = room > width + 20 * scale ? 'left' : 'right';
    const aside = (ctx.textAlign === 'left' ? 10 : -10) * scale;
    ctx.fillText(spec.kneeLabel, at.x + aside, at.y - 12 * scale);
  }
  ctx.restore();
}

function drawMark(plot: uPlot, mark: { at: number; label: string }, i: number): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  const x = plot.valToPos(mark.at, 'x', true);
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  const color = themeColors();
  ctx.save();
  ctx.strokeStyle = color('--vscode-foreground');
  ctx.lineWidth = scale;
  ctx.setLineDash([3 * scale, 3 * scale]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.font = `${11 * scale}px ${color('--vscode-font-family')}`;
  ctx.fillStyle = color('--vscode-foreground');
  // The first mark's label stands left of its line, the second's right: they are close to each other.
  ctx.textAlign = i === 0 ? 'right' : 'left';
  ctx.fillText(mark.label, x + (i === 0 ? -4 : 4) * scale, bbox.top - 4 * scale);
  ctx.restore();
}

customElements.define('run-plot', RunPlot);
