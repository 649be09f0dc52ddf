/** The entry of the page of two engines: takes both from the extension, compares them once, renders. */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import './comparePage.css';
import { render } from 'lit';
import type {
  ComparedEngine,
  FromComparePage,
  ToComparePage,
} from '../../core/pages/comparePageMessages';
import { compareEngines } from '../../core/inspect/compareEngines';
import { LayersError, parseLayers, type LayersDocument } from '../../core/inspect/layers';
import {
  comparePage,
  type CompareActions,
  type CompareState,
  firstShown,
  type LayerList,
} from './page';
import { withOpen } from '../shared/openSet';
import { connect } from '../shared/vscode';

const extension = connect<FromComparePage, ToComparePage>(receive);
const root = document.getElementById('page')!;
const unopened: Record<LayerList, number> = {
  changed: firstShown,
  removed: firstShown,
  added: firstShown,
};

let state: CompareState = {
  waiting: '',
  engines: null,
  comparison: null,
  layerErrors: [],
  shown: unopened,
  open: new Set(),
};

const actions: CompareActions = {
  send: extension.send,
  showMore: (list) => {
    update({ shown: { ...state.shown, [list]: state.shown[list] + firstShown * 5 } });
  },
  setOpen: (id, isOpen) => {
    const open = withOpen(state.open, id, isOpen);
    if (!open) return;
    update({ open });
  },
};

function update(change: Partial<CompareState>): void {
  state = { ...state, ...change };
  render(comparePage(state, actions), root);
}

function receive(message: ToComparePage): void {
  switch (message.type) {
    case 'waiting':
      update({ waiting: message.sentence });
      return;
    case 'comparison': {
      const layerErrors: string[] = [];
      const side = (engine: ComparedEngine) => ({
        report: engine.report,
        inspection: engine.inspection,
        layers: layersOf(engine, layerErrors),
      });
      const { first, second } = message;
      update({
        waiting: null,
        engines: { first, second },
        comparison: compareEngines(side(first), side(second)),
        layerErrors,
        shown: unopened,
      });
      return;
    }
  }
}

function layersOf(engine: ComparedEngine, errors: string[]): LayersDocument | null {
  if (engine.layers === null || engine.layers.length === 0) return null;
  try {
    return parseLayers(engine.layers);
  } catch (error) {
    if (!(error instanceof LayersError)) throw error;
    errors.push(`The layers of ${engine.report.file} could not be read. ${error.message}`);
    return null;
  }
}

update({});
extension.send({ type: 'ready' });
