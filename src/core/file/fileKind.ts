/**
 * What a file really is, told from its first bytes and its length. 64 bytes are enough for an engine; for anything else
 * a longer prefix (triagePrefix) tells more: `wants` says how many bytes.
 *
 * Nothing here is trusted: lengths are checked against the file, JSON is shown as bounded text.
 */
import { hasRtxTag, headerSize, isDamagedHeader, readEngineHeader } from './engineHeader';
import { type TransferDamage, transferDamage } from './transferDamage';
import { formatBytes, formatCount, formatExactBytes } from '../text/formats';
import { cut, decodeBytes, plainText } from '../text/plainText';
import { tryParseJson } from '../text/parseJson';

/** How one fact of the file stands, for the File section: label, value. */
export interface FileFactRow {
  label: string;
  value: string;
}

export const fileKinds = [
  'tensorrt-rtx',
  'tensorrt',
  'ultralytics',
  'torch-tr01',
  'onnx',
  'epcontext',
  'model-package',
  'zip',
  'git-lfs-pointer',
  'html',
  'text',
  'zeros',
  'empty',
  'unreadable',
  'unknown',
] as const;
export type FileKind = (typeof fileKinds)[number];

/** A model package of ONNX Runtime, a folder or an archive, is told by its name alone (modelPackage.ts). */
export function isModelPackageName(file: string): boolean {
  return /\.ortpackage[/\\]*$/i.test(file);
}

/** The longest prefix that triage looks at; bytes. */
export const triagePrefix = 65_536;

export interface Triage {
  kind: FileKind;
  /** "This is an ONNX model, not an engine." Empty for tensorrt-rtx. */
  sentence: string;
  /** What more is known, printable. */
  details: FileFactRow[];
  /** What a transfer did to an engine; null: nothing that shows here. */
  damage: TransferDamage | null;
  /**
   * A file of another program that only has the name of an engine: text, archives, what others write. Not what people
   * mistake for an engine or get in its place (models, other engines, web pages, pointers).
   */
  ofOthers: boolean;
  /** Where an engine of TensorRT-RTX begins behind something else; null: it is none of those. */
  engineAt: number | null;
  /** Bytes of prefix that would tell more; 0 when the prefix given is enough. */
  wants: number;
}

type Answer = Omit<Triage, 'wants' | 'damage' | 'ofOthers' | 'engineAt'> & {
  ofOthers?: boolean;
  engineAt?: number;
};

/** prefix: the first bytes of the file, 64 or more where the file has them; size: length of the file in bytes. */
export function triage(prefix: Uint8Array, size: number): Triage {
  const bytes = prefix.subarray(0, triagePrefix);
  const wanted = Math.min(size, triagePrefix);
  const wants = bytes.length < wanted ? wanted : 0;
  if (size > 0 && hasRtxTag(bytes)) {
    const header = readEngineHeader(bytes);
    const damage =
      header !== null || isDamagedHeader(bytes) ? transferDamage(bytes, size, header) : null;
    const suspicious = damage !== null || (header !== null && header.fileSize !== size);
    return {
      kind: 'tensorrt-rtx',
      sentence: '',
      details: [],
      damage,
      ofOthers: false,
      engineAt: null,
      wants: suspicious ? wants : 0,
    };
  }
  return { ofOthers: false, engineAt: null, ...foreign(bytes, size), damage: null, wants };
}

function foreign(bytes: Uint8Array, size: number): Answer {
  if (size === 0 || bytes.length === 0) {
    return { kind: 'empty', sentence: 'This file is empty.', details: [] };
  }
  return (
    tensorRt(bytes) ??
    ultralytics(bytes, size) ??
    torchTr01(bytes) ??
    zip(bytes) ??
    zeros(bytes, size) ??
    textual(bytes, size) ??
    onnx(bytes, size) ??
    engineBehind(bytes, size) ??
    wideEngine(bytes) ??
    otherMagic(bytes) ??
    otherEncoding(bytes) ?? {
      kind: 'unknown',
      sentence:
        'This is not a TensorRT-RTX engine: it begins with none of the marks that are known.',
      details: [{ label: 'First bytes', value: hex(bytes.subarray(0, 16)) }],
      ofOthers: true,
    }
  );
}

