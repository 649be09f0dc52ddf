/**
 * Finds the shared report (core/report/sharedReport.ts) of a file from the bytes of its answer, so that for most of ten
 * thousand files nothing is made at all. Alike are answers whose every byte is equal but for those that such a report does not
 * speak of: length, weights and time.
 */
import type { SharedReport } from '../../core/report/sharedReport';
import type { RuntimeInfo } from '../engineHost/protocol';
import type { CheckRecords } from './checkRecords';
import type { ReportContext } from './checkedFiles';

interface Asked extends ReportContext {
  reports: Map<string, SharedReport>;
}

/** Beyond that, hostile or not, they do not repeat. */
const mostKinds = 4096;

export class AlikeFiles {
  /** By whom they were asked; what is known of the machine changes from time to time. */
  private readonly asked = new WeakMap<RuntimeInfo, Asked>();
  /** Texts of the library, which lie in another place in each answer. */
  private readonly texts = new Map<string, number>();
  private readonly textsOf = new WeakMap<CheckRecords, Map<number, number>>();

  /** make: the report of this file where none is known of its kind; null: it is not for others. */
  find(
    records: CheckRecords,
    index: number,
    runtime: RuntimeInfo,
    context: ReportContext,
    make: () => SharedReport | null,
  ): SharedReport | null {
    const reports = this.reportsOf(runtime, context);
    const kind = `${records.kindBytes(index)}${this.textOf(records, index)}`;
    const known = reports.get(kind);
    if (known) return known;
    const made = make();
    if (!made) return null;
    if (reports.size >= mostKinds) reports.clear();
    reports.set(kind, made);
    return made;
  }

  private reportsOf(
    runtime: RuntimeInfo,
    { machine, knownRuntimes }: ReportContext,
  ): Map<string, SharedReport> {
    const known = this.asked.get(runtime);
    if (known?.machine === machine && known.knownRuntimes === knownRuntimes) return known.reports;
    const reports = new Map<string, SharedReport>();
    this.asked.set(runtime, { machine, knownRuntimes, reports });
    return reports;
  }

  private textOf(records: CheckRecords, index: number): number {
    let known = this.textsOf.get(records);
    if (!known) this.textsOf.set(records, (known = new Map<number, number>()));
    const place = records.linesPlace(index);
    let number = known.get(place);
    if (number === undefined) {
      const bytes = records.linesBytes(index);
      if (this.texts.size >= mostKinds) this.texts.clear();
      number = this.texts.get(bytes) ?? ++lastText;
      this.texts.set(bytes, number);
      known.set(place, number);
    }
    return number;
  }
}

let lastText = 0;
