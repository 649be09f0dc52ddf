/**
 * Makes the report: bytes and answers in, the one object out that every surface renders. reasons.ts words what is wrong,
 * remedies.ts what helps, comparisonRows.ts the table; here they become a verdict, a headline and a summary.
 *
 * The verdict is the runtime's answer, with two exceptions: kINVALID without a reason means that it could not tell
 * (unchecked), and a file that is proved unusable by itself (not an engine, cut short) is invalid whatever was answered
 * from its header.
 */
import { runsOnSentence } from '../gpu/computeCapability';
import { comparisonRows, runsOnRows } from '../pages/comparisonRows';
import { headerFields, headerHex } from '../file/engineHeader';
import type {
  EngineReport,
  FileFactRow,
  GpuFacts,
  HeaderFieldId,
  Reason,
  ReasonId,
  Verdict,
} from './engineReport';
import { engineFit } from '../gpu/fit';
import { formatCount, formatDate, formatExactBytes } from '../text/formats';
import { plainText } from '../text/plainText';
import {
  builtFor,
  codeOf,
  couldNotTell,
  findReasons,
  gpuTrouble,
  gpuView,
  sameHash,
  servedFamilies,
  whyNoGpuHere,
  type Finding,
  type ReportInput,
} from './reasons';
import { reasonIds, reasonTable } from './reasonTable';
import { findRemedies } from './remedies';
import { compareSeverity } from './reportGroups';
import { sameVersion } from './runtimeReleases';
import { diagnosticNames, engineValidity, validityName } from './validity';

export type { ReportInput } from './reasons';

export function makeEngineReport(input: ReportInput): EngineReport {
  const report = reportOfBuild(input);
  return { ...ofFile(input, report.reasons), ...report };
}

/** All of it but what is said of the file alone. */
export type BuildReport = Omit<EngineReport, keyof ReturnType<typeof ofFile>>;

export function reportOfBuild(input: ReportInput): BuildReport {
  const { facts, answer, runtime, machine } = input;
  const findings = bySeverity(findReasons(input));
  const reasons = findings.map((f) => f.reason);
  const ids = new Set(reasons.map((r) => r.id));
  const { verdict, evidence } = judge(input, ids);
  const lead = leadOf(input, verdict, findings);
  const code = codeOf(input);
  return {
    schema: 1,
    kind: facts.kind,
    ofOthers: facts.ofOthers,
    verdict,
    severity: reasons[0]?.severity ?? 'ok',
    validity: answer?.validity ?? null,
    diagnostics: answer?.diagnostics ?? null,
    enumNames: answer
      ? [validityName(answer.validity), ...diagnosticNames(answer.diagnostics)]
      : [],
    evidence,
    headline: headline(verdict, reasons, input, lead),
    ...(lead === 'targets' ? withoutGpu(input, findings) : summary(verdict, findings, input)),
    lead,
    asked: asked(input),
    reasons,
    remedies: findRemedies(input, findings),
    code,
    trial: input.recipe?.trial ?? null,
    runsOn: runsOnRows(facts.header, code),
    runsOnSentence: facts.header
      ? runsOnSentence(servedFamilies(facts.header, code), facts.header.ptxForNewer)
      : '',
    runtime,
    gpu: machine?.gpu ?? null,
    libraryLines: answer?.lines ?? [],
    engines: [],
    ...(facts.wrongInfo ? { wrongInfo: facts.wrongInfo } : {}),
  };
}

/** All that differs between engines that are told the same (sharedReport.ts). */
function ofFile(
  input: ReportInput,
  reasons: readonly Reason[],
): OwnFacts & PageFacts & Pick<EngineReport, 'checkedAt'> {
  return { ...ownFacts(input), ...pageFacts(input, reasons), checkedAt: input.now };
}

/** What only a page shows of it. */
type PageFacts = Pick<EngineReport, 'rows' | 'headerFields' | 'headerHex'>;

export function pageFacts(input: ReportInput, reasons: readonly Reason[]): PageFacts {
  const { facts } = input;
  const flagged = new Set(
    reasons.map((r) => r.headerField).filter((id): id is HeaderFieldId => id !== undefined),
  );
  return {
    rows: comparisonRows(input, reasons),
    headerFields: headerFields(facts.headerBytes, flagged, facts.damage?.headerHolds !== false),
    headerHex: headerHex(facts.headerBytes),
  };
}

/** What a report says of the file alone, whatever it was built for and whoever was asked. */
export type OwnFacts = Pick<
  EngineReport,
  'file' | 'size' | 'modified' | 'header' | 'fileRows' | 'fit'
>;

export function ownFacts(
  input: Pick<ReportInput, 'facts' | 'machine' | 'recordedHash' | 'recipe'>,
): OwnFacts {
  const { facts, machine } = input;
  return {
    file: facts.file,
    size: facts.size,
    modified: facts.modified,
    header: facts.header,
    fileRows: fileRows(input),
    fit: fitOn(machine?.gpu ?? null, facts),
  };
}