/** As far as something is looked for that stands in front of an engine. */
const furthestFront = 16_384;

/**
 * A whole engine behind a few bytes of something else: a byte order mark, headers of a transfer, a line of text. Only with
 * a header that can be true, so that four letters in another file mean nothing.
 */
function engineBehind(bytes: Uint8Array, size: number): Answer | null {
  for (let at = 1; at <= Math.min(furthestFront, bytes.length - headerSize); at++) {
    // 'v'
    at = bytes.indexOf(0x76, at);
    if (at === -1 || at > furthestFront) return null;
    const rest = bytes.subarray(at);
    const header = readEngineHeader(rest.subarray(0, headerSize));
    const front = bytes.subarray(0, at);
    const length = size - at;
    if (header === null) {
      // What put a mark in front of it may have changed the rest too.
      if (!isByteOrderMark(front) || !isDamagedHeader(rest.subarray(0, headerSize))) continue;
      const damage = transferDamage(rest, length, null)?.sentence ?? '';
      return {
        kind: 'unknown',
        sentence: `This was a TensorRT-RTX engine: it begins at byte ${formatCount(at)}, behind ${nameOfFront(front)}. ${damage}`,
        details: [],
      };
    }
    const codec = transferDamage(rest, length, header);
    const state =
      codec !== null
        ? ` It is damaged as well: ${codec.sentence}`
        : length < header.fileSize
          ? ` Its end is missing: ${formatExactBytes(header.fileSize - length)} of it.`
          : '';
    return {
      kind: 'unknown',
      engineAt: at,
      sentence:
        `This is a TensorRT-RTX engine behind ${formatExactBytes(at)} of ${nameOfFront(front)}: ` +
        `it begins at byte ${formatCount(at)}, and TensorRT-RTX refuses it unless those are taken off.${state}`,
      details: [
        { label: engineInsideLabel, value: `TensorRT-RTX ${header.version} ("vtrt")` },
        { label: 'Begins at byte', value: formatCount(at) },
        ...(asText(front, false) === null ? [] : rowOf('In front of it', firstLine(front))),
      ],
    };
  }
  return null;
}

/** Saved as UTF-16 without a mark: a zero beside each of its first letters. */
function wideEngine(bytes: Uint8Array): Answer | null {
  const wide = /^\0?v\0t\0r\0t\0/.test(ascii(bytes, 0, 9));
  return wide ? encodedAs('as UTF-16 text, which lost bytes: copy it again as binary') : null;
}

function isByteOrderMark(front: Uint8Array): boolean {
  return /^(ef bb bf|ff fe|fe ff)$/.test(hex(front));
}

function nameOfFront(front: Uint8Array): string {
  if (hex(front) === 'ef bb bf') return 'a UTF-8 byte order mark';
  if (hex(front) === 'ff fe' || hex(front) === 'fe ff') return 'a UTF-16 byte order mark';
  const text = asText(front, false);
  if (text === null) return whatBegins(front) ?? 'something else';
  return /^(HTTP\/\d|[\w-]+: .*\r?\n)/.test(text) ? 'transfer headers' : 'text';
}

function firstLine(text: Uint8Array): string {
  return decodeBytes(text).trimStart().split(/\r?\n/, 1)[0] ?? '';
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(' ');
}

function ascii(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length));
}

function u32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, true);
}

