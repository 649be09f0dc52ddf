/**
 * One engine on one target: a word, a sentence, and how it is known. The validity and the bits are those of the verdict
 * rule (core/report/verdictRule.ts), so that a cell, `check --machine` and a page never differ; a cell adds what the
 * header alone does not show: whether the file is whole, whether it holds code for the GPU, how near a result is.
 */
import { supportOf, type ComputeCapability } from '../gpu/computeCapability';
import { familiesText, whyNoCode, type CodeFacts } from '../report/codeFacts';
import type { FileFacts, ReasonId } from '../report/engineReport';
import { predictedReasons } from '../report/prediction';
import { fileReasons } from '../report/reasons';
import { releaseFor } from '../report/runtimeReleases';
import {
  driverStartsLibrary,
  libraryDoesNotStart,
  predictVerdict,
  type MachineProfile,
} from '../report/verdictRule';
import { diagnosticBit, engineValidity, hasBit } from '../report/validity';
import { formatBytesPair, joinWords } from '../text/formats';
import { notInSupportMatrix } from './boards';
import { machineOf, type Target } from './targets';

/** Best first: of several that are true the last one counts. */
export const cells = [
  'runs',
  'runs-slower',
  'borderline',
  'update-driver',
  'needs-weight-streaming',
  'rebuild',
  'no-code',
  'never',
] as const;
export type Cell = (typeof cells)[number];

/** One or two words for a table. */
export const cellWords: Readonly<Record<Cell, string>> = {
  runs: 'runs',
  'runs-slower': 'runs slower (PTX)',
  borderline: 'borderline',
  'update-driver': 'update driver',
  'needs-weight-streaming': 'needs weight streaming',
  rebuild: 'rebuild',
  'no-code': 'no code for it',
  never: 'never',
};

/** rule: predicted from the header; the others: what showed that the engine holds no code for the GPU. */
export type CellEvidence =
  'rule' | 'engine-text' | 'compiler' | 'recipe' | 'inspection' | 'measured';

/** Reasons of the report, and one that only a target has. */
export const targetReasonIds = ['borderline-gpu-memory'] as const;
export type TargetReasonId = ReasonId | (typeof targetReasonIds)[number];

export interface TargetReason {
  id: TargetReasonId;
  sentence: string;
}

export interface TargetCell {
  /** The target's id. */
  target: string;
  name: string;
  computeCapability: ComputeCapability;
  /** Bytes. */
  memory: number;
  /** null: the file could not be read. */
  cell: Cell | null;
  validity: number | null;
  diagnostics: number | null;
  reasons: TargetReason[];
  sentence: string;
  evidence: CellEvidence;
}

/** What is known of the code inside, beyond the header: each GPU that the header admits and that it does not serve. */
export interface CodeEvidence {
  evidence: Exclude<CellEvidence, 'rule'>;
  /** Compute capabilities without code. */
  without: readonly ComputeCapability[];
  /** How that is known, a whole sentence; empty: a general one. */
  sentence: string;
}

/** What the report knows of the code inside, for the cells of its engine. */
export function codeEvidence(code: CodeFacts | null): CodeEvidence | null {
  return (
    code && {
      evidence: code.evidence,
      without: code.without,
      sentence: `It holds no code for compute capability ${familiesText(code.without)}, though its header lists ${code.without.length === 1 ? 'it' : 'them'}: ${whyNoCode(code)}.`,
    }
  );
}

/** The part of a board's nominal memory that CUDA may not report (ECC takes 6 %), so that a result is not sure. */
const unsureShare = 0.1;

