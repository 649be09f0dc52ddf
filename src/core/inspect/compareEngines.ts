/**
 * Two engines side by side: what differs between their files, tensors, memory and layers. Layers are aligned by the ONNX
 * nodes that they came from, then by name; what one side fused otherwise is told as such. Surfaces render.
 */
import type { EngineReport } from '../report/engineReport';
import { formatBytes, formatCount } from '../text/formats';
import { plainText } from '../text/plainText';
import type { Inspection, ProfileShape, TensorFacts } from './inspection';
import { shapeText, type LayerRow, type LayersDocument } from './layers';
import { summarizeLayers } from './layerSummary';

export interface EngineSide {
  report: EngineReport;
  inspection: Inspection | null;
  layers: LayersDocument | null;
}

export interface DifferenceRow {
  label: string;
  /** '' where one side has nothing. */
  a: string;
  b: string;
  differs: boolean;
  /** "2.1 MiB more", "only in the second"; '' when there is nothing to add. */
  note: string;
}

export interface LayerPair {
  a: LayerRow;
  b: LayerRow;
  /** "precision: float32 → float16" */
  changes: string[];
}

export interface LonelyLayer {
  layer: LayerRow;
  /** Layers of the other side that hold some of its ONNX nodes. */
  elsewhere: LayerRow[];
}

export interface LayerDifferences {
  same: number;
  changed: LayerPair[];
  /** How often each change of type, precision or tactic occurs, most frequent first. */
  kinds: { change: string; count: number }[];
  /** Only in the first. */
  removed: LonelyLayer[];
  /** Only in the second. */
  added: LonelyLayer[];
}

export interface EngineComparison {
  /** "The second is 12.0 MiB smaller; 3 of its 95 layers differ." */
  summary: string;
  file: DifferenceRow[];
  memory: DifferenceRow[];
  tensors: DifferenceRow[];
  precisions: DifferenceRow[];
  types: DifferenceRow[];
  /** null: at least one side tells no layers. */
  layers: LayerDifferences | null;
}

export function compareEngines(a: EngineSide, b: EngineSide): EngineComparison {
  const layers = a.layers && b.layers ? compareLayers(a.layers.rows, b.layers.rows) : null;
  const tensors = tensorRows(a.inspection, b.inspection);
  const file = fileRows(a.report, b.report);
  const memory = memoryRows(a, b);
  return {
    summary: summary(a, b, tensors, layers),
    file,
    memory,
    tensors,
    precisions: groupRows(a.layers, b.layers, 'precisions'),
    types: groupRows(a.layers, b.layers, 'types'),
    layers,
  };
}

// ---- rows ----

function row(label: string, a: string, b: string, note = ''): DifferenceRow {
  return { label, a, b, differs: a !== b, note: a === b ? '' : note };
}

function amountRow(
  label: string,
  a: number | null,
  b: number | null,
  format: (value: number) => string,
): DifferenceRow {
  const text = (value: number | null): string => (value === null ? '' : format(value));
  const difference = a === null || b === null || a === b ? '' : more(b - a, format);
  return { label, a: text(a), b: text(b), differs: a !== b, note: difference };
}

function more(difference: number, format: (value: number) => string): string {
  return `${format(Math.abs(difference))} ${difference > 0 ? 'more' : 'less'}`;
}

function fileRows(a: EngineReport, b: EngineReport): DifferenceRow[] {
  const labels = [...new Set([...a.rows, ...b.rows].map((it) => it.label))];
  const of = (report: EngineReport, label: string): string =>
    report.rows.find((it) => it.label === label)?.engine ?? '';
  return [
    amountRow('File size', a.size, b.size, formatBytes),
    ...labels.map((label) => row(label, of(a, label), of(b, label))),
    row('On this machine', a.headline, b.headline),
  ];
}

function memoryRows(a: EngineSide, b: EngineSide): DifferenceRow[] {
  const first = a.inspection?.facts ?? null;
  const second = b.inspection?.facts ?? null;
  const rows: DifferenceRow[] = [];
  // What only one side tells is no difference between engines.
  if (first && second) {
    rows.push(
      row('Loaded by', runtimeOf(a.inspection), runtimeOf(b.inspection)),
      amountRow('Activations at most', first.deviceMemory, second.deviceMemory, formatBytes),
    );
    const profiles = Math.max(first.profileCount, second.profileCount);
    for (let profile = 0; profile < Math.min(profiles, 64) && profiles > 1; profile += 1) {
      rows.push(
        amountRow(
          `Activations, profile ${profile}`,
          first.deviceMemoryPerProfile[profile] ?? null,
          second.deviceMemoryPerProfile[profile] ?? null,
          formatBytes,
        ),
      );
    }
    rows.push(
      amountRow('Streamable weights', first.streamable, second.streamable, formatBytes),
      amountRow(
        'GPU memory that loading took',
        first.loadedMemory,
        second.loadedMemory,
        formatBytes,
      ),
      amountRow('Auxiliary streams', first.auxStreams, second.auxStreams, formatCount),
      amountRow('Optimization profiles', first.profileCount, second.profileCount, formatCount),
    );
  }
  if (a.layers && b.layers) {
    rows.push(
      amountRow('Layers', a.layers.rows.length, b.layers.rows.length, formatCount),
      amountRow('Weights in layers', a.layers.weightBytes, b.layers.weightBytes, formatBytes),
    );
  }
  return rows;
}

