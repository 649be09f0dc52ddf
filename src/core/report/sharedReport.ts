/**
 * What is said of many engines is made once: reports of engines that were built alike differ in name, time, length and
 * weights, and hardly a sentence speaks of those. Of ten thousand engines, some hundred reports are made.
 *
 * What is left to the file itself is ownFacts (makeEngineReport.ts). An engine whose sentences could speak of its length or
 * weights (cut short, too large for the GPU), or that has a recipe or text of its own, shares nothing.
 */
import { canBeLengthAndWeights, headerSize, withLengthAndWeights } from '../file/engineHeader';
import type { EngineReport, FileFacts, RuntimeAnswer } from './engineReport';
import { ownFacts, pageFacts, reportOfBuild, type BuildReport } from './makeEngineReport';
import type { ReportInput } from './reasons';
import { diagnosticBit, hasBit } from './validity';

export interface SharedReport {
  /** One of these reports: all of it but ofFile (makeEngineReport.ts) holds for each. */
  readonly example: EngineReport;
  /** What that one was made from. */
  readonly input: ReportInput;
  /** What each of these reports has of it. */
  readonly same: BuildReport;
  /** How each of them has it, and what is made with the first look. */
  readonly parts: PropertyDescriptorMap;
}

/** What a file with a shared report has for itself. */
export interface OwnNumbers {
  /** Bytes, as its header says. */
  readonly size: number;
  /** ms since 1970. */
  readonly modified: number;
  readonly weightBytes: number;
}

/** Of a file that has a shared report, and so all of these. */
export function ownNumbers({ size, modified, header }: FileFacts): OwnNumbers {
  return { size: size ?? 0, modified: modified ?? 0, weightBytes: header?.weightBytes ?? 0 };
}

/** Beyond that, hostile or not, they do not repeat. */
const mostReports = 4096;

export class SharedReports {
  private readonly reports = new Map<string, SharedReport>();
  /** Numbers for what is the same object in many inputs. */
  private readonly objects = new WeakMap<object, number>();
  private readonly texts = new Map<string, number>();
  private count = 0;

  constructor(private readonly make: (input: ReportInput) => BuildReport = reportOfBuild) {}

  /** null: it has nothing in common with others. */
  of(input: ReportInput): SharedReport | null {
    if (!speaksOfBuildOnly(input)) return null;
    const key = this.keyOf(input);
    const known = this.reports.get(key);
    if (known) return known;
    if (this.reports.size >= mostReports) {
      this.reports.clear();
      this.texts.clear();
    }
    const made = sharedOf(input, this.make(input));
    this.reports.set(key, made);
    return made;
  }

  private keyOf(input: ReportInput): string {
    const { facts, answer, runtime, runtimeProblem, machine, knownRuntimes } = input;
    const { headerBytes, header } = facts;
    const data = new DataView(headerBytes.buffer, headerBytes.byteOffset, headerBytes.byteLength);
    // All of the header but length and weights; what is not here has one value in any header that was read.
    const build = `${data.getUint32(12, true)} ${data.getUint32(24, true)} ${data.getUint32(32, true)} ${data.getUint32(36, true)} ${header?.cudaDriver} ${header?.cudaRuntime}`;
    const answered = answer
      ? `${answer.validity} ${answer.diagnostics} ${this.numberOfLines(answer.lines)}`
      : '';
    return `${build},${answered},${this.numberOf(runtime)} ${this.numberOf(runtimeProblem)} ${this.numberOf(machine)} ${this.numberOf(knownRuntimes)}`;
  }

  private numberOf(object: object | null | undefined): number {
    if (!object) return 0;
    const known = this.objects.get(object);
    if (known !== undefined) return known;
    this.objects.set(object, ++this.count);
    return this.count;
  }

  /** By what they say; the same list is looked at once. */
  private numberOfLines(lines: RuntimeAnswer['lines']): number {
    const known = this.objects.get(lines);
    if (known !== undefined) return known;
    const text = JSON.stringify(lines);
    const number = this.texts.get(text) ?? ++this.count;
    this.texts.set(text, number);
    this.objects.set(lines, number);
    return number;
  }
}

function sharedOf(input: ReportInput, same: BuildReport): SharedReport {
  const { facts, now } = input;
  const shared = { input, same, parts: { ...sameParts(same), ...unseenParts } };
  const own = { ...ownNumbers(facts), file: facts.file, checkedAt: now };
  return { ...shared, example: sharedReportOf(shared, own) };
}

/** Whose report it is, and when it was asked. */
export interface OwnReport extends OwnNumbers {
  /** Printable. */
  readonly file: string;
  readonly checkedAt: number;
}

/**
 * The report of one of these files. An editor holds those of ten thousand engines, of which a few are looked at: so what
 * is said of the file alone is made with the first look at any of it, and for all else it asks what they have in common.
 * V8 keeps the accessors once for all objects that were given the same ones, and a place in each for every value.
 */
export function sharedReportOf(
  shared: Omit<SharedReport, 'example'>,
  own: OwnReport,
): EngineReport {
  const { file, size, modified, checkedAt } = own;
  // Added and not replaced: V8 keeps objects small only while nothing about them changes.
  const report = { file, size, modified, checkedAt };
  Object.defineProperties(report, shared.parts);
  const value = { shared, weightBytes: own.weightBytes };
  return Object.defineProperty(report, unseen, { value }) as unknown as EngineReport;
}

