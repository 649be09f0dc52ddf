/** The samples of a run, as the shim wrote them. */

/** es_run_sample. */
const sampleBytes = 32;
const unknown = -1n;

/** Milliseconds; `at` seconds since the measurement began; NaN: not known. */
export interface RunSamples {
  at: Float64Array;
  latency: Float64Array;
  enqueue: Float64Array;
  gpu: Float64Array;
}

/** Those of one attempt, in the order of their start; fewer where the bytes end early. */
export function readSamples(bytes: Uint8Array, first: number, count: number): RunSamples {
  const available = Math.max(0, Math.floor(bytes.byteLength / sampleBytes) - first);
  const length = Math.min(count, available);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const order = Array.from({ length }, (_, i) => (first + i) * sampleBytes);
  // Streams write beside each other.
  const start = (at: number): number => Number(view.getBigInt64(at, true));
  order.sort((a, b) => start(a) - start(b));
  const field = (offset: number, unit: number): Float64Array =>
    Float64Array.from(order, (at) => {
      const value = view.getBigInt64(at + offset, true);
      return value === unknown && offset !== 0 ? NaN : Number(value) / unit;
    });
  return {
    at: field(0, 1e9),
    latency: field(8, 1e6),
    enqueue: field(16, 1e6),
    gpu: field(24, 1e6),
  };
}
