/** The matrix as a file: what the page shows, in the same words, for a spreadsheet, a program or a page of text. */
import { inertText } from '../text/inertText';
import type { MatrixModel } from './matrixModel';

export function matrixCsv({ columns, rows, cells }: MatrixModel): string {
  const lines = [
    ['Engine', ...columns.map(({ name }) => name)],
    ...rows.map((row) => [pathOf(row), ...row.cells.map((at) => cells[at]?.word ?? '')]),
  ];
  return lines.map((line) => `${line.map(csvField).join(',')}\r\n`).join('');
}

/** A spreadsheet takes a text that begins so for a formula; a name of a file may. */
function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function matrixJson({ title, columns, rows, cells }: MatrixModel): string {
  const value = {
    summary: title,
    targets: columns.map(({ id, name, required, runs }) => ({ id, name, required, runs })),
    engines: rows.map((row) => ({
      file: pathOf(row),
      cells: row.cells.map((at, column) => ({
        target: columns[column]?.id ?? '',
        result: cells[at]?.word ?? '',
        sentence: cells[at]?.sentence ?? '',
        evidence: cells[at]?.howKnown ?? '',
      })),
    })),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

export function matrixMarkdown({ title, columns, rows, cells, causes }: MatrixModel): string {
  const line = (fields: readonly string[]) => `| ${fields.map(markdownField).join(' | ')} |`;
  return [
    `**${title}**`,
    '',
    ...causes.map(({ sentence }) => `- ${markdownField(sentence)}`),
    ...(causes.length > 0 ? [''] : []),
    line([
      'Engine',
      ...columns.map(({ name, required }) => (required ? name : `${name} (optional)`)),
    ]),
    `|${' --- |'.repeat(columns.length + 1)}`,
    ...rows.map((row) => line([pathOf(row), ...row.cells.map((at) => cells[at]?.word ?? '')])),
    '',
  ].join('\n');
}

const markdownField = (text: string) =>
  inertText(text)
    .replace(/[\\`*_[\]<>|#]/g, (sign) => `\\${sign}`)
    .replace(/[\r\n]+/g, ' ');

const pathOf = ({ folder, name }: { folder: string; name: string }) =>
  folder === '' ? name : `${folder}/${name}`;
