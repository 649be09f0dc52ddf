/**
 * Layers as a graph: who writes the tensors that a layer reads. For a picture, either the neighbourhood of one layer or
 * the engine in groups is taken and laid out (dagre, from top to bottom); both stay small whatever the engine is.
 */
import { Graph, layout } from '@dagrejs/dagre';

import { layerTensorNames, type LayersDocument } from './layers';

export interface LayerEdge {
  from: number;
  to: number;
  /** Exact name of the tensor; the first one when several go the same way. */
  tensor: string;
}

export interface LayerGraph {
  count: number;
  /** By index of the layer: its edges. */
  incoming: LayerEdge[][];
  outgoing: LayerEdge[][];
  edges: number;
}

/** A tensor that hundreds of layers write or read would hide everything else. */
const maxFan = 64;

export function layerGraph(document: LayersDocument): LayerGraph {
  const count = document.rows.length;
  const names = document.rows.map((_row, index) => layerTensorNames(document, index));
  const writers = new Map<string, number[]>();
  names.forEach(({ outputs }, index) => {
    for (const tensor of outputs) {
      if (tensor === '') continue;
      const list = writers.get(tensor);
      if (!list) writers.set(tensor, [index]);
      else if (list.at(-1) !== index) list.push(index);
    }
  });
  const graph: LayerGraph = {
    count,
    incoming: Array.from({ length: count }, () => []),
    outgoing: Array.from({ length: count }, () => []),
    edges: 0,
  };
  names.forEach(({ inputs }, to) => {
    const seen = new Set<number>();
    for (const tensor of inputs) {
      // Several layers may fill parts of one tensor: all that run before this one count, at least one of them.
      const all = (writers.get(tensor) ?? []).filter((index) => index !== to);
      const earlier = all.filter((index) => index < to);
      for (const from of (earlier.length > 0 ? earlier : all).slice(-maxFan)) {
        if (seen.has(from)) continue;
        seen.add(from);
        const edge = { from, to, tensor };
        graph.incoming[to]!.push(edge);
        graph.outgoing[from]!.push(edge);
        graph.edges += 1;
      }
    }
  });
  return graph;
}

export interface Neighbourhood {
  /** In the engine's order. */
  layers: number[];
  edges: LayerEdge[];
  /** Layers at its rim that have neighbours which are not in it. */
  more: ReadonlySet<number>;
}

/** Layers within `distance` edges of one of them, nearest first, at most `limit`. */
export function neighbourhood(
  graph: LayerGraph,
  center: number,
  distance: number,
  limit = 80,
): Neighbourhood {
  const inside = new Set<number>();
  if (center >= 0 && center < graph.count) inside.add(center);
  let rim = [...inside];
  for (let step = 0; step < distance && rim.length > 0; step += 1) {
    const next: number[] = [];
    for (const layer of rim) {
      for (const near of neighbours(graph, layer)) {
        if (inside.size >= limit) break;
        if (inside.has(near)) continue;
        inside.add(near);
        next.push(near);
      }
    }
    rim = next;
  }
  return among(graph, inside);
}

/** Those layers and the edges between them. */
export function among(graph: LayerGraph, inside: ReadonlySet<number>): Neighbourhood {
  const layers = [...inside].sort((a, b) => a - b);
  const edges: LayerEdge[] = [];
  const more = new Set<number>();
  for (const layer of layers) {
    for (const edge of graph.incoming[layer]!) {
      if (inside.has(edge.from)) edges.push(edge);
      else more.add(layer);
    }
    if (graph.outgoing[layer]!.some((edge) => !inside.has(edge.to))) more.add(layer);
  }
  return { layers, edges, more };
}

function neighbours(graph: LayerGraph, layer: number): number[] {
  return [
    ...graph.incoming[layer]!.map((edge) => edge.from),
    ...graph.outgoing[layer]!.map((edge) => edge.to),
  ];
}

export interface GraphGroup {
  /** "/encoder/layer.3", or "Layers 200–299". */
  label: string;
  /** Layers first…last of the engine's order, both included. */
  first: number;
  last: number;
}