function runtimeOf(inspection: Inspection | null): string {
  return inspection ? `TensorRT-RTX ${inspection.runtime.version}` : '';
}

function tensorRows(a: Inspection | null, b: Inspection | null): DifferenceRow[] {
  if (!a || !b) return [];
  const key = (tensor: TensorFacts): string => `${tensor.mode}\n${tensor.name}`;
  const second = new Map(b.facts.tensors.map((tensor) => [key(tensor), tensor]));
  const rows = a.facts.tensors.map((tensor) => {
    const other = second.get(key(tensor));
    second.delete(key(tensor));
    return tensorRow(tensor, other ?? null);
  });
  for (const tensor of second.values()) rows.push(tensorRow(null, tensor));
  return rows;
}

function tensorRow(a: TensorFacts | null, b: TensorFacts | null): DifferenceRow {
  const one = (a ?? b)!;
  const label = `${one.mode === 'input' ? 'Input' : 'Output'} ${plainText(one.name, 200)}`;
  const note = a === null ? 'only in the second' : b === null ? 'only in the first' : '';
  return row(label, a ? tensorText(a) : '', b ? tensorText(b) : '', note);
}

function tensorText(tensor: TensorFacts): string {
  const profiles = tensor.profiles
    .map((profile, index) => (profile ? `profile ${index}: ${profileText(profile)}` : ''))
    .filter(Boolean);
  const dynamic = tensor.shape.some((size) => size < 0);
  return [
    `${tensor.type} ${shapeText(tensor.shape)}`,
    ...(tensor.profileFormats !== undefined
      ? tensor.profileFormats.map(({ format }, at) => `profile ${at}: ${plainText(format, 200)}`)
      : tensor.linear
        ? []
        : [plainText(tensor.format, 200)]),
    ...(tensor.aliasOf === undefined
      ? []
      : [`shares the memory of ${plainText(tensor.aliasOf, 100)}`]),
    ...(tensor.location === 'host' ? ['in host memory'] : []),
    ...(dynamic ? profiles : []),
  ].join(', ');
}

export function profileText({ min, opt, max }: ProfileShape): string {
  return `${shapeText(min)} to ${shapeText(max)}, best ${shapeText(opt)}`;
}

function groupRows(
  a: LayersDocument | null,
  b: LayersDocument | null,
  which: 'precisions' | 'types',
): DifferenceRow[] {
  if (!a || !b) return [];
  const first = new Map(summarizeLayers(a)[which].map((group) => [group.name, group.count]));
  const second = new Map(summarizeLayers(b)[which].map((group) => [group.name, group.count]));
  return [...new Set([...first.keys(), ...second.keys()])].map((name) =>
    amountRow(
      name === '' ? 'not reported' : name,
      first.get(name) ?? 0,
      second.get(name) ?? 0,
      formatCount,
    ),
  );
}

// ---- layers ----

/** "node_of_9_myl0_1" and "node_of_9_myl0_4" are the same layer at another position. */
const position = /_myl\d+_\d+$/;

export function compareLayers(a: readonly LayerRow[], b: readonly LayerRow[]): LayerDifferences {
  const pairs: [LayerRow, LayerRow][] = [];
  let left = [...a];
  let right = [...b];
  const keys: ((row: LayerRow) => string)[] = [
    (it) => (it.onnx.length === 0 ? '' : `${it.type}\n${[...it.onnx].sort().join('\u001f')}`),
    (it) => [...it.onnx].sort().join('\u001f'),
    (it) => (it.onnx.length === 0 ? it.name : ''),
    (it) => (it.onnx.length === 0 ? it.name.replace(position, '') : ''),
    // One side tells names only.
    (it) => it.name,
  ];
  for (const key of keys) {
    const waiting = new Map<string, LayerRow[]>();
    for (const it of right) {
      const name = key(it);
      if (name === '') continue;
      const list = waiting.get(name);
      if (list) list.push(it);
      else waiting.set(name, [it]);
    }
    const taken = new Set<LayerRow>();
    const used = new Map<string, number>();
    left = left.filter((it) => {
      const name = key(it);
      const at = used.get(name) ?? 0;
      const other = name === '' ? undefined : waiting.get(name)?.[at];
      if (!other) return true;
      used.set(name, at + 1);
      taken.add(other);
      pairs.push([it, other]);
      return false;
    });
    right = right.filter((it) => !taken.has(it));
  }
  const changed: LayerPair[] = [];
  for (const [first, second] of pairs) {
    const changes = changesOf(first, second);
    if (changes.length > 0) changed.push({ a: first, b: second, changes });
  }
  changed.sort((one, two) => one.a.index - two.a.index);
  return {
    same: pairs.length - changed.length,
    changed,
    kinds: kindsOf(changed),
    removed: lonely(left, b),
    added: lonely(right, a),
  };
}

