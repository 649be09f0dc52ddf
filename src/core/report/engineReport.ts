/**
 * The report: the one object about one engine file that every surface shows (page, Problems, tree, badge, header text,
 * command line, JSON). It is made here and nowhere else; surfaces render it and send commands, they never decide
 * severity, wording or the order of remedies.
 *
 * This file holds its shape. makeEngineReport.ts makes it.
 */
import type { ComputeCapability } from '../gpu/computeCapability';
import type { ContainedEngine } from '../file/containedEngines';
import type { EngineHeader, HeaderField, HeaderFieldId } from '../file/engineHeader';
import type { FileFactRow, FileKind } from '../file/fileKind';
import type { TransferDamage } from '../file/transferDamage';
import type { Fit } from '../gpu/fit';
import type { RebuildChoice } from '../rebuild/rebuildOptions';
import type { TrialFacts } from '../trial/recipeEvidence';
import type { CodeEvidenceId, CodeFacts } from './codeFacts';
import type { ReasonId } from './reasonTable';

export type { HeaderField, HeaderFieldId } from '../file/engineHeader';
export type { FileFactRow } from '../file/fileKind';
export type { ReasonId } from './reasonTable';

export type Verdict = 'valid' | 'suboptimal' | 'invalid' | 'unchecked';
/** How loud a surface should be. `ok` has no Problems entry. */
export type Severity = 'error' | 'warning' | 'information' | 'ok';
/**
 * Where a fact comes from: the runtime's answer, the observed header layout, the file system, the recipe beside it, and
 * what shows which GPUs an engine holds code for.
 */
export type Evidence = 'runtime' | 'header' | 'file' | CodeEvidenceId;

export const remedyIds = [
  'rebuild',
  'rebuild-with-weight-streaming',
  'rebuild-from-recipe',
  'rebuild-for-chosen-gpus',
  'build-from-other-model',
  'use-matching-runtime',
  'install-matching-runtime',
  'choose-runtime',
  'install-runtime',
  'update-driver',
  'update-runtime',
  'repair-cuda',
  'leave-tcc',
  'install-driver',
  'get-file-again',
  'fetch-lfs-object',
  'convert-foreign-engine',
  'compile-model-again',
  'take-engine-out',
  'copy-rebuild-command',
  'show-log',
] as const;

export type RemedyId = (typeof remedyIds)[number];

export interface Reason {
  id: ReasonId;
  severity: Exclude<Severity, 'ok'>;
  /** One plain sentence: what is wrong, with the numbers of both sides. */
  sentence: string;
  evidence: Evidence;
  /** The enum's name where the runtime gave the reason, e.g. "kVERSION_MISMATCH". */
  enumName?: string;
  /** Where in the header it is written, for squiggles and highlights. */
  headerField?: HeaderFieldId;
  /** The library's own lines about it, made printable. */
  libraryLines: string[];
}

export interface Remedy {
  id: RemedyId;
  /** Button text, a verb phrase: "Rebuild with Weight Streaming". */
  title: string;
  /** One sentence: what it will do and what it will not touch. */
  detail: string;
  /** At most one remedy of a report is preferred. */
  preferred: boolean;
  /** Which reasons it cures. */
  cures: ReasonId[];
  action: RemedyAction;
}

/** What picking a remedy does. A surface that can do such things has one handler for each kind. */
export type RemedyAction =
  /** Builds in the engine's place. */
  | { kind: 'rebuild'; choice: RebuildChoice }
  /** Builds in the engine's place from a model that the user picks. */
  | { kind: 'buildFromOtherModel' }
  /** Builds a new engine beside a file that is none. */
  | { kind: 'build' }
  | { kind: 'copyRebuildCommand' }
  /** A few lines of Python, to be run elsewhere: simple statements. */
  | { kind: 'copyPython'; text: string }
  | { kind: 'useRuntime'; path: string; version: string }
  /** null: the newest. matchEngine: other engines keep the runtime they have. */
  | { kind: 'installRuntime'; version: string | null; matchEngine: boolean }
  | { kind: 'chooseRuntime' }
  /** button: where the remedy's detail is to be read before the page opens; null: it opens at once. */
  | { kind: 'openUrl'; url: string; button: string | null }
  | { kind: 'getFileAgain' }
  /** beside: a file that the checked one names, relative to it; absent: the checked one. */
  | { kind: 'gitLfsPull'; beside?: string }
  | { kind: 'showLog' };

export type RowState = 'good' | 'bad' | 'warning' | 'unknown' | 'none';

/** "Engine beside machine": one row of the comparison. */
export interface ComparisonRow {
  id: 'tensorrt-rtx' | 'gpu' | 'weights' | 'cuda-driver' | 'cuda-runtime';
  label: string;
  engine: string;
  machine: string;
  state: RowState;
  /** The row's own small verdict in words: "versions must match", "1.4 GiB short", "built for it". */
  note: string;
}

/** "Runs on": one GPU family in words. */
export interface GpuFamilyRow {
  computeCapability: string;
  /** "RTX 40 series (Ada)" */
  label: string;
  /** no-code: the header lists it, but the engine holds no code for it. */
  state: 'yes' | 'no' | 'ptx' | 'no-code';
}

/** A loaded or known TensorRT-RTX library. */
export interface RuntimeFacts {
  /** "1.7.1.116" */
  version: string;
  path: string;
  /** 13040 = 13.4, null: could not be told. */
  cudaRuntimeVersion: number | null;
  /** Newer than any that this version of ours was tested with. */
  untested?: boolean | undefined;
}