export function cellFor(
  facts: FileFacts,
  target: Target,
  code: CodeEvidence | null = null,
  ofFile: readonly TargetReason[] = unusableBy(facts),
): TargetCell {
  if (facts.kind === 'unreadable') {
    return {
      target: target.id,
      name: target.name,
      computeCapability: target.computeCapability,
      memory: target.memory,
      cell: null,
      validity: null,
      diagnostics: null,
      reasons: [...ofFile],
      sentence: facts.kindSentence,
      evidence: 'rule',
    };
  }
  if (facts.kind === 'model-package') {
    // Where one of its variants runs, ONNX Runtime chooses that.
    const [best] = facts.engines
      .flatMap((engine) => (engine.facts === null ? [] : [cellFor(engine.facts, target)]))
      .sort((a, b) => cells.indexOf(a.cell ?? 'never') - cells.indexOf(b.cell ?? 'never'));
    if (best) return best;
  }
  if (facts.kind === 'epcontext') {
    const worst = contextCell(facts, target, code, ofFile);
    if (worst) return worst;
  }
  const machine = machineOf(target, facts.header?.version ?? null);
  const predicted = predictVerdict(facts.headerBytes, machine);
  const found: (TargetReason & { cell: Cell })[] = ofFile.map(({ id, sentence }) => ({
    cell: 'rebuild',
    id,
    sentence,
  }));
  const never = supportOf(target.computeCapability, machine.tensorrtRtx) === 'never';
  for (const { id, sentence } of predictedReasons(predicted, facts, machine)) {
    // What the file shows says it better than "malformed".
    if (id === 'malformed-engine' && ofFile.length > 0) continue;
    const cell = never && id === 'unsupported-compute-capability' ? 'never' : cellOfBit[id];
    // Numbers that nobody wrote say nothing of a target.
    if (facts.damage?.headerHolds === false && cell !== 'never') continue;
    found.push({ cell: cell ?? 'rebuild', id, sentence });
  }
  const stops = ofFile.length === 0 && !never ? libraryStops(target, machine) : null;
  if (stops !== null) {
    found.push({ cell: 'update-driver', id: 'old-cuda-driver', sentence: stops });
  }
  const admitted = !hasBit(predicted.diagnostics, diagnosticBit.kUNSUPPORTED_CC);
  if (admitted && ofFile.length === 0 && code?.without.includes(target.computeCapability)) {
    const sentence =
      code.sentence ||
      `Its header admits compute capability ${target.computeCapability}, but it holds no code for it.`;
    found.push({ cell: 'no-code', id: 'no-code-for-gpu', sentence });
  }
  if (predicted.validity === engineValidity.kSUBOPTIMAL && facts.damage?.headerHolds !== false) {
    const sentence = `Not built for compute capability ${target.computeCapability}: it runs by PTX, slower than it could.`;
    found.push({ cell: 'runs-slower', id: 'suboptimal', sentence });
  }
  const tight = borderline(facts, target);
  if (tight !== null) {
    found.push({ cell: 'borderline', id: 'borderline-gpu-memory', sentence: tight });
  }
  if (found.length > 1) found.sort((a, b) => cells.indexOf(b.cell) - cells.indexOf(a.cell));
  const cell = found[0]?.cell ?? 'runs';
  // Where it never runs nothing else matters.
  const told = cell === 'never' ? found.filter((reason) => reason.cell === 'never') : found;
  const sentences = told.map(({ sentence }) => sentence);
  sentences.push(...remarks(facts, target, cell));
  // Written out: spreading an object here costs more than the rest.
  return {
    target: target.id,
    name: target.name,
    computeCapability: target.computeCapability,
    memory: target.memory,
    cell,
    validity: predicted.validity,
    diagnostics: predicted.diagnostics,
    reasons: told.map(({ id, sentence }) => ({ id, sentence })),
    sentence: sentences.join(' '),
    evidence: cell === 'no-code' && code ? code.evidence : 'rule',
  };
}

/** A model runs where all of its engines do, and where ONNX Runtime takes it by its info. null: it has no engine. */
function contextCell(
  facts: FileFacts,
  target: Target,
  code: CodeEvidence | null,
  ofFile: readonly TargetReason[],
): TargetCell | null {
  const { engines, wrongInfo } = facts;
  const many = engines.length > 1;
  // One library runs them all: without a version of the target's own, that of the first engine.
  const version = engines.find((one) => one.facts?.header)?.facts?.header?.version ?? null;
  const there =
    many || wrongInfo ? { ...target, tensorrtRtx: target.tensorrtRtx ?? version } : target;
  const inside = engines.flatMap(({ name, facts: one }) => {
    if (one === null) return [];
    // What is known of the code is so of one engine.
    const cell = cellFor(one, there, many ? null : code);
    return [many ? namedCell(name, cell) : cell];
  });
  const [first] = inside;
  if (first === undefined) return null;
  const asked = wrongInfo?.speaksOf ? cellFor(wrongInfo.speaksOf, there) : null;
  const ofInfo =
    asked?.validity === engineValidity.kINVALID
      ? [namedCell('ONNX Runtime asks by its ep_compatibility_info', asked)]
      : [];
  const own = ofFile.filter(({ id }) => id === 'engine-missing' || id === 'compatibility-info');
  const all = [...inside, ...ofInfo].sort((a, b) => orderOf(b.cell) - orderOf(a.cell));
  const [worst = first] = all;
  const reasons = [...own, ...all.flatMap((one) => one.reasons)].filter(
    ({ sentence }, at, found) => found.findIndex((other) => other.sentence === sentence) === at,
  );
  return {
    ...worst,
    cell: own.length > 0 && orderOf(worst.cell) < orderOf('rebuild') ? 'rebuild' : worst.cell,
    reasons,
    sentence:
      reasons.length > 0 ? reasons.map(({ sentence }) => sentence).join(' ') : worst.sentence,
  };
}

