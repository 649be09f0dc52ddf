/** The matrix for people: a line for each engine, its cells before its path so that nothing has to wait for the widest. */
import type { FormatWriter, GateSummary } from '../../core/gate/formats';
import type { CellJson } from '../../core/gate/gateRecord';
import { ruleOf } from '../../core/gate/rules';
import { cellSeverity, type Cell } from '../../core/targets/cell';
import type { TargetFix } from '../../core/targets/targetFixes';
import { targetFacts, type Target } from '../../core/targets/targets';
import { joinWords } from '../../core/text/formats';
import { fixLines } from '../fixes';
import type { Paint } from '../output';

const shortWords: Readonly<Record<Cell, string>> = {
  runs: 'runs',
  'runs-slower': 'slower',
  borderline: 'borderline',
  'update-driver': 'driver',
  'needs-weight-streaming': 'streaming',
  rebuild: 'rebuild',
  'no-code': 'no code',
  never: 'never',
};
const widest = 'borderline'.length;

export function textPrinter(
  targets: readonly Target[],
  paint: Paint,
  { width, verbose, fixes }: { width: number; verbose: boolean; fixes: () => readonly TargetFix[] },
): FormatWriter {
  // Numbers in the head where names do not fit side by side.
  const named = targets.length * 18 <= Math.max(60, width - 30);
  const columns = targets.map(({ name }, at) => (named ? name : String(at + 1)));
  const widths = columns.map((text) => Math.max(text.length, widest) + 2);
  const line = (texts: readonly string[], painted: readonly string[]) =>
    painted
      .map((text, at) => text + ' '.repeat((widths[at] ?? 0) - (texts[at] ?? '').length))
      .join('');
  return {
    start: () => {
      const legend = targets.map((target, at) => {
        const facts = [...targetFacts(target), ...(target.required ? [] : ['optional'])];
        return `${paint('dim', `${named ? '' : `${at + 1} `}${target.name}: ${facts.join(', ')}`)}\n`;
      });
      return `${legend.join('')}\n${line(
        columns,
        columns.map((text) => paint('bold', text)),
      )}${paint('bold', 'Engine')}\n`;
    },
    file: (record, findings) => {
      const row = record.targets ?? [];
      const words = row.map(({ cell }) => (cell === null ? 'unreadable' : shortWords[cell]));
      const painted = words.map((word, at) => paint(row[at]?.severity ?? 'ok', word));
      const lines = [`${line(words, painted)}${record.file}`];
      const told = verbose
        ? everyCell(row)
        : findings.filter(({ severity }) => severity !== 'information');
      for (const { severity, sentence, known } of told) {
        const label = known ? 'known' : severity;
        lines.push(`  ${paint(known ? 'dim' : severity, `${label}:`)} ${sentence}`);
      }
      return `${[...lines, ...fixLines(fixes(), paint)].join('\n')}\n`;
    },
    end: (summary) => summaryLines(summary, paint),
  };
}

function everyCell(row: readonly CellJson[]) {
  return row.map(({ name, sentence, severity }) => {
    return { severity, sentence: `${name}: ${sentence}`, known: false };
  });
}

function* summaryLines({ matrix, sentence }: GateSummary, paint: Paint) {
  yield '\n';
  for (const { id, cell, engines, targets, required } of matrix?.causes ?? []) {
    const count = `${engines} ${engines === 1 ? 'engine' : 'engines'}`;
    const where = `${joinWords(targets)}${required ? '' : ' (optional)'}`;
    yield `${paint(cellSeverity[cell], `${shortWords[cell]}:`)} ${count} on ${where}. ${ruleOf(id)?.title ?? id}\n`;
    // The commands are beside the engines.
    yield `  ${paint('dim', ruleOf(id)?.help ?? '')}\n`;
  }
  yield `${paint('bold', sentence)}\n`;
}
