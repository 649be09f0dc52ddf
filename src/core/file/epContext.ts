/**
 * EPContext models: what ONNX Runtime writes when it keeps what an execution provider compiled (`*_ctx.onnx`). A node
 * EPContext of com.microsoft holds the compiled thing itself (embed_mode 1: the string ep_cache_context) or a path beside
 * the model (embed_mode 0); a node with main_context 0 shares that of another. For NvTensorRTRTX it is an engine.
 *
 * Only the protobuf around the engines is read: what is embedded may be gigabytes and is jumped over. Everything in the
 * file is hostile: lengths are checked against the enclosing message, nesting and the work are limited.
 *
 * Pure: the caller supplies the bytes (src/host/check/contained.ts).
 */
import { plainText } from '../text/plainText';

export interface ContextNode {
  /** Printable, as all texts here; never empty. */
  name: string;
  /** The execution provider that compiled it; empty: it does not say. */
  source: string;
  /** False: it shares the context of another node. */
  isMain: boolean;
  partition: string;
  sdkVersion: string;
  hardware: string;
  /** The model that it was compiled from. */
  model: string;
  /** Embedded in the file; bytes. */
  embedded: { offset: number; length: number } | null;
  /** Beside the model, as it writes it: not made printable. */
  path: string | null;
}

export interface EpContextModel {
  producer: string;
  nodes: ContextNode[];
  /** Nodes that are run by others. */
  otherNodes: number;
  /** `ep_compatibility_info.…` of the model's metadata. */
  compatibility: { provider: string; info: string }[];
  /** A message is longer than what encloses it, or more was there than is looked through. */
  isWhole: boolean;
}

export interface EpContextSource {
  /** Bytes. */
  readonly size: number;
  /** Exactly length bytes, or fewer where the file ends. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The provider that this product is about, as ONNX Runtime and its plug-in write it. */
export function isRtxProvider(source: string): boolean {
  return /^nv[_ ]?tensorrt[_ -]?rtx/i.test(source);
}

export function isContextNode(node: { domain: string; operator: string }): boolean {
  return node.operator === 'EPContext' && node.domain === 'com.microsoft';
}

const windowBytes = 64 * 1024;
/** Of framing: more than any model of a few partitions has, and an end for a hostile one. */
const mostWindows = 4096;
const mostNodes = 1024;
const mostText = 4096;
const mostDepth = 4;

interface Field {
  number: number;
  wire: number;
  /** Of a varint. */
  value: number;
  /** Of what has a length. */
  start: number;
  end: number;
}

/** null: no EPContext node is in it, or it is no ONNX model. */
export async function readEpContextModel(source: EpContextSource): Promise<EpContextModel | null> {
  const walk = new Walk(source);
  await walk.model();
  return walk.found.nodes.length === 0 ? null : walk.found;
}

class Walk {
  readonly found: EpContextModel = {
    producer: '',
    nodes: [],
    otherNodes: 0,
    compatibility: [],
    isWhole: true,
  };
  private window: Uint8Array = new Uint8Array();
  private windowAt = 0;
  private windows = 0;

  constructor(private readonly source: EpContextSource) {}

  async model(): Promise<void> {
    for await (const field of this.fields(0, this.source.size)) {
      if (field.number === 2 && field.wire === 2) this.found.producer = await this.text(field);
      if (field.number === 7 && field.wire === 2) await this.graph(field, 0);
      if (field.number === 14 && field.wire === 2) await this.metadata(field);
      if (field.number === 25 && field.wire === 2) await this.graph(field, 0, 7);
    }
  }

  /** nodes: the number of their field, another one in a function of the model. */
  private async graph(graph: Field, depth: number, nodes = 1): Promise<void> {
    for await (const field of this.fields(graph.start, graph.end)) {
      if (field.number === nodes && field.wire === 2) await this.node(field, depth);
    }
  }

  private async node(node: Field, depth: number): Promise<void> {
    let [name, operator, domain] = ['', '', ''];
    const attributes: Field[] = [];
    for await (const field of this.fields(node.start, node.end)) {
      if (field.wire !== 2) continue;
      if (field.number === 3) name = await this.text(field);
      if (field.number === 4) operator = await this.text(field);
      if (field.number === 7) domain = await this.text(field);
      if (field.number === 5 && attributes.length < 256) attributes.push(field);
    }
    // Written behind the attributes: where the file ends within an engine, the domain is not there any more.
    const isCut = !this.found.isWhole && operator === 'EPContext' && domain === '';
    if (isCut || isContextNode({ operator, domain })) {
      if (this.found.nodes.length < mostNodes) {
        this.found.nodes.push(await this.context(name, attributes));
      } else this.found.isWhole = false;
      return;
    }
    this.found.otherNodes++;
    if (depth >= mostDepth || !/^(If|Loop|Scan)$/.test(operator)) return;
    for (const attribute of attributes) {
      for await (const field of this.fields(attribute.start, attribute.end)) {
        if (field.number === 6 && field.wire === 2) await this.graph(field, depth + 1);
      }
    }
  }

