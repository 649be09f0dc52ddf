/**
 * Ours against the reference's, element by element. Kernels of a GPU add in another order, and TensorRT-RTX may compute
 * in a smaller type than a model says, so equal is not what can be asked; how near is enough depends on the type.
 */
import { assertNever } from '../text/assertNever';
import { formatCount } from '../text/formats';
import type { TensorType } from '../inspect/inspection';
import { formatValue } from './runFormats';
import type { OutputComparison } from './runReport';
import { isFloat } from './tensorTypes';

/** The least value that relative errors are told of. */
const leastReference = 1e-6;

interface Tolerance {
  /** Of the largest value of the reference. */
  error: number;
  cosine: number;
  /** What rounding alone makes of values around 1, from which small results are often computed. */
  rounding: number;
}

const exact: Tolerance = { error: 0, cosine: 1, rounding: 0 };

/** What agrees; ten times as far is a warning. The coarser of both types counts. */
function toleranceOf(type: TensorType): Tolerance {
  switch (type) {
    case 'float32':
      // TF32 and half precision inside: ten bits of mantissa, added up over some layers.
      return { error: 1e-2, cosine: 0.9999, rounding: 1e-6 };
    case 'float16':
      return { error: 2e-2, cosine: 0.9995, rounding: 1e-3 };
    case 'bfloat16':
      return { error: 5e-2, cosine: 0.999, rounding: 8e-3 };
    case 'float8e4m3':
    case 'float8e8m0':
    case 'float4e2m1':
      return { error: 2e-1, cosine: 0.99, rounding: 6e-2 };
    case 'int8':
    case 'int4':
    case 'uint8':
    case 'bool':
    case 'int32':
    case 'int64':
      return exact;
    default:
      return assertNever(type);
  }
}

export class OutputComparer {
  private count = 0;
  private maxAbsolute = 0;
  private maxRelative = 0;
  private largest = 0;
  private different = 0;
  private compared = 0;
  private mismatched = 0;
  private product = 0;
  private ownSquares = 0;
  private otherSquares = 0;

  /** Equally long pieces of both. */
  add(own: ArrayLike<number>, reference: ArrayLike<number>): void {
    this.count += own.length;
    for (let i = 0; i < own.length; i++) {
      const a = own[i] as number;
      const b = reference[i] as number;
      if (a - a !== 0 || b - b !== 0) {
        // The same infinity, or NaN on both sides, is agreement.
        if (!Object.is(a, b)) this.mismatched += 1;
        continue;
      }
      this.compared += 1;
      const apart = Math.abs(a - b);
      const size = Math.abs(b);
      if (apart > 0) {
        this.different += 1;
        if (apart > this.maxAbsolute) this.maxAbsolute = apart;
        const relative = apart / Math.max(size, leastReference);
        if (relative > this.maxRelative) this.maxRelative = relative;
      }
      if (size > this.largest) this.largest = size;
      this.product += a * b;
      this.ownSquares += a * a;
      this.otherSquares += b * b;
    }
  }

  finish(type: TensorType): OutputComparison {
    const norm = Math.sqrt(this.ownSquares) * Math.sqrt(this.otherSquares);
    const cosine = norm > 0 ? Math.max(-1, Math.min(1, this.product / norm)) : null;
    const some = this.compared > 0;
    const state = this.stateOf(type, cosine);
    return {
      maxAbsolute: some ? this.maxAbsolute : null,
      maxRelative: some ? this.maxRelative : null,
      cosine,
      mismatched: this.mismatched,
      sentence: this.sentence(type, cosine, state),
      state,
    };
  }

  private stateOf(type: TensorType, cosine: number | null): OutputComparison['state'] {
    if (this.mismatched > 0) return 'bad';
    if (this.different === 0) return 'good';
    if (!isFloat(type)) {
      // A rounding or two equally good classes.
      return this.different <= this.compared / 100 ? 'warning' : 'bad';
    }
    const tolerance = toleranceOf(type);
    if (this.maxAbsolute <= tolerance.rounding) return 'good';
    const error = this.maxAbsolute / Math.max(this.largest, leastReference);
    const apart = 1 - (cosine ?? (error <= tolerance.error ? 1 : 0));
    if (error <= tolerance.error && apart <= 1 - tolerance.cosine) return 'good';
    // One value far off in a tensor that is alike: worth a look. The other way round: not the same result.
    return apart <= 10 * (1 - tolerance.cosine) ? 'warning' : 'bad';
  }

  private sentence(
    type: TensorType,
    cosine: number | null,
    state: OutputComparison['state'],
  ): string {
    const begin = { good: 'Agrees', warning: 'Nearly agrees', bad: 'Differs' }[state];
    if (this.count === 0) return 'Agrees: both are empty.';
    const parts: string[] = [];
    if (this.mismatched > 0) {
      parts.push(
        `${formatCount(this.mismatched)} of ${formatCount(this.count)} elements are NaN or infinite on one side only`,
      );
    }
    if (this.compared > 0 && this.different === 0 && this.mismatched === 0) {
      parts.push('all elements are equal');
    } else if (this.compared > 0) {
      if (!isFloat(type)) {
        parts.push(
          `${formatCount(this.different)} of ${formatCount(this.compared)} elements are not equal`,
        );
      }
      parts.push(
        `max abs ${formatValue(this.maxAbsolute)}`,
        `max rel ${formatValue(this.maxRelative)}`,
      );
      if (cosine !== null) parts.push(`cosine ${formatCosine(cosine)}`);
    } else if (this.mismatched === 0) {
      parts.push('no element is finite on either side');
    }
    return `${begin}: ${parts.join(', ')}.`;
  }
}

/** Both wholly in memory. */
export function compareValues(
  type: TensorType,
  own: ArrayLike<number>,
  reference: ArrayLike<number>,
): OutputComparison {
  const comparer = new OutputComparer();
  comparer.add(own, reference);
  return comparer.finish(type);
}

/** Nothing to compare: another shape, no such output. */
export function notComparable(sentence: string): OutputComparison {
  return {
    maxAbsolute: null,
    maxRelative: null,
    cosine: null,
    mismatched: 0,
    sentence,
    state: 'bad',
  };
}

/** Nines are what matters: "0.99999", never rounded up to 1. */
function formatCosine(cosine: number): string {
  if (cosine === 1) return '1';
  const cut = Math.floor(cosine * 1e6) / 1e6;
  return cosine > 0 ? String(cut) : formatValue(cosine);
}
