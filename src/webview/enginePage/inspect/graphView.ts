/**
 * The graph: what is around the chosen layer, or the whole engine in groups of successive layers. One SVG, one tab stop;
 * the arrow keys follow the edges. What it shows is also in the details' lists (reads from, feeds).
 */
import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import {
  among,
  groupLayers,
  layOut,
  neighbourhood,
  type GroupedGraph,
  type PlacedGraph,
} from '../../../core/inspect/layerGraph';
import { icon } from '../../shared/icon';
import type { PageActions, PageState } from '../state';
import type { LayersModel } from './layersModel';
import { strings } from './strings';

const size = { width: 220, height: 40 };
const maxDrawn = 60;
const maxGroups = 40;
const zooms = [0.25, 0.35, 0.5, 0.7, 1, 1.4, 2];

interface DrawnNode {
  id: string;
  title: string;
  subtitle: string;
  /** For screen readers; the name is the title. */
  label: string;
  chosen: boolean;
  more: boolean;
  run: () => void;
}

interface Drawn {
  nodes: DrawnNode[];
  edges: { from: number; to: number }[];
  notes: string[];
}

export function graphSection(
  state: PageState,
  model: LayersModel,
  actions: PageActions,
): TemplateResult | typeof nothing {
  if (model.document.detail !== 'detailed') return nothing;
  const { layersView } = state;
  const heading = html`<h2 id="graph-heading">${strings.graph}</h2>`;
  if (model.graph.edges === 0) {
    return html`<section aria-labelledby="graph-heading">
      ${heading}
      <p class="quiet-text">${strings.graphNoEdges}</p>
    </section>`;
  }
  const drawn = whatToDraw(state, model, actions);
  return html`<section class="graph" aria-labelledby="graph-heading">
    <div class="graph-head">
      ${heading}
      <div class="graph-tools" role="group" aria-label=${strings.graphView}>
        ${(['around', 'whole'] as const).map(
          (which) =>
            html`<button
              class="quiet toggle"
              type="button"
              data-graph=${which}
              aria-pressed=${layersView.graph === which}
              @click=${() => actions.setLayersView({ graph: which, group: null })}
            >
              ${which === 'around' ? strings.graphAround : strings.graphWhole}
            </button>`,
        )}
        ${
          layersView.graph === 'around'
            ? html`<label class="graph-distance"
                >${strings.distance}
                <select
                  class="field-select"
                  @change=${(event: Event) =>
                    actions.setLayersView({
                      distance: Number((event.target as HTMLSelectElement).value),
                    })}
                >
                  ${[1, 2, 3, 4, 6].map(
                    (steps) =>
                      html`<option value=${steps} ?selected=${steps === layersView.distance}>
                        ${steps}
                      </option>`,
                  )}
                </select></label
              >`
            : nothing
        }
        ${
          layersView.graph === 'whole' && layersView.group !== null
            ? html`<button
                class="quiet"
                type="button"
                @click=${() => actions.setLayersView({ group: null })}
              >
                ${icon('arrow-left')}${strings.graphBack}
              </button>`
            : nothing
        }
        ${zoomButton('zoom-out', strings.zoomOut, step(layersView.zoom, -1), actions)}
        ${zoomButton('zoom-in', strings.zoomIn, step(layersView.zoom, 1), actions)}
      </div>
    </div>
    ${
      drawn === null
        ? html`<p class="quiet-text">${strings.graphNone}</p>`
        : html`${picture(drawn, layersView.zoom)}
            <p class="quiet-text">${[strings.graphHint, ...drawn.notes].join(' ')}</p>`
    }
  </section>`;
}

function zoomButton(
  name: string,
  label: string,
  zoom: number,
  actions: PageActions,
): TemplateResult {
  return html`<button
    class="quiet"
    type="button"
    aria-label=${label}
    title=${label}
    data-action=${name}
    @click=${() => actions.setLayersView({ zoom })}
  >
    ${icon(name)}
  </button>`;
}

function step(zoom: number, by: number): number {
  const at = zooms.findIndex((it) => it >= zoom - 0.001);
  return zooms[Math.min(Math.max((at < 0 ? 4 : at) + by, 0), zooms.length - 1)]!;
}