  private async context(name: string, attributes: readonly Field[]): Promise<ContextNode> {
    const texts = new Map<string, Field>();
    const numbers = new Map<string, number>();
    for (const attribute of attributes) {
      let key = '';
      let text: Field | null = null;
      let number: number | null = null;
      for await (const field of this.fields(attribute.start, attribute.end)) {
        if (field.number === 1 && field.wire === 2) key = await this.text(field);
        if (field.number === 3 && field.wire === 0) number = field.value;
        if (field.number === 4 && field.wire === 2) text = field;
      }
      if (text !== null) texts.set(key, text);
      if (number !== null) numbers.set(key, number);
    }
    const textOf = async (key: string) => {
      const field = texts.get(key);
      return field ? plainText(await this.text(field), 300) : '';
    };
    const cache = texts.get('ep_cache_context');
    // The operator's defaults: main_context 1, embed_mode 1.
    const isEmbedded = (numbers.get('embed_mode') ?? 1) !== 0;
    return {
      name: plainText(name, 200) || `EPContext ${this.found.nodes.length + 1}`,
      source: await textOf('source'),
      isMain: (numbers.get('main_context') ?? 1) !== 0,
      partition: await textOf('partition_name'),
      sdkVersion: await textOf('ep_sdk_version'),
      hardware: await textOf('hardware_architecture'),
      model: await textOf('onnx_model_filename'),
      embedded:
        cache && isEmbedded ? { offset: cache.start, length: cache.end - cache.start } : null,
      path: cache && !isEmbedded ? await this.text(cache) : null,
    };
  }

  private async metadata(entry: Field): Promise<void> {
    let [key, value] = ['', ''];
    for await (const field of this.fields(entry.start, entry.end)) {
      if (field.number === 1 && field.wire === 2) key = await this.text(field);
      if (field.number === 2 && field.wire === 2) value = await this.text(field);
    }
    const provider = /^ep_compatibility_info\.(.+)$/.exec(key)?.[1];
    if (provider !== undefined && this.found.compatibility.length < 64) {
      this.found.compatibility.push({ provider: plainText(provider, 100), info: value });
    }
  }

  private async text({ start, end }: Field): Promise<string> {
    const bytes = await this.bytes(start, Math.min(end - start, mostText));
    return new TextDecoder().decode(bytes);
  }

  /** The fields of a message; ends where something is not as protobuf has it. */
  private async *fields(start: number, end: number): AsyncGenerator<Field> {
    let at = start;
    while (at < end) {
      const key = await this.varint(at, end);
      if (key === null || key.value < 8) return this.broken();
      const number = Math.floor(key.value / 8);
      const wire = key.value % 8;
      at = key.next;
      if (wire === 0 || wire === 2) {
        const value = await this.varint(at, end);
        if (value === null) return this.broken();
        at = value.next;
        if (wire === 0) {
          yield { number, wire, value: value.value, start: at, end: at };
          continue;
        }
        const field = { number, wire, value: 0, start: at, end: at + value.value };
        if (field.end > end) {
          // What is cut short is told of as far as it goes.
          this.broken();
          yield { ...field, end };
          return;
        }
        yield field;
        at = field.end;
      } else if (wire === 1 || wire === 5) at += wire === 1 ? 8 : 4;
      else return this.broken();
    }
  }

  private broken(): void {
    this.found.isWhole = false;
  }

  private async varint(at: number, end: number): Promise<{ value: number; next: number } | null> {
    const bytes = await this.bytes(at, Math.min(10, end - at));
    let value = 0;
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index] ?? 0;
      value += (byte & 0x7f) * 2 ** (7 * index);
      // Negative numbers have ten bytes; nothing here needs their value.
      if (byte < 0x80) return { value, next: at + index + 1 };
    }
    return null;
  }

  private async bytes(at: number, length: number): Promise<Uint8Array> {
    const from = at - this.windowAt;
    if (from >= 0 && from + length <= this.window.length) {
      return this.window.subarray(from, from + length);
    }
    if (++this.windows > mostWindows) {
      this.broken();
      return new Uint8Array();
    }
    const wanted = Math.min(Math.max(length, windowBytes), this.source.size - at);
    this.window = wanted > 0 ? await this.source.read(at, wanted) : new Uint8Array();
    this.windowAt = at;
    return this.window.subarray(0, length);
  }
}
