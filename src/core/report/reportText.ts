/** A report as plain text, for the clipboard and for a terminal that wants all of it. Does not end with a line feed. */
import { assertNever } from '../text/assertNever';
import type { EngineReport, Evidence, RowState } from './engineReport';
import { formatDate } from '../text/formats';
import { columns, section } from '../text/textBlocks';

export function reportText(report: EngineReport): string {
  const small = [report.asked, report.enumNames.join(', ')].filter(Boolean).join(' ');
  return [
    `${report.file}: ${report.verdict}`,
    report.headline,
    ...(report.besides === '' ? [] : [report.besides]),
    small,
    ...section('Reasons', reasonLines(report)),
    ...section(
      'What helps',
      report.remedies.map(({ title, detail }, index) => `${index + 1}. ${title}: ${detail}`),
    ),
    ...section('Engine and machine', tableLines(report)),
    ...section('GPU memory', report.fit ? [report.fit.sentence] : []),
    ...section(
      'Runs on',
      [report.runsOnSentence, report.trial?.sentence ?? '', report.trial?.stale ?? ''].filter(
        Boolean,
      ),
    ),
    ...section(
      'File',
      report.fileRows.map(({ label, value }) => `${label}: ${value}`),
    ),
    ...section(
      'Engines inside',
      report.engines.map(
        ({ name, report: one, problem }) => `${name}: ${one === null ? problem : one.headline}`,
      ),
    ),
    ...section('First bytes', hexLines(report.headerHex)),
    ...section(
      'What TensorRT-RTX said',
      report.libraryLines.map(({ text }) => text),
    ),
    '',
    `Checked ${formatDate(report.checkedAt)}. What is read from the header goes by observed offsets, which NVIDIA does not document.`,
  ].join('\n');
}

function reasonLines({ reasons }: EngineReport): string[] {
  return reasons.map(({ severity, sentence, enumName, evidence }) => {
    const source = [enumName, evidenceText(evidence)].filter(Boolean).join(', ');
    return `${severity}: ${sentence} (${source})`;
  });
}

function evidenceText(evidence: Evidence): string {
  switch (evidence) {
    case 'runtime':
      return 'reported by TensorRT-RTX';
    case 'header':
      return 'read from the header';
    case 'file':
      return 'found in the file';
    case 'recipe':
      return 'compared with its recipe';
    case 'engine-text':
      return "read from the engine's own text";
    case 'compiler':
      return "reported by NVIDIA's compiler";
    case 'inspection':
      return 'found when it was loaded';
    default:
      return assertNever(evidence);
  }
}

const stateWords: Readonly<Record<RowState, string>> = {
  good: 'ok',
  bad: 'no',
  warning: 'but',
  unknown: '?',
  none: '',
};

function tableLines({ rows }: EngineReport): string[] {
  if (rows.length === 0) {
    return [];
  }
  const table = [
    ['', 'Engine', 'This machine', ''],
    ...rows.map(({ label, engine, machine, state, note }) => [
      label,
      engine,
      machine,
      [stateWords[state], note].filter(Boolean).join(': '),
    ]),
  ];
  return columns(table);
}

/** Sixteen bytes a line, each line with its offset. */
function hexLines(hex: string): string[] {
  const lines = hex.match(/([0-9a-f]{2} ?){1,16}/g) ?? [];
  return lines.map((line, index) => `${String(index * 16).padStart(2)}  ${line.trim()}`);
}
