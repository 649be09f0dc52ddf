/** What is different since an engine was checked before: after a rebuild, a new copy, another runtime. */
import { formatBytesPair } from '../text/formats';
import type { EngineReport } from './engineReport';

/** "Built by TensorRT-RTX 1.7.1.116, was 1.4.0.76; …" Empty: nothing that is worth a word. */
function reportChanges(before: EngineReport, after: EngineReport): string {
  const changes: string[] = [];
  const add = (what: string, now: string | undefined, was: string | undefined): void => {
    if (now === undefined || was === undefined || now === was) return;
    const label = changes.length === 0 ? what : what.charAt(0).toLowerCase() + what.slice(1);
    changes.push(`${label} ${now}, was ${was}`);
  };
  add('Built by TensorRT-RTX', after.header?.version, before.header?.version);
  if (after.runsOn.length > 0 && before.runsOn.length > 0) {
    add('For', after.runsOnSentence, before.runsOnSentence);
  }
  add('Weights that must fit on the GPU', ...bytesPair(weightsOf(after), weightsOf(before)));
  add('Size', ...bytesPair(after.size, before.size));
  add('Asked TensorRT-RTX', after.runtime?.version, before.runtime?.version);
  const isNewFile = after.modified !== before.modified && after.modified !== null;
  if (changes.length === 0 && isNewFile && before.modified !== null) {
    changes.push('The file was written again');
  }
  if (after.headline !== before.headline) {
    const was = before.headline.replace(/\.$/, '');
    changes.push(changes.length === 0 ? `It was: “${was}”` : `before: “${was}”`);
  }
  return changes.length === 0 ? '' : `${changes.join('; ')}.`;
}

const weightsOf = ({ header }: EngineReport): number | null => header?.weightBytes ?? null;

function bytesPair(
  now: number | null,
  was: number | null,
): [string | undefined, string | undefined] {
  return now === null || was === null ? [undefined, undefined] : formatBytesPair(now, was);
}

/** What is different since an earlier check. */
export interface ReportChanges {
  /** ms since 1970: when it was checked before. */
  since: number;
  sentence: string;
}

/** Follows the reports of one engine while a page shows them: what changed last stays said. */
export class ChangesSeen {
  private last: EngineReport | undefined;
  private changes: ReportChanges | null = null;

  seen(report: EngineReport): ReportChanges | null {
    const { last } = this;
    this.last = report;
    const sentence = last ? reportChanges(last, report) : '';
    if (last && sentence !== '') this.changes = { since: last.checkedAt, sentence };
    return this.changes;
  }
}