export function fitOn(
  gpu: GpuFacts | null,
  engine: Parameters<typeof engineFit>[0],
): EngineReport['fit'] {
  if (!gpu) return null;
  const { name, totalMemory, freeMemory } = gpu;
  return engineFit(engine, { name, total: totalMemory, free: freeMemory });
}

/** Errors first; within a severity the order they were found in. */
function bySeverity(findings: Finding[]): Finding[] {
  return [...findings].sort((a, b) => compareSeverity(a.reason.severity, b.reason.severity));
}

function judge(
  { facts, answer }: ReportInput,
  ids: ReadonlySet<ReasonId>,
): { verdict: Verdict; evidence: EngineReport['evidence'] } {
  if (facts.kind === 'unreadable') {
    return { verdict: 'unchecked', evidence: 'header' };
  }
  const runtimeSays = answer && !couldNotTell(answer) ? verdictOf(answer.validity) : null;
  if (runtimeSays === 'invalid') {
    return { verdict: 'invalid', evidence: 'runtime' };
  }
  if ([...ids].some((id) => reasonTable[id].proves === 'unusable')) {
    return { verdict: 'invalid', evidence: 'header' };
  }
  return runtimeSays
    ? { verdict: runtimeSays, evidence: 'runtime' }
    : { verdict: 'unchecked', evidence: 'header' };
}

/** null for a value that no release up to 1.7 defines. */
function verdictOf(validity: number): Exclude<Verdict, 'unchecked'> | null {
  switch (validity) {
    case engineValidity.kVALID:
      return 'valid';
    case engineValidity.kSUBOPTIMAL:
      return 'suboptimal';
    case engineValidity.kINVALID:
      return 'invalid';
    default:
      return null;
  }
}

/** A whole engine on a machine without a GPU: that is no fault of the file, and where it runs can be told from its header. */
function leadOf(
  input: ReportInput,
  verdict: Verdict,
  findings: readonly Finding[],
): EngineReport['lead'] {
  const { facts, machine } = input;
  const harmless = findings.every(
    ({ reason }) => reason.severity === 'information' && reasonTable[reason.id].about === 'machine',
  );
  const whole = verdict === 'unchecked' && facts.header !== null;
  return whole && harmless && !machine?.gpu && hasNoGpu(input) ? 'targets' : 'verdict';
}

/** Nothing here is in need of repair: there is no GPU, or none for this process. */
function hasNoGpu(input: ReportInput): boolean {
  const { machine } = input;
  if (machine?.nvidiaDevice === false) return true;
  if (machine?.nvidiaDevice === true && machine.driverVersion === null) return false;
  return machine !== null && ['no-driver', 'no-gpu'].includes(gpuTrouble(input));
}

type Said = Pick<EngineReport, 'summary' | 'besides'>;

const sentences = (parts: readonly string[]): string => parts.filter(Boolean).join(' ');

function withoutGpu(input: ReportInput, findings: readonly Finding[]): Said {
  const header = whatHeaderSays(input);
  const said = sentences([whyNoGpuHere(input), header]);
  // A list of reasons says by itself that there is no GPU.
  const isListed = findings.some(({ reason }) => reason.id === 'gpu-not-readable');
  return { summary: said, besides: isListed ? header : said };
}

function headline(
  verdict: Verdict,
  reasons: readonly Reason[],
  { facts }: ReportInput,
  lead: EngineReport['lead'],
): string {
  const ids = new Set(reasons.map(({ id }) => id));
  if (lead === 'targets') return 'Nothing is wrong with this file.';
  if (facts.kind === 'git-lfs-pointer') {
    return 'The engine itself is not here yet.';
  }
  for (const id of reasonIds) {
    const reason = reasons.find((one) => one.id === id);
    const own = reason && reasonTable[id].headline;
    if (own && own.unless !== verdict && (own.onlyAs ?? reason.severity) === reason.severity) {
      return own.text;
    }
  }
  switch (verdict) {
    case 'valid':
      return 'This machine can run this engine.';
    case 'suboptimal':
      return 'This machine can run this engine, but slower than it could.';
    case 'invalid':
      return 'This machine cannot run this engine.';
    case 'unchecked':
      if (ids.has('version-mismatch')) {
        return 'This engine was built by another version of TensorRT-RTX.';
      }
      if (ids.has('no-runtime')) return 'No TensorRT-RTX was found on this machine.';
      return ids.has('gpu-not-readable')
        ? "TensorRT-RTX can't use the GPU of this machine."
        : 'This engine could not be checked here.';
  }
}

