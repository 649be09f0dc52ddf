/** The command line's exit code: 0 all usable, 1 some are not, 2 some could not be checked (or wrong use). */
import type { EngineReport } from './engineReport';
import { reasonTable } from './reasonTable';
import type { PredictedVerdict } from './verdictRule';
import { engineValidity } from './validity';

export type ExitCode = 0 | 1 | 2;

export interface CheckedFile {
  report: EngineReport;
  /** With a machine profile: decides in the place of this machine's verdict. */
  predicted?: PredictedVerdict | null;
  /** It would not run there for what the rule does not see: no code for the GPU, or a driver that is too old. */
  predictedStops?: boolean;
}

/** 1 goes before 2: that an engine is known not to run matters more than that another could not be checked. No files at all: 2. */
export function exitCode(files: readonly CheckedFile[]): ExitCode {
  if (files.length === 0) {
    return 2;
  }
  const codes = files.map(codeOf);
  return codes.includes(1) ? 1 : codes.includes(2) ? 2 : 0;
}

function codeOf({ report, predicted, predictedStops }: CheckedFile): ExitCode {
  if (report.kind === 'unreadable') {
    return 2;
  }
  if (predicted) {
    const fails = predicted.validity === engineValidity.kINVALID || predictedStops === true;
    return fails || fileIsUnusable(report) ? 1 : 0;
  }
  if (report.verdict === 'invalid' || report.reasons.some((r) => r.severity === 'error')) {
    return 1;
  }
  if (report.verdict === 'unchecked') {
    // The header proves that the runtime at hand refuses it, also where the runtime could not say so.
    return report.reasons.some((r) => reasonTable[r.id].proves === 'refused') ? 1 : 2;
  }
  return 0;
}

/** Whatever the machine. */
function fileIsUnusable(report: EngineReport): boolean {
  return report.reasons.some(({ id }) =>
    ['unusable', 'other-file'].includes(reasonTable[id].proves ?? ''),
  );
}
