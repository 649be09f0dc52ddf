/** From what the engine host reports (numbers of NVIDIA's enums) to the facts that surfaces show. */
import { plainText } from '../text/plainText';
import { type Inspection, type InspectionFacts, type TensorFacts, tensorTypes } from './inspection';
import type { RawInspection } from '../wire/shimReports';
import { inspectionNotes } from './inspectionNotes';

export interface InspectionInput {
  /** As the user knows it. */
  file: string;
  report: RawInspection;
  /** The inspector's own bytes; empty: not asked for, or it has none. */
  layers: Uint8Array;
  layersAsked: boolean;
  runtime: { version: string; path: string };
  /** Whether the recipe beside the engine records a SHA-256 for it. */
  hashRecorded: boolean;
  /** Printable. */
  libraryLines: { severity: number; text: string }[];
  /** ms since 1970 */
  now: number;
}

/** TensorIOMode and TensorLocation. */
const inputMode = 1;
const hostLocation = 1;
/** ProfilingVerbosity by number. */
const verbosities = ['layer-names-only', 'none', 'detailed'] as const;

export function makeInspection(input: InspectionInput): Inspection {
  const facts = inspectionFacts(input.report);
  return {
    schema: 1,
    file: plainText(input.file),
    inspectedAt: input.now,
    runtime: input.runtime,
    facts,
    notes: inspectionNotes(facts, input),
    libraryLines: input.libraryLines,
  };
}

export function inspectionFacts(report: RawInspection): InspectionFacts {
  const streams = report.streamable > 0;
  return {
    name: plainText(report.name),
    tensors: report.tensors.map(({ profileFormats, aliasOf, ...tensor }): TensorFacts => ({
      ...tensor,
      ...(new Set(profileFormats.map(({ format, linear }) => `${linear} ${format}`)).size > 1
        ? {
            profileFormats: profileFormats.map((one) => ({
              ...one,
              format: plainText(one.format),
            })),
          }
        : {}),
      ...(aliasOf === '' ? {} : { aliasOf }),
      mode: tensor.mode === inputMode ? 'input' : 'output',
      type: tensorTypes[tensor.type] ?? `unknown (${tensor.type})`,
      format: plainText(tensor.format),
      location: tensor.location === hostLocation ? 'host' : 'device',
    })),
    profileCount: report.profileCount,
    deviceMemory: report.deviceMemory,
    deviceMemoryPerProfile: report.deviceMemoryPerProfile,
    auxStreams: report.auxStreams,
    layerCount: report.layerCount,
    profilingVerbosity: verbosities[report.profilingVerbosity ?? -1] ?? 'unknown',
    refittable: report.refittable,
    ...(report.weightsDeferred ? { weightsDeferred: true } : {}),
    streamable: Math.max(0, report.streamable),
    // The library answers -1 for an engine that was built without weight streaming.
    defaultBudget: streams ? report.defaultBudget : null,
    automaticBudget: streams ? report.automaticBudget : null,
    budgets: streams ? distinctBudgets(report.budgets) : [],
    gpu: {
      name: plainText(report.gpu.name, 200),
      computeCapability: plainText(report.gpu.computeCapability, 20),
      total: report.gpu.total,
      free: report.gpu.freeBefore,
    },
    loadedMemory: Math.max(0, report.gpu.freeBefore - report.gpu.freeAfter),
    loadMs: report.loadNs / 1e6,
  };
}

/** Ascending; of those that came to the same, the first. */
function distinctBudgets(budgets: RawInspection['budgets']): InspectionFacts['budgets'] {
  const byTaken = new Map<number, InspectionFacts['budgets'][number]>();
  for (const budget of budgets) {
    if (budget.taken >= 0 && !byTaken.has(budget.taken)) byTaken.set(budget.taken, { ...budget });
  }
  return [...byTaken.values()].sort((a, b) => a.taken - b.taken);
}
