/** The matrix page as a function of its state. Only the rows in view exist, so that thousands scroll like ten. */
import { html, nothing, svg, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { FromMatrixPage, MatrixFormat } from '../../core/pages/matrixPageMessages';
import type { FolderLine, MatrixFilter, MatrixLine } from '../../core/pages/matrixRows';
import type { CellSign, CellView, MatrixModel, MatrixRow } from '../../core/targets/matrixModel';
import { icon } from '../shared/icon';
import { quietButton } from '../shared/quietButton';
import { strings } from './strings';

/** Of every row, in pixels: what is in view is counted, not measured. matrixPage.css says the same. */
export const rowHeight = 28;
/** Rows above and below what is seen. */
const spare = 10;

export interface MatrixState {
  /** null: nothing is awaited. */
  waiting: string | null;
  matrix: MatrixModel | null;
  filter: MatrixFilter;
  lines: MatrixLine[];
  /** column 0 is the engine's name. */
  active: { line: number; column: number };
  opened: { row: MatrixRow; column: number } | null;
  scrollTop: number;
  height: number;
  /** Columns that lie out of sight to the right. */
  hidden: number;
}

export interface MatrixActions {
  send(message: FromMatrixPage): void;
  setFilter(change: Partial<MatrixFilter>): void;
  toggleFolder(folder: string): void;
  activate(line: number, column: number): void;
  open(line: number, column: number): void;
  scrolled(): void;
  showMoreColumns(): void;
}

const signs: Record<CellSign, [string, string]> = {
  ok: ['pass', 'tone-ok'],
  warning: ['warning', 'tone-warning'],
  error: ['error', 'tone-error'],
  unknown: ['circle-slash', 'tone-quiet'],
};

export function matrixPage(state: MatrixState, actions: MatrixActions): TemplateResult {
  const { matrix, waiting } = state;
  if (!matrix) {
    return html`<h1>${strings.title}</h1>
      <p class="waiting" role="status">${waiting === '' ? strings.waiting : waiting}</p>`;
  }
  return html`
    <header>
      <h1>${matrix.title}</h1>
      <p class="quiet-text">
        ${
          matrix.source === 'file'
            ? html`<button
                class="link"
                type="button"
                data-action="editTargets"
                @click=${() => actions.send({ type: 'editTargets' })}
              >
                ${strings.targetsIn(matrix.columns.length, matrix.fileName)}
              </button>`
            : html`${strings.commonBoards}
                <button
                  class="link"
                  type="button"
                  data-action="chooseTargets"
                  @click=${() => actions.send({ type: 'chooseTargets' })}
                >
                  ${strings.chooseTargets}
                </button>`
        }
        ${matrix.aside}
      </p>
      ${
        matrix.problem === ''
          ? nothing
          : html`<p class="with-icon">
              ${icon('warning', 'tone-warning')}<bdi>${matrix.problem}</bdi>
            </p>`
      }
    </header>
    ${causes(matrix, actions)} ${toolbar(state, matrix, actions)}
    <div class="matrix-body">
      ${
        matrix.rows.length === 0
          ? html`<p class="waiting">${strings.nothing}</p>`
          : gridOf(state, matrix, actions)
      }
      ${details(state, matrix, actions)}
    </div>
  `;
}

function causes(matrix: MatrixModel, actions: MatrixActions): TemplateResult | typeof nothing {
  if (matrix.causes.length === 0) return nothing;
  const first = matrix.causes.find(({ action, required }) => action !== null && required);
  return html`<section aria-labelledby="causes-heading">
    <h2 id="causes-heading" class="visually-hidden">${strings.causes}</h2>
    <ul class="causes">
      ${matrix.causes.map(
        (cause) =>
          html`<li data-cause=${cause.key}>
            ${icon(...(cause.required ? signs[cause.sign] : signs.unknown))}
            <span
              ><bdi>${cause.sentence}</bdi>${
                cause.required
                  ? nothing
                  : html`<span class="quiet-text"> · ${strings.optionalTarget}</span>`
              }</span
            >
            ${
              cause.action === null
                ? nothing
                : html`<vscode-button
                    ?secondary=${cause !== first}
                    @click=${() => actions.send({ type: 'fixAll', cause: cause.key })}
                    >${cause.action}</vscode-button
                  >`
            }
          </li>`,
      )}
    </ul>
  </section>`;
}

function toolbar(
  { filter }: MatrixState,
  matrix: MatrixModel,
  actions: MatrixActions,
): TemplateResult {
  const problems = matrix.rows.filter(({ hasProblem }) => hasProblem).length;
  const save = (format: MatrixFormat, text: string) =>
    html`<button
      class="quiet"
      type="button"
      data-export=${format}
      @click=${() => actions.send({ type: 'export', format })}
    >
      ${icon('export')}${text}
    </button>`;
  return html`<div class="toolbar" role="group" aria-label=${strings.actions}>
    <input
      type="search"
      aria-label=${strings.filter}
      placeholder=${strings.filter}
      .value=${filter.text}
      @input=${(event: Event) =>
        actions.setFilter({ text: (event.target as HTMLInputElement).value })}
    />
    <button
      class="quiet toggle"
      type="button"
      data-action="problemsOnly"
      aria-pressed=${filter.problemsOnly}
      @click=${() => actions.setFilter({ problemsOnly: !filter.problemsOnly })}
    >
      ${icon('filter')}${strings.problemsOnly(problems)}
    </button>
    <button
      class="quiet toggle"
      type="button"
      data-action="byFolder"
      aria-pressed=${filter.byFolder}
      @click=${() => actions.setFilter({ byFolder: !filter.byFolder })}
    >
      ${icon('list-tree')}${strings.byFolder}
    </button>
    <button
      class="quiet"
      type="button"
      data-action="sort"
      @click=${() => actions.setFilter({ sort: filter.sort === 'worst' ? 'name' : 'worst' })}
    >
      ${icon('sort-precedence')}${strings.sort}:
      ${filter.sort === 'worst' ? strings.sortWorst : strings.sortName}
    </button>
    <span class="exports" role="group" aria-label=${strings.export}>
      ${save('csv', strings.csv)} ${save('json', strings.json)}
      ${save('markdown', strings.markdown)}
      ${quietButton('checkAll', 'refresh', strings.checkAll, () => actions.send({ type: 'checkAll' }))}
    </span>
  </div>`;
}

function gridOf(state: MatrixState, matrix: MatrixModel, actions: MatrixActions): TemplateResult {
  const { lines, active, scrollTop, height } = state;
  const from = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
  const to = Math.min(lines.length, Math.ceil((scrollTop + height) / rowHeight) + spare);
  const seen = lines.slice(from, to);
  const onKey = (event: KeyboardEvent) => keydown(event, state, matrix, actions);
  const idOf = (line: number, column: number) => `cell-${line}-${column}`;
  return html`<div class="matrix-frame">
    ${moreColumns(state, actions)}
    <div
      class="matrix-grid"
      role="grid"
      tabindex="0"
      aria-label=${strings.grid}
      aria-rowcount=${lines.length + 1}
      aria-colcount=${matrix.columns.length + 1}
      aria-activedescendant=${lines.length === 0 ? nothing : idOf(active.line, active.column)}
      .style=${`--columns: ${matrix.columns.length}`}
      @keydown=${onKey}
      @scroll=${() => actions.scrolled()}
    >
      <div class="matrix-row matrix-head" role="row" aria-rowindex="1">
        <span role="columnheader" class="first">${strings.engine}</span>
        ${matrix.columns.map(
          ({ name, facts, required, runs }) =>
            html`<span role="columnheader" title=${facts}
              ><strong><bdi>${name}</bdi></strong
              ><small><bdi>${facts}</bdi>${required ? nothing : ` · ${strings.optional}`}</small
              ><small>${strings.runsThere(runs, matrix.rows.length)}</small></span
            >`,
        )}
      </div>
      <div class="spacer" role="presentation" .style=${`height: ${from * rowHeight}px`}></div>
      ${repeat(
        seen,
        (line) => (line.kind === 'folder' ? `folder ${line.folder}` : line.row.id),
        (line, index) => {
          const at = from + index;
          const cell = (column: number) => ({
            id: idOf(at, column),
            active: active.line === at && active.column === column,
          });
          return line.kind === 'folder'
            ? folderRow(line, at, cell, matrix, actions)
            : engineRow(line.row, at, cell, matrix, state, actions);
        },
      )}
      <div
        class="spacer"
        role="presentation"
        .style=${`height: ${Math.max(0, lines.length - to) * rowHeight}px`}
      ></div>
      ${lines.length === 0 ? html`<p class="waiting" role="presentation">${strings.nothingFits}</p>` : nothing}
    </div>
  </div>`;
}

/** What is cut off at the edge is easily taken for all there is. */
function moreColumns(
  { hidden }: MatrixState,
  actions: MatrixActions,
): TemplateResult | typeof nothing {
  if (hidden === 0) return nothing;
  return html`<button
    class="link more-columns"
    type="button"
    data-action="moreColumns"
    @click=${() => actions.showMoreColumns()}
  >
    ${strings.moreTargets(hidden)}${icon('chevron-right')}
  </button>`;
}

type CellOf = (column: number) => { id: string; active: boolean };
const classOf = (active: boolean, more = '') => `${more}${active ? ' active' : ''}`;

function folderRow(
  line: FolderLine,
  at: number,
  cell: CellOf,
  matrix: MatrixModel,
  actions: MatrixActions,
): TemplateResult {
  const first = cell(0);
  return html`<div class="matrix-row folder" role="row" aria-rowindex=${at + 2}>
    <span
      role="rowheader"
      id=${first.id}
      class=${classOf(first.active, 'first')}
      aria-expanded=${!line.closed}
      title=${line.folder}
      @click=${() => {
        actions.activate(at, 0);
        actions.toggleFolder(line.folder);
      }}
    >
      ${icon(line.closed ? 'chevron-right' : 'chevron-down')}<bdi
        >${line.folder || strings.root}</bdi
      >
      <small>${line.engines}</small>
    </span>
    ${matrix.columns.map((_, column) => {
      const counts = line.signs[column] ?? { ok: 0, warning: 0, error: 0, unknown: 0 };
      const it = cell(column + 1);
      const runs = counts.ok + counts.warning;
      return html`<span
        role="gridcell"
        id=${it.id}
        class=${classOf(it.active)}
        @click=${() => actions.activate(at, column + 1)}
        >${strings.runsThere(runs, line.engines)}${bar(counts, line.engines)}</span
      >`;
    })}
  </div>`;
}

/** The number beside it says the same. */
function bar(counts: Record<CellSign, number>, all: number): TemplateResult {
  let x = 0;
  const part = (sign: CellSign) => {
    const width = (100 * counts[sign]) / Math.max(1, all);
    const made = svg`<rect class="share-${sign}" x=${x} y="0" width=${width} height="4"></rect>`;
    x += width;
    return made;
  };
  return html`<svg
    class="share-bar"
    viewBox="0 0 100 4"
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    ${(['ok', 'warning', 'error', 'unknown'] as const).map(part)}
  </svg>`;
}

function engineRow(
  row: MatrixRow,
  at: number,
  cell: CellOf,
  matrix: MatrixModel,
  { opened }: MatrixState,
  actions: MatrixActions,
): TemplateResult {
  const first = cell(0);
  return html`<div class="matrix-row" role="row" aria-rowindex=${at + 2} data-engine=${row.id}>
    <span
      role="rowheader"
      id=${first.id}
      class=${classOf(first.active, 'first engine')}
      title="${row.folder === '' ? '' : `${row.folder}/`}${row.name}"
      @click=${() => actions.activate(at, 0)}
      @dblclick=${() => actions.send({ type: 'openEngine', engine: row.id })}
      ><bdi>${row.name}</bdi> <small>${row.note}</small></span
    >
    ${matrix.columns.map((_, column) => {
      const view = matrix.cells[row.cells[column] ?? -1];
      const it = cell(column + 1);
      const isOpen = opened?.row.id === row.id && opened.column === column;
      return html`<span
        role="gridcell"
        id=${it.id}
        class=${classOf(it.active, isOpen ? 'opened' : '')}
        title=${view?.sentence ?? ''}
        @click=${() => {
          actions.activate(at, column + 1);
          actions.open(at, column);
        }}
        >${view ? cellText(view) : nothing}</span
      >`;
    })}
  </div>`;
}

function cellText({ sign, short }: CellView): TemplateResult {
  return html`${icon(...signs[sign])}<span class="visually-hidden">${strings.sign[sign]}</span
    ><span class=${short === 'runs' ? 'quiet-text' : ''}>${short}</span>`;
}

function keydown(
  event: KeyboardEvent,
  { active, lines, height }: MatrixState,
  matrix: MatrixModel,
  actions: MatrixActions,
): void {
  const { line, column } = active;
  const page = Math.max(1, Math.floor(height / rowHeight) - 2);
  const last = lines.length - 1;
  const at = lines[line];
  const move = (toLine: number, toColumn: number) => actions.activate(toLine, toColumn);
  switch (event.key) {
    case 'ArrowDown':
      move(line + 1, column);
      break;
    case 'ArrowUp':
      move(line - 1, column);
      break;
    case 'ArrowRight':
      move(line, column + 1);
      break;
    case 'ArrowLeft':
      move(line, column - 1);
      break;
    case 'PageDown':
      move(line + page, column);
      break;
    case 'PageUp':
      move(line - page, column);
      break;
    case 'Home':
      move(event.ctrlKey ? 0 : line, 0);
      break;
    case 'End':
      move(event.ctrlKey ? last : line, matrix.columns.length);
      break;
    case 'Enter':
    case ' ':
      if (at?.kind === 'folder') actions.toggleFolder(at.folder);
      else if (at && column === 0) actions.send({ type: 'openEngine', engine: at.row.id });
      else actions.open(line, column - 1);
      break;
    default:
      return;
  }
  event.preventDefault();
}

function details(
  { opened }: MatrixState,
  matrix: MatrixModel,
  actions: MatrixActions,
): TemplateResult {
  return html`<aside class="details" aria-label=${strings.details}>
    <div role="status">
      ${opened ? cellDetails(opened, matrix, actions) : html`<p class="quiet-text">${strings.choose}</p>`}
    </div>
    <section class="pipeline" aria-labelledby="pipeline-heading">
      <h2 id="pipeline-heading">${strings.pipeline}</h2>
      <p class="quiet-text">${strings.pipelineWhat}</p>
      <pre tabindex="0"><code>${matrix.command}</code></pre>
      <button
        class="link"
        type="button"
        data-action="copyCommand"
        @click=${() => actions.send({ type: 'copyCommand' })}
      >
        ${strings.copy}
      </button>
    </section>
  </aside>`;
}

function cellDetails(
  { row, column }: { row: MatrixRow; column: number },
  matrix: MatrixModel,
  actions: MatrixActions,
): TemplateResult {
  const view = matrix.cells[row.cells[column] ?? -1];
  const target = matrix.columns[column];
  if (!view || !target) return html``;
  const cause = matrix.causes.find(({ key }) => key === view.cause);
  return html`
    <p class="quiet-text"><bdi>${strings.on(row.name)}</bdi></p>
    <h2><bdi>${target.name}</bdi></h2>
    <p class="with-icon">${icon(...signs[view.sign])}<strong>${view.word}</strong></p>
    <p><bdi>${view.sentence}</bdi></p>
    <p class="quiet-text">${strings.howWeKnow}: ${view.howKnown}</p>
    <div class="detail-actions">
      ${
        view.remedy
          ? html`<p class="quiet-text">${view.remedy.detail}</p>
              <vscode-button
                data-action="fix"
                @click=${() => actions.send({ type: 'fix', engine: row.id, target: target.id })}
                >${view.remedy.title}</vscode-button
              >`
          : nothing
      }
      ${
        cause && cause.action !== null && cause.engines > 1
          ? html`<vscode-button
              secondary
              data-action="fixAll"
              @click=${() => actions.send({ type: 'fixAll', cause: cause.key })}
              >${strings.fixAll(cause.engines)}</vscode-button
            >`
          : nothing
      }
      <vscode-button
        secondary
        data-action="openEngine"
        @click=${() => actions.send({ type: 'openEngine', engine: row.id })}
        >${strings.openEngine}</vscode-button
      >
    </div>
  `;
}
