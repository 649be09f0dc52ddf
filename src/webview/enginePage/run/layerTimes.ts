/** Time per layer, longest first, as bars; each name leads to its row in the Layers tab. */
import { html, nothing, type TemplateResult } from 'lit';
import { formatMilliseconds, formatPercent } from '../../../core/run/runFormats';
import type { LayerTime } from '../../../core/run/runReport';
import { exactName, type LayersDocument } from '../../../core/inspect/layers';
import type { LayersState } from '../../../core/pages/pageMessages';
import { layersModel } from '../inspect/layersModel';
import type { RunContext } from './context';
import { strings } from './strings';

const more = 200;

const indexes = new WeakMap<LayersDocument, ReadonlyMap<string, number>>();

/** Rows of the Layers tab by name; of several with the same name the first. */
function rowsByName(layers: LayersState): ReadonlyMap<string, number> | null {
  const parsed = layersModel(layers);
  if (!parsed || 'error' in parsed) return null;
  const { document } = parsed.model;
  const known = indexes.get(document);
  if (known) return known;
  const made = new Map<string, number>();
  for (const { index } of document.rows) {
    const name = exactName(document, index);
    if (!made.has(name)) made.set(name, index);
  }
  indexes.set(document, made);
  return made;
}

export function layerTimes(
  context: RunContext,
  layers: readonly LayerTime[],
): TemplateResult | typeof nothing {
  const { form, set, state } = context;
  if (layers.length === 0) return nothing;
  const shown = layers.slice(0, form.layersShown);
  const rest = layers.slice(form.layersShown);
  const longest = layers[0]?.mean || 1;
  const rows = rowsByName(state.layers);
  return html`
    <section aria-labelledby="run-layers-heading">
      <h2 id="run-layers-heading">${strings.layers(layers.length)}</h2>
      <ol class="layer-times" aria-label=${strings.layersName}>
        ${shown.map((layer) => layerRow(context, layer, longest, rows?.get(layer.name)))}
      </ol>
      ${
        rest.length === 0
          ? nothing
          : html`<p class="layer-rest">
              <span class="quiet-text"
                >${strings.layersRest(
                  rest.length,
                  formatMilliseconds(rest.reduce((sum, { mean }) => sum + mean, 0)),
                  formatPercent(rest.reduce((sum, { share }) => sum + share, 0)),
                )}</span
              >
              <button
                class="link"
                type="button"
                data-action="moreLayers"
                @click=${() => set({ layersShown: form.layersShown + more })}
              >
                ${strings.moreLayers(Math.min(more, rest.length))}
              </button>
            </p>`
      }
    </section>
  `;
}

function layerRow(
  { actions }: RunContext,
  { name, mean, share }: LayerTime,
  longest: number,
  row: number | undefined,
): TemplateResult {
  return html`<li>
    ${
      row !== undefined
        ? html`<button
            class="link layer-name"
            type="button"
            title=${name}
            aria-label=${strings.showLayer(name)}
            @click=${() => {
              actions.showTab('layers');
              actions.showLayer(row);
            }}
          >
            <bdi>${name}</bdi>
          </button>`
        : html`<bdi class="layer-name" title=${name}>${name}</bdi>`
    }
    <span class="layer-ms">${formatMilliseconds(mean)}</span>
    <span class="layer-share">${formatPercent(share)}</span>
    <svg class="layer-bar" aria-hidden="true">
      <rect width="${((mean / longest) * 100).toFixed(2)}%" height="100%" rx="1"></rect>
    </svg>
  </li>`;
}
