/** ONNX Runtime on the CPU beside a run: from choices or from a run's own inputs to its reports and comparisons. */
import type { ReferenceReport, RunChoices, RunReport } from '../core/run/runReport';
import type { ReferenceRequest } from './engineRunner';
import { HostError } from './hostError';
import type { PreparedInput } from './runData';

export interface ReferenceRun {
  reference: ReferenceReport;
  inputs: (PreparedInput['summary'] & { source: string })[];
  choices: RunChoices;
}

/** From choices alone. Throws a HostError for what could not be tried. */
export function runReference(
  request: ReferenceRequest,
  signal: AbortSignal | undefined,
): Promise<ReferenceRun> {
  void signal;
  return Promise.reject(notYet(request.model));
}

/** With the inputs of a run, which lie in its folder. */
export function joinReference(
  report: RunReport,
  request: { model: string; folder: string },
  options: { signal?: AbortSignal | undefined; onProgress?: () => void },
): Promise<RunReport> {
  void [report, options];
  return Promise.reject(notYet(request.model));
}

function notYet(model: string): HostError {
  return new HostError('internal', `${model} cannot be compared yet.`, 'Update Engine Inspector.');
}
