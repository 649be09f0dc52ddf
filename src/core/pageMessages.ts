/**
 * What the engine page (webview) and the extension say to each other: one shared union. The page renders the report it
 * is sent and sends commands; it computes nothing about engines.
 */
import type { EngineReport } from './engineReport';

export type HashState =
  | { state: 'none' }
  | { state: 'running'; doneBytes: number; totalBytes: number }
  | { state: 'done'; sha256: string; recorded: string | null }
  | { state: 'failed'; sentence: string };

export type ToPage =
  /** Which file is being asked about, for the first time or again; a report ends it. */
  | { type: 'waiting'; file: string; sentence: string }
  | { type: 'report'; report: EngineReport; trusted: boolean }
  | { type: 'hash'; hash: HashState };

export type FromPage =
  | { type: 'ready' }
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