export interface GroupedGraph {
  groups: GraphGroup[];
  edges: { from: number; to: number; tensors: number }[];
}

/**
 * The engine in at most `limit` pieces of successive layers: by the scopes in the names of ONNX nodes
 * ("/encoder/layer.3/MatMul") as deep as fits, else in equal pieces.
 */
export function groupLayers(document: LayersDocument, graph: LayerGraph, limit = 40): GroupedGraph {
  const groups = scopeGroups(document, limit) ?? equalGroups(graph.count, limit);
  const groupOf = new Int32Array(graph.count);
  groups.forEach(({ first, last }, at) => groupOf.fill(at, first, last + 1));
  const between = new Map<number, number>();
  for (const edges of graph.incoming) {
    for (const edge of edges) {
      const from = groupOf[edge.from]!;
      const to = groupOf[edge.to]!;
      if (from === to) continue;
      const key = from * groups.length + to;
      between.set(key, (between.get(key) ?? 0) + 1);
    }
  }
  return {
    groups,
    edges: [...between].map(([key, tensors]) => ({
      from: Math.floor(key / groups.length),
      to: key % groups.length,
      tensors,
    })),
  };
}

function scopeGroups(document: LayersDocument, limit: number): GraphGroup[] | null {
  const scopes = document.rows.map((row) => scopeOf(row.onnx[0] ?? ''));
  let best: GraphGroup[] | null = null;
  for (let depth = 1; depth <= 6; depth += 1) {
    const groups: GraphGroup[] = [];
    let current = '';
    scopes.forEach((scope, index) => {
      // A layer that names no node belongs to what is around it.
      const key = scope.length === 0 ? current : scope.slice(0, depth).join('/');
      const group = groups.at(-1);
      if (group && (key === current || current === '')) {
        group.last = index;
        if (current === '') group.label = key;
      } else groups.push({ label: key, first: index, last: index });
      current = key;
    });
    if (groups.length > limit) break;
    if (groups.length > 1) best = groups;
  }
  return best;
}

/** "/encoder/layer.3/MatMul" → ["encoder", "layer.3"]; names without slashes have no scope. */
function scopeOf(name: string): string[] {
  const parts = name.split('/').filter(Boolean);
  return parts.slice(0, -1);
}

function equalGroups(count: number, limit: number): GraphGroup[] {
  const size = Math.max(1, Math.ceil(count / limit));
  const groups: GraphGroup[] = [];
  for (let first = 0; first < count; first += size) {
    const last = Math.min(first + size, count) - 1;
    groups.push({
      label: first === last ? `Layer ${first}` : `Layers ${first}–${last}`,
      first,
      last,
    });
  }
  return groups;
}

export interface PlacedNode {
  /** Its centre. */
  x: number;
  y: number;
}

export interface PlacedGraph {
  width: number;
  height: number;
  /** In the order of the nodes that were given. */
  nodes: PlacedNode[];
  /** In the order of the edges that were given: the points of a line. */
  edges: { x: number; y: number }[][];
}

/** Nodes of one size, from top to bottom. Edges are pairs of positions in the list of nodes. */
export function layOut(
  nodes: number,
  edges: readonly { from: number; to: number }[],
  size: { width: number; height: number },
): PlacedGraph {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 18, ranksep: 34, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (let at = 0; at < nodes; at += 1) graph.setNode(String(at), { ...size });
  edges.forEach(({ from, to }, at) => graph.setEdge(String(from), String(to), {}, String(at)));
  layout(graph);
  const label = graph.graph() as { width?: number; height?: number };
  return {
    width: Number.isFinite(label.width) ? label.width! : 0,
    height: Number.isFinite(label.height) ? label.height! : 0,
    nodes: Array.from({ length: nodes }, (_, at) => {
      const { x, y } = graph.node(String(at)) as PlacedNode;
      return { x, y };
    }),
    edges: edges.map(({ from, to }, at) => {
      const edge = graph.edge(String(from), String(to), String(at)) as
        { points?: { x: number; y: number }[] } | undefined;
      return (edge?.points ?? []).map(({ x, y }) => ({ x, y }));
    }),
  };
}