const unseen = Symbol('unseen');
type Unseen = EngineReport & {
  [unseen]?: { shared: Omit<SharedReport, 'example'>; weightBytes: number };
};

/** What ofFile makes but for what is known at once. Own properties, so that whoever copies or sends a report has all of it. */
type UnseenName = (typeof ownNames)[number] | (typeof pageNames)[number];
const ownNames = ['header', 'fileRows', 'fit'] as const;
const pageNames = ['rows', 'headerFields', 'headerHex'] as const;
const knownNames = ['file', 'size', 'modified', 'checkedAt'] as const;

function look<N extends UnseenName>(
  report: Unseen,
  names: readonly N[],
  make: (input: ReportInput, report: EngineReport) => Pick<EngineReport, N>,
): Pick<EngineReport, N> {
  const own = report[unseen];
  if (!own) return report;
  const made = make(inputOf(own.shared.input, report, own.weightBytes), report);
  for (const name of names) {
    const value = made[name];
    Object.defineProperty(report, name, {
      ...{ value, enumerable: true, configurable: true, writable: true },
    });
  }
  return made;
}

const lookAtFile = (report: Unseen) => look(report, ownNames, ownFacts);
const lookAtPage = (report: Unseen) =>
  look(report, pageNames, (input, { reasons }) => pageFacts(input, reasons));

const partOf = <N extends UnseenName>(
  name: N,
  lookAt: (report: Unseen) => Pick<EngineReport, N>,
) => ({
  get(this: Unseen) {
    return lookAt(this)[name];
  },
  enumerable: true,
  configurable: true,
});

const unseenParts: PropertyDescriptorMap = Object.fromEntries<PropertyDescriptor>([
  ...ownNames.map((name) => [name, partOf(name, lookAtFile)] as const),
  ...pageNames.map((name) => [name, partOf(name, lookAtPage)] as const),
]);

const partsOfSame = new Map<string, PropertyDescriptor>();

/** The same accessor for a name in all reports. What is made can be a whole report, with what is of its file. */
function sameParts(same: BuildReport): PropertyDescriptorMap {
  const parts: PropertyDescriptorMap = {};
  for (const name of Object.keys(same) as (keyof BuildReport)[]) {
    if ((knownNames as readonly string[]).includes(name)) continue;
    const part = partsOfSame.get(name) ?? {
      get(this: Unseen) {
        return this[unseen]?.shared.same[name];
      },
      enumerable: true,
      configurable: true,
    };
    partsOfSame.set(name, part);
    parts[name] = part;
  }
  return parts;
}

/** As it was for this file, from that of another one of its build. */
function inputOf(
  input: ReportInput,
  { file, size, modified, checkedAt }: EngineReport,
  weightBytes: number,
): ReportInput {
  const { facts } = input;
  const fileSize = size ?? 0;
  return {
    ...input,
    now: checkedAt,
    facts: {
      ...{ ...facts, file, size, modified },
      headerBytes: withLengthAndWeights(facts.headerBytes, { fileSize, weightBytes }),
      header: facts.header && { ...facts.header, fileSize, weightBytes },
    },
  };
}

/**
 * What each part of an input is to a shared report; of a new one the compiler asks. key: told apart by it. file: of the
 * file, looked at apart. none: a report that has it is nobody else's.
 */
const parts: Readonly<Record<keyof ReportInput, 'key' | 'file' | 'none'>> = {
  facts: 'file',
  now: 'file',
  answer: 'key',
  runtime: 'key',
  runtimeProblem: 'key',
  machine: 'key',
  knownRuntimes: 'key',
  recordedHash: 'none',
  recipe: 'none',
  code: 'none',
  elsewhere: 'none',
};
const none = (Object.keys(parts) as (keyof ReportInput)[]).filter((part) => parts[part] === 'none');

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

/** Nothing in this report speaks of this file's length or weights, but for ownFacts. */
function speaksOfBuildOnly(input: ReportInput): boolean {
  const { facts, answer, machine } = input;
  const { header } = facts;
  return (
    facts.kind === 'tensorrt-rtx' &&
    header !== null &&
    facts.damage === null &&
    facts.size !== null &&
    saysNothingOf({ ...header, length: facts.headerBytes.length, size: facts.size }, machine) &&
    facts.modified !== null &&
    facts.engines.length === 0 &&
    facts.kindDetails.length === 0 &&
    none.every((part) => isNothing(input[part])) &&
    !(answer && hasBit(answer.diagnostics, diagnosticBit.kINSUFFICIENT_GPU_MEMORY))
  );
}

/**
 * All that speaksOfBuildOnly asks of what engines of one build differ in. Of a file whose other bytes of the header and
 * whose answer are those of one with a shared report, it decides alone, and no facts are made for it.
 */
export function saysNothingOf(
  { length, size, fileSize, weightBytes }: PlainNumbers,
  machine: ReportInput['machine'],
): boolean {
  const gpu = machine?.gpu ?? null;
  return (
    length === headerSize &&
    size === fileSize &&
    canBeLengthAndWeights(fileSize, weightBytes) &&
    (gpu === null || weightBytes <= gpu.totalMemory)
  );
}

interface PlainNumbers {
  /** Of what was read as its header. */
  length: number;
  /** Of the file. */
  size: number;
  /** As its header says. */
  fileSize: number;
  weightBytes: number;
}
