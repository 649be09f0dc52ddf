/** Two engines side by side: the sentence, then what differs, then what is equal. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ComparedEngine, FromComparePage } from '../../core/pages/comparePageMessages';
import type { PageFailure } from '../../core/pages/pageMessages';
import { formatCount } from '../../core/text/formats';
import type {
  DifferenceRow,
  EngineComparison,
  LayerPair,
  LonelyLayer,
} from '../../core/inspect/compareEngines';
import type { LayerRow } from '../../core/inspect/layers';
import { plainText } from '../../core/text/plainText';
import { splitPath } from '../enginePage/format';
import { icon } from '../shared/icon';
import { quietButton } from '../shared/quietButton';
import { strings } from './strings';

interface Engines {
  first: ComparedEngine;
  second: ComparedEngine;
}

export interface CompareState {
  waiting: string | null;
  engines: Engines | null;
  comparison: EngineComparison | null;
  /** Why the layers of one side could not be read. */
  layerErrors: string[];
  /** How many layers of each list are shown. */
  shown: Readonly<Record<LayerList, number>>;
  open: ReadonlySet<string>;
}

export type LayerList = 'changed' | 'removed' | 'added';
export const firstShown = 24;

export interface CompareActions {
  send(message: FromComparePage): void;
  showMore(list: LayerList): void;
  setOpen(id: string, open: boolean): void;
}

export function comparePage(state: CompareState, actions: CompareActions): TemplateResult {
  const { engines, comparison, waiting } = state;
  const both = engines ? sameFailure(engines) : null;
  return html`
    <header class="title">
      <div class="title-text"><h1>${strings.title}</h1></div>
      ${
        engines
          ? html`<div class="actions" role="group" aria-label=${strings.actions}>
              ${quietButton('swap', 'arrow-swap', strings.swap, () => actions.send({ type: 'swap' }))}
              ${quietButton('chooseOther', 'folder-opened', strings.chooseOther, () =>
                actions.send({ type: 'chooseOther' }),
              )}
            </div>`
          : nothing
      }
    </header>
    ${
      waiting === null
        ? nothing
        : html`<vscode-progress-bar
              class="waiting-bar"
              indeterminate
              aria-label=${waiting || strings.waiting}
            ></vscode-progress-bar>
            <p class="waiting" role="status"><bdi>${plainText(waiting || strings.waiting)}</bdi></p>
            <p class="waiting">
              <vscode-button
                secondary
                data-action="cancel"
                @click=${() => actions.send({ type: 'cancel' })}
                >${strings.cancel}</vscode-button
              >
            </p>`
    }
    ${
      engines
        ? html`<div class="compared" role="group" aria-label=${strings.engines}>
            ${side('first', engines.first, actions, both)}
            ${side('second', engines.second, actions, both)}
          </div>`
        : nothing
    }
    ${
      both === null
        ? nothing
        : html`<p class="compared-failure">
            ${icon('warning', 'tone-warning')}
            <span
              >${strings.neitherLoaded} <bdi>${both.sentence}</bdi>
              <bdi>${both.nextStep}</bdi></span
            >
          </p>`
    }
    ${comparison ? result(state, comparison, actions) : nothing}
  `;
}

/** What failed for both in the same way is said once. */
function sameFailure({ first, second }: Engines): PageFailure | null {
  const [one, other] = [first.failure, second.failure];
  return one && one.sentence === other?.sentence ? one : null;
}

function side(
  which: 'first' | 'second',
  engine: ComparedEngine,
  actions: CompareActions,
  both: PageFailure | null,
): TemplateResult {
  const { name, folder } = splitPath(engine.report.file);
  return html`<section class="compared-side" aria-label=${strings[which]} data-side=${which}>
    <p class="quiet-text">${strings[which]}</p>
    <h2 title=${engine.report.file}><bdi class="clamped">${name}</bdi></h2>
    ${folder ? html`<p class="quiet-text"><bdi class="clamped">${folder}</bdi></p>` : nothing}
    ${
      engine.inspection || both
        ? nothing
        : html`<p class="compared-failure">
            ${icon('warning', 'tone-warning')}
            <span
              >${strings.notLooked}
              ${
                engine.failure
                  ? html`<bdi>${engine.failure.sentence}</bdi>
                      <bdi>${engine.failure.nextStep}</bdi>`
                  : nothing
              }</span
            >
          </p>`
    }
    <button
      class="link"
      type="button"
      aria-label="${strings.open}: ${name}"
      @click=${() => actions.send({ type: 'openEngine', side: which })}
    >
      ${strings.open}
    </button>
  </section>`;
}

function result(
  state: CompareState,
  comparison: EngineComparison,
  actions: CompareActions,
): TemplateResult {
  const groups: [string, string, DifferenceRow[]][] = [
    ['file', strings.file, comparison.file],
    ['tensors', strings.tensors, comparison.tensors],
    ['memory', strings.memory, comparison.memory],
    ['precisions', strings.precisions, comparison.precisions],
    ['types', strings.types, comparison.types],
  ];
  const differing = groups
    .map(([id, title, rows]) => [id, title, rows.filter((row) => row.differs)] as const)
    .filter(([, , rows]) => rows.length > 0);
  const equal = groups
    .map(([id, title, rows]) => [id, title, rows.filter((row) => !row.differs)] as const)
    .filter(([, , rows]) => rows.length > 0);
  const equalCount = equal.reduce((sum, [, , rows]) => sum + rows.length, 0);
  return html`
    ${
      comparison.summary
        ? html`<p class="compared-summary" role="status"><bdi>${comparison.summary}</bdi></p>`
        : nothing
    }
    ${state.layerErrors.map(
      (text) =>
        html`<p class="problem">
          ${icon('error', 'tone-error')} <span><bdi>${text}</bdi></span>
        </p>`,
    )}
    ${differing.length === 0 ? html`<p>${strings.noDifferences}</p>` : nothing}
    ${differing.map(([id, title, rows]) => differenceTable(id, title, rows))}
    ${layers(state, comparison, actions)}
    ${
      equalCount === 0
        ? nothing
        : html`<section>
            <details
              data-details="equal"
              ?open=${state.open.has('equal')}
              @toggle=${(event: Event) =>
                actions.setOpen('equal', (event.target as HTMLDetailsElement).open)}
            >
              <summary>${strings.same(equalCount)}</summary>
              ${equal.map(([id, title, rows]) => differenceTable(`equal-${id}`, strings.equalTitle(title), rows))}
            </details>
          </section>`
    }
  `;
}

