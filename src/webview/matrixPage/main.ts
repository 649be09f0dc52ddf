/** The matrix page's entry: keeps what is filtered, sorted, closed and chosen, renders, and sends commands back. */
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import './matrixPage.css';
import { render } from 'lit';
import type { FromMatrixPage, ToMatrixPage } from '../../core/pages/matrixPageMessages';
import { matrixLines, type MatrixFilter } from '../../core/pages/matrixRows';
import { matrixPage, rowHeight, type MatrixActions, type MatrixState } from './page';
import { connect } from '../shared/vscode';

const extension = connect<
  FromMatrixPage,
  ToMatrixPage,
  Pick<MatrixFilter, 'text' | 'problemsOnly' | 'sort'>
>(receive);
const root = document.getElementById('page')!;

let state: MatrixState = {
  waiting: '',
  matrix: null,
  filter: { text: '', problemsOnly: false, sort: 'worst', byFolder: true, closed: new Set() },
  lines: [],
  active: { line: 0, column: 0 },
  opened: null,
  scrollTop: 0,
  height: 600,
};

const grid = () => root.querySelector<HTMLElement>('.matrix-grid');

const actions: MatrixActions = {
  send: extension.send,
  setFilter: (change) => refill({ ...state.filter, ...change }),
  toggleFolder: (folder) => {
    const closed = new Set(state.filter.closed);
    if (!closed.delete(folder)) closed.add(folder);
    refill({ ...state.filter, closed });
  },
  activate: (line, column) => {
    const last = state.lines.length - 1;
    const columns = state.matrix?.columns.length ?? 0;
    update({
      active: {
        line: Math.max(0, Math.min(line, last)),
        column: Math.max(0, Math.min(column, columns)),
      },
    });
    reveal(state.active.line);
  },
  open: (line, column) => {
    const at = state.lines[line];
    if (at?.kind === 'engine') update({ opened: { row: at.row, column } });
  },
  scrolled: (scrollTop, height) => {
    if (scrollTop !== state.scrollTop || height !== state.height) update({ scrollTop, height });
  },
};

function refill(filter: MatrixFilter): void {
  const lines = state.matrix ? matrixLines(state.matrix, filter) : [];
  const last = Math.max(0, lines.length - 1);
  update({ filter, lines, active: { ...state.active, line: Math.min(state.active.line, last) } });
  extension.keep({ text: filter.text, problemsOnly: filter.problemsOnly, sort: filter.sort });
}

function update(change: Partial<MatrixState>): void {
  state = { ...state, ...change };
  render(matrixPage(state, actions), root);
}

/** Brings a line between the sticky head and the lower edge. */
function reveal(line: number): void {
  const element = grid();
  if (!element) return;
  const head = element.querySelector<HTMLElement>('.matrix-head')?.offsetHeight ?? 0;
  const top = line * rowHeight;
  const visible = element.clientHeight - head;
  if (top < element.scrollTop) element.scrollTop = top;
  else if (top + rowHeight > element.scrollTop + visible) {
    element.scrollTop = top + rowHeight - visible;
  }
}

function receive(message: ToMatrixPage): void {
  if (message.type === 'waiting') {
    update({ waiting: message.sentence });
    return;
  }
  const { matrix } = message;
  const opened = state.opened;
  const row = opened && matrix.rows.find(({ id }) => id === opened.row.id);
  update({ waiting: null, matrix, opened: opened && row ? { ...opened, row } : null });
  refill(state.filter);
}

const { text, problemsOnly, sort } = extension.kept;
state.filter = {
  ...state.filter,
  text: typeof text === 'string' ? text : '',
  problemsOnly: problemsOnly === true,
  sort: sort === 'name' ? 'name' : 'worst',
};
window.addEventListener('resize', () => {
  const element = grid();
  if (element) actions.scrolled(element.scrollTop, element.clientHeight);
});
update({});
extension.send({ type: 'ready' });
