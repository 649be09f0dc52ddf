/**
 * The header as a page of text: what is written, and where in it each field and each reason stands, so that CodeLens,
 * hover, squiggles and the links of Problems have real ranges. Pure.
 *
 * Everything in a report may come from a hostile file, so each value is laid on one line of its own.
 */
import type { EngineReport, HeaderField, Reason } from '../core/report/engineReport';

export interface Span {
  line: number;
  start: number;
  end: number;
}

export interface HeaderText {
  text: string;
  /** The verdict's line. */
  verdict: Span;
  fields: { field: HeaderField; span: Span }[];
  /** A reason without a field stands on its own line of the list of reasons. */
  reasons: { reason: Reason; span: Span }[];
}

export function headerText(report: EngineReport, fileName: string): HeaderText {
  const lines: string[] = [];
  const add = (line = ''): Span => {
    const text = oneLine(line);
    lines.push(text);
    return {
      line: lines.length - 1,
      start: text.length - text.trimStart().length,
      end: text.length,
    };
  };

  add(`${fileName}: its header as text, read-only`);
  add();
  const verdict = add(report.headline);
  if (report.besides !== '') add(report.besides);
  if (report.asked !== '') add(report.asked);

  const reasonLines = new Map<Reason, Span>();
  if (report.reasons.length > 0) {
    add();
    add('Reasons');
    for (const reason of report.reasons) {
      const name = reason.enumName === undefined ? '' : ` (${reason.enumName})`;
      reasonLines.set(reason, add(`  ${reason.sentence}${name}`));
    }
  }

  const fields: HeaderText['fields'] = [];
  add();
  if (report.headerFields.length > 0) {
    const bytes = report.headerHex.replace(/\s+/g, '').match(/../g) ?? [];
    const rows = report.headerFields.map((field) => [
      String(field.offset).padStart(6),
      bytes.slice(field.offset, field.offset + field.length).join(' '),
      oneLine(field.label),
      oneLine(field.value),
    ]);
    const [head = '', ...table] = columns([['Offset', 'Bytes', 'Meaning', 'Value'], ...rows]);
    add(head);
    report.headerFields.forEach((field, index) => {
      fields.push({ field, span: add(table[index] ?? '') });
    });
    add();
    add('These offsets are observed in real engines, NVIDIA does not document them.');
  } else if (report.headerHex !== '') {
    add('First bytes');
    const bytes = report.headerHex.replace(/\s+/g, '').match(/../g) ?? [];
    for (let offset = 0; offset < bytes.length; offset += 16) {
      add(`${String(offset).padStart(6)}  ${bytes.slice(offset, offset + 16).join(' ')}`);
    }
  }

  if (report.fileRows.length > 0) {
    add();
    add('File');
    for (const { label, value } of report.fileRows) add(`  ${label}: ${value}`);
  }
  if (report.libraryLines.length > 0) {
    add();
    add('What TensorRT-RTX said');
    for (const { text } of report.libraryLines) add(`  ${text}`);
  }

  const reasons = report.reasons.map((reason) => {
    const ofField = fields.find(({ field }) => field.id === reason.headerField)?.span;
    return { reason, span: ofField ?? reasonLines.get(reason) ?? verdict };
  });
  return { text: `${lines.join('\n')}\n`, verdict, fields, reasons };
}

/** A cell that is far too long pushes the rest of its own row only. */
const widestColumn = 48;

function columns(rows: readonly string[][]): string[] {
  const widths = rows[0]?.map((_, column) =>
    Math.min(widestColumn, Math.max(...rows.map((row) => row[column]?.length ?? 0))),
  );
  return rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join('  '),
  );
}

/** Line breaks and control characters of any script would move what follows to another line. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trimEnd();
}

/** Text that Markdown shows as it is: no markup, no link, no line break. */
export function asMarkdown(text: string): string {
  return oneLine(text).replace(/[^\p{L}\p{N} ]/gu, (c) => `&#${c.codePointAt(0) ?? 0xfffd};`);
}
