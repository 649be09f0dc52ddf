/**
 * What the engine page (webview) and the extension say to each other: one shared union. The page renders the report it
 * is sent and sends commands; it computes nothing about engines.
 */
import type { EngineReport } from '../report/engineReport';
import type { ReportChanges } from '../report/reportChanges';
import type { TargetsView } from './targetsView';
import type { Inspection } from '../inspect/inspection';
import type { OnnxNode } from '../inspect/onnxNodes';
import type {
  Goal,
  InputChoice,
  RunChoices,
  RunProgress,
  RunReport,
  TensorSummary,
} from '../run/runReport';

export type HashState =
  | { state: 'none' }
  | { state: 'running'; doneBytes: number; totalBytes: number }
  | { state: 'done'; sha256: string; recorded: string | null }
  | { state: 'failed'; sentence: string };

/** A failure as the page shows it. */
export interface PageFailure {
  code: string;
  sentence: string;
  nextStep: string;
  detail: string;
}

export type InspectState =
  | { state: 'none' }
  | { state: 'running'; progress: RunProgress; startedAt: number }
  | { state: 'failed'; failure: PageFailure }
  | { state: 'done'; inspection: Inspection };

/** The layers as IEngineInspector or NVIDIA's tools wrote them; the page parses (core/inspect/layers.ts). */
export type LayersState =
  | { state: 'none' }
  /** source: the engine itself, or a file that the user imported. profile: NVIDIA's per-layer times, imported. */
  | {
      state: 'given';
      source: 'engine' | 'file';
      fileName: string;
      bytes: Uint8Array;
      profile: { fileName: string; bytes: Uint8Array } | null;
    };

/** The ONNX model that the recipe names, for following a layer back to its nodes. */
export type OnnxState =
  { state: 'none'; sentence: string } | { state: 'given'; model: string; nodes: OnnxNode[] };

export type RunState =
  | { state: 'none' }
  | { state: 'running'; kind: RunReport['kind']; progress: RunProgress; startedAt: number }
  /** It could not even be tried (no trust, no runtime, a bad input file); a run that failed is a report. */
  | { state: 'failed'; failure: PageFailure };

/** What an input file turned out to be, told as soon as it is picked. */
export type PickedInput =
  | { state: 'good'; choice: InputChoice; summary: TensorSummary | null; sentence: string }
  | { state: 'bad'; name: string; failure: PageFailure };

export type ToPage =
  | { type: 'inspect'; inspect: InspectState }
  | { type: 'layers'; layers: LayersState }
  | { type: 'onnx'; onnx: OnnxState }
  | { type: 'run'; run: RunState }
  /** Newest first, previews included; sent when it changed. */
  | { type: 'runs'; runs: RunReport[] }
  /** GPU memory free now, bytes; null: unknown. Sent after `readFreeMemory`. */
  | { type: 'freeMemory'; free: number | null; total: number | null }
  | { type: 'pickedInput'; input: PickedInput }
  /** Shows that tab, for commands of the palette. */
  | { type: 'showTab'; tab: PageTab }
  /** Which file is being asked about, for the first time or again; a report ends it. */
  | { type: 'waiting'; file: string; sentence: string }
  | { type: 'report'; report: EngineReport; trusted: boolean; changes?: ReportChanges | null }
  | { type: 'targets'; targets: TargetsView }
  | { type: 'hash'; hash: HashState };

export const pageTabs = ['overview', 'tensors', 'layers', 'run'] as const;
export type PageTab = (typeof pageTabs)[number];

export type FromPage =
  | { type: 'inspect' }
  | { type: 'cancelInspect' }
  /** Saves the inspector's own bytes, or a CSV that the page made of its table. */
  | { type: 'exportLayers'; format: 'json' }
  | { type: 'exportLayers'; format: 'csv'; text: string }
  | { type: 'exportInspection' }
  | { type: 'importLayers' }
  | { type: 'importProfile' }
  | { type: 'forgetImported' }
  | { type: 'compareEngine' }
  | { type: 'rebuildDetailed' }
  | { type: 'rebuildStreaming' }
  | { type: 'copyText'; text: string }
  | { type: 'run'; choices: RunChoices }
  /** budgets in bytes, largest first. */
  | { type: 'sweep'; choices: RunChoices; budgets: number[] }
  | { type: 'search'; choices: RunChoices; goal: Goal }
  | { type: 'reference'; choices: RunChoices }
  /** Runs the reference for a run that is there and joins it. */
  | { type: 'compareRun'; run: string }
  | { type: 'cancelRun' }
  | { type: 'readFreeMemory' }
  /** Opens a file dialog for this input. */
  | { type: 'pickInput'; name: string }
  /** Dropped on the page: its bytes, because a page does not know paths. */
  | { type: 'dropInput'; name: string; fileName: string; bytes: Uint8Array }
  | { type: 'saveOutput'; run: string; output: string }
  | { type: 'saveOutputs'; run: string }
  | { type: 'exportRun'; run: string }
  /** Opens a file dialog for runs of other machines. */
  | { type: 'importRuns' }
  | { type: 'forgetRun'; run: string }
  | { type: 'ready' }
  /** Ids of boards, to be written into engine-inspector.json. */
  | { type: 'addTargets'; boards: string[] }
  /** What helps on that target, by its id. */
  | { type: 'fixForTarget'; target: string }
  | { type: 'chooseTargets' }
  | { type: 'importTarget' }
  | { type: 'editTargets' }
  | { type: 'showMatrix' }
  | { type: 'copyTargetCommand' }
  | { type: 'checkAll' }
  /** Asks which way. */
  | { type: 'rebuildEngine' }
  | { type: 'tryOnOtherGpus' }
  | { type: 'remedy'; id: string }
  | { type: 'fix' }
  | { type: 'check' }
  | { type: 'copyReport' }
  | { type: 'showHeaderText' }
  | { type: 'showLog' }
  | { type: 'chooseRuntime' }
  | { type: 'manageTrust' }
  | { type: 'computeHash' }
  | { type: 'cancelHash' };
