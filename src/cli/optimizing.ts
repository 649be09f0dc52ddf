/**
 * V8 compiles once more, on threads of its own, what runs often. For one check and for ten thousand that takes longer than
 * it saves (0.09 s of processor time), so it begins later.
 */
import { setFlagsFromString } from 'node:v8';

/** Files from which on it pays. */
export const manyFiles = 16_384;

export const withoutOptimizing = (): void => setFlagsFromString('--no-opt');
export const withOptimizing = (): void => setFlagsFromString('--opt');
