/** The formats of a gate, each written file by file so that memory stays flat however many there are. */
import type { JsonStyle } from '../report/reportJsonText';
import { plainText } from '../text/plainText';
import { inOne, type TextInPieces } from '../text/textInPieces';
import { cellWords } from '../targets/cell';
import type { MatrixSummary } from '../targets/matrix';
import type { Target } from '../targets/targets';
import type { Finding, GateRecord } from './gateRecord';
import type { GateFormat } from './gateFormats';
import { csv } from './csv';
import { ruleOf } from './rules';
import { junit } from './junit';
import { sarif } from './sarif';

export interface GateSummary {
  matrix: MatrixSummary | null;
  files: number;
  errors: number;
  warnings: number;
  /** Findings that are in the baseline. */
  known: number;
  unreadable: number;
  /** "12 of 14 engines run on all targets." */
  sentence: string;
}

/** What they come to, for people: on targets, or on this machine where there are none. */
export function gateSentence(counts: Omit<GateSummary, 'sentence'>): string {
  const { matrix, files, errors, warnings, known, unreadable } = counts;
  const others = matrix?.others ?? 0;
  return [
    matrix?.sentence ??
      `${counted(files, 'file')}: ${counted(errors, 'error')} and ${counted(warnings, 'warning')} on this machine.`,
    others > 0
      ? `${counted(others, 'more file')} ${others === 1 ? 'is no engine' : 'are no engines'} of TensorRT-RTX.`
      : '',
    known > 0
      ? `${counted(known, 'known finding')} ${known === 1 ? 'is' : 'are'} in the baseline.`
      : '',
    unreadable > 0 ? `${counted(unreadable, 'file')} could not be read.` : '',
  ]
    .filter(Boolean)
    .join(' ');
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Makes the text of a file's object (GateJson); called where a format has it. */
export type GateJsonText = (style: JsonStyle) => string | TextInPieces;

export interface FormatWriter {
  start(): string;
  file(record: GateRecord, findings: readonly Finding[], json: GateJsonText): string | TextInPieces;
  end(summary: GateSummary): Iterable<string>;
}

/** Text that is put aside until the end. */
export interface Spool {
  append(text: string): void;
  drain(): Iterable<string>;
}

export interface FormatSurroundings {
  version: string;
  targets: readonly Pick<Target, 'id' | 'name' | 'required'>[] | null;
  /** Relative to the root that reports are about, with forward slashes; null: it lies outside. */
  pathOf: (file: string) => string | null;
  /** file:///… of a path that lies outside. */
  urlOf: (file: string) => string;
  spool: () => Spool;
  /** Bytes of the text when it is compressed. */
  compressedSize: (text: string) => number;
}

export function formatWriter(
  format: Exclude<GateFormat, 'text'>,
  around: FormatSurroundings,
): FormatWriter {
  switch (format) {
    case 'json':
      return json();
    case 'ndjson':
      return {
        start: none,
        file: (_, __, text) => text('line'),
        end: nothing,
      };
    case 'sarif':
      return sarif(around);
    case 'junit':
      return junit(around);
    case 'github':
      return github(around);
    case 'csv':
      return csv();
    case 'markdown':
      return markdown(around);
  }
}

const none = () => '';
const nothing = (): string[] => [];

/** An array that is whole at every moment but for its end. */
function json(): FormatWriter {
  let files = 0;
  return {
    start: none,
    file: (_, __, json) => {
      const text = json('lines');
      return `${files++ === 0 ? '[\n' : ',\n'}${typeof text === 'string' ? text : inOne(text)}`;
    },
    end: () => [files === 0 ? '[]\n' : '\n]\n'],
  };
}

// ---- GitHub ----

/** GitHub shows ten of each kind for a step; more only fill the log. */
const mostAnnotations = 50;

function github({ pathOf }: FormatSurroundings): FormatWriter {
  const counts = { error: 0, warning: 0, notice: 0 };
  return {
    start: none,
    file: (record, findings) =>
      findings
        .filter(({ known, severity }) => !known && severity !== 'information')
        .map(({ severity, rule, sentence, file }) => {
          const kind = severity === 'error' ? 'error' : 'warning';
          if (++counts[kind] > mostAnnotations) return '';
          const place = pathOf(record.recipe ?? file) ?? file;
          const title = ruleOf(rule)?.title ?? rule;
          const help = ruleOf(rule)?.help ?? '';
          return `::${kind} file=${property(place)},line=1,title=${property(`${title} (${rule})`)}::${message(`${file}: ${sentence} ${help}`)}\n`;
        })
        .join(''),
    end: ({ sentence }) => {
      const more =
        Math.max(0, counts.error - mostAnnotations) + Math.max(0, counts.warning - mostAnnotations);
      const rest = more === 0 ? '' : ` ${more} more findings are not shown as annotations.`;
      return [`::notice title=Engine Inspector::${message(sentence + rest)}\n`];
    },
  };
}

const message = (text: string) =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string) => message(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

// ---- Markdown ----

/** A job summary takes a megabyte, and nobody reads more rows. */
const mostRows = 500;
const mostTargetColumns = 20;

const icons = { ok: '✅', information: 'ℹ️', warning: '⚠️', error: '❌' } as const;

/** A matrix of engines with findings, and what they come to. */
function markdown(around: FormatSurroundings): FormatWriter {
  const targets = around.targets?.slice(0, mostTargetColumns) ?? null;
  const rows: string[] = [];
  const details: string[] = [];
  let clean = 0;
  let more = 0;
  return {
    start: none,
    file: (record, findings) => {
      if (findings.length === 0) clean++;
      if (findings.length > 0 && rows.length >= mostRows) more++;
      if (findings.length === 0 ? rows.length >= mostRows / 10 : rows.length >= mostRows) return '';
      const cellsOf =
        record.targets === null
          ? [`${icons[findings[0]?.severity ?? 'ok']} ${findings[0]?.rule ?? 'usable'}`]
          : record.targets
              .slice(0, mostTargetColumns)
              .map(
                ({ cell, severity }) =>
                  `${icons[severity]} ${cell ? cellWords[cell] : 'unreadable'}`,
              );
      rows.push(`| ${[`\`${code(record.file)}\``, ...cellsOf].join(' | ')} |`);
      for (const { sentence, known } of findings) {
        details.push(`- \`${code(record.file)}\`${known ? ' (known)' : ''}: ${inline(sentence)}`);
      }
      return '';
    },
    end: ({ sentence, matrix }) => {
      const heads = targets
        ? targets.map(({ name, required }) => inline(required ? name : `${name} (optional)`))
        : ['This machine'];
      const causes = (matrix?.causes ?? []).map(
        ({ id, engines, targets: names }) =>
          `- **${engines} ${engines === 1 ? 'engine' : 'engines'}**, ${inline(names.join(', '))}: ${inline(ruleOf(id)?.title ?? id)} ${inline(ruleOf(id)?.help ?? '')}`,
      );
      const left = [
        more > 0 ? `${more} more files with findings are not listed.` : '',
        targets !== null && (around.targets?.length ?? 0) > mostTargetColumns
          ? `The table shows the first ${mostTargetColumns} targets.`
          : '',
        clean > rows.length ? `${clean} files have no findings.` : '',
      ].filter(Boolean);
      return [
        `## TensorRT-RTX engines\n\n**${inline(sentence)}**\n`,
        ...(causes.length > 0 ? [`\n${causes.join('\n')}\n`] : []),
        rows.length > 0
          ? `\n| Engine | ${heads.join(' | ')} |\n|${' --- |'.repeat(heads.length + 1)}\n${rows.join('\n')}\n`
          : '',
        ...(left.length > 0 ? [`\n${left.join(' ')}\n`] : []),
        ...(details.length > 0
          ? [
              `\n<details><summary>Findings</summary>\n\n${details.slice(0, mostRows).join('\n')}\n\n</details>\n`,
            ]
          : []),
      ];
    },
  };
}

/** Inside backticks of a table. */
const code = (text: string) => plainText(text, 300).replaceAll('`', "'").replaceAll('|', '\\|');
const inline = (text: string) =>
  plainText(text, 1000).replace(/[\\`*_{}[\]<>#|~&]/g, (found) => `\\${found}`);
