/** A report as plain text, for the clipboard and for a terminal that wants all of it. */
import type { EngineReport } from './engineReport';
import { formatDate } from './formats';

export function reportText(report: EngineReport): string {
  const lines = [report.file, report.headline];
  if (report.summary !== '') lines.push(report.summary);
  lines.push(report.asked);
  if (report.enumNames.length > 0) lines.push(report.enumNames.join(', '));
  section(
    lines,
    'Reasons',
    report.reasons.map(({ severity, sentence, evidence }) => {
      const from = evidence === 'runtime' ? '' : ` (read from the ${evidence})`;
      return `${severity}: ${sentence}${from}`;
    }),
  );
  section(
    lines,
    'Remedies',
    report.remedies.map(({ title, detail }) => `${title}: ${detail}`),
  );
  section(
    lines,
    'Engine and machine',
    report.rows.map(({ label, engine, machine, note }) =>
      [`${label}: ${engine || '–'} | ${machine || '–'}`, note].filter(Boolean).join(' | '),
    ),
  );
  if (report.runsOnSentence !== '') section(lines, 'Runs on', [report.runsOnSentence]);
  section(
    lines,
    'File',
    report.fileRows.map(({ label, value }) => `${label}: ${value}`),
  );
  if (report.headerHex !== '') section(lines, 'First bytes', [report.headerHex]);
  section(
    lines,
    'What TensorRT-RTX said',
    report.libraryLines.map(({ text }) => text),
  );
  lines.push('', `Checked ${formatDate(report.checkedAt)}`);
  return lines.join('\n');
}

function section(lines: string[], title: string, content: readonly string[]): void {
  if (content.length === 0) return;
  lines.push('', title, ...content.map((line) => `  ${line}`));
}
