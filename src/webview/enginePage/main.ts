/**
 * The engine page's entry: takes messages from the extension, keeps the little state a page has, renders, and sends
 * commands back. It computes nothing about engines: what it shows is the report it was sent.
 */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import './enginePage.css';
import './inspect/inspect.css';
import { render } from 'lit';
import type { HeaderFieldId } from '../../core/report/engineReport';
import {
  pageTabs,
  type FromPage,
  type LayersState,
  type PageTab,
  type ToPage,
} from '../../core/pages/pageMessages';
import type { LayerGrid } from './inspect/layerGrid';
import { initialLayersView, layersModel } from './inspect/layersModel';
import { noFilter } from '../../core/inspect/layerTable';
import { page } from './page';
import type { KeptState, PageActions, PageState } from './state';
import { keptOpen, withOpen } from '../shared/openSet';
import { connect } from '../shared/vscode';

/** A wait shorter than this is not shown: a page that flashes is worse than one that is a moment late. */
const waitingDelay = 300;
const keepDelay = 150;
const second = 1000;
const minute = 60_000;

const extension = connect<FromPage, ToPage, KeptState>(receive);
const root = document.getElementById('page')!;
const kept = readKept(extension.kept);

let state: PageState = {
  report: null,
  changes: null,
  targets: null,
  openTarget: null,
  boards: null,
  trusted: true,
  hash: { state: 'none' },
  tab: kept.tab,
  inspect: { state: 'none' },
  layers: { state: 'none' },
  onnx: { state: 'none', sentence: '' },
  layersView: { ...initialLayersView, selected: kept.selectedLayer },
  profile: 0,
  run: { state: 'none' },
  runs: [],
  freeMemory: null,
  pickedInputs: new Map(),
  runForm: kept.runForm,
  waiting: null,
  selectedField: kept.selectedField,
  hoveredField: null,
  open: new Set(kept.open),
  now: Date.now(),
};
let scrollToRestore: number | null = kept.scrollTop;
/** Where each tab was left. */
const scrollOfTab = new Map<PageTab, number>();
let waitingTimer: ReturnType<typeof setTimeout> | undefined;
let keepTimer: ReturnType<typeof setTimeout> | undefined;

const actions: PageActions = {
  send: extension.send,
  openTarget: (openTarget) => update({ openTarget }),
  chooseBoards: (boards) => update({ boards }),
  selectField: (selectedField) => {
    if (state.selectedField === selectedField) return;
    update({ selectedField });
    keepSoon();
  },
  hoverField: (hoveredField) => update({ hoveredField }),
  goToField: (field) => {
    actions.selectField(field);
    const button = root.querySelector<HTMLElement>(`[data-field="${field}"]`);
    button?.scrollIntoView({ block: 'nearest' });
    button?.focus({ preventScroll: true });
  },
  setOpen: (id, isOpen) => {
    const open = withOpen(state.open, id, isOpen);
    if (!open) return;
    update({ open });
    keepSoon();
  },
  showTab: (tab) => {
    if (state.tab === tab) return;
    scrollOfTab.set(state.tab, window.scrollY);
    update({ tab });
    window.scrollTo({ top: scrollOfTab.get(tab) ?? 0 });
    keepSoon();
  },
  setLayersView: (change) => {
    update({ layersView: { ...state.layersView, ...change } });
    keepSoon();
  },
  showLayer: (index) => {
    const parsed = layersModel(state.layers);
    if (!parsed || 'error' in parsed) return;
    const { filter } = state.layersView;
    const isShown = parsed.model.rows(filter, state.layersView.order, null).includes(index);
    actions.setLayersView({ selected: index, filter: isShown ? filter : noFilter });
    root.querySelector<LayerGrid>('layer-grid')?.reveal(index);
  },
  setProfile: (profile) => update({ profile }),
  setRunForm: (runForm) => {
    update({ runForm });
    keepSoon();
  },
  forgetPickedInput: (name) => {
    const pickedInputs = new Map(state.pickedInputs);
    pickedInputs.delete(name);
    update({ pickedInputs });
  },
};

