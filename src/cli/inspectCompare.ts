/** What differs between two engines that were both inspected. */
import { compareEngines, type EngineSide } from '../core/inspect/compareEngines';
import { comparisonJson } from '../core/inspect/inspectionJson';
import { comparisonText } from '../core/inspect/comparisonText';
import type { Inspection } from '../core/inspect/inspection';
import { parseLayers } from '../core/inspect/layers';
import { makeEngineReport } from '../core/report/makeEngineReport';
import { printedJson } from '../core/text/printableJson';
import { readFileFacts } from '../host/check/fileFacts';
import type { InspectArguments } from './commandArguments';

export interface Looked {
  path: string;
  inspection: Inspection;
  /** The inspector's own bytes; empty: it has none. */
  bytes: Uint8Array;
}

export async function compare(
  first: Looked,
  second: Looked,
  { json }: InspectArguments,
): Promise<string> {
  const sides = [await sideOf(first), await sideOf(second)] as const;
  const all = compareEngines(...sides);
  // Both were loaded here just now, which says more than what their headers do.
  const comparison = { ...all, file: all.file.filter(({ label }) => label !== 'On this machine') };
  const names = [first.inspection.file, second.inspection.file] as const;
  if (json !== true) return `${comparisonText(comparison, ...names)}\n`;
  return printedJson(comparisonJson(...names, comparison));
}

async function sideOf({ path, inspection, bytes }: Looked): Promise<EngineSide> {
  const { runtime } = inspection;
  const report = makeEngineReport({
    facts: await readFileFacts(path),
    answer: null,
    runtime: { ...runtime, cudaRuntimeVersion: null },
    machine: null,
    knownRuntimes: [],
    now: inspection.inspectedAt,
  });
  return { report, inspection, layers: bytes.length === 0 ? null : parseLayers(bytes) };
}
