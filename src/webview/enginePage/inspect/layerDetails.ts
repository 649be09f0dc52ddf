/** Everything about the chosen layer: its tensors, its tactic, its neighbours and the ONNX nodes that it came from. */
import { html, nothing, type TemplateResult } from 'lit';
import { formatBytes, formatExactBytes } from '../../../core/text/formats';
import type { LayerEdge } from '../../../core/inspect/layerGraph';
import { layerDetail, shapeText, type LayerTensor } from '../../../core/inspect/layers';
import type { OnnxNode } from '../../../core/inspect/onnxNodes';
import { plainText } from '../../../core/text/plainText';
import { splitPath } from '../format';
import { icon } from '../../shared/icon';
import type { PageActions, PageState } from '../state';
import { formatMs } from './layerGrid';
import { onnxByName, type LayersModel } from './layersModel';
import { strings } from './strings';

const shownEdges = 12;
const shownNodes = 50;
const shownTensors = 64;

export function layerDetails(
  state: PageState,
  model: LayersModel,
  times: readonly (number | null)[] | null,
  actions: PageActions,
): TemplateResult {
  const index = state.layersView.selected;
  const row = index === null ? undefined : model.document.rows[index];
  if (index === null || !row) {
    return html`<aside class="layer-details" aria-label=${strings.details}>
      <p class="quiet-text">${strings.pickOne}</p>
    </aside>`;
  }
  const detail = layerDetail(model.document, index);
  const ms = times?.[index] ?? null;
  const facts: [string, TemplateResult | string][] = [];
  const add = (label: string, value: string): void => {
    if (value !== '') facts.push([label, html`<bdi>${value}</bdi>`]);
  };
  add(strings.type, row.type);
  add(strings.precision, row.precision);
  add(strings.tactic, row.tactic);
  if (row.weightBytes !== null) facts.push([strings.weights, bytes(row.weightBytes)]);
  if (row.activationBytes !== null) facts.push([strings.outputsSize, bytes(row.activationBytes)]);
  if (ms !== null) add(strings.time, formatMs(ms));
  if (row.stream !== null) add(strings.stream, String(row.stream));
  for (const text of detail.metadata) add(strings.metadata, text);
  for (const { key, value } of detail.others) add(key, value);
  return html`<aside class="layer-details" aria-labelledby="layer-heading">
    <p class="quiet-text">${strings.chosen(index)}</p>
    <div class="layer-title">
      <h2 id="layer-heading" tabindex="-1" title=${row.name}>
        <bdi class="clamped mono">${row.name || strings.noName}</bdi>
      </h2>
      <button
        class="quiet"
        type="button"
        aria-label=${strings.copyName}
        title=${strings.copyName}
        data-action="copyName"
        @click=${() => actions.send({ type: 'copyText', text: row.name })}
      >
        ${icon('copy')}
      </button>
    </div>
    ${
      facts.length === 0
        ? nothing
        : html`<table class="facts-table layer-facts">
            <tbody>
              ${facts.map(
                ([label, value]) =>
                  html`<tr>
                    <th scope="row">${label}</th>
                    <td>${value}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }
    ${tensorList(strings.inputs, detail.inputs)} ${tensorList(strings.constants, detail.constants)}
    ${tensorList(strings.outputs, detail.outputs)}
    ${
      model.document.detail === 'detailed'
        ? html`${edges(strings.readsFrom, strings.startOfGraph, model.graph.incoming[index]!, 'from', model, actions)}
          ${edges(strings.feeds, strings.endOfGraph, model.graph.outgoing[index]!, 'to', model, actions)}
          ${onnxNodes(state, row.onnx)}`
        : nothing
    }
  </aside>`;
}

function bytes(size: number): TemplateResult {
  return html`<span title=${formatExactBytes(size)}>${formatBytes(size)}</span>`;
}

function tensorList(
  title: string,
  tensors: readonly LayerTensor[],
): TemplateResult | typeof nothing {
  if (tensors.length === 0) return nothing;
  return html`<h3>${title}</h3>
    <ul class="tensor-list" aria-label=${title}>
      ${tensors.slice(0, shownTensors).map(
        (tensor) =>
          html`<li>
            <bdi class="mono tensor-name" title=${tensor.name}>${tensor.name}</bdi>
            <span class="tensor-what">
              <span class="mono">${shapeText(tensor.shape)}</span>
              ${tensor.type ? html`<span>${tensor.type}</span>` : nothing}
              ${tensor.bytes === null ? nothing : bytes(tensor.bytes)}
              ${tensor.format ? html`<bdi class="quiet-text">${tensor.format}</bdi>` : nothing}
            </span>
          </li>`,
      )}
      ${
        tensors.length > shownTensors
          ? html`<li class="quiet-text">${strings.edgeMore(tensors.length - shownTensors)}</li>`
          : nothing
      }
    </ul>`;
}

function edges(
  title: string,
  none: string,
  all: readonly LayerEdge[],
  side: 'from' | 'to',
  model: LayersModel,
  actions: PageActions,
): TemplateResult {
  return html`<h3>${title}</h3>
    <ul class="edge-list" aria-label=${title}>
      ${all.length === 0 ? html`<li class="quiet-text">${none}</li>` : nothing}
      ${all.slice(0, shownEdges).map((edge) => {
        const name = model.document.rows[edge[side]]?.name || strings.noName;
        return html`<li>
          <button
            class="link mono"
            type="button"
            title=${strings.showLayer(name)}
            @click=${() => actions.showLayer(edge[side])}
          >
            <bdi>${name}</bdi>
          </button>
        </li>`;
      })}
      ${
        all.length > shownEdges
          ? html`<li class="quiet-text">${strings.edgeMore(all.length - shownEdges)}</li>`
          : nothing
      }
    </ul>`;
}

function onnxNodes(state: PageState, names: readonly string[]): TemplateResult {
  const { onnx } = state;
  const nodes = onnxByName(onnx);
  return html`<h3>${strings.onnxNodes}</h3>
    ${names.length === 0 ? html`<p class="quiet-text">${strings.onnxNone}</p>` : nothing}
    ${
      names.length > 0 && onnx.state === 'none' && onnx.sentence
        ? html`<p class="quiet-text"><bdi>${onnx.sentence}</bdi></p>`
        : nothing
    }
    <ul class="onnx-list" aria-label=${strings.onnxNodes}>
      ${names.slice(0, shownNodes).map((name) => {
        const shown = plainText(name, 500);
        const found = nodes?.get(shown);
        return html`<li>
          ${found?.[0]?.operator ? html`<span class="tag">${found[0].operator}</span>` : nothing}
          <bdi class="mono" title=${shown}>${shown || strings.noName}</bdi>
          ${
            nodes && !found && onnx.state === 'given'
              ? html`<span class="quiet-text"
                  >${strings.onnxNotIn(splitPath(plainText(onnx.model)).name)}</span
                >`
              : nothing
          }
          ${found ? found.slice(0, 4).map(nodeTensors) : nothing}
        </li>`;
      })}
      ${
        names.length > shownNodes
          ? html`<li class="quiet-text">${strings.edgeMore(names.length - shownNodes)}</li>`
          : nothing
      }
    </ul>`;
}

function nodeTensors(node: OnnxNode): TemplateResult {
  const list = (all: readonly string[]): string => {
    const named = all.filter((name) => name !== '');
    const more = named.length > 8 ? `, ${strings.edgeMore(named.length - 8)}` : '';
    return named.slice(0, 8).join(', ') + more;
  };
  return html`<span class="onnx-tensors quiet-text">
    ${strings.onnxInputs}
    <bdi class="mono">${list(node.inputs) || strings.unknown}</bdi> ${strings.onnxOutputs}
    <bdi class="mono">${list(node.outputs) || strings.unknown}</bdi>
  </span>`;
}
