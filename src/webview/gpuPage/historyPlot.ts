/**
 * <history-plot>: memory in use and how busy a GPU was over ten minutes, drawn by uPlot on a canvas. The two
 * lines also differ by their strokes. The table beside it says the same to whoever cannot see it.
 */
import uPlot from 'uplot';
import { formatBytes } from '../../core/text/formats';
import { type HistorySample, historyMs } from '../../core/gpu/gpuMemoryHistory';
import { quietAxis, ThemedPlot, themeColors, withAlpha } from '../shared/themedPlot';

export interface PlotData {
  samples: readonly HistorySample[];
  /** Bytes; null: unknown, the scale then follows the data. */
  total: number | null;
  /** ms since 1970: the right edge. */
  now: number;
}

const height = 150;

class HistoryPlot extends ThemedPlot {
  private current: PlotData | null = null;

  set data(data: PlotData) {
    const scaleChanged = this.current?.total !== data.total;
    this.current = data;
    if (!this.isConnected) return;
    if (!this.plot || scaleChanged) this.rebuild();
    else this.plot.setData(columns(data), true);
  }

  protected draw(width: number): uPlot | null {
    if (!this.current) return null;
    return new uPlot(
      options(this.current, width, () => this.current),
      columns(this.current),
      this,
    );
  }
}

function columns({ samples }: PlotData): uPlot.AlignedData {
  return [
    samples.map((sample) => sample.at / 1000),
    samples.map((sample) => sample.used),
    samples.map((sample) => sample.utilization),
  ];
}

function options(data: PlotData, width: number, current: () => PlotData | null): uPlot.Options {
  const color = themeColors();
  const axis = quietAxis(color, 25);
  const now = () => (current() ?? data).now / 1000;
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    scales: {
      x: { time: true, range: () => [now() - historyMs / 1000, now()] },
      bytes: {
        range: (_plot, _min, max) => [0, (current() ?? data).total ?? Math.max(max * 1.1, 1)],
      },
      percent: { range: [0, 100] },
    },
    axes: [
      {
        ...axis,
        values: (_plot, ticks) => ticks.map(minutesBefore(now)),
        space: 70,
        size: 24,
        gap: 6,
      },
      {
        ...axis,
        scale: 'bytes',
        size: 72,
        splits: (_plot, _axis, min, max) =>
          [0, 0.25, 0.5, 0.75, 1].map((part) => min + part * (max - min)),
        values: (_plot, ticks) => ticks.map((bytes) => formatBytes(bytes)),
      },
      {
        ...axis,
        scale: 'percent',
        side: 1,
        size: 48,
        grid: { show: false },
        splits: [0, 50, 100],
        values: (_plot, ticks) => ticks.map((percent) => `${percent} %`),
      },
    ],
    series: [
      {},
      {
        scale: 'bytes',
        stroke: color('--vscode-charts-blue'),
        fill: withAlpha(color('--vscode-charts-blue'), 22),
        width: 2,
        points: { show: false },
        spanGaps: false,
      },
      {
        scale: 'percent',
        stroke: color('--vscode-charts-purple'),
        width: 1,
        dash: [4, 4],
        points: { show: false },
        spanGaps: false,
      },
    ],
  };
}

function minutesBefore(now: () => number): (tick: number) => string {
  return (tick) => {
    const minutes = Math.round((now() - tick) / 60);
    return minutes === 0 ? 'now' : `−${minutes} min`;
  };
}

customElements.define('history-plot', HistoryPlot);
