/** A gate as CSV. */
import type { FileLine, OwnPart } from '../report/fileLine';
import type { GateRecord } from './gateRecord';

const columns =
  'file,kind,target,name,computeCapability,memory,cell,severity,required,known,reasons,sentence,evidence';

const restOf = (row: readonly string[]) => `,${row.map(csvField).join(',')}\r\n`;

/** RFC 4180: one line for each engine and target. */
export function csv() {
  // Most files have the same list of reasons, or the same row, as one before: all behind the file's name is made once.
  const made = new WeakMap<object, readonly string[]>();
  const restsOf = (record: GateRecord): readonly string[] => {
    const same = record.targets ?? record.reasons;
    const before = record.known.length === 0 ? made.get(same) : undefined;
    if (before) return before;
    const rests = csvRows(record).map(restOf);
    if (record.known.length === 0) made.set(same, rests);
    return rests;
  };
  return {
    start: (): string => `${columns}\r\n`,
    file: (record: GateRecord): string => {
      const start = `${csvField(record.file)},${csvField(record.kind)}`;
      return restsOf(record)
        .map((rest) => start + rest)
        .join('');
    },
    end: (): string[] => [],
  };
}

/** The row of all files with this report of this machine, of which nothing is known before. */
export function machineCsvLine({ kind, reasons }: Pick<GateRecord, 'kind' | 'reasons'>): FileLine {
  const rows = csvRows({ file: '', kind, recipe: null, targets: null, reasons, known: [] });
  const rest = rows.map(restOf).join('');
  return { pieces: ['', `,${csvField(kind)}${rest}`], own: [fieldPart] };
}

const fieldPart: OwnPart = { is: 'path', text: ({ file }) => csvField(file) };

/** All columns but the file and its kind. */
function csvRows(record: GateRecord): string[][] {
  const known = (ids: readonly string[]) => String(ids.some((id) => record.known.includes(id)));
  if (record.targets === null) {
    return [
      [
        ...['this-machine', '', '', '', ''],
        record.reasons[0]?.severity ?? 'ok',
        'true',
        known(record.reasons.map(({ id }) => id)),
        record.reasons.map(({ id }) => id).join(' '),
        record.reasons.map(({ sentence }) => sentence).join(' '),
        '',
      ],
    ];
  }
  return record.targets.map((cell) => {
    const ids = cell.reasons.map(({ id }) => id);
    return [
      ...[cell.target, cell.name, cell.computeCapability, String(cell.memory)],
      ...[cell.cell ?? '', cell.severity, String(cell.required), known(ids)],
      ...[ids.join(' '), cell.sentence, cell.evidence],
    ];
  });
}

function csvField(value: string): string {
  // A spreadsheet takes a text that begins so for a formula, and names come from a file.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
