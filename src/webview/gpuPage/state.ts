/** What the page knows and what it can do. */
import type { GpuMemoryHistory } from '../../core/gpu/gpuMemoryHistory';
import type { FromGpuPage, GpuViewModel } from '../../core/pages/gpuMemoryView';

export interface GpuPageState {
  model: GpuViewModel | null;
  history: GpuMemoryHistory;
  /** Ids of the disclosures that are open. */
  open: ReadonlySet<string>;
}

export interface GpuPageActions {
  send: (message: FromGpuPage) => void;
  setOpen: (id: string, isOpen: boolean) => void;
}