const maxKinds = 12;

function kindsOf(changed: readonly LayerPair[]): LayerDifferences['kinds'] {
  const counts = new Map<string, number>();
  for (const { changes } of changed) {
    for (const change of changes) {
      if (!/^(?:type|precision|tactic): /.test(change)) continue;
      counts.set(change, (counts.get(change) ?? 0) + 1);
    }
  }
  return [...counts]
    .map(([change, amount]) => ({ change, count: amount }))
    .sort((one, two) => two.count - one.count)
    .slice(0, maxKinds);
}

function changesOf(a: LayerRow, b: LayerRow): string[] {
  const changes: string[] = [];
  const text = (label: string, first: string, second: string): void => {
    // What one side does not tell is no difference.
    if (first === '' || second === '' || first === second) return;
    changes.push(`${label}: ${first} → ${second}`);
  };
  text('type', a.type, b.type);
  text('precision', a.precision, b.precision);
  text('shape', a.outputShapes, b.outputShapes);
  const bytes = (value: number | null): string => (value === null ? '' : formatBytes(value));
  if (a.weightBytes !== b.weightBytes) {
    text('weights', bytes(a.weightBytes), bytes(b.weightBytes));
  }
  text('tactic', tacticName(a.tactic), tacticName(b.tactic));
  return changes;
}

/** The hash in a generated kernel's name differs from build to build. */
function tacticName(tactic: string): string {
  return tactic.replace(/_0x[0-9a-f]{16,}$/, '');
}

const maxElsewhere = 8;

function lonely(rows: readonly LayerRow[], others: readonly LayerRow[]): LonelyLayer[] {
  if (rows.length === 0) return [];
  const byNode = new Map<string, LayerRow[]>();
  for (const other of others) {
    for (const node of other.onnx) {
      const list = byNode.get(node);
      if (list) list.push(other);
      else byNode.set(node, [other]);
    }
  }
  return rows.map((layer) => {
    const elsewhere = new Set<LayerRow>();
    for (const node of layer.onnx) {
      for (const other of (byNode.get(node) ?? []).slice(0, maxElsewhere)) elsewhere.add(other);
    }
    return { layer, elsewhere: [...elsewhere].slice(0, maxElsewhere) };
  });
}

// ---- the sentence on top ----

function summary(
  a: EngineSide,
  b: EngineSide,
  tensors: readonly DifferenceRow[],
  layers: LayerDifferences | null,
): string {
  const parts: string[] = [];
  if (a.report.size !== null && b.report.size !== null) {
    const difference = b.report.size - a.report.size;
    parts.push(
      difference === 0
        ? 'Both files have the same size'
        : `The second file is ${formatBytes(Math.abs(difference))} ${difference > 0 ? 'larger' : 'smaller'}`,
    );
  }
  const changed = tensors.filter((it) => it.differs).length;
  if (tensors.length > 0) {
    parts.push(
      changed === 0
        ? 'inputs and outputs are the same'
        : `${count(changed, 'input or output', 'inputs or outputs')} ${changed === 1 ? 'differs' : 'differ'}`,
    );
  }
  if (layers) {
    const all = layers.changed.length + layers.added.length + layers.removed.length;
    parts.push(
      all === 0
        ? `all ${count(layers.same, 'layer is', 'layers are')} the same`
        : [
            [`${count(layers.same, 'layer is', 'layers are')} the same`, layers.same] as const,
            [`${formatCount(layers.changed.length)} changed`, layers.changed.length] as const,
            [
              `${count(layers.removed.length, 'layer', 'layers')} only in the first`,
              layers.removed.length,
            ] as const,
            [
              `${count(layers.added.length, 'layer', 'layers')} only in the second`,
              layers.added.length,
            ] as const,
          ]
            .filter(([, amount]) => amount > 0)
            .map(([text]) => text)
            .join(', '),
    );
  }
  const text = parts.join('; ');
  return text === '' ? '' : `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

function count(amount: number, one: string, many: string): string {
  return `${formatCount(amount)} ${amount === 1 ? one : many}`;
}