function namedCell(name: string, cell: TargetCell): TargetCell {
  return {
    ...cell,
    reasons: cell.reasons.map(({ id, sentence }) => ({ id, sentence: `${name}: ${sentence}` })),
    sentence: `${name}: ${cell.sentence}`,
  };
}

const orderOf = (cell: Cell | null): number => (cell === null ? -1 : cells.indexOf(cell));

/** Why the library that would run it does not start with that driver; null: it does, as far as is known. */
function libraryStops({ driverVersion }: Target, machine: MachineProfile): string | null {
  if (driverVersion === null) return null;
  const { tensorrtRtx } = machine;
  const known = { driverVersion, tensorrtRtx };
  const cudaRuntimeVersion =
    releaseFor(tensorrtRtx)?.cudaRuntimeVersion ?? machine.cudaRuntimeVersion;
  const library = { ...known, cudaRuntimeVersion };
  return driverStartsLibrary(library) ? null : libraryDoesNotStart(library);
}

/** What the file shows by itself to be wrong, the same for every target. */
export function unusableBy(facts: FileFacts): TargetReason[] {
  return fileReasons(facts)
    .filter(({ severity, id }) => severity === 'error' || id === 'unreadable')
    .map(({ id, sentence }) => ({ id, sentence }));
}

const cellOfBit: Readonly<Partial<Record<ReasonId, Cell>>> = {
  'version-mismatch': 'rebuild',
  'unsupported-compute-capability': 'rebuild',
  'old-cuda-driver': 'update-driver',
  'old-cuda-runtime': 'rebuild',
  'insufficient-gpu-memory': 'needs-weight-streaming',
  'malformed-engine': 'rebuild',
};

/** Weights that need no second look: a cell is the same for all of them. */
export function surelyFits(weightBytes: number, { memory, memoryIs }: Target): boolean {
  return weightBytes <= memory * (memoryIs === 'nominal' ? 1 - unsureShare : 1 - 1e-9);
}

/** The weights fit by the size on the box and may not by what CUDA reports of it. */
function borderline({ header }: FileFacts, target: Target): string | null {
  const needs = header?.weightBytes ?? 0;
  if (target.memoryIs === 'exact' || needs > target.memory || surelyFits(needs, target))
    return null;
  const [needsText, hasText] = formatBytesPair(needs, target.memory);
  return `Its weights need ${needsText}; CUDA reports a little less than the ${hasText} of ${target.name}, so it may not fit.`;
}

function remarks({ header }: FileFacts, target: Target, cell: Cell): string[] {
  const said: string[] = [];
  if (cell === 'runs' && !header) {
    said.push(`Its header has an unknown layout; read as a known one, it runs on ${target.name}.`);
  } else if (cell === 'runs' && header) {
    const fits = header.weightBytes > 0 ? ', and its weights fit' : '';
    said.push(`Built for ${target.name} (${target.computeCapability})${fits}.`);
  }
  if (cell === 'never' || cell === 'rebuild') return said;
  if (target.computeCapability === '8.0') said.push(notInSupportMatrix);
  if (target.unified && (header?.weightBytes ?? 0) > 0) {
    said.push(
      'CPU and GPU share that memory: what the system and the application use is missing for the weights.',
    );
  }
  return said;
}

/** The worst of several; null: one could not be told. */
export function worstCell(all: readonly (Cell | null)[]): Cell | null {
  if (all.length === 0 || all.includes(null)) return null;
  return cells[Math.max(...all.map((cell) => cells.indexOf(cell ?? 'runs')))] ?? null;
}

/** How a cell stands when nothing else is configured. */
export const cellSeverity: Readonly<Record<Cell, 'ok' | 'warning' | 'error'>> = {
  runs: 'ok',
  'runs-slower': 'warning',
  borderline: 'warning',
  'update-driver': 'error',
  'needs-weight-streaming': 'error',
  rebuild: 'error',
  'no-code': 'error',
  never: 'error',
};

/** "RTX 5090, RTX 4090 and 3 more" */
export function fewNames(names: readonly string[], most = 3): string {
  if (names.length <= most) return joinWords(names);
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}