/** TensorRT (not RTX). Its newer plans carry the version in bytes 24 to 27, as RTX's do. */
function tensorRt(bytes: Uint8Array): Answer | null {
  const tag = ascii(bytes, 0, 4);
  if (tag !== 'ftrt' && tag !== 'ptrt') {
    return null;
  }
  const version = tensorRtVersion(bytes);
  const name = version ? `TensorRT ${version}` : 'TensorRT';
  return {
    kind: 'tensorrt',
    sentence: `This engine was built by ${name}, not by TensorRT-RTX, which cannot load it.`,
    details: version
      ? [{ label: 'TensorRT version', value: `${version} (read from bytes 24 to 27)` }]
      : [],
  };
}

/** Only where the bytes are plausible: the older layouts have other things there. */
function tensorRtVersion(plan: Uint8Array): string | null {
  if (plan.length < 28 || u32(plan, 4) !== 0) {
    return null;
  }
  const parts = Array.from(plan.subarray(24, 28));
  const [major = 0, minor = 0, patch = 0] = parts;
  return major >= 7 && major <= 20 && minor <= 40 && patch <= 40 ? parts.join('.') : null;
}

/** The row of an Ultralytics export that names the engine in it. */
export const engineInsideLabel = 'Engine inside';

/** u32 length, that many bytes of JSON, then the plan. */
function ultralytics(bytes: Uint8Array, size: number): Answer | null {
  if (bytes.length < 6 || bytes[4] !== 0x7b /* { */) {
    return null;
  }
  const length = u32(bytes, 0);
  if (length < 2 || length > size - 4) {
    return null;
  }
  const planAt = 4 + length;
  const json = bytes.subarray(4, Math.min(planAt, bytes.length));
  // Hostile or not: what claims to be JSON has no control characters but white space.
  if (json.some((b) => b < 0x20 && b !== 0x09 && b !== 0x0a && b !== 0x0d)) {
    return null;
  }
  const whole = planAt <= bytes.length;
  const metadata = whole ? parseObject(json) : null;
  const plan = whole ? bytes.subarray(planAt) : new Uint8Array();
  if (whole && !metadata && !isPlanTag(ascii(plan, 0, 4))) {
    return null;
  }
  return {
    kind: 'ultralytics',
    ...(readEngineHeader(plan.subarray(0, headerSize)) === null ? {} : { engineAt: planAt }),
    ...wrappedPlan(plan, planAt, whole),
    details: [
      {
        label: 'Metadata',
        value: `${formatExactBytes(length)} of JSON; the engine begins at byte ${formatCount(planAt)}`,
      },
      ...planDetails(plan),
      ...(metadata ? metadataRows(metadata) : []),
      ...(whole && !metadata ? [{ label: 'JSON', value: 'cannot be read' }] : []),
    ],
  };
}

function isPlanTag(tag: string): boolean {
  return tag === 'ftrt' || tag === 'ptrt' || tag === 'vtrt';
}

function wrappedPlan(plan: Uint8Array, planAt: number, whole: boolean): { sentence: string } {
  const tag = ascii(plan, 0, 4);
  if (tag === 'vtrt') {
    return {
      sentence:
        'This is an Ultralytics export: metadata first, then a TensorRT-RTX engine. ' +
        `TensorRT-RTX refuses it unless the first ${formatExactBytes(planAt)} are taken off.`,
    };
  }
  if (isPlanTag(tag)) {
    const version = tensorRtVersion(plan);
    return {
      sentence:
        'This is an Ultralytics export: metadata first, then an engine of ' +
        `${version ? `TensorRT ${version}` : 'TensorRT'}, which TensorRT-RTX cannot load.`,
    };
  }
  return {
    sentence: whole
      ? 'This looks like an Ultralytics export, but no engine follows its metadata.'
      : 'This is an Ultralytics export: metadata first, then an engine. TensorRT-RTX cannot load it.',
  };
}

