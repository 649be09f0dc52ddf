/** What was chosen for a run, checked and made into files in its private folder. */
import * as path from 'node:path';

import type { TensorFacts } from '../../core/inspect/inspection';
import { plainText } from '../../core/text/plainText';
import { checkChoices, type RunTarget } from '../../core/run/runChoices';
import type { RunChoices, TensorSummary } from '../../core/run/runReport';
import { Failure } from '../../core/wire/failure';
import { loadInput } from './inputs/loadInput';
import type { PictureProcess } from './inputs/loadOutside';

export interface PreparedInput {
  /** Exact. */
  name: string;
  shape: number[];
  /** Exactly its bytes, C order, little endian. */
  dataPath: string;
  summary: TensorSummary;
  /** Printable: "random values, seed 0". */
  source: string;
}

/** In a run's folder, in the order of the engine's inputs. */
export const inputFile = (index: number): string => `input-${index}.bin`;

/** Throws a Failure that tells all that does not fit. */
export function refuseBadChoices(engine: string, choices: RunChoices, target: RunTarget): void {
  const errors = checkChoices(choices, target);
  const [first] = errors;
  if (first === undefined) return;
  throw new Failure(
    'invalid-argument',
    `${plainText(engine)} cannot be run like this: ${errors.map(({ sentence }) => sentence).join(' ')}`,
    first.nextStep,
  );
}

/** Throws a Failure where one cannot be made: no such file, another type, shape or number of bytes. */
export async function prepareInputs(
  choices: RunChoices,
  tensors: readonly TensorFacts[],
  folder: string,
  pictures: PictureProcess,
  signal?: AbortSignal,
): Promise<PreparedInput[]> {
  const prepared: PreparedInput[] = [];
  for (const tensor of tensors) {
    const choice = choices.inputs.find(({ name }) => name === tensor.name);
    if (tensor.mode !== 'input' || choice === undefined) continue; // refuseBadChoices saw to that
    const dataPath = path.join(folder, inputFile(prepared.length));
    const loaded = await loadInput(choice, tensor, choices.profile, {
      dataPath,
      pictures,
      signal,
    });
    prepared.push({ ...loaded, dataPath });
  }
  return prepared;
}