// Roles are written out: in narrow editors the rows are laid out as a grid, which would take the table's own away.
function differenceTable(
  id: string,
  title: string,
  rows: readonly DifferenceRow[],
): TemplateResult {
  const heading = `compare-${id}`;
  return html`<section aria-labelledby=${heading}>
    <h2 id=${heading}>${title}</h2>
    <table class="comparison differences" role="table" aria-labelledby=${heading}>
      <thead role="rowgroup">
        <tr role="row">
          <th scope="col" role="columnheader">
            <span class="visually-hidden">${strings.property}</span>
          </th>
          <th scope="col" role="columnheader">${strings.first}</th>
          <th scope="col" role="columnheader">${strings.second}</th>
          <th scope="col" role="columnheader">
            <span class="visually-hidden">${strings.difference}</span>
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map(
          (row) =>
            html`<tr role="row" class=${row.differs ? 'differs' : ''}>
              <th scope="row" role="rowheader">
                <bdi class="clamped" title=${row.label}>${row.label}</bdi>
              </th>
              <td role="cell" data-label=${strings.first}>
                <bdi class="clamped" title=${row.a}>${row.a || strings.none}</bdi>
              </td>
              <td role="cell" data-label=${strings.second}>
                <bdi class="clamped" title=${row.b}>${row.b || strings.none}</bdi>
              </td>
              <td role="cell" class="note">
                <bdi>${row.note || (row.differs ? strings.differs : strings.equal)}</bdi>
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function layers(
  state: CompareState,
  comparison: EngineComparison,
  actions: CompareActions,
): TemplateResult | typeof nothing {
  const { layers: it } = comparison;
  if (!it) {
    return html`<section aria-labelledby="compare-layers">
      <h2 id="compare-layers">${strings.layers}</h2>
      <p class="quiet-text">${strings.layersUnknown}</p>
    </section>`;
  }
  return html`<section aria-labelledby="compare-layers">
    <h2 id="compare-layers">${strings.layers}</h2>
    <p class="quiet-text">${strings.layerSame(formatCount(it.same))}</p>
    ${
      it.changed.length === 0
        ? nothing
        : html`<h3>${strings.changed(formatCount(it.changed.length))}</h3>
            ${
              it.kinds.length === 0
                ? nothing
                : html`<ul class="kinds" aria-label=${strings.what}>
                    ${it.kinds.map(
                      ({ change, count }) =>
                        html`<li><bdi>${change}</bdi>, ${strings.inLayers(count)}</li>`,
                    )}
                  </ul>`
            }
            <ul class="layer-differences" data-list="changed">
              ${it.changed.slice(0, state.shown.changed).map(changedLayer)}
            </ul>
            ${more('changed', it.changed.length, state, actions)}`
    }
    ${(['removed', 'added'] as const).map((list) =>
      it[list].length === 0
        ? nothing
        : html`<h3>${strings[list](formatCount(it[list].length))}</h3>
            <ul class="layer-differences" data-list=${list}>
              ${it[list].slice(0, state.shown[list]).map(lonelyLayer)}
            </ul>
            ${more(list, it[list].length, state, actions)}`,
    )}
  </section>`;
}

function more(
  list: LayerList,
  all: number,
  state: CompareState,
  actions: CompareActions,
): TemplateResult | typeof nothing {
  const left = all - state.shown[list];
  if (left <= 0) return nothing;
  return html`<button class="link" type="button" @click=${() => actions.showMore(list)}>
    ${strings.more(formatCount(Math.min(left, firstShown * 5)))}
  </button>`;
}

function layerName(row: LayerRow): TemplateResult {
  return html`<bdi class="mono layer-name" title=${row.name}
    >${row.index} ${row.name || strings.noName}</bdi
  >`;
}

function changedLayer({ a, b, changes }: LayerPair): TemplateResult {
  return html`<li>
    ${layerName(a)}
    ${a.name === b.name ? nothing : html`<span class="quiet-text">→</span> ${layerName(b)}`}
    <ul class="changes" aria-label=${strings.what}>
      ${changes.map((change) => html`<li><bdi>${change}</bdi></li>`)}
    </ul>
  </li>`;
}

function lonelyLayer({ layer, elsewhere }: LonelyLayer): TemplateResult {
  const facts = [layer.type, layer.precision, layer.outputShapes].filter(Boolean).join(' · ');
  return html`<li>
    ${layerName(layer)} ${facts ? html`<bdi class="quiet-text">${facts}</bdi>` : nothing}
    ${
      elsewhere.length === 0
        ? nothing
        : html`<span class="quiet-text elsewhere"
            >${strings.fusedOtherwise}
            <bdi class="mono"
              >${elsewhere.map((row) => row.name || strings.noName).join(', ')}</bdi
            ></span
          >`
    }
  </li>`;
}
