/** The facts of a file, read back from its report: what cells are made of. */
import type { EngineReport, FileFacts } from '../report/engineReport';

export function factsOfReport(report: EngineReport): FileFacts {
  const told = report.reasons.find(({ id }) => id === 'not-tensorrt-rtx' || id === 'unreadable');
  const damaged = report.reasons.find(({ id }) => id === 'damaged');
  const bytes = report.headerHex.match(/[0-9a-f]{2}/gi) ?? [];
  return {
    file: report.file,
    kind: report.kind,
    kindSentence: told?.sentence ?? '',
    kindDetails: [],
    damage: damaged ? { sentence: damaged.sentence, headerHolds: report.header !== null } : null,
    ofOthers: false,
    engines: report.engines.map(({ name, offset, problem, report: one }) => ({
      name,
      offset,
      problem,
      facts: one && factsOfReport(one),
    })),
    originalModel: '',
    ...(report.wrongInfo ? { wrongInfo: report.wrongInfo } : {}),
    size: report.size,
    modified: report.modified,
    headerBytes: Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)),
    header: report.header,
  };
}
