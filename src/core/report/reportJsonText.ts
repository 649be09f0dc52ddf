/** The JSON of reports as text. Of reports that share what they say (sharedReport.ts), the text is made once as well. */
import type { EngineReport } from './engineReport';
import { formatDate } from '../text/formats';
import type { TextInPieces } from '../text/textInPieces';
import { fitOn, wholeLengthText } from './makeEngineReport';
import { reportFitJson, reportJson } from './reportJson';
import type { OwnNumbers, SharedReport } from './sharedReport';

/** line: one, with its end. lines: indented as an item of an array. */
export type JsonStyle = 'line' | 'lines';

export function jsonText(value: unknown, style: JsonStyle): string {
  return style === 'line'
    ? `${JSON.stringify(value)}\n`
    : JSON.stringify(value, null, 2).replace(/^/gm, '  ');
}

/** Stands where a file's own facts go. No printable text has it. */
const hole = '\0';
const holeText = JSON.stringify(hole);

/** The text of one shared report, cut at its holes. */
type Pieces = readonly string[];

const texts: Readonly<Record<JsonStyle, WeakMap<SharedReport, WeakMap<object, Pieces>>>> = {
  line: new WeakMap(),
  lines: new WeakMap(),
};

const nothing = {};

/** more: what comes after the report's own fields; the same object for files that have the same of it. */
export function sharedJsonPieces(
  shared: SharedReport,
  file: string,
  { size, modified, weightBytes }: OwnNumbers,
  style: JsonStyle,
  more: object = nothing,
): TextInPieces {
  const pieces = piecesOf(shared, style, more);
  const fit = JSON.stringify(
    reportFitJson(fitOn(shared.example.gpu, { header: { weightBytes }, size })),
    null,
    style === 'lines' ? 2 : 0,
  );
  const values = [
    JSON.stringify(file),
    size,
    weightBytes,
    size,
    JSON.stringify(wholeLengthText(size)),
    JSON.stringify(formatDate(modified)),
    style === 'lines' ? fit.replace(/\n/g, '\n    ') : fit,
  ];
  return { pieces, values };
}

function piecesOf(shared: SharedReport, style: JsonStyle, more: object): Pieces {
  const known = texts[style].get(shared) ?? new WeakMap<object, Pieces>();
  texts[style].set(shared, known);
  const before = known.get(more);
  if (before) return before;
  const pieces = jsonText({ ...withHoles(shared.example), ...more }, style).split(holeText);
  known.set(more, pieces);
  return pieces;
}

/** The holes in the order in which they are printed. */
function withHoles(report: EngineReport): object {
  const json = reportJson(report);
  return {
    ...json,
    file: hole,
    header: { ...json.header, fileSize: hole, weightBytes: hole },
    size: hole,
    details: json.details.map(({ label }) => ({ label, value: hole })),
    fit: hole,
  };
}
