/**
 * Why TensorRT-RTX refuses a model, and what helps: the library's own errors (code, description, node, operator) mapped
 * to a sentence and a next step. An operator that is known and restricted is never called unknown.
 *
 * The patterns are the library's own wording, seen with 1.4 to 1.7 over the ONNX backend tests (docs/refusals.md).
 */
import { joinWords } from '../text/formats';
import { plainText } from '../text/plainText';
import { isKnownType, type OnnxOperatorCount, type OnnxValueFacts } from './onnxFacts';

/** One error of the ONNX parser, as the shim writes it into the log. */
export interface ParserRefusal {
  /** null: about the model as a whole. */
  node: number | null;
  name: string;
  operator: string;
  /** The model's own functions that the node is in, outermost first. */
  functions: string[];
  reason: string;
  /** "kUNSUPPORTED_NODE" */
  code: string;
}

export type RefusalKind =
  | 'unknown-operator'
  | 'optimizer-operator'
  | 'integer-operator'
  | 'custom-operator'
  | 'plugin'
  | 'data-type'
  | 'weights-type'
  | 'mixed-types'
  | 'constant'
  | 'outputs'
  | 'opset'
  | 'restricted'
  | 'shapes'
  | 'profile'
  | 'target'
  | 'driver'
  | 'memory'
  | 'limit';

export interface ExplainedRefusal {
  /** The kinds found, the most telling first. */
  kinds: RefusalKind[];
  /** Completes "TensorRT-RTX refused the model …: " */
  what: string;
  nextStep: string;
  /** By operator, for JSON; most frequent first. */
  operators: { operator: string; domain: string; count: number; kind: RefusalKind }[];
}

/** What of the model helps to explain. */
export interface RefusedModel {
  operators: readonly OnnxOperatorCount[];
  inputs: readonly OnnxValueFacts[];
  outputs: readonly OnnxValueFacts[];
  /** Weights of types that TensorRT-RTX doesn't take. */
  strangeWeights?: readonly { name: string; type: string }[];
}

// Names are anything; the last quote that an operator follows ends one.
const parserLine =
  /^Node (\d+)(?: "([^]*)")?(?: \(([\w.]*)\))?(?: in function ([^:]*))?: ([^]*) \[((?:k[A-Z_]+)|(?:error \d+))\]$/;
const modelLine = /^([^]*) \[(k[A-Z_]+)\]$/;

/** The parser's errors among the library's lines, each once. */
export function parserRefusals(lines: readonly string[]): ParserRefusal[] {
  const found = new Map<string, ParserRefusal>();
  for (const line of lines) {
    const node = parserLine.exec(line);
    const whole = node === null ? modelLine.exec(line) : null;
    if (node !== null) {
      const [, index, name = '', operator = '', functions = '', reason = '', code = ''] = node;
      found.set(line, {
        node: Number(index),
        name,
        operator,
        functions: functions === '' ? [] : functions.split(' > '),
        reason,
        code,
      });
    } else if (whole !== null) {
      const [, reason = '', code = ''] = whole;
      found.set(line, { node: null, name: '', operator: '', functions: [], reason, code });
    }
  }
  return [...found.values()];
}

interface Meaning {
  kind: RefusalKind;
  /** Completes "MaxPool "/pool": …". */
  why: string;
  nextStep: string;
}

type Row = readonly [RegExp, (match: RegExpExecArray, refusal: ParserRefusal) => Meaning];

const onnxTypes =
  'FLOAT, FLOAT16, BFLOAT16, INT64, INT32, INT8, BOOL, FLOAT8E4M3FN, FLOAT4E2M1 and INT4, and UINT8 as input or output';

const constantAdvice =
  'Make that input a constant: export with fixed values, or fold constants (onnxsim, or polygraphy surgeon sanitize --fold-constants).';
