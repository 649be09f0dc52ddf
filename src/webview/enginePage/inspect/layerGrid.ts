/**
 * <layer-grid>: the layer table. Only the rows in view exist (@tanstack/virtual-core), so 20,000 of them scroll like ten.
 * To assistive technology it is a grid of all rows with one tab stop: the active cell is told by aria-activedescendant,
 * which stays right however far the rows scroll away.
 */
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
} from '@tanstack/virtual-core';
import { html, nothing, render, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { formatBytes, formatExactBytes } from '../../../core/text/formats';
import type { LayerRow } from '../../../core/inspect/layers';
import type { LayerColumn, LayerOrder } from '../../../core/inspect/layerTable';
import { plainText } from '../../../core/text/plainText';
import { strings } from './strings';

export interface LayerGridData {
  rows: readonly LayerRow[];
  /** Which rows, in which order. */
  indices: readonly number[];
  columns: readonly LayerColumn[];
  /** By index of the row, milliseconds. */
  times: readonly (number | null)[] | null;
  order: LayerOrder;
  selected: number | null;
}

/** Chosen by a click or the arrow keys. */
export type LayerChosenEvent = CustomEvent<{ index: number; open: boolean }>;
export type LayerSortEvent = CustomEvent<{ column: LayerColumn }>;

const rowHeight = 26;
const overscan = 8;
const header = -1;

/** The least width of each column in pixels, and its share of what is left. */
const widths: Record<LayerColumn, [number, number]> = {
  index: [64, 0],
  name: [210, 3],
  type: [120, 1],
  precision: [86, 0.7],
  outputShapes: [120, 1.2],
  weightBytes: [88, 0],
  activationBytes: [88, 0],
  time: [92, 0],
  onnx: [140, 1.6],
  tactic: [120, 1.2],
  stream: [70, 0],
};
const numeric: ReadonlySet<LayerColumn> = new Set([
  'index',
  'weightBytes',
  'activationBytes',
  'time',
  'stream',
]);

class LayerGrid extends HTMLElement {
  private current: LayerGridData | null = null;
  private virtualizer: Virtualizer<HTMLElement, HTMLElement> | null = null;
  private unmount: (() => void) | null = null;
  /** Position among the shown rows, or header. */
  private activeRow = 0;
  private activeColumn = 1;

  set data(data: LayerGridData) {
    const before = this.current;
    this.current = data;
    if (!this.isConnected) return;
    if (before && before.indices !== data.indices) {
      const at = data.selected === null ? -1 : data.indices.indexOf(data.selected);
      this.activeRow = Math.max(at, 0);
      this.activeColumn = Math.min(this.activeColumn, data.columns.length - 1);
    } else if (before && before.selected !== data.selected && data.selected !== null) {
      const at = data.indices.indexOf(data.selected);
      if (at >= 0 && at !== this.activeRow) this.activeRow = at;
    }
    this.update(before);
  }

  connectedCallback(): void {
    this.draw();
    const scroller = this.querySelector<HTMLElement>('.grid-scroller')!;
    this.virtualizer = new Virtualizer<HTMLElement, HTMLElement>({
      count: this.current?.indices.length ?? 0,
      getScrollElement: () => scroller,
      estimateSize: () => rowHeight,
      overscan,
      // The heading covers one row at the top.
      paddingStart: rowHeight + 2,
      scrollPaddingStart: rowHeight + 2,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      onChange: () => this.draw(),
    });
    this.unmount = this.virtualizer._didMount();
    this.virtualizer._willUpdate();
    this.draw();
    const selected = this.current?.selected ?? null;
    if (selected !== null) this.reveal(selected);
  }

  disconnectedCallback(): void {
    this.unmount?.();
    this.virtualizer = null;
  }

  /** Brings a layer into view and makes it the active row. */
  reveal(index: number): void {
    const at = this.current?.indices.indexOf(index) ?? -1;
    if (at < 0) return;
    this.activeRow = at;
    this.virtualizer?.scrollToIndex(at, { align: 'auto' });
    this.draw();
  }

  focusGrid(): void {
    this.querySelector<HTMLElement>('.grid-scroller')?.focus();
  }

  private update(before: LayerGridData | null): void {
    const { virtualizer, current } = this;
    if (!virtualizer || !current) return;
    if (before?.indices.length !== current.indices.length) {
      virtualizer.setOptions({ ...virtualizer.options, count: current.indices.length });
      virtualizer._willUpdate();
      virtualizer.measure();
    }
    if (before && before.indices !== current.indices) {
      if (current.selected === null || !current.indices.includes(current.selected)) {
        virtualizer.scrollToOffset(0);
      } else virtualizer.scrollToIndex(this.activeRow, { align: 'auto' });
    }
    this.draw();
  }

  private draw(): void {
    const { current } = this;
    if (!current) return;
    const template = current.columns
      .map((column) => widths[column])
      .map(([least, share]) => (share === 0 ? `${least}px` : `minmax(${least}px, ${share}fr)`))
      .join(' ');
    const width = current.columns.reduce((sum, column) => sum + widths[column][0], 0);
    if (this.dataset['template'] !== template) {
      this.dataset['template'] = template;
      this.style.setProperty('--layer-columns', template);
      this.style.setProperty('--layer-width', `${width}px`);
    }
    // Rows, the heading, edges and perhaps a scroll bar.
    const height = `${(current.indices.length + 1) * rowHeight + 20}px`;
    if (this.style.getPropertyValue('--layer-height') !== height) {
      this.style.setProperty('--layer-height', height);
    }
    const items = this.virtualizer?.getVirtualItems() ?? [];
    const total = (this.virtualizer?.getTotalSize() ?? 0) - rowHeight - 2;
    const isHeader = this.activeRow === header;
    const visible = isHeader || items.some((item) => item.index === this.activeRow);
    render(
      html`<div
        class="grid-scroller"
        role="grid"
        tabindex="0"
        aria-label=${strings.table}
        aria-description=${strings.gridHelp}
        aria-rowcount=${current.indices.length + 1}
        aria-colcount=${current.columns.length}
        aria-activedescendant=${
          visible && current.columns.length > 0
            ? this.cellId(this.activeRow, this.activeColumn)
            : nothing
        }
        @keydown=${this.onKey}
        @focus=${this.onFocus}
      >
        <div class="grid-head" role="rowgroup">
          <div class="grid-row" role="row" aria-rowindex="1">
            ${current.columns.map((column, at) => this.heading(column, at))}
          </div>
        </div>
        <div class="grid-body" role="rowgroup" .style=${`height: ${Math.max(0, total)}px`}>
          ${repeat(
            items,
            (item) => item.index,
            (item) => this.row(item.index, item.start - rowHeight - 2),
          )}
        </div>
      </div>`,
      this,
    );
  }

  private heading(column: LayerColumn, at: number): TemplateResult {
    const { order } = this.current!;
    const sorted = order.column === column;
    return html`<div
      id=${this.cellId(header, at)}
      class="grid-cell ${numeric.has(column) ? 'number' : ''} ${this.isActive(header, at) ? 'active' : ''}"
      role="columnheader"
      aria-colindex=${at + 1}
      aria-sort=${sorted ? (order.descending ? 'descending' : 'ascending') : 'none'}
      data-column=${column}
      @click=${() => {
        this.activeRow = header;
        this.activeColumn = at;
        this.sort(column);
      }}
    >
      <span>${strings.column[column]}</span>
      ${
        sorted
          ? html`<span
              class="codicon codicon-${order.descending ? 'arrow-down' : 'arrow-up'}"
              aria-hidden="true"
            ></span>`
          : nothing
      }
    </div>`;
  }

  private row(position: number, top: number): TemplateResult | typeof nothing {
    const { rows, indices, columns, selected } = this.current!;
    const index = indices[position];
    const row = index === undefined ? undefined : rows[index];
    if (index === undefined || !row) return nothing;
    return html`<div
      class="grid-row ${index === selected ? 'selected' : ''} ${position === this.activeRow ? 'active-row' : ''}"
      role="row"
      aria-rowindex=${position + 2}
      aria-selected=${index === selected}
      data-layer=${index}
      .style=${`transform: translateY(${top}px)`}
      @click=${(event: MouseEvent) => this.clicked(position, event)}
      @dblclick=${() => this.choose(position, true)}
    >
      ${columns.map((column, at) => this.cell(row, column, position, at))}
    </div>`;
  }

  private cell(row: LayerRow, column: LayerColumn, position: number, at: number): TemplateResult {
    const { text, title } = this.cellText(row, column);
    return html`<div
      id=${this.cellId(position, at)}
      class="grid-cell ${numeric.has(column) ? 'number' : ''} ${this.isActive(position, at) ? 'active' : ''}"
      role="gridcell"
      aria-colindex=${at + 1}
      title=${title}
    >
      ${column === 'name' ? nameCell(text) : html`<bdi>${text}</bdi>`}
    </div>`;
  }

  private cellText(row: LayerRow, column: LayerColumn): { text: string; title: string } {
    const plain = (text: string): { text: string; title: string } => ({
      text: text || strings.unknown,
      title: text,
    });
    switch (column) {
      case 'index':
        return { text: String(row.index), title: '' };
      case 'name':
        return plain(row.name || strings.noName);
      case 'weightBytes':
      case 'activationBytes': {
        const bytes = row[column];
        if (bytes === null) return { text: strings.unknown, title: '' };
        return { text: formatBytes(bytes), title: formatExactBytes(bytes) };
      }
      case 'time': {
        const ms = this.current!.times?.[row.index] ?? null;
        return { text: ms === null ? strings.unknown : formatMs(ms), title: '' };
      }
      case 'onnx': {
        const [first, ...others] = row.onnx;
        if (first === undefined) return { text: strings.unknown, title: '' };
        const more = others.length > 0 ? ` ${strings.more(others.length)}` : '';
        const title = row.onnx.slice(0, 50).join('\n');
        return { text: plainText(first, 200) + more, title: plainText(title, 4000) };
      }
      case 'stream':
        return { text: row.stream === null ? strings.unknown : String(row.stream), title: '' };
      case 'type':
      case 'precision':
      case 'outputShapes':
      case 'tactic':
        return plain(row[column]);
    }
  }

  private cellId(row: number, column: number): string {
    return `layer-cell-${row === header ? 'head' : row}-${column}`;
  }

  private isActive(row: number, column: number): boolean {
    return this.activeRow === row && this.activeColumn === column;
  }

  private clicked(position: number, event: MouseEvent): void {
    const cell = (event.target as HTMLElement).closest('[aria-colindex]');
    if (cell) this.activeColumn = Number(cell.getAttribute('aria-colindex')) - 1;
    this.choose(position, false);
  }

  private choose(position: number, open: boolean): void {
    const index = this.current?.indices[position];
    if (index === undefined) return;
    this.activeRow = position;
    const event: LayerChosenEvent = new CustomEvent('layer', { detail: { index, open } });
    this.dispatchEvent(event);
    this.draw();
  }

  private sort(column: LayerColumn): void {
    const event: LayerSortEvent = new CustomEvent('sort', { detail: { column } });
    this.dispatchEvent(event);
    // A new order would make the first row active; whoever sorts by keyboard is still at the heading.
    this.activeRow = header;
    this.draw();
  }

  private readonly onFocus = (): void => this.draw();

  private readonly onKey = (event: KeyboardEvent): void => {
    const { current, virtualizer } = this;
    if (!current || event.altKey || event.metaKey || event.ctrlKey) return;
    const last = current.indices.length - 1;
    const page = Math.max(1, Math.floor((virtualizer?.scrollRect?.height ?? 300) / rowHeight) - 2);
    let row = this.activeRow;
    switch (event.key) {
      case 'ArrowDown':
        row = Math.min(row + 1, last);
        break;
      case 'ArrowUp':
        row = Math.max(row - 1, header);
        break;
      case 'PageDown':
        row = Math.min(row + page, last);
        break;
      case 'PageUp':
        row = Math.max(row - page, Math.min(0, last));
        break;
      case 'Home':
        row = Math.min(0, last);
        break;
      case 'End':
        row = last;
        break;
      case 'ArrowRight':
        this.moveColumn(1);
        break;
      case 'ArrowLeft':
        this.moveColumn(-1);
        break;
      case 'Enter':
      case ' ':
        if (row === header) this.sort(current.columns[this.activeColumn]!);
        else this.choose(row, event.key === 'Enter');
        break;
      default:
        return;
    }
    event.preventDefault();
    if (row === this.activeRow) return;
    this.activeRow = row;
    if (row === header) {
      virtualizer?.scrollToOffset(0);
      this.draw();
      return;
    }
    virtualizer?.scrollToIndex(row, { align: 'auto' });
    this.choose(row, false);
  };

  private moveColumn(step: number): void {
    const last = this.current!.columns.length - 1;
    this.activeColumn = Math.min(Math.max(this.activeColumn + step, 0), last);
    this.draw();
    document
      .getElementById(this.cellId(this.activeRow, this.activeColumn))
      ?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }
}

/** The end of a layer's name tells it from its neighbours: what is cut is the middle. */
function nameCell(name: string): TemplateResult {
  const tail = 9;
  if (name.length < 2 * tail) return html`<bdi>${name}</bdi>`;
  return html`<bdi class="cut-name"
    ><span class="cut-head">${name.slice(0, -tail)}</span><span>${name.slice(-tail)}</span></bdi
  >`;
}

export function formatMs(ms: number): string {
  return strings.ms(ms >= 100 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(2) : ms.toFixed(4));
}

customElements.define('layer-grid', LayerGrid);

declare global {
  interface HTMLElementTagNameMap {
    'layer-grid': LayerGrid;
  }
}
export type { LayerGrid };