let groups: { model: LayersModel; grouped: GroupedGraph } | null = null;

function groupsOf(model: LayersModel): GroupedGraph {
  if (groups?.model !== model) {
    groups = { model, grouped: groupLayers(model.document, model.graph, maxGroups) };
  }
  return groups.grouped;
}

function whatToDraw(state: PageState, model: LayersModel, actions: PageActions): Drawn | null {
  const { graph, selected, distance, group } = state.layersView;
  const count = model.document.rows.length;
  if (graph === 'around') {
    if (selected === null || selected >= count) return null;
    const near = neighbourhood(model.graph, selected, distance, maxDrawn);
    return layersDrawing(near.layers, state, model, actions);
  }
  if (count <= maxDrawn) {
    return layersDrawing(
      model.document.rows.map((row) => row.index),
      state,
      model,
      actions,
    );
  }
  const { groups: all, edges } = groupsOf(model);
  const opened = group === null ? undefined : all.find((it) => it.first === group);
  if (opened) {
    const layers = range(opened.first, Math.min(opened.last, opened.first + maxDrawn - 1));
    const drawn = layersDrawing(layers, state, model, actions);
    drawn.notes.unshift(`${strings.graphOpenGroup(opened.label)}.`);
    if (opened.last - opened.first >= maxDrawn) drawn.notes.push(strings.graphCut(maxDrawn));
    return drawn;
  }
  return {
    nodes: all.map(({ label, first, last }) => ({
      id: `g${first}`,
      title: label,
      subtitle: strings.headLayers(String(last - first + 1)),
      label: strings.graphGroup(label, last - first + 1),
      chosen: selected !== null && selected >= first && selected <= last,
      more: false,
      run: () =>
        first === last ? actions.showLayer(first) : actions.setLayersView({ group: first }),
    })),
    edges,
    notes: [strings.graphGroups(all.length)],
  };
}

function layersDrawing(
  layers: readonly number[],
  state: PageState,
  model: LayersModel,
  actions: PageActions,
): Drawn {
  const { edges, more } = among(model.graph, new Set(layers));
  const position = new Map(layers.map((layer, at) => [layer, at]));
  const { rows } = model.document;
  const notes: string[] = [];
  if (more.size > 0) notes.push(strings.graphMore);
  if (state.layersView.graph === 'around' && layers.length >= maxDrawn) {
    notes.push(strings.graphCut(maxDrawn));
  }
  return {
    nodes: layers.map((index) => {
      const row = rows[index]!;
      const name = row.name || strings.noName;
      return {
        id: `l${index}`,
        title: name,
        subtitle: [row.type, row.precision].filter(Boolean).join(' · '),
        label: strings.graphNode(
          name,
          row.type,
          model.graph.incoming[index]!.length,
          model.graph.outgoing[index]!.length,
        ),
        chosen: index === state.layersView.selected,
        more: more.has(index),
        run: () => actions.showLayer(index),
      };
    }),
    edges: edges.map(({ from, to }) => ({ from: position.get(from)!, to: position.get(to)! })),
    notes,
  };
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

// ---- drawing ----

let placed: { key: string; graph: PlacedGraph } | null = null;

/** A layout is kept while the same things are drawn: zooming and choosing within it do not move anything. */
function place(drawn: Drawn): PlacedGraph {
  const key = `${drawn.nodes.map((node) => node.id).join()};${drawn.edges.map(({ from, to }) => `${from}-${to}`).join()}`;
  if (placed?.key !== key) placed = { key, graph: layOut(drawn.nodes.length, drawn.edges, size) };
  return placed.graph;
}

function picture(drawn: Drawn, zoom: number): TemplateResult {
  const graph = place(drawn);
  const chosen = drawn.nodes.findIndex((node) => node.chosen);
  const stop = Math.max(chosen, 0);
  const onKey = (event: KeyboardEvent) => {
    const target = (event.target as Element).closest('[data-node]');
    if (!target || event.altKey || event.ctrlKey || event.metaKey) return;
    const at = Number(target.getAttribute('data-node'));
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      const svgElement = event.currentTarget as SVGElement;
      drawn.nodes[at]?.run();
      // What was chosen is drawn again, perhaps elsewhere: the focus goes with it.
      requestAnimationFrame(() => focusNode(svgElement, null));
      return;
    }
    const next = neighbourFor(event.key, at, drawn, graph);
    if (next === null) return;
    event.preventDefault();
    focusNode(event.currentTarget as SVGElement, next);
  };
  // Keyed by what is drawn, so that focus and scroll are not left on another node.
  return html`<div class="graph-scroller">
    <svg
      class="graph-picture"
      role="group"
      aria-labelledby="graph-heading"
      width=${Math.ceil(graph.width * zoom)}
      height=${Math.ceil(graph.height * zoom)}
      viewBox="0 0 ${graph.width} ${graph.height}"
      @keydown=${onKey}
    >
      <defs>
        <marker
          id="graph-arrow"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="6"
          markerHeight="6"
          orient="auto-start-reverse"
        >
          <path class="graph-arrow" d="M0 0 L8 4 L0 8 z"></path>
        </marker>
      </defs>
      ${graph.edges.map((points) => edge(points))}
      ${drawn.nodes.map((node, at) => nodeDrawing(node, at, graph, at === stop))}
    </svg>
  </div>`;
}

