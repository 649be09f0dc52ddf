/** EPContext models as ONNX Runtime writes them, made from nothing. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export interface ContextNodeParts {
  name?: string;
  source?: string;
  embedMode?: 0 | 1;
  mainContext?: 0 | 1;
  /** The engine, or the path of one. */
  context?: Uint8Array | string;
  model?: string;
  partition?: string;
}

export const rtxProvider = 'NvTensorRTRTXExecutionProvider';

export function epContextModel(
  nodes: readonly ContextNodeParts[],
  metadata: Readonly<Record<string, string>> = {},
  /** Nodes of a function that the model defines, in the place of its graph. */
  inFunction = false,
): Uint8Array {
  const model = new BinaryWriter();
  model.tag(1, WireType.Varint).int64(10);
  model.tag(2, WireType.LengthDelimited).string('ort');
  model.tag(7, WireType.LengthDelimited).bytes(graph(inFunction ? [] : nodes));
  if (inFunction) {
    const made = new BinaryWriter().tag(1, WireType.LengthDelimited).string('Compiled');
    for (const node of nodes) made.tag(7, WireType.LengthDelimited).bytes(contextNode(node));
    model.tag(25, WireType.LengthDelimited).bytes(made.finish());
  }
  model
    .tag(8, WireType.LengthDelimited)
    .bytes(
      new BinaryWriter()
        .tag(1, WireType.LengthDelimited)
        .string('')
        .tag(2, WireType.Varint)
        .int64(17)
        .finish(),
    );
  for (const [key, value] of Object.entries(metadata)) {
    model
      .tag(14, WireType.LengthDelimited)
      .bytes(
        new BinaryWriter()
          .tag(1, WireType.LengthDelimited)
          .string(key)
          .tag(2, WireType.LengthDelimited)
          .string(value)
          .finish(),
      );
  }
  return model.finish();
}

function graph(nodes: readonly ContextNodeParts[]): Uint8Array {
  const made = new BinaryWriter();
  for (const node of nodes) made.tag(1, WireType.LengthDelimited).bytes(contextNode(node));
  // A node that stays with the CPU.
  const relu = new BinaryWriter().tag(3, WireType.LengthDelimited).string('after');
  made
    .tag(1, WireType.LengthDelimited)
    .bytes(relu.tag(4, WireType.LengthDelimited).string('Relu').finish());
  return made.tag(2, WireType.LengthDelimited).string('main_graph').finish();
}

function contextNode({
  name = `${rtxProvider}_node_0`,
  source = rtxProvider,
  embedMode = 1,
  mainContext = 1,
  context,
  model,
  partition,
}: ContextNodeParts): Uint8Array {
  const node = new BinaryWriter();
  node.tag(1, WireType.LengthDelimited).string('x');
  node.tag(2, WireType.LengthDelimited).string('y');
  node.tag(3, WireType.LengthDelimited).string(name);
  node.tag(4, WireType.LengthDelimited).string('EPContext');
  const attribute = (key: string, value: number | string | Uint8Array | undefined) => {
    if (value === undefined) return;
    const made = new BinaryWriter().tag(1, WireType.LengthDelimited).string(key);
    if (typeof value === 'number') made.tag(3, WireType.Varint).int64(value);
    else {
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
      made.tag(4, WireType.LengthDelimited).bytes(bytes);
    }
    made.tag(20, WireType.Varint).int32(typeof value === 'number' ? 2 : 3);
    node.tag(5, WireType.LengthDelimited).bytes(made.finish());
  };
  attribute('embed_mode', embedMode);
  attribute('main_context', mainContext);
  attribute('ep_cache_context', context);
  attribute('source', source === '' ? undefined : source);
  attribute('onnx_model_filename', model);
  attribute('partition_name', partition);
  return node.tag(7, WireType.LengthDelimited).string('com.microsoft').finish();
}
