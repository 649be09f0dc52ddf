/** The Layers tab: counts, the table, one layer, the graph. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { formatBytes, formatCount, formatExactBytes } from '../../../core/text/formats';
import { layersToCsv } from '../../../core/inspect/layerCsv';
import type { LayerGroup } from '../../../core/inspect/layerSummary';
import { layerColumns, noFilter, type LayerColumn } from '../../../core/inspect/layerTable';
import { plainText } from '../../../core/text/plainText';
import { formatTime } from '../format';
import { icon } from '../../shared/icon';
import { quietButton } from '../../shared/quietButton';
import type { PageActions, PageState } from '../state';
import { barTable, type BarRow } from './bars';
import { gate, inspectAnnouncement } from './gate';
import { graphSection } from './graphView';
import { layerDetails } from './layerDetails';
import './layerGrid';
import type { LayerChosenEvent, LayerGridData, LayerSortEvent } from './layerGrid';
import { layersModel, layerTimes, type LayersModel, type ModelTimes } from './layersModel';
import { strings } from './strings';
import { notes } from './tensorsTab';

const shownGroups = 6;

export function layersTab(state: PageState, actions: PageActions): TemplateResult {
  const { inspect, layers } = state;
  const parsed = layersModel(layers);
  const imported = layers.state === 'given' && layers.source === 'file';
  // What was imported from a file needs no loading.
  const before = imported && inspect.state !== 'running' ? null : gate(state, actions, 'layers');
  return html`
    <div class="visually-hidden" role="status">${inspectAnnouncement(state)}</div>
    ${before}
    ${
      before !== null && parsed === null
        ? html`<p class="quiet-text import-hint">
            ${strings.importHint}
            <button
              class="link"
              type="button"
              data-action="importLayers"
              @click=${() => actions.send({ type: 'importLayers' })}
            >
              ${strings.importLayers}
            </button>
          </p>`
        : nothing
    }
    ${before === null && parsed === null ? html`${head(state, null, actions)}${noLayers(actions)}` : nothing}
    ${
      parsed === null
        ? nothing
        : 'error' in parsed
          ? html`${head(state, null, actions)}
              <p class="problem">
                ${icon('error', 'tone-error')}
                <span>${strings.badLayers} <bdi>${parsed.error}</bdi></span>
              </p>`
          : document(state, parsed.model, actions)
    }
  `;
}

function noLayers(actions: PageActions): TemplateResult {
  return html`<p>${strings.noLayers}</p>
    ${rebuildButton(actions)}`;
}

function rebuildButton(actions: PageActions): TemplateResult {
  return html`<p class="rebuild">
    <vscode-button
      data-action="rebuildDetailed"
      @click=${() => actions.send({ type: 'rebuildDetailed' })}
      >${strings.rebuildDetailed}</vscode-button
    >
  </p>`;
}

function document(state: PageState, model: LayersModel, actions: PageActions): TemplateResult {
  const { layers, inspect } = state;
  const times = layerTimes(model.document, layers, state.runs);
  const ms = times.state === 'given' ? times.times.ms : null;
  const fromEngine = layers.state === 'given' && layers.source === 'engine';
  const namesOnly = model.document.detail === 'names-only' && model.document.times === null;
  const worthKnowing =
    fromEngine && inspect.state === 'done'
      ? inspect.inspection.notes.filter((note) => note.id === 'no-layers')
      : [];
  return html`
    ${head(state, model, actions)} ${notes({ notes: worthKnowing })}
    ${model.document.notes.map((text) => html`<p class="quiet-text">${text}</p>`)}
    ${timesNote(times, state)}
    ${
      namesOnly
        ? html`<div class="names-only">
            <p>${strings.namesOnly}</p>
            ${fromEngine ? rebuildButton(actions) : nothing}
          </div>`
        : nothing
    }
    ${
      model.document.detail === 'none' && fromEngine
        ? noLayers(actions)
        : html`${model.document.detail === 'detailed' ? summary(model, actions) : nothing}
          ${table(state, model, ms, actions)} ${graphSection(state, model, actions)}`
    }
  `;
}

function head(state: PageState, model: LayersModel | null, actions: PageActions): TemplateResult {
  const { layers } = state;
  const imported = layers.state === 'given' && layers.source === 'file';
  const facts: string[] = [];
  if (model) {
    const { document: it } = model;
    facts.push(strings.headLayers(formatCount(it.rows.length)));
    if (it.weightBytes !== null) facts.push(strings.headWeights(formatBytes(it.weightBytes)));
    if (it.unknownWeights > 0 && it.weightBytes !== null) {
      facts.push(strings.headUnknown(formatCount(it.unknownWeights)));
    }
    facts.push(strings.detail[it.detail]);
  }
  return html`<div class="inspect-head">
    <div class="inspect-facts">
      <p>${facts.join(' · ')}</p>
      ${
        imported
          ? html`<p>
              <bdi>${strings.fromFile(plainText(layers.fileName))}</bdi>
              <button
                class="link"
                type="button"
                data-action="forgetImported"
                @click=${() => actions.send({ type: 'forgetImported' })}
              >
                ${strings.forget}
              </button>
            </p>`
          : nothing
      }
    </div>
    <div class="actions" role="group" aria-label=${strings.toolbar}>
      ${
        model
          ? html`${quietButton('exportLayers', 'export', strings.exportJson, () =>
              actions.send({ type: 'exportLayers', format: 'json' }),
            )}
            ${quietButton('exportCsv', 'table', strings.exportCsv, () => exportCsv(state, model, actions))}`
          : nothing
      }
      ${quietButton('importLayers', 'folder-opened', strings.importLayers, () =>
        actions.send({ type: 'importLayers' }),
      )}
      ${
        model
          ? quietButton('importProfile', 'dashboard', strings.importProfile, () =>
              actions.send({ type: 'importProfile' }),
            )
          : nothing
      }
      ${quietButton('compareEngine', 'diff', strings.compare, () =>
        actions.send({ type: 'compareEngine' }),
      )}
    </div>
  </div>`;
}

function exportCsv(state: PageState, model: LayersModel, actions: PageActions): void {
  const times = layerTimes(model.document, state.layers, state.runs);
  const ms = times.state === 'given' ? times.times.ms : null;
  actions.send({ type: 'exportLayers', format: 'csv', text: layersToCsv(model.document, ms) });
}

function timesNote(times: ModelTimes, state: PageState): TemplateResult | typeof nothing {
  if (times.state === 'none') return nothing;
  if (times.state === 'failed') {
    return html`<p class="problem">
      ${icon('error', 'tone-error')}
      <span>${strings.badProfile(plainText(times.file))} <bdi>${times.error}</bdi></span>
    </p>`;
  }
  const { from, times: joined } = times;
  const source =
    'file' in from ? plainText(from.file) : strings.timeFromRun(formatTime(from.run, state.now));
  return html`<p class="quiet-text">
    <bdi>${strings.timeFrom(source)}</bdi>
    ${joined.unmatched.length > 0 ? strings.unmatched(formatCount(joined.unmatched.length)) : nothing}
  </p>`;
}

// ---- counts ----

function summary(model: LayersModel, actions: PageActions): TemplateResult {
  const { types, precisions, heaviest, weightBytes } = model.summary;
  const hasWeights = weightBytes > 0;
  const columns = [
    strings.type,
    strings.layersColumn,
    ...(hasWeights ? [strings.weightsColumn] : []),
  ];
  const filterBy = (key: 'type' | 'precision') => (name: string) =>
    actions.setLayersView({ filter: { ...noFilter, [key]: name } });
  return html`<div class="bar-columns">
    ${barTable('types-heading', strings.byType, columns, groupRows(types, hasWeights, filterBy('type')))}
    ${barTable(
      'precisions-heading',
      strings.byPrecision,
      [strings.precision, ...columns.slice(1)],
      groupRows(precisions, hasWeights, filterBy('precision')),
    )}
    ${
      heaviest.length === 0
        ? nothing
        : barTable(
            'heaviest-heading',
            strings.heaviest,
            [strings.layerColumn, strings.weightsColumn],
            heaviest.slice(0, shownGroups).map((it) => ({
              label: it.name || strings.noName,
              action: {
                title: strings.showLayer(it.name),
                run: () => actions.showLayer(it.index),
              },
              values: [
                html`<span title=${formatExactBytes(it.weightBytes)}
                  >${formatBytes(it.weightBytes)}</span
                >`,
              ],
              share: it.weightBytes / heaviest[0]!.weightBytes,
            })),
          )
    }
  </div>`;
}

function groupRows(
  groups: readonly LayerGroup[],
  hasWeights: boolean,
  filterBy: (name: string) => void,
): BarRow[] {
  const most = groups[0]?.count ?? 1;
  const one = (group: LayerGroup, clickable: boolean): BarRow => ({
    label: group.name || strings.notTold,
    action: clickable
      ? { title: strings.showOnly(group.name || strings.notTold), run: () => filterBy(group.name) }
      : null,
    values: [
      formatCount(group.count),
      ...(hasWeights
        ? [
            html`<span title=${formatExactBytes(group.weightBytes)}
              >${formatBytes(group.weightBytes)}</span
            >`,
          ]
        : []),
    ],
    share: group.count / most,
  });
  const fits = groups.length <= shownGroups;
  const rows = (fits ? groups : groups.slice(0, shownGroups - 1)).map((it) => one(it, true));
  if (fits) return rows;
  const others = groups.slice(shownGroups - 1);
  const sum = (of: (group: LayerGroup) => number): number =>
    others.reduce((all, group) => all + of(group), 0);
  rows.push(
    one(
      {
        name: strings.others(others.length),
        count: sum((it) => it.count),
        share: 0,
        weightBytes: sum((it) => it.weightBytes),
        weightShare: 0,
      },
      false,
    ),
  );
  rows.at(-1)!.share = Math.min(1, rows.at(-1)!.share);
  return rows;
}

// ---- the table ----

function columnsFor(model: LayersModel, hasTimes: boolean): LayerColumn[] {
  const { rows, detail } = model.document;
  return layerColumns.filter((column) => {
    if (column === 'time') return hasTimes;
    if (column === 'index' || column === 'name') return true;
    if (detail !== 'detailed') return false;
    // One stream for all is no column worth its width.
    if (column === 'stream') return rows.some((row) => row.stream !== rows[0]?.stream);
    return true;
  });
}

const columnsOf = new WeakMap<LayersModel, Map<boolean, LayerColumn[]>>();

function columnsOnce(model: LayersModel, hasTimes: boolean): LayerColumn[] {
  let known = columnsOf.get(model);
  if (!known) columnsOf.set(model, (known = new Map<boolean, LayerColumn[]>()));
  let columns = known.get(hasTimes);
  if (!columns) known.set(hasTimes, (columns = columnsFor(model, hasTimes)));
  return columns;
}

function table(
  state: PageState,
  model: LayersModel,
  ms: readonly (number | null)[] | null,
  actions: PageActions,
): TemplateResult {
  const { filter, order, selected } = state.layersView;
  const { rows } = model.document;
  const times = layerTimes(model.document, state.layers, state.runs);
  const indices = model.rows(filter, order, times.state === 'given' ? times.times : null);
  const data: LayerGridData = {
    rows,
    indices,
    columns: columnsOnce(model, ms !== null),
    times: ms,
    order,
    selected,
  };
  const filtered = filter.text !== '' || filter.type !== null || filter.precision !== null;
  const detailed = model.document.detail === 'detailed';
  return html`<section class="layer-table" aria-label=${strings.table}>
    <div class="filters" role="search">
      <input
        class="field-text filter-text"
        type="text"
        spellcheck="false"
        aria-label=${strings.filter}
        placeholder=${strings.filterPlaceholder}
        .value=${live(filter.text)}
        @input=${(event: Event) =>
          actions.setLayersView({
            filter: { ...filter, text: (event.target as HTMLInputElement).value },
          })}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key !== 'ArrowDown') return;
          event.preventDefault();
          (event.target as HTMLElement)
            .closest('section')
            ?.querySelector('layer-grid')
            ?.focusGrid();
        }}
      />
      ${
        detailed
          ? html`${chooser(
              strings.typeFilter,
              strings.anyType,
              model.summary.types,
              filter.type,
              (type) => actions.setLayersView({ filter: { ...filter, type } }),
            )}
            ${chooser(
              strings.precisionFilter,
              strings.anyPrecision,
              model.summary.precisions,
              filter.precision,
              (precision) => actions.setLayersView({ filter: { ...filter, precision } }),
            )}`
          : nothing
      }
      <span class="filter-count quiet-text" role="status"
        >${strings.shown(formatCount(indices.length), formatCount(rows.length))}</span
      >
      ${
        filtered
          ? html`<button
              class="link"
              type="button"
              data-action="clearFilter"
              @click=${() => actions.setLayersView({ filter: noFilter })}
            >
              ${strings.clearFilter}
            </button>`
          : nothing
      }
    </div>
    <div class="layer-split">
      <div class="layer-list">
        <layer-grid
          .data=${data}
          @layer=${(event: LayerChosenEvent) => {
            actions.setLayersView({ selected: event.detail.index });
            if (event.detail.open) focusDetails();
          }}
          @sort=${(event: LayerSortEvent) => {
            const { column } = event.detail;
            const again = order.column === column;
            // Large numbers first, names from A.
            const first =
              column === 'weightBytes' || column === 'activationBytes' || column === 'time';
            actions.setLayersView({
              order: { column, descending: again ? !order.descending : first },
            });
          }}
        ></layer-grid>
        ${indices.length === 0 ? html`<p class="quiet-text nothing-found">${strings.nothingFound}</p>` : nothing}
      </div>
      ${layerDetails(state, model, ms, actions)}
    </div>
  </section>`;
}

function focusDetails(): void {
  requestAnimationFrame(() => globalThis.document.getElementById('layer-heading')?.focus());
}

const choices = 500;

function chooser(
  label: string,
  any: string,
  groups: readonly LayerGroup[],
  value: string | null,
  choose: (name: string | null) => void,
): TemplateResult {
  return html`<select
    class="field-select"
    aria-label=${label}
    @change=${(event: Event) => {
      const at = (event.target as HTMLSelectElement).selectedIndex;
      choose(at === 0 ? null : (groups[at - 1]?.name ?? null));
    }}
  >
    <option .selected=${live(value === null)}>${any}</option>
    ${groups
      .slice(0, choices)
      .map(
        (group) =>
          html`<option .selected=${live(group.name === value)}>
            ${group.name || strings.notTold} (${formatCount(group.count)})
          </option>`,
      )}
  </select>`;
}
