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
import { keptOpen, withOpen } from '../shared/openSet';
import { connect } from '../shared/vscode';

const extension = connect<FromGpuPage, ToGpuPage, { open: string[] }>(receive);
const root = document.getElementById('page')!;
let state: GpuPageState = {
  model: null,
  history: new GpuMemoryHistory(),
  open: new Set(keptOpen(extension.kept.open)),
};

const actions: GpuPageActions = {
  send: extension.send,
  setOpen: (id, isOpen) => {
    const open = withOpen(state.open, id, isOpen);
    if (!open) return;
    extension.keep({ open: [...open] });
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

update({});
extension.send({ type: 'ready' });
