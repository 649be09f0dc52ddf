/** The numbers of the GPUs and what is made of them; loaded when somebody first wants to see them. */
import type { EngineReport } from '../../core/report/engineReport';
import { engineFit, type Fit } from '../../core/gpu/fit';
import type { GpuSnapshot } from '../../core/gpu/gpuMemory';
import {
  chooseGpu,
  type GpuChoice,
  type VisibleGpus,
  visibleGpus,
} from '../../core/gpu/gpuMemoryChoice';
import { GpuMemoryHistory, type HistorySample } from '../../core/gpu/gpuMemoryHistory';
import { type GpuViewModel, makeGpuView } from '../../core/pages/gpuMemoryView';
import { commands } from '../ids';
import * as settings from '../settings';
import { GpuHost, type GpuHostOptions } from './gpuHost';
import { GpuPoller } from './gpuPoller';
import { statusItem, type StatusItemContent } from './statusItem';

/** The engine that the user looks at. */
export interface EngineInFront {
  file: string;
  report: EngineReport;
}

interface Known {
  snapshot: GpuSnapshot;
  choice: GpuChoice;
  visible: VisibleGpus;
}

export class GpuNumbers {
  readonly poller: GpuPoller;
  private readonly looks = new GpuMemoryHistory();

  constructor(options: GpuHostOptions, onLook: (snapshot: GpuSnapshot) => void) {
    this.poller = new GpuPoller(new GpuHost(options), (snapshot) => {
      this.looks.add(snapshot);
      onLook(snapshot);
    });
  }

  /** null: not looked yet. */
  known(): Known | null {
    const { snapshot } = this.poller;
    if (!snapshot) return null;
    const visible = visibleGpus(snapshot.gpus, process.env);
    return { snapshot, visible, choice: chooseGpu(snapshot.gpus, settings.gpu(), visible) };
  }

  history(): Record<string, readonly HistorySample[]> {
    return this.looks.all();
  }

  /** The GPU view. */
  view(front: EngineInFront | null): GpuViewModel | null {
    const known = this.known();
    if (!known) return null;
    return makeGpuView({
      ...known,
      warningPercent: settings.gpuWarningPercent(),
      everyMs: this.poller.everyMs,
      fit: fitOf(front, known.choice),
    });
  }

  /** The status bar item. */
  item(front: EngineInFront | null): StatusItemContent | null {
    const known = this.known();
    if (!known) return null;
    return statusItem({
      ...known,
      warningPercent: settings.gpuWarningPercent(),
      fit: fitOf(front, known.choice),
      commands: { show: commands.showGpus, choose: commands.chooseGpu },
    });
  }
}

function fitOf(front: EngineInFront | null, { gpu }: GpuChoice): { file: string; fit: Fit } | null {
  if (!front || !gpu) return null;
  const fit = engineFit(front.report, {
    name: gpu.name,
    total: gpu.total === null ? null : Number(gpu.total),
    free: gpu.free === null ? null : Number(gpu.free),
  });
  return fit && { file: front.file, fit };
}
