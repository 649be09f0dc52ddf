/**
 * The GPU page's entry: takes models from the extension, keeps ten minutes of history for its plots, renders, and sends
 * commands back.
 */
import './gpuPage.css';
import './historyPlot';
import { render } from 'lit';
import { GpuMemoryHistory } from '../../core/gpu/gpuMemoryHistory';
import type { FromGpuPage, GpuViewModel, ToGpuPage } from '../../core/pages/gpuMemoryView';
import { gpuPage } from './page';
import type { GpuPageActions, GpuPageState } from './state';

declare function acquireVsCodeApi(): {
  postMessage(message: FromGpuPage): void;
  getState(): unknown;
  setState(state: { open: string[] }): void;
};

const vscode = acquireVsCodeApi();
const root = document.getElementById('page')!;
let state: GpuPageState = {
  model: null,
  history: new GpuMemoryHistory(),
  open: new Set(keptOpen(vscode.getState())),
};

const actions: GpuPageActions = {
  send: (message) => vscode.postMessage(message),
  setOpen: (id, isOpen) => {
    if (state.open.has(id) === isOpen) return;
    const open = new Set(state.open);
    if (isOpen) open.add(id);
    else open.delete(id);
    vscode.setState({ open: [...open] });
    update({ open });
  },
};

function update(change: Partial<GpuPageState>): void {
  state = { ...state, ...change };
  render(gpuPage(state, actions), root);
}

function receive(message: ToGpuPage): void {
  switch (message.type) {
    case 'waiting':
      update({});
      return;
    case 'history':
      state.history.restore(message.samples);
      return;
    case 'model':
      remember(message.model);
      update({ model: message.model });
      return;
  }
}

/** The same look may come twice: when the page is shown again and when something else changed. */
function remember(model: GpuViewModel): void {
  const isNew = model.gpus.some((gpu) => (state.history.of(gpu.id).at(-1)?.at ?? 0) < model.at);
  if (!isNew) return;
  state.history.add({
    at: model.at,
    gpus: model.gpus.map(({ id, used, utilizationPercent }) => ({
      id,
      used,
      utilization: utilizationPercent,
    })),
  });
}

/** State kept by an older version of the page may have any shape. */
function keptOpen(value: unknown): string[] {
  const open: unknown =
    typeof value === 'object' && value !== null && 'open' in value ? value.open : null;
  return Array.isArray(open) ? open.filter((id): id is string => typeof id === 'string') : [];
}

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const data = event.data;
  if (typeof data !== 'object' || data === null || !('type' in data)) return;
  receive(data as ToGpuPage);
});

update({});
vscode.postMessage({ type: 'ready' });