/** How Windows drives a GPU. TensorRT-RTX runs by WDDM alone. */
export const driverModels = ['WDDM', 'TCC', 'MCDM'] as const;
export type DriverModel = (typeof driverModels)[number];

export interface GpuFacts {
  name: string;
  index: number;
  computeCapability: ComputeCapability;
  totalMemory: number;
  freeMemory: number | null;
  /** Left out or null: the system has no such models, or the driver does not tell. */
  driverModel?: DriverModel | null;
}

/** GPU + driver + runtime, as read on the machine at hand. */
export interface MachineFacts {
  /** The GPU that checks use; null: none readable. */
  gpu: GpuFacts | null;
  gpus: GpuFacts[];
  /** cuDriverGetVersion: 13000 = 13.0; null: no driver. */
  driverVersion: number | null;
  /** "580.159.04" */
  displayDriver: string | null;
  /** Why there is no GPU, as a sentence; empty: there is one. */
  whyNoGpu: string;
  /** Whether the system lists an NVIDIA device, with a driver or without; null or left out: could not be told. */
  nvidiaDevice?: boolean | null;
}

/** What the runtime said about one header, not yet interpreted. */
export interface RuntimeAnswer {
  validity: number;
  diagnostics: number;
  /** Log lines of this call: bytes made printable (core/text/plainText). */
  lines: { severity: number; text: string }[];
}

/** What is known of a file without any runtime: made from stat and the first bytes (core/file/fileKind). */
export interface FileFacts {
  /** As the user knows it; printable. */
  file: string;
  kind: FileKind;
  /** One sentence for a foreign or broken file: "This is an ONNX model, not an engine." Empty for tensorrt-rtx. */
  kindSentence: string;
  /** E.g. the wrapper's metadata, TensorRT's version: label and printable value. */
  kindDetails: FileFactRow[];
  /** What a transfer did to an engine; null: nothing that shows. */
  damage: TransferDamage | null;
  /** A file of another program that only has the name of an engine. */
  ofOthers: boolean;
  /** null: unknown (unreadable). */
  size: number | null;
  /** ms since 1970 */
  modified: number | null;
  /** Engines in it, or beside it where the file names them; none for an engine. */
  engines: readonly ContainedEngine[];
  /** Of an EPContext model: what it was compiled from, as it says; else empty. */
  originalModel: string;
  /** Of an EPContext model whose compatibility info is not that of its engine; absent: nothing is wrong with it. */
  wrongInfo?: InfoProblem;
  /** The first bytes, at most 64; empty when unreadable. Of an EPContext model those of its first engine. */
  headerBytes: Uint8Array;
  /** null: none that is known, or one whose numbers cannot be true. */
  header: EngineHeader | null;
}

export interface InfoProblem {
  sentence: string;
  /** The engine that it speaks of; null: it speaks of none, so ONNX Runtime refuses it. */
  speaksOf: FileFacts | null;
}

export interface RecordedHash {
  /** From the recipe beside the engine. */
  expected: string;
  actual: string;
}

/** One engine in a file that holds some. */
export interface ContainedReport {
  name: string;
  /** Where it begins in the file; null: a file of its own, or not there. */
  offset: number | null;
  /** null: there is none. */
  report: EngineReport | null;
  /** Why there is none; empty: there is one. */
  problem: string;
}

export interface EngineReport {
  schema: 1;
  file: string;
  kind: FileKind;
  /** A file of another program that only has the name of an engine: nobody named it, nobody is told. */
  ofOthers: boolean;
  verdict: Verdict;
  severity: Severity;
  /** The runtime's own numbers; null: not asked. */
  validity: number | null;
  diagnostics: number | null;
  /** "kINVALID", "kVERSION_MISMATCH", …: small print; empty when not asked. */
  enumNames: string[];
  /** runtime: the verdict is the runtime's; header: nothing but the file was read, or the runtime could not tell. */
  evidence: 'runtime' | 'header';
  /** The answer as a person would say it: "This machine cannot run this engine." */
  headline: string;
  /** Why, in one to three sentences. */
  summary: string;
  /** What the summary says beyond the reasons: stands in its place where they are listed. */
  besides: string;
  /** What a page begins with. targets: nothing is known against the file, and this machine has no GPU to ask about it. */
  lead: 'verdict' | 'targets';
  /** What was asked, of which runtime, on which GPU: "Asked TensorRT-RTX 1.7.1.116 on NVIDIA GeForce RTX 4060 (8.9)." */
  asked: string;
  reasons: Reason[];
  /** Best first. */
  remedies: Remedy[];
  rows: ComparisonRow[];
  /** Families that the header lists without code for them; null: none is known. */
  code: CodeFacts | null;
  /** What NVIDIA's compiler answered for single GPU families; null: it was not asked. */
  trial: TrialFacts | null;
  runsOn: GpuFamilyRow[];
  /** "RTX 30, 40 and 50 series; newer ones by PTX" */
  runsOnSentence: string;
  fileRows: FileFactRow[];
  header: EngineHeader | null;
  headerFields: HeaderField[];
  /** Hex of the first bytes (at most 64). */
  headerHex: string;
  runtime: RuntimeFacts | null;
  gpu: GpuFacts | null;
  /** Whether its weights fit on that GPU, as its memory stood when it was asked; null: no engine, or no GPU. */
  fit: Fit | null;
  libraryLines: { severity: number; text: string }[];
  /** The engines that the file holds; empty for an engine. */
  engines: ContainedReport[];
  /** As in FileFacts. */
  wrongInfo?: InfoProblem;
  /** ms since 1970: when it was asked. */
  checkedAt: number;
  size: number | null;
  modified: number | null;
}
