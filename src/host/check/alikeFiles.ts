/**
 * Finds the shared report (core/report/sharedReport.ts) of a file from the bytes of its answer, so that for most of a hundred
 * thousand files nothing is made at all. Alike are answers whose every byte is equal but for those that such a report does not
 * speak of: length, weights and time.
 */
import type { SharedReport } from '../../core/report/sharedReport';
import type { RuntimeInfo } from '../engineHost/protocol';
import type { CheckRecords, Kind } from './checkRecords';
import type { ReportContext } from './checkedFiles';

interface Known {
  kind: Kind;
  report: SharedReport;
}

interface Asked extends ReportContext {
  runtime: RuntimeInfo;
  /** By hash: others of the same are searched through. */
  kinds: Map<number, Known[]>;
  count: number;
}

/** Beyond that, hostile or not, they do not repeat. */
const mostKinds = 4096;

export class AlikeFiles {
  /** By whom they were asked; what is known of the machine changes from time to time. */
  private readonly asked = new WeakMap<RuntimeInfo, Asked>();
  private last: Asked | null = null;
  /** Texts of the library, which lie in another place in each answer. */
  private readonly texts = new Map<string, number>();
  private readonly textsOf = new WeakMap<CheckRecords, Map<number, number>>();
  private places: { of: CheckRecords; numbers: Map<number, number> } | null = null;

  /** make: the report of this file where none is known of its kind; null: it is not for others. */
  find(
    records: CheckRecords,
    index: number,
    runtime: RuntimeInfo,
    context: ReportContext,
    make: () => SharedReport | null,
  ): SharedReport | null {
    const asked = this.askedOf(runtime, context);
    const lines = this.linesOf(records, index);
    const hash = records.kindHash(index);
    const alike = asked.kinds.get(hash);
    if (alike) {
      for (const { kind, report } of alike) {
        if (records.isOfKind(index, lines, kind)) return report;
      }
    }
    const report = make();
    if (!report) return null;
    if (asked.count >= mostKinds) {
      asked.kinds.clear();
      asked.count = 0;
    }
    asked.count++;
    const known = { kind: records.kind(index, lines), report };
    const others = asked.kinds.get(hash);
    if (others) others.push(known);
    else asked.kinds.set(hash, [known]);
    return report;
  }

  private askedOf(runtime: RuntimeInfo, { machine, knownRuntimes }: ReportContext): Asked {
    const known = this.last?.runtime === runtime ? this.last : this.asked.get(runtime);
    const isSame = known?.machine === machine && known.knownRuntimes === knownRuntimes;
    if (isSame) return (this.last = known);
    const kinds = new Map<number, Known[]>();
    const made = { runtime, machine, knownRuntimes, kinds, count: 0 };
    this.asked.set(runtime, made);
    return (this.last = made);
  }

  /** A number for the text of its lines. */
  private linesOf(records: CheckRecords, index: number): number {
    const place = records.linesPlace(index);
    if (place === -1) return 0;
    const numbers = this.numbersOf(records);
    const known = numbers.get(place);
    if (known !== undefined) return known;
    const bytes = records.linesBytes(index);
    if (this.texts.size >= mostKinds) this.texts.clear();
    const number = this.texts.get(bytes) ?? ++lastText;
    this.texts.set(bytes, number);
    numbers.set(place, number);
    return number;
  }

  private numbersOf(records: CheckRecords): Map<number, number> {
    if (this.places?.of === records) return this.places.numbers;
    let numbers = this.textsOf.get(records);
    if (!numbers) this.textsOf.set(records, (numbers = new Map<number, number>()));
    this.places = { of: records, numbers };
    return numbers;
  }
}

let lastText = 0;
