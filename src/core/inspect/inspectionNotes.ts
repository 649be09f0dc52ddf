/** What is worth knowing about an engine that was inspected: all sentences in one place. */
import { formatBytes } from '../text/formats';
import { plainText } from '../text/plainText';
import { scratchSentence } from '../run/weightBudget';
import type { InspectionFacts, InspectionNote } from './inspection';

export interface NotesInput {
  layers: Uint8Array;
  layersAsked: boolean;
  hashRecorded: boolean;
}

export function inspectionNotes(facts: InspectionFacts, input: NotesInput): InspectionNote[] {
  return [
    ...weightNotes(facts),
    ...deferredNotes(facts),
    ...sharedNotes(facts),
    ...streamingNotes(facts),
    ...(input.layersAsked ? layerNotes(facts, input.layers) : []),
    ...(input.hashRecorded
      ? []
      : [
          note(
            'hash-unknown',
            'information',
            "No SHA-256 was recorded when this engine was built, so changes and damage since then can't be detected. Building it here records one.",
          ),
        ]),
  ];
}

function note(
  id: InspectionNote['id'],
  severity: InspectionNote['severity'],
  sentence: string,
): InspectionNote {
  return { id, severity, sentence };
}

function deferredNotes({ weightsDeferred, gpu }: InspectionFacts): InspectionNote[] {
  if (weightsDeferred !== true) return [];
  return [
    note(
      'weights-deferred',
      'warning',
      `Its weights don't fit into the ${formatBytes(gpu.free)} of GPU memory that are free (${formatBytes(gpu.total)} in all), so it was loaded without them: everything here is true of it, but it can't run like this. Free GPU memory, or rebuild it with weight streaming.`,
    ),
  ];
}

function sharedNotes({ tensors }: InspectionFacts): InspectionNote[] {
  return tensors.flatMap(({ name, aliasOf }) =>
    aliasOf === undefined
      ? []
      : [
          note(
            'shared-memory',
            'information',
            `The output "${plainText(name, 100)}" shares its memory with the input "${plainText(aliasOf, 100)}": an application gives both the same address.`,
          ),
        ],
  );
}

function weightNotes({ streamable, deviceMemory, gpu }: InspectionFacts): InspectionNote[] {
  const needed = streamable + deviceMemory;
  if (streamable === 0 || needed <= gpu.free) return [];
  const parts = `${formatBytes(streamable)} of weights and ${formatBytes(deviceMemory)} to work in`;
  const sentence =
    needed > gpu.total
      ? `With all its weights on the GPU this engine needs ${parts}, more than the ${formatBytes(gpu.total)} of the ${gpu.name}: run it with a smaller weight streaming budget.`
      : `With all its weights on the GPU this engine needs ${parts}; ${formatBytes(gpu.free)} of ${formatBytes(gpu.total)} are free now. Free GPU memory, or run it with a smaller weight streaming budget.`;
  return [note('weights-do-not-fit', 'warning', sentence)];
}

function streamingNotes({ streamable, budgets }: InspectionFacts): InspectionNote[] {
  if (streamable === 0) {
    return [
      note(
        'not-streaming',
        'information',
        'Built without weight streaming, or without weights that can be streamed: all weights stay on the GPU.',
      ),
    ];
  }
  const [least] = budgets;
  if (least === undefined) return [];
  const sentence = scratchSentence(least.taken, least.scratch, streamable);
  return sentence === null ? [] : [note('scratch-eats-saving', 'warning', sentence)];
}

function layerNotes(facts: InspectionFacts, layers: Uint8Array): InspectionNote[] {
  const rebuild = 'Rebuild it with detailed profiling verbosity to see them.';
  if (layers.length === 0 || hasNoLayers(layers) || facts.profilingVerbosity === 'none') {
    return [note('no-layers', 'information', `This engine has no layer information. ${rebuild}`)];
  }
  if (facts.profilingVerbosity === 'layer-names-only' || hasNamesOnly(layers)) {
    return [
      note(
        'names-only',
        'information',
        `This engine has only the names of its layers, not their types, tensors and tactics. ${rebuild}`,
      ),
    ];
  }
  return [];
}

/** The layers are only looked at, not parsed: they can be tens of megabytes, and "Layers" comes first. */
function headOf(layers: Uint8Array): string {
  return new TextDecoder().decode(layers.subarray(0, 4096));
}

const hasNamesOnly = (layers: Uint8Array): boolean => /"Layers"\s*:\s*\[\s*"/.test(headOf(layers));
const hasNoLayers = (layers: Uint8Array): boolean => /"Layers"\s*:\s*\[\s*\]/.test(headOf(layers));