function planDetails(plan: Uint8Array): FileFactRow[] {
  const tag = ascii(plan, 0, 4);
  if (!isPlanTag(tag)) {
    return [];
  }
  const version =
    tag === 'vtrt' && plan.length >= 28
      ? Array.from(plan.subarray(24, 28)).join('.')
      : tensorRtVersion(plan);
  const product = tag === 'vtrt' ? 'TensorRT-RTX' : 'TensorRT';
  return [
    { label: engineInsideLabel, value: `${product}${version ? ` ${version}` : ''} ("${tag}")` },
  ];
}

function parseObject(json: Uint8Array): Record<string, unknown> | null {
  const value = tryParseJson(decodeBytes(json));
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

const maxRows = 24;
const maxValue = 200;

function metadataRows(metadata: Record<string, unknown>): FileFactRow[] {
  const entries = Object.entries(metadata);
  const rows = entries.slice(0, maxRows).map(([key, value]) => ({
    label: plainText(key, 60) || '(empty)',
    value: cut(shortValue(value, 0), maxValue) || '(empty)',
  }));
  return entries.length > maxRows
    ? [...rows, { label: 'More', value: `${formatCount(entries.length - maxRows)} entries` }]
    : rows;
}

/** One line for any JSON value, at most two levels and twelve entries deep: names and shapes are short, attacks are not. */
function shortValue(value: unknown, depth: number): string {
  if (typeof value === 'string') {
    return plainText(value, maxValue);
  }
  if (typeof value !== 'object' || value === null) {
    return String(value);
  }
  const entries = Object.entries(value);
  if (depth >= 2) {
    return `${formatCount(entries.length)} entries`;
  }
  const shown = entries
    .slice(0, 12)
    .map(([key, entry]) =>
      Array.isArray(value)
        ? shortValue(entry, depth + 1)
        : `${plainText(key, 40)}: ${shortValue(entry, depth + 1)}`,
    );
  const more =
    entries.length > shown.length ? [`${formatCount(entries.length - shown.length)} more`] : [];
  return [...shown, ...more].join(', ');
}

function torchTr01(bytes: Uint8Array): Answer | null {
  if (ascii(bytes, 0, 4) !== 'TR01') {
    return null;
  }
  const at = engineWithin(bytes, 4);
  const header = at === null ? null : readEngineHeader(bytes.subarray(at, at + headerSize));
  return {
    kind: 'torch-tr01',
    ...(at === null ? {} : { engineAt: at }),
    sentence:
      'This is an engine in the container of Torch-TensorRT or ExecuTorch (TR01), not a TensorRT-RTX engine by itself.' +
      (at === null || header === null
        ? ''
        : ` Inside, from byte ${formatCount(at)} on, is an engine of TensorRT-RTX ${header.version}.`),
    details: header
      ? [{ label: engineInsideLabel, value: `TensorRT-RTX ${header.version} ("vtrt")` }]
      : [],
  };
}

/** Where an engine with a header that can be true begins; null: nowhere in these bytes. */
function engineWithin(bytes: Uint8Array, from: number): number | null {
  for (let at = bytes.indexOf(0x76, from); at !== -1; at = bytes.indexOf(0x76, at + 1)) {
    if (readEngineHeader(bytes.subarray(at, at + headerSize)) !== null) return at;
  }
  return null;
}

function zip(bytes: Uint8Array): Answer | null {
  const mark = ascii(bytes, 0, 4);
  if (mark !== 'PK\x03\x04' && mark !== 'PK\x05\x06') {
    return null;
  }
  const nameLength =
    mark === 'PK\x03\x04' && bytes.length >= 30 ? (bytes[26] ?? 0) + (bytes[27] ?? 0) * 256 : 0;
  const name = plainText(bytes.subarray(30, Math.min(30 + nameLength, bytes.length)), 120);
  // Somebody packed the engine: that one was meant.
  const holdsEngine = /\.(engine|trt|plan)$/i.test(name);
  const torch = /(^|\/)(data\.pkl|byteorder|constants\.pkl|\.format_version)$/.test(name);
  return {
    kind: 'zip',
    sentence: torch
      ? 'This is a PyTorch file (a zip archive), not an engine.'
      : 'This is a zip archive, not an engine.',
    details: name ? [{ label: 'First entry', value: name }] : [],
    ofOthers: !holdsEngine && !torch,
  };
}

/** Zeros, or FF as flash memory has it: what nobody wrote. */
function zeros(bytes: Uint8Array, size: number): Answer | null {
  const [first] = bytes;
  if ((first !== 0 && first !== 0xff) || bytes.some((b) => b !== first)) {
    return null;
  }
  const what = first === 0 ? 'zeros' : 'bytes FF';
  const all = bytes.length >= size;
  return {
    kind: 'zeros',
    sentence: all
      ? `This file holds nothing but ${what}: it was reserved or damaged, never written.`
      : `The first ${formatExactBytes(bytes.length)} of this file are ${what}: it was reserved or damaged, never fully written.`,
    details: [],
  };
}

/** Git-LFS pointer, HTML, other text. */
function textual(bytes: Uint8Array, size: number): Answer | null {
  const text = asText(bytes, bytes.length < size);
  if (text === null) {
    return null;
  }
  return (
    lfsPointer(text, size) ??
    html(text) ??
    encodedEngine(text) ??
    failedDownload(text, size) ??
    gitLink(text, size) ??
    annexPointer(text, size) ??
    otherText(text)
  );
}

/** An engine as text: Base64, a data URL, a C array, hexadecimal digits; UTF-16 as PowerShell's > writes it. */
function encodedEngine(text: string): Answer | null {
  const start = text.replace(/^\ufeff/, '').trimStart();
  const how = /^(data:[^,]{0,200};base64,)?dnRydAAAAA/.test(start)
    ? 'in Base64: decode it'
    : /^(0x)?76 ?74 ?72 ?74 ?00/i.test(start) ||
        /\{\s*0x76,\s*0x74,\s*0x72,\s*0x74,/i.test(start.slice(0, 400))
      ? 'as hexadecimal numbers: turn them into bytes'
      : start.startsWith('vtrt\0')
        ? 'as UTF-16 text, which lost bytes: copy it again as binary'
        : // Within JSON, quotes, the lines of a certificate: "vtrt", a zero and layout 2.
          /(^|[^A-Za-z0-9+/_-])dnRydAAAAAACAAAA/.test(text)
          ? 'in Base64 within other text: take that part out and decode it'
          : /^0+:? +76 ?74 ?72 ?74/i.test(start)
            ? 'as a listing of its bytes, as xxd and hexdump print: get the engine itself'
            : null;
  return how === null ? null : encodedAs(how);
}

function encodedAs(how: string): Answer {
  return {
    kind: 'text',
    sentence: `This is a TensorRT-RTX engine written ${how}.`,
    details: [],
  };
}

/** What servers answer in place of a file. Short, and it begins with it. */
function failedDownload(text: string, size: number): Answer | null {
  const start = text.replace(/^\ufeff/, '').trimStart();
  const says =
    size <= 4096 &&
    (/^\W{0,3}(error|http\/[\d.]+ [345]\d\d|[45]\d\d\b|not found|entry not found|repository not found|access (to .{0,80} )?(is )?(denied|restricted)|forbidden|unauthori[sz]ed|permission denied|too many requests|rate limit|bad (request|gateway|credentials)|gateway time-?out|service unavailable|internal server error|invalid (username|credentials|token|api key)|request has expired|no such (file|key)|you (need|must) |please (log|sign) in)/i.test(
      start,
    ) ||
      /^(<\?xml[^>]{0,200}>\s*)?<error>/i.test(start) ||
      /^\{\s*"(error|errors|message|detail|code|status|statuscode)"\s*:/i.test(start));
  if (!says) return null;
  const line = plainText(start.split(/\r?\n/, 1)[0]?.trim() ?? '', 160);
  return {
    kind: 'text',
    sentence: `This is not an engine but what a failed download left: "${line}"`,
    details: rowOf('First line', line),
  };
}

/** Where links can't be made Git writes their target into a file: one path, no line feed at its end. */
function gitLink(text: string, size: number): Answer | null {
  if (
    size > 1024 ||
    // To an engine, or to a blob of Hugging Face's cache, which has no ending.
    !/^(\.{0,2}\/)?([^\s/<>"|*?:]+\/)*([^\s/<>"|*?:]+\.(engine|plan|trt|rtxplan|onnx)|blobs\/[^\s/<>"|*?:]+)$/.test(
      text,
    )
  ) {
    return null;
  }
  const target = plainText(text, 200);
  return {
    kind: 'text',
    sentence: `This file holds only the path ${target}: a symbolic link that was checked out or copied as text.`,
    details: [{ label: 'Target', value: target }],
  };
}

/** What git-annex keeps in the place of a file that was not fetched: "/annex/objects/KEY". */
function annexPointer(text: string, size: number): Answer | null {
  if (size > 32_768 || !/^[/\\]annex[/\\]objects[/\\][^\s/\\]+\s*$/.test(text)) return null;
  return {
    kind: 'text',
    sentence:
      'This is a git-annex pointer: it stands for a file that has not been fetched. Run git annex get in its repository.',
    details: [],
  };
}

/** Text that is not UTF-8: no byte of it is a control character, which 64 others never are by chance. */
function otherEncoding(bytes: Uint8Array): Answer | null {
  const isText =
    bytes.length >= 8 &&
    bytes.every((b) => (b >= 0x20 && b !== 0x7f) || b === 0x1b || (b >= 0x09 && b <= 0x0d));
  return isText
    ? {
        kind: 'text',
        sentence: 'This is a text file in another encoding than UTF-8, not an engine.',
        details: [],
        ofOthers: true,
      }
    : null;
}

/** null when it is not text: bytes that are not UTF-8 (or UTF-16 with a mark), or control characters. */
function asText(bytes: Uint8Array, mayBeCut: boolean): string | null {
  const utf16 =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : null;
  let text: string;
  try {
    // stream: the prefix may end within a character
    text = new TextDecoder(utf16 ?? 'utf-8', { fatal: true }).decode(bytes, { stream: mayBeCut });
  } catch {
    return null;
  }

  // An engine that was saved as UTF-16 keeps its zeros.
  if (utf16 !== null && /^\ufeff?vtrt\0/.test(text)) return text;
  return /[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? null : text;
}

function lfsPointer(text: string, size: number): Answer | null {
  if (
    size > 1024 ||
    !/^version https?:\/\/(git-lfs\.github\.com\/spec|git-media\.io)\//.test(text)
  ) {
    return null;
  }
  const oid = /^oid sha256:([0-9a-f]{64})\s*$/m.exec(text)?.[1];
  const length = /^size (\d{1,15})\s*$/m.exec(text)?.[1];
  const standsFor =
    length === undefined ? 'the engine' : `an engine of ${formatBytes(Number(length))}`;
  return {
    kind: 'git-lfs-pointer',
    sentence: `This is a Git LFS pointer: it stands for ${standsFor} that has not been downloaded.`,
    details: [
      ...(length === undefined
        ? []
        : [{ label: 'Stands for', value: formatExactBytes(Number(length)) }]),
      ...(oid === undefined ? [] : [{ label: 'SHA-256 of the engine', value: oid }]),
    ],
  };
}

function html(text: string): Answer | null {
  const start = text
    .replace(/^\ufeff/, '')
    .trimStart()
    .slice(0, 4096);
  if (
    !/^(<\?xml[^>]{0,200}>\s*)?(?:<!--(?:(?!-->)[^])*-->\s*)*<(!doctype html|html|head|body|title|script)\b/i.test(
      start,
    )
  ) {
    return null;
  }
  const title = /<title[^>]{0,100}>([^<]{0,500})/i.exec(text)?.[1] ?? '';
  return {
    kind: 'html',
    sentence:
      'This is a web page, not an engine: most likely an error or log-in page was saved instead of the download.',
    details: rowOf('Title', title.replace(/\s+/g, ' ')),
  };
}

/** No row where nothing printable is left. */
function rowOf(label: string, text: string): FileFactRow[] {
  const value = plainText(text.trim(), maxValue);
  return value ? [{ label, value }] : [];
}

function otherText(text: string): Answer {
  const line =
    text
      .replace(/^\ufeff/, '')
      .trimStart()
      .split(/\r?\n/, 1)[0] ?? '';
  return {
    kind: 'text',
    sentence: 'This is a text file, not an engine.',
    details: rowOf('First line', line),
    ofOthers: true,
  };
}

/** A protobuf whose top-level fields are ModelProto's; ONNX has no magic number. */
function onnx(bytes: Uint8Array, size: number): Answer | null {
  const model = readOnnxStart(bytes, size);
  if (!model) {
    return null;
  }
  const producer = [model.producer, model.producerVersion].filter(Boolean).join(' ');
  return {
    kind: 'onnx',
    sentence: isTextMode(bytes)
      ? 'This is an ONNX model, not an engine, and it is damaged: it was written or copied in text mode, where each LF became CR LF.'
      : model.overruns
        ? 'This is an ONNX model, not an engine, and it is cut short.'
        : 'This is an ONNX model, not an engine: an engine has to be built from it.',
    details: [
      ...(model.irVersion === null
        ? []
        : [{ label: 'ONNX IR version', value: String(model.irVersion) }]),
      ...(producer ? [{ label: 'Producer', value: producer }] : []),
    ],
  };
}

/** Protobuf is full of LF, the key of each first field; by chance a CR stands before one of 256. */
function isTextMode(bytes: Uint8Array): boolean {
  let feeds = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at - 1] !== 13) return false;
    feeds++;
  }
  return feeds >= 3;
}

interface OnnxStart {
  irVersion: number | null;
  producer: string;
  producerVersion: string;
  /** A field is longer than the file. */
  overruns: boolean;
}

/** ModelProto: 1 and 5 are varints; the others are length-delimited. */
const onnxFields: Readonly<Record<number, 0 | 2>> = {
  1: 0,
  2: 2,
  3: 2,
  4: 2,
  5: 0,
  6: 2,
  7: 2,
  8: 2,
  14: 2,
  20: 2,
  25: 2,
  26: 2,
};

function readOnnxStart(bytes: Uint8Array, size: number): OnnxStart | null {
  const model: OnnxStart = { irVersion: null, producer: '', producerVersion: '', overruns: false };
  let hasGraph = false;
  let offset = 0;
  while (offset < bytes.length) {
    const key = varint(bytes, offset);
    if (!key) {
      break;
    }
    const field = Math.floor(key.value / 8);
    if (onnxFields[field] !== key.value % 8) {
      return null;
    }
    const value = varint(bytes, key.next);
    if (!value) {
      break;
    }
    offset = value.next;
    if (onnxFields[field] === 0) {
      if (field === 1) {
        model.irVersion = value.value;
      }
      continue;
    }
    const text = bytes.subarray(offset, offset + Math.min(value.value, 200));
    if (field === 2 || field === 3 || field === 4) {
      if (value.value > 4096 || asText(text, true) === null) {
        return null;
      }
      if (field === 2) model.producer = plainText(text, 80);
      if (field === 3) model.producerVersion = plainText(text, 40);
    }
    hasGraph ||= field === 7;
    offset += value.value;
    model.overruns ||= offset > size;
  }
  const plausible =
    model.irVersion !== null &&
    model.irVersion >= 1 &&
    model.irVersion <= 100 &&
    (hasGraph || model.producer !== '');
  return plausible ? model : null;
}

function varint(bytes: Uint8Array, offset: number): { value: number; next: number } | null {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[offset + i];
    if (byte === undefined) {
      return null;
    }
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) {
      return { value, next: offset + i + 1 };
    }
  }
  return null;
}