const quantizeAdvice =
  'Quantize again in the QDQ format, symmetric, with int8 (ONNX Runtime: quant_format=QuantFormat.QDQ, QInt8), or use the model from before quantization.';
const mixedAdvice = (where: string): string =>
  `Types are never mixed: put a Cast before ${where}, or convert the whole model to one precision.`;

function type(name: string): string {
  const names: Record<string, string> = {
    Half: 'FP16',
    Float: 'FP32',
    BFloat16: 'BF16',
    kHALF: 'FP16',
    kFLOAT: 'FP32',
    kBF16: 'BF16',
  };
  return names[name] ?? name.toUpperCase();
}

function nodeLabel({ name, operator, node }: ParserRefusal): string {
  if (name !== '') return plainText(name, 120);
  return node === null
    ? 'that node'
    : `node ${node}${operator === '' ? '' : ` (${plainText(operator, 60)})`}`;
}

/** The first that matches counts. */
const rows: readonly Row[] = [
  [
    /Pre-opset (\d+)/,
    (match) => ({
      kind: 'opset',
      why: `the model's opset is older than ${match[1] ?? '7'}`,
      nextStep:
        'Convert the model to opset 13 or newer: onnx.version_converter.convert_version(model, 17), or export again.',
    }),
  ],
  [
    /Failed to import initializer: In node.*Failed to import initializer: (\S+)|cannot be imported.*: (\S+)$/,
    (match) => ({
      kind: 'weights-type',
      why: `the weights ${plainText(match[1] ?? match[2] ?? '', 120)} have a type that TensorRT-RTX can't take`,
      nextStep:
        'Quantize again with INT8, INT4, FLOAT8E4M3FN or FLOAT4E2M1, the types of quantized weights that TensorRT-RTX takes.',
    }),
  ],
  [
    /ROIAlign plugin was not found/i,
    () => ({
      kind: 'driver',
      why: 'the plugin of this operator was not found; it can only be created where an NVIDIA driver is installed',
      nextStep: 'Build on a machine with an NVIDIA driver.',
    }),
  ],
  [
    /failed to load (\w+) plugin|(\w+) plugin creator version \d+ was not found/,
    (match) => ({
      kind: 'plugin',
      why: `needs the plugin ${match[1] ?? match[2] ?? ''}, which TensorRT-RTX doesn't include`,
      nextStep:
        'Export the model with standard operators instead; TensorRT-RTX knows this operator only through that plugin.',
    }),
  ],
  [
    /^false$|creator(?: &&|:) "?Plugin not found|No importer registered|Op type \S+ is not supported/,
    (_match, { operator }) => ({
      kind: 'unknown-operator',
      why: 'not implemented in TensorRT-RTX',
      nextStep: withoutOperators([operator]),
    }),
  ],
  [
    /does not support UINT8 types for intermediate|Found unsupported input type of (\w+)|unsupported data type float32|zero.?point/i,
    (match) => ({
      kind: 'data-type',
      why:
        match[1] === undefined
          ? "quantizes in a way that TensorRT-RTX can't take (UINT8 inside the model, or a zero point other than 0)"
          : `its input has the type ${match[1]}`,
      nextStep: quantizeAdvice,
    }),
  ],
  [
    /convertDtype\(|Unsupported data type|Unsupported ONNX data type/,
    (_match, { operator }) => ({
      kind: 'data-type',
      why:
        operator === 'Cast'
          ? "casts to or from a type that TensorRT-RTX doesn't have"
          : "the model uses a type that TensorRT-RTX doesn't have",
      nextStep: `Convert the model to types that it has: ${onnxTypes}.`,
    }),
  ],
  [
    /must have same input types\. But they are of types (\w+) and (\w+)|first input has type (\w+) but second input has type (\w+)/,
    (match, refusal) => ({
      kind: 'mixed-types',
      why: `its inputs have different types, ${type(match[1] ?? match[3] ?? '')} and ${type(match[2] ?? match[4] ?? '')}`,
      nextStep: mixedAdvice(nodeLabel(refusal)),
    }),
  ],
  [
    /Network input (\S+) is a shape tensor and must have type .*?Type is (\w+)/,
    (match) => ({
      kind: 'constant',
      why: `the model computes shapes with its input "${plainText(match[1] ?? '', 80)}", which has the type ${type(match[2] ?? '')}`,
      nextStep: constantAdvice,
    }),
  ],
  [
    /must resolve to a build-time constant|is not a constant|must be an initializer|is_weights\(\)|as an initializer/,
    (match) => ({
      kind: 'constant',
      why: `one of its inputs must be a constant (${plainText(match[0], 80)})`,
      nextStep: constantAdvice,
    }),
  ],
  [
    /only supports \w+ nodes with one output|support mode than \d+ outputs/,
    () => ({
      kind: 'outputs',
      why: 'its optional outputs are not supported',
      nextStep: 'Remove the additional outputs of that node in the export.',
    }),
  ],
  [
    /requires inputs with type .*But type is (\w+)|input has type (\w+) but must have type ([^.]*)|current input type is (\w+)|input types for/,
    (match, refusal) => ({
      kind: 'data-type',
      why: `its input has the type ${type(match[1] ?? match[2] ?? match[4] ?? 'it can’t take')}`,
      nextStep: `Put a Cast to FLOAT, FLOAT16 or INT32 before ${nodeLabel(refusal)}.`,
    }),
  ],
  [
    /input tensor (\w+) must be (\w+)/i,
    (match, refusal) => ({
      kind: 'data-type',
      why: `its input ${match[1] ?? ''} must be ${match[2] ?? ''}`,
      nextStep: `Convert the model to ${match[2] ?? ''}, or put a Cast before ${nodeLabel(refusal)}.`,
    }),
  ],
  [
    /rank of operands should be the same|number of dimensions should remain the same/,
    (_match, refusal) => ({
      kind: 'shapes',
      why: 'the number of dimensions of an input is not known',
      nextStep: `Run shape inference on the model (onnx.shape_inference.infer_shapes), or fix the rank of the inputs of ${nodeLabel(refusal)} in the export.`,
    }),
  ],
  [
    /Shape Error \(([^]*?) In [\w:()~]+ at/,
    (match) => ({
      kind: 'shapes',
      why: `shapes in the model contradict each other (${plainText(match[1] ?? '', 160)})`,
      nextStep:
        "Check the model's shapes: onnx.shape_inference.infer_shapes(model, strict_mode=True), or run it with ONNX Runtime.",
    }),
  ],
  [
    /^(?![^]*API Usage Error)[^]*Internal Error/,
    () => ({
      kind: 'limit',
      why: 'an internal error of TensorRT-RTX',
      nextStep:
        'This is a limit of the library: simplify the model (onnxsim), give its inputs fixed sizes, or try another version of TensorRT-RTX.',
    }),
  ],
];

/** Known operators that are refused for how they are used: the library's own sentence is the reason. */
function restricted(refusal: ParserRefusal): Meaning {
  const usage = /API Usage Error \(([^]*?)(?: In [\w:()~]+ at |\)\s*(?:\n|\\n|$))/
    .exec(refusal.reason)?.[1]
    ?.replace(/^Parameter check failed, condition: [^]*?\. (?=[A-Z])/, '');
  const quoted = /&& "([^]*)"$/.exec(refusal.reason)?.[1];
  const asserted = /^Assertion failed: [^]*?: ([A-Z`][^]*)$/.exec(refusal.reason)?.[1];
  const own = usage ?? quoted ?? asserted ?? refusal.reason.replace(/^Assertion failed: /, '');
  const why = plainText(own.replaceAll('" "', '').split('\n')[0] ?? '', 240).replace(/[.!]$/, '');
  const { operator } = refusal;
  return {
    kind: 'restricted',
    why,
    nextStep:
      operator === ''
        ? 'Change the model so that it does without this, and build again.'
        : `TensorRT-RTX knows ${plainText(operator, 60)}, but not used like this: change ${nodeLabel(refusal)} in the export.`,
  };
}

/** Operators that ONNX Runtime's quantizer writes in its integer format. */
const integerOperators =
  /^(QLinear\w+|\w+Integer|DynamicQuantize\w+|MatMulIntegerToFloat|QAttention|QGemm|QEmbed\w+)$/;

function meaningOf(refusal: ParserRefusal, domain: string, model: RefusedModel | null): Meaning {
  const { operator, reason } = refusal;
  for (const [pattern, explain] of rows) {
    const match = pattern.exec(reason);
    if (match === null) continue;
    const meaning = explain(match, refusal);
    if (meaning.kind === 'unknown-operator') return unknownOperator(meaning, operator, domain);
    if (meaning.kind === 'data-type' && refusal.node === null) return named(meaning, model);
    return meaning;
  }
  return restricted(refusal);
}

function unknownOperator(meaning: Meaning, operator: string, domain: string): Meaning {
  if (integerOperators.test(operator)) {
    return {
      kind: 'integer-operator',
      why: "from ONNX Runtime's integer quantization, which TensorRT-RTX doesn't support",
      nextStep: quantizeAdvice,
    };
  }
  if (domain === 'com.microsoft' || domain === 'com.microsoft.nchwc') {
    return {
      kind: 'optimizer-operator',
      why: "fused by ONNX Runtime's optimizer",
      nextStep:
        "Use the model from before ONNX Runtime's optimization, or export it again without (ORT_DISABLE_ALL, or --optimization-level 0).",
    };
  }
  if (domain !== '' && domain !== 'ai.onnx') {
    return {
      kind: 'custom-operator',
      why: `not implemented in TensorRT-RTX, which has no plugin for the domain ${plainText(domain, 60)} either`,
      nextStep: 'Export the model with standard ONNX operators in its place.',
    };
  }
  return meaning;
}

/** The library doesn't name what has the type; the model does. */
function named(meaning: Meaning, model: RefusedModel | null): Meaning {
  const strange = [...(model?.inputs ?? []), ...(model?.outputs ?? [])].filter(
    (value) => !isKnownType(value.type),
  );
  if (strange.length === 0) return meaning;
  const texts = strange
    .slice(0, 4)
    .map(({ name, type: of }) => `"${plainText(name, 80)}" (${plainText(of, 40)})`);
  return {
    ...meaning,
    why: `TensorRT-RTX doesn't have the type of ${texts.join(', ')}${strange.length > 4 ? ' and more' : ''}`,
  };
}

/** What the builder refuses after the model was read. */
const builderRows: readonly (readonly [
  RegExp,
  RefusalKind,
  (match: RegExpExecArray, quote: Quote) => string,
])[] = [
  [
    /input "([^"]+)" has the shape \[(\d*)\], holds values/,
    'profile',
    ([, name = '', count = ''], quote) =>
      `Give its smallest, typical and largest values, with x between several: --profile ${quote(valuesExample(plainText(name, 80), Number(count || 1)))}`,
  ],
  [
    /different constant values or have contradictory|not self-consistent|invalid shape profile/,
    'profile',
    () => 'Give inputs that share a dimension the same range in the profile.',
  ],
  [
    /dynamic or shape inputs, but no optimization profile/,
    'profile',
    () => 'Give every dynamic input a range: a profile with smallest, typical and largest size.',
  ],
  [
    /no tactics to implement the operation within workspace/,
    'memory',
    () => 'Raise the memory pool limits.',
  ],
  [/libnvinfer_lean|nvinfer_lean/, 'target', () => 'Leave kVERSION_COMPATIBLE out.'],
  [
    /Cannot compile for target\(s\) ([^,]*), because the model contains HW-specific datatypes: ([\w, ]+)/,
    'target',
    ([, targets = '', types = '']) =>
      `The model's ${plainText(types, 60)} values do not exist on ${plainText(targets, 60)}: leave these GPUs out, or build from a model without that type.`,
  ],
  [
    /FP32 (GEMM|3D convolution) is not supported/,
    'target',
    ([, what = '']) =>
      `FP32 ${what === 'GEMM' ? 'matrix products do' : '3-D convolutions do'} not run on compute capability 7.5: convert the model to FP16, or leave 7.5 out.`,
  ],
  [
    /no dedicated kernel|has no dedicated/i,
    'restricted',
    () =>
      'Convert the model to FP16 with heads of 16 to 256, or give the Attention nodes the attribute TRT_decomposable=1.',
  ],
  [
    /has no runners that implement it/,
    'unknown-operator',
    () => 'TensorRT-RTX reads this operator but has no code for it: export the model without it.',
  ],
  [
    /but they are of types|first input has type|strongly typed/i,
    'mixed-types',
    () => mixedAdvice('the node that the error names'),
  ],
  [
    /Internal Error/,
    'limit',
    () =>
      'This is a limit of the library: simplify the model (onnxsim), give its inputs fixed sizes, or try another version of TensorRT-RTX.',
  ],
  // The last: without a driver the library also writes such lines beside its real reason.
  [
    /Error Code 1: Cuda Runtime|CUDA driver version is insufficient/,
    'driver',
    () =>
      'The library asked for a GPU while it built: build on a machine with a GPU and a driver that TensorRT-RTX supports, or try another version of TensorRT-RTX.',
  ],
];

/** Four values are mostly the sizes of an image. */
function valuesExample(name: string, count: number): string {
  const values = (value: number): string =>
    count === 4 ? `1x3x${value}x${value}` : Array<number>(Math.min(count, 8)).fill(value).join('x');
  return [name, ...(count === 4 ? [32, 64, 128] : [1, 4, 16]).map(values)].join(':');
}

/** The most telling first: what has to be changed anyway, before what may go with it. */
const order: readonly RefusalKind[] = [
  'opset',
  'integer-operator',
  'optimizer-operator',
  'custom-operator',
  'unknown-operator',
  'plugin',
  'driver',
  'weights-type',
  'mixed-types',
  'data-type',
  'constant',
  'outputs',
  'restricted',
  'shapes',
  'profile',
  'target',
  'memory',
  'limit',
];

/** null: nothing in the library's lines is known. Lines: errors, in their order. */
export function explainRefusal(
  lines: readonly string[],
  model: RefusedModel | null,
  quote: Quote = (word) => word,
): ExplainedRefusal | null {
  const refusals = parserRefusals(lines);
  if (refusals.length === 0) return explainBuilder(lines, quote);
  const domains = new Map(model?.operators.map(({ op, domain }) => [op, domain]));
  const groups = new Map<string, { meaning: Meaning; refusals: ParserRefusal[] }>();
  for (const refusal of refusals) {
    const meaning = weightsNamed(
      meaningOf(refusal, domains.get(refusal.operator) ?? '', model),
      model,
    );
    const key = `${meaning.kind}\0${meaning.why}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { meaning, refusals: [refusal] });
    else group.refusals.push(refusal);
  }
  const sorted = [...groups.values()].sort(
    (a, b) => order.indexOf(a.meaning.kind) - order.indexOf(b.meaning.kind),
  );
  const told = sorted.slice(0, 4).map(({ meaning, refusals: of }) => {
    const subject = nodesText(of);
    return subject === '' ? meaning.why : `${subject}: ${meaning.why}`;
  });
  const more = sorted.length - told.length;
  const steps = [...new Set(sorted.map(({ meaning, refusals: of }) => stepOf(meaning, of)))];
  return {
    kinds: [...new Set(sorted.map(({ meaning }) => meaning.kind))],
    what: `${told.join('; ')}${more > 0 ? `; and ${more} more reasons` : ''}`,
    nextStep: steps.slice(0, 2).join(' '),
    operators: countByOperator(sorted, domains),
  };
}

/** What is left out is all that is unknown, not the first of it. */
function stepOf({ kind, nextStep }: Meaning, refusals: readonly ParserRefusal[]): string {
  if (kind !== 'unknown-operator') return nextStep;
  return withoutOperators([...new Set(refusals.map(({ operator }) => operator))]);
}

function withoutOperators(operators: readonly string[]): string {
  const names = operators.slice(0, 6).map((operator) => plainText(operator, 60));
  const what =
    operators.length > names.length ? `${names.join(', ')} and others` : joinWords(names);
  return `Export the model without ${what}: with other operators, or with that part outside the model.`;
}

/** "Wq have the type UINT4" where the model tells. */
function weightsNamed(meaning: Meaning, model: RefusedModel | null): Meaning {
  const name = /^the weights (\S+) have/.exec(meaning.why)?.[1];
  const weights = model?.strangeWeights ?? [];
  const found = weights.find((one) => plainText(one.name, 120) === name)?.type;
  if (meaning.kind !== 'weights-type' || found === undefined) return meaning;
  const more = weights.filter(({ type: of }) => of === found).length - 1;
  const others = more === 0 ? '' : ` (and ${more} more)`;
  return {
    ...meaning,
    why: `the weights ${name ?? ''}${others} are ${plainText(found.toUpperCase(), 40)}, which TensorRT-RTX can't take`,
  };
}

/** `GridX ×14, RoiY ×13`, `MaxPool "/pool"`; at most six operators. */
function nodesText(refusals: readonly ParserRefusal[]): string {
  const byOperator = new Map<string, ParserRefusal[]>();
  for (const refusal of refusals) {
    if (refusal.operator === '') continue;
    byOperator.set(refusal.operator, [...(byOperator.get(refusal.operator) ?? []), refusal]);
  }
  const counted = [...byOperator].sort(([, a], [, b]) => b.length - a.length);
  const texts = counted.slice(0, 6).map(([operator, of]) => {
    const label = plainText(operator, 60);
    const first = of[0];
    if (of.length > 1) return `${label} ×${of.length}`;
    const inside = first?.functions.length
      ? ` in ${plainText(first.functions.join(' > '), 120)}`
      : '';
    return first === undefined || first.name === ''
      ? `${label}${inside}`
      : `${label} "${plainText(first.name, 120)}"${inside}`;
  });
  const more = counted.length - texts.length;
  return `${texts.join(', ')}${more > 0 ? ` and ${more} more operators` : ''}`;
}

function countByOperator(
  groups: readonly { meaning: Meaning; refusals: readonly ParserRefusal[] }[],
  domains: ReadonlyMap<string, string>,
): ExplainedRefusal['operators'] {
  const counts = new Map<string, ExplainedRefusal['operators'][number]>();
  for (const { meaning, refusals } of groups) {
    for (const { operator } of refusals) {
      if (operator === '') continue;
      const key = `${operator}\0${meaning.kind}`;
      const entry = counts.get(key);
      if (entry !== undefined) entry.count++;
      else {
        const domain = domains.get(operator) ?? '';
        counts.set(key, { operator, domain, count: 1, kind: meaning.kind });
      }
    }
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

/** A word of a command to paste. */
type Quote = (word: string) => string;

function explainBuilder(lines: readonly string[], quote: Quote): ExplainedRefusal | null {
  for (const [pattern, kind, nextStep] of builderRows) {
    for (const line of lines) {
      const match = pattern.exec(line);
      if (match !== null) {
        return { kinds: [kind], what: '', nextStep: nextStep(match, quote), operators: [] };
      }
    }
  }
  return null;
}