function focusNode(picture: SVGElement, at: number | null): void {
  const node = picture.querySelector<SVGElement>(
    at === null ? '[tabindex="0"]' : `[data-node="${at}"]`,
  );
  node?.focus();
  node?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

function edge(points: readonly { x: number; y: number }[]): SVGTemplateResult | typeof nothing {
  if (points.length < 2) return nothing;
  const d = points.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
  return svg`<path class="graph-edge" d=${d} marker-end="url(#graph-arrow)"></path>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

function nodeDrawing(
  node: DrawnNode,
  at: number,
  graph: PlacedGraph,
  isStop: boolean,
): SVGTemplateResult {
  const { x, y } = graph.nodes[at]!;
  const left = round(x - size.width / 2);
  const top = round(y - size.height / 2);
  const classes = `graph-node${node.chosen ? ' chosen' : ''}${node.more ? ' more' : ''}`;
  return svg`<g
    class=${classes}
    role="button"
    tabindex=${isStop ? 0 : -1}
    data-node=${at}
    data-id=${node.id}
    aria-description=${node.label}
    aria-current=${node.chosen ? 'true' : nothing}
    transform=${`translate(${left} ${top})`}
    @click=${node.run}
  >
    <title>${node.title}</title>
    <rect width=${size.width} height=${size.height} rx="3"></rect>
    <text x="8" y=${node.subtitle ? 17 : 25}>${short(node.title, 25)}</text>
    ${node.subtitle ? svg`<text class="graph-type" x="8" y="32">${short(node.subtitle, 31)}</text>` : nothing}
  </g>`;
}

/** The end of a name tells more than its beginning. */
function short(text: string, length: number): string {
  const characters = Array.from(text);
  if (characters.length <= length) return text;
  const head = Math.floor((length - 1) / 3);
  return `${characters.slice(0, head).join('')}…${characters.slice(head + 1 - length).join('')}`;
}

/** Up and down along the edges, left and right within the row. */
function neighbourFor(key: string, at: number, drawn: Drawn, graph: PlacedGraph): number | null {
  const here = graph.nodes[at];
  if (!here) return null;
  const nearest = (candidates: number[]): number | null =>
    candidates.sort(
      (a, b) => Math.abs(graph.nodes[a]!.x - here.x) - Math.abs(graph.nodes[b]!.x - here.x),
    )[0] ?? null;
  const sameRow = (right: boolean): number | null =>
    nearest(
      graph.nodes
        .map((_node, index) => index)
        .filter((index) => {
          const { x, y } = graph.nodes[index]!;
          return Math.abs(y - here.y) < size.height && (right ? x > here.x : x < here.x);
        }),
    );
  switch (key) {
    case 'ArrowDown':
      return nearest(drawn.edges.filter((it) => it.from === at).map((it) => it.to));
    case 'ArrowUp':
      return nearest(drawn.edges.filter((it) => it.to === at).map((it) => it.from));
    case 'ArrowRight':
      return sameRow(true);
    case 'ArrowLeft':
      return sameRow(false);
    case 'Home':
      return 0;
    case 'End':
      return drawn.nodes.length - 1;
    default:
      return null;
  }
}