function summary(verdict: Verdict, findings: readonly Finding[], input: ReportInput): Said {
  if (findings.some((f) => f.reason.id === 'unreadable')) {
    return { summary: input.facts.kindSentence, besides: '' };
  }
  const told = findings.filter((f) => !reasonTable[f.reason.id].smallPrint);
  const why = spoken(told.slice(0, 3));
  if (told.length > 3) {
    why.push(
      told.length === 4 ? 'One more reason below.' : `${told.length - 3} more reasons below.`,
    );
  }
  const wrong = findings.some((f) => f.reason.severity === 'error');
  const runs = verdict === 'valid' || verdict === 'suboptimal';
  const before = verdict === 'valid' && !wrong ? whyValid(input) : '';
  const after = [
    runs && !wrong ? howSure(input) : '',
    verdict === 'unchecked' && !findings.some((f) => f.reason.evidence === 'header')
      ? whatHeaderSays(input)
      : '',
  ];
  return {
    summary: sentences([before, ...why, ...after]),
    besides: sentences([before, ...after]),
  };
}

/** "It was built by …. It also needs …." */
function spoken(findings: readonly Finding[]): string[] {
  let about = 0;
  return findings.map(({ predicate, reason }) => {
    if (predicate === null) {
      return reason.sentence;
    }
    about += 1;
    if (about === 1) {
      return `${reason.evidence === 'header' ? 'According to its header, it' : 'It'} ${predicate}`;
    }
    return predicate.startsWith('was ')
      ? `It was also ${predicate.slice(4)}`
      : `It also ${predicate}`;
  });
}

function whyValid(input: ReportInput): string {
  const { facts, runtime } = input;
  if (!facts.header || !runtime) {
    return '';
  }
  const same = sameVersion(facts.header.version, runtime.version) ? ', the version here,' : '';
  const gpu = gpuView(input);
  const whom = gpu.computeCapability
    ? `for ${gpu.label} among others`
    : `for ${builtFor(facts.header, codeOf(input))}`;
  return `It was built by TensorRT-RTX ${facts.header.version}${same} ${whom}.`;
}

/** kVALID means likely: only the header was read. A recorded SHA-256 that matches says the rest. */
function howSure({ recordedHash }: ReportInput): string {
  return recordedHash && sameHash(recordedHash)
    ? 'Its SHA-256 is the recorded one: the file is intact since it was built.'
    : 'Only the header was read, so this is likely, not certain.';
}

function whatHeaderSays(input: ReportInput): string {
  const { facts, runtime } = input;
  if (!facts.header) {
    return '';
  }
  const same =
    runtime && sameVersion(facts.header.version, runtime.version)
      ? `${facts.header.version}, the version here,`
      : facts.header.version;
  return `According to its header, the engine was built by TensorRT-RTX ${same} for ${builtFor(facts.header, null)}.`;
}

function asked(input: ReportInput): string {
  const { answer, runtime, facts } = input;
  if (!answer || !runtime) {
    return facts.kind === 'unreadable'
      ? 'Nothing was asked.'
      : 'Read from the file; no runtime was asked.';
  }
  const untested = runtime.untested === true ? ' (not tested with this version)' : '';
  const runtimeName = `TensorRT-RTX ${plainText(runtime.version, 40)}${untested}`;
  if (couldNotTell(answer)) {
    return `Asked ${runtimeName}; it found no GPU.`;
  }
  const gpu = gpuView(input);
  return gpu.computeCapability ? `Asked ${runtimeName} on ${gpu.label}.` : `Asked ${runtimeName}.`;
}

function fileRows({
  facts,
  recordedHash,
  recipe,
}: Pick<ReportInput, 'facts' | 'recordedHash' | 'recipe'>): FileFactRow[] {
  const { size, header, modified } = facts;
  const rows: FileFactRow[] = [];
  if (size !== null) {
    rows.push({
      label: 'Length',
      value: lengthText(size, facts.kind === 'epcontext' ? null : (header?.fileSize ?? null)),
    });
  }
  if (modified !== null) {
    rows.push({ label: 'Changed', value: formatDate(modified) });
  }
  rows.push(...facts.kindDetails);
  if (recipe) {
    const from = `${plainText(recipe.model, 300)} · recipe ${plainText(recipe.file, 200)}`;
    rows.push({ label: 'Built from', value: from });
  }
  if (recordedHash) {
    const verdict = sameHash(recordedHash) ? 'intact since built' : 'not the recorded one';
    rows.push({ label: 'SHA-256', value: `${plainText(recordedHash.actual, 80)} · ${verdict}` });
  }
  return rows;
}

/** Of an engine that is as long as its header says. */
export const wholeLengthText = (size: number): string => lengthText(size, size);

function lengthText(size: number, said: number | null): string {
  const length = formatExactBytes(size);
  if (said === null) {
    return length;
  }
  if (size === said) {
    return `${length}, as its header says`;
  }
  return size < said
    ? `${length}; ${formatCount(said - size)} less than its header says`
    : `${length}; ${formatCount(size - said)} more than its header says`;
}
