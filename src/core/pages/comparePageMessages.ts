/**
 * What the page that shows two engines side by side and the extension say to each other. The page parses the layers'
 * bytes and compares (core/inspect/compareEngines.ts); the extension inspects both engines and answers.
 */
import type { EngineReport } from '../report/engineReport';
import type { Inspection } from '../inspect/inspection';
import type { PageFailure } from './pageMessages';

export interface ComparedEngine {
  report: EngineReport;
  /** null: not inspected, or it failed; then the header alone is compared. */
  inspection: Inspection | null;
  /** The inspector's own JSON; null: none. */
  layers: Uint8Array | null;
  /** Why there is no inspection. */
  failure: PageFailure | null;
}

export type ToComparePage =
  /** What is being awaited: "Loading upscaler.engine…". */
  | { type: 'waiting'; sentence: string }
  | { type: 'comparison'; first: ComparedEngine; second: ComparedEngine };

export type FromComparePage =
  | { type: 'ready' }
  /** Opens the page of that engine. */
  | { type: 'openEngine'; side: 'first' | 'second' }
  /** The first becomes the second. */
  | { type: 'swap' }
  | { type: 'chooseOther' }
  | { type: 'cancel' };