function update(change: Partial<PageState>): void {
  state = { ...state, ...change, now: Date.now() };
  render(page(state, actions), root);
}

function receive(message: ToPage): void {
  switch (message.type) {
    case 'waiting':
      showWaitingSoon(message.file, message.sentence);
      return;
    case 'report':
      clearTimeout(waitingTimer);
      update({
        report: message.report,
        changes: message.changes ?? null,
        trusted: message.trusted,
        waiting: null,
      });
      restoreScroll();
      return;
    case 'targets':
      update({ targets: message.targets });
      return;
    case 'hash':
      update({ hash: message.hash });
      return;
    case 'showTab':
      if (pageTabs.includes(message.tab)) actions.showTab(message.tab);
      return;
    case 'inspect':
      update({ inspect: message.inspect });
      return;
    case 'layers':
      takeLayers(message.layers);
      return;
    case 'onnx':
      update({ onnx: message.onnx });
      return;
    case 'run':
      update({ run: message.run });
      return;
    case 'runs':
      update({ runs: message.runs });
      return;
    case 'freeMemory':
      update({ freeMemory: { free: message.free, total: message.total } });
      return;
    case 'pickedInput': {
      const { input } = message;
      const name = input.state === 'good' ? input.choice.name : input.name;
      update({ pickedInputs: new Map(state.pickedInputs).set(name, input) });
      return;
    }
  }
}

/** Other layers: what was chosen and filtered among the old ones means nothing. */
function takeLayers(layers: LayersState): void {
  const before = state.layers;
  const others =
    before.state === 'given' &&
    (layers.state === 'none' ||
      layers.source !== before.source ||
      layers.fileName !== before.fileName);
  update(others ? { layers, layersView: initialLayersView } : { layers });
}

function showWaitingSoon(file: string, sentence: string): void {
  clearTimeout(waitingTimer);
  if (state.waiting) {
    update({ waiting: { file, sentence } });
    return;
  }
  waitingTimer = setTimeout(() => update({ waiting: { file, sentence } }), waitingDelay);
}

function restoreScroll(): void {
  if (scrollToRestore === null) return;
  const top = scrollToRestore;
  scrollToRestore = null;
  requestAnimationFrame(() => window.scrollTo({ top }));
}

function keepSoon(): void {
  clearTimeout(keepTimer);
  keepTimer = setTimeout(() => {
    extension.keep({
      scrollTop: window.scrollY,
      selectedField: state.selectedField,
      open: [...state.open],
      tab: state.tab,
      selectedLayer: state.layersView.selected,
      runForm: state.runForm,
    });
  }, keepDelay);
}

function readKept(candidate: { [key in keyof KeptState]?: unknown }): KeptState {
  return {
    scrollTop: typeof candidate.scrollTop === 'number' ? candidate.scrollTop : 0,
    selectedField:
      typeof candidate.selectedField === 'string'
        ? (candidate.selectedField as HeaderFieldId)
        : null,
    open: keptOpen(candidate.open),
    tab: pageTabs.find((tab) => tab === candidate.tab) ?? 'overview',
    selectedLayer: typeof candidate.selectedLayer === 'number' ? candidate.selectedLayer : null,
    runForm: candidate.runForm ?? null,
  };
}

window.addEventListener('scroll', keepSoon, { passive: true });
// A custom element's button does not keep Space from scrolling the page, as a native one does.
root.addEventListener('keydown', (event) => {
  if (event.key === ' ' && event.target instanceof HTMLElement && event.target.role === 'button') {
    event.preventDefault();
  }
});
// "changed 3 minutes ago" goes on being true while the page is open.
setInterval(() => {
  if (state.report && document.visibilityState === 'visible') update({});
}, minute);
// "3.0 s so far"
setInterval(() => {
  const isBusy = state.inspect.state === 'running' || state.run.state === 'running';
  if (isBusy && document.visibilityState === 'visible') update({});
}, second);

showWaitingSoon('', '');
extension.send({ type: 'ready' });
