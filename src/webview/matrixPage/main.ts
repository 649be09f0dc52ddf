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
  hidden: 0,
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
    reveal(state.active);
  },
  open: (line, column) => {
    const at = state.lines[line];
    if (at?.kind !== 'engine') return;
    update({ opened: { row: at.row, column } });
    // In narrow editors it stands below the matrix.
    const details = root.querySelector<HTMLElement>('.details');
    const element = grid();
    if (details && element && details.offsetTop >= element.offsetTop + element.offsetHeight) {
      details.firstElementChild?.scrollIntoView({ block: 'nearest' });
    }
  },
  scrolled: measure,
  showMoreColumns: () => {
    const element = grid();
    element?.scrollBy({ left: columnWidth(element) });
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
  measure();
}

const columnWidth = (element: HTMLElement): number =>
  element.querySelector<HTMLElement>('.matrix-head > :last-child')?.offsetWidth ?? 0;

/** What is in sight, as it is now laid out; renders again where that changed. */
function measure(): void {
  const element = grid();
  if (!element) return;
  const { scrollTop, scrollLeft, scrollWidth, clientWidth, clientHeight: height } = element;
  const width = columnWidth(element);
  const rest = scrollWidth - scrollLeft - clientWidth;
  // A few pixels hide nothing.
  const hidden = width === 0 ? 0 : Math.max(0, Math.ceil((rest - 8) / width));
  if (scrollTop !== state.scrollTop || height !== state.height || hidden !== state.hidden) {
    update({ scrollTop, height, hidden });
  }
}

/** Brings a cell between the sticky head and the lower edge, and beside the sticky first column. */
function reveal({ line, column }: MatrixState['active']): void {
  const element = grid();
  if (!element) return;
  const width = columnWidth(element);
  const first = element.querySelector<HTMLElement>('.matrix-head > .first')?.offsetWidth ?? 0;
  const left = (column - 1) * width;
  if (column > 0 && left < element.scrollLeft) element.scrollLeft = left;
  else if (column > 0 && left + width > element.scrollLeft + element.clientWidth - first) {
    element.scrollLeft = left + width - element.clientWidth + first;
  }
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
window.addEventListener('resize', measure);
update({});
extension.send({ type: 'ready' });
