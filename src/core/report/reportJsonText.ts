/** The JSON of reports as text. Of reports that share what they say (sharedReport.ts), the text is made once as well. */
import type { EngineReport } from './engineReport';
import { formatDate } from '../text/formats';
import { inOne, type TextInPieces } from '../text/textInPieces';
import { fileLine, sizePart, weightsPart, type FileLine, type OwnPart } from './fileLine';
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

const lines: Readonly<Record<JsonStyle, WeakMap<SharedReport, WeakMap<object, FileLine>>>> = {
  line: new WeakMap(),
  lines: new WeakMap(),
};

const nothing = {};

/** more: what comes after the report's own fields; the same object for files that have the same of it. */
export function sharedJsonLine(
  shared: SharedReport,
  style: JsonStyle,
  more: object = nothing,
): FileLine {
  const known = lines[style].get(shared) ?? new WeakMap<object, FileLine>();
  lines[style].set(shared, known);
  const before = known.get(more);
  if (before) return before;
  const text = jsonText({ ...withHoles(shared.example), ...more }, style);
  const made = fileLine(text, holeText, ownParts(shared.example.gpu, style));
  known.set(more, made);
  return made;
}

/** The same for one file. */
export function sharedJsonPieces(
  shared: SharedReport,
  file: string,
  numbers: OwnNumbers,
  style: JsonStyle,
  more: object = nothing,
): TextInPieces {
  const { pieces, own } = sharedJsonLine(shared, style, more);
  const { size, modified, weightBytes } = numbers;
  return { pieces, values: own.map(({ text }) => text({ file, size, modified, weightBytes })) };
}

const filePart: OwnPart = { is: 'quoted-path', text: ({ file }) => JSON.stringify(file) };
const lengthPart: OwnPart = { text: ({ size }) => JSON.stringify(wholeLengthText(size)) };
const datePart: OwnPart = { text: ({ modified }) => dateText(modified) };
const noFitPart: OwnPart = { text: () => 'null' };

/** As withHoles has them. */
function ownParts(gpu: EngineReport['gpu'], style: JsonStyle): OwnPart[] {
  const fitPart = {
    text: ({ size, weightBytes }: OwnNumbers) => {
      const fit = reportFitJson(fitOn(gpu, { header: { weightBytes }, size }));
      return fit ? fitText(fit, style) : 'null';
    },
  };
  const numbers = [sizePart, weightsPart, sizePart, lengthPart, datePart];
  return [filePart, ...numbers, gpu ? fitPart : noFitPart];
}

/** What is around its values is made once. */
const fitPieces: Partial<Record<JsonStyle, Pieces>> = {};
type Pieces = readonly string[];

function fitText(fit: object, style: JsonStyle): string {
  const pieces = (fitPieces[style] ??= JSON.stringify(
    Object.fromEntries(Object.keys(fit).map((name) => [name, hole])),
    null,
    style === 'line' ? 0 : 2,
  )
    .replace(/\n/g, '\n    ')
    .split(holeText));
  return inOne({ pieces, values: Object.values(fit).map((value) => JSON.stringify(value)) });
}

/** By the minute, which is all that is told: many files of a fleet have the same. */
const dates = new Map<number, string>();
const mostDates = 4096;

function dateText(modified: number): string {
  const minute = Math.floor(modified / 60_000);
  const known = dates.get(minute);
  if (known !== undefined) return known;
  if (dates.size >= mostDates) dates.clear();
  const made = JSON.stringify(formatDate(modified));
  dates.set(minute, made);
  return made;
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