/** Files that people mistake for engines or download in place of them; each named, kind unknown. */
const magics: readonly { at: number; mark: string; what: string }[] = [
  { at: 0, mark: '\x1f\x8b', what: 'a gzip archive' },
  { at: 0, mark: '\x28\xb5\x2f\xfd', what: 'a zstd archive' },
  { at: 0, mark: '\xfd7zXZ\0', what: 'an xz archive' },
  { at: 0, mark: 'BZh', what: 'a bzip2 archive' },
  { at: 0, mark: '7z\xbc\xaf\x27\x1c', what: 'a 7-Zip archive' },
  { at: 257, mark: 'ustar', what: 'a tar archive' },
  { at: 0, mark: 'Rar!\x1a\x07', what: 'a RAR archive' },
  { at: 0, mark: '\x04\x22\x4d\x18', what: 'an LZ4 archive' },
  { at: 0, mark: 'MSCF\0\0\0\0', what: 'a cabinet archive' },
  { at: 0, mark: 'Salted__', what: 'a file that OpenSSL encrypted' },
  { at: 0, mark: 'SQLite format 3\0', what: 'an SQLite database' },
  { at: 0, mark: '%PDF-', what: 'a PDF document' },
  {
    at: 0,
    mark: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
    what: 'a document of an older Microsoft Office',
  },
  { at: 0, mark: '\x89PNG\r\n\x1a\n', what: 'a picture (PNG)' },
  { at: 0, mark: '\xff\xd8\xff', what: 'a picture (JPEG)' },
  { at: 0, mark: '\xca\xfe\xba\xbe', what: 'a Java class or a macOS program' },
  { at: 0, mark: '\xcf\xfa\xed\xfe', what: 'a macOS program or library' },
  { at: 4, mark: 'ORTM', what: 'a model in ORT format' },
  { at: 4, mark: 'ET12', what: 'an ExecuTorch program' },
  { at: 0, mark: 'GGUF', what: 'a GGUF model' },
  { at: 0, mark: '\x89HDF\r\n\x1a\n', what: 'an HDF5 file' },
  { at: 4, mark: 'TFL3', what: 'a TensorFlow Lite model' },
  { at: 0, mark: '\x7fELF', what: 'a program or library (ELF)' },
  { at: 0, mark: 'MZ', what: 'a Windows program or library' },
  { at: 0, mark: '\x93NUMPY', what: 'a NumPy array' },
  { at: 0, mark: '\x80\x02', what: 'a Python pickle' },
  { at: 0, mark: '\x80\x03', what: 'a Python pickle' },
  { at: 0, mark: '\x80\x04', what: 'a Python pickle' },
  { at: 0, mark: '\x80\x05', what: 'a Python pickle' },
];

function whatBegins(bytes: Uint8Array): string | null {
  const found = magics.find((m) => ascii(bytes, m.at, m.mark.length) === m.mark);
  return found?.what ?? (isSafetensors(bytes) ? 'a safetensors file' : null);
}

function otherMagic(bytes: Uint8Array): Answer | null {
  const what = whatBegins(bytes);
  return what === null
    ? null
    : { kind: 'unknown', sentence: `This is ${what}, not an engine.`, details: [], ofOthers: true };
}

/** u64 length, then JSON. */
function isSafetensors(bytes: Uint8Array): boolean {
  return bytes.length > 10 && ascii(bytes, 4, 4) === '\0\0\0\0' && ascii(bytes, 8, 2) === '{"';
}
