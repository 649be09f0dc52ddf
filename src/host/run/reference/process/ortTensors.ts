/** Raw bytes of TensorRT's types as ONNX Runtime's tensors, and back. */
import { Tensor } from 'onnxruntime-web';

import type { TensorType } from '../../../../core/inspect/inspection';
import {
  decodeValues,
  elementCount,
  encodeValues,
  integerRange,
  isFloat,
} from '../../../../core/run/tensorTypes';

export class UnsupportedType extends Error {}

type OrtData = Tensor.DataTypeMap[Tensor.Type];

/** The model's type may be another one than the engine's: values are converted, floats to floats, integers to integers. */
export function toOrt(
  input: { name: string; type: TensorType; shape: readonly number[] },
  modelType: Tensor.Type,
  bytes: Uint8Array,
): Tensor {
  const { name, type, shape } = input;
  const values = (): ArrayLike<number> => decodeValues(type, bytes, elementCount(shape));
  const data = ortData(name, type, modelType, bytes, values);
  return new Tensor(modelType as 'float32', data as Float32Array, [...shape]);
}

function ortData(
  name: string,
  type: TensorType,
  modelType: Tensor.Type,
  bytes: Uint8Array,
  values: () => ArrayLike<number>,
): OrtData {
  const floats = modelType === 'float64' || modelType === 'float32' || modelType === 'float16';
  if (floats !== isFloat(type)) {
    throw new UnsupportedType(
      `The input "${name}" is ${type} in the engine and ${modelType} in the model`,
    );
  }
  /** The same bytes where they mean the same. */
  const raw = (as: TensorType): Uint8Array =>
    aligned(as === type ? bytes : encodeValues(as, values()));
  switch (modelType) {
    case 'float32': {
      const all = raw('float32');
      return new Float32Array(all.buffer, all.byteOffset, all.byteLength / 4);
    }
    case 'float16': {
      const all = raw('float16');
      return new Uint16Array(all.buffer, all.byteOffset, all.byteLength / 2);
    }
    case 'float64':
      return Float64Array.from(values());
    case 'int8': {
      const all = raw('int8');
      return new Int8Array(all.buffer, all.byteOffset, all.byteLength);
    }
    case 'uint8':
      return raw('uint8');
    case 'bool':
      return raw('bool');
    case 'int16':
      return Int16Array.from(values());
    case 'uint16':
      return Uint16Array.from(values());
    case 'int32': {
      const all = raw('int32');
      return new Int32Array(all.buffer, all.byteOffset, all.byteLength / 4);
    }
    case 'uint32':
      return Uint32Array.from(values());
    case 'int64': {
      const all = raw('int64');
      return new BigInt64Array(all.buffer, all.byteOffset, all.byteLength / 8);
    }
    case 'uint64':
      return BigUint64Array.from(Array.from(values(), BigInt));
    case 'string':
    case 'int4':
    case 'uint4':
      throw new UnsupportedType(
        `The input "${name}" is ${modelType} in the model, a type that can't be compared`,
      );
  }
}

/** A result in the type that TensorRT-RTX would have for it. told: how it was changed; empty: not at all. */
export function fromOrt(tensor: Tensor): { type: TensorType; bytes: Uint8Array; told: string } {
  const { data } = tensor;
  const asIs = (type: TensorType) => {
    const { buffer, byteOffset, byteLength } = data as Uint8Array;
    return { type, bytes: new Uint8Array(buffer, byteOffset, byteLength), told: '' };
  };
  const changed = (type: TensorType) => {
    const values = Array.isArray(data)
      ? []
      : Array.from(data as ArrayLike<number | bigint>, Number);
    const bytes = encodeValues(type, clamped(type, values));
    return { type, bytes, told: `${tensor.type} as ${type}` };
  };
  switch (tensor.type) {
    case 'float32':
    case 'float16':
    case 'int8':
    case 'uint8':
    case 'bool':
    case 'int32':
    case 'int64':
      return asIs(tensor.type);
    case 'float64':
      return changed('float32');
    case 'int16':
    case 'uint16':
      return changed('int32');
    case 'uint32':
    case 'uint64':
      return changed('int64');
    case 'string':
    case 'int4':
    case 'uint4':
      throw new UnsupportedType(
        `An output of the model is ${tensor.type}, a type that can't be compared`,
      );
  }
}

function clamped(type: TensorType, values: number[]): number[] {
  const range = integerRange(type);
  if (range === null) return values;
  return values.map((value) => Math.min(range.max, Math.max(range.min, value)));
}

const aligned = (bytes: Uint8Array): Uint8Array =>
  bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
