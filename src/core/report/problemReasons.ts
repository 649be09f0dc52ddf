/**
 * Which reasons Problems lists. It is a list of what is wrong with files: that this machine has no GPU that can be read,
 * or no TensorRT-RTX, is true of every engine alike, and is said by the page, the trees and the text of each; listed
 * once a file it would bury what is wrong with one.
 */
import type { Reason, ReasonId } from './engineReport';

const ofTheMachine: ReadonlySet<ReasonId> = new Set([
  'gpu-not-readable',
  'no-runtime',
  'runtime-failed',
]);

/** A runtime that failed on this file is a warning, and is listed. */
export function isProblemOfFile({ id, severity }: Pick<Reason, 'id' | 'severity'>): boolean {
  return severity !== 'information' || !ofTheMachine.has(id);
}
