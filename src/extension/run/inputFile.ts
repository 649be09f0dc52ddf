/** A file that was picked or dropped for an input: looked at as a run would, so that what is wrong is told at once. */
import * as path from 'node:path';
import type { TensorFacts } from '../../core/inspect/inspection';
import type { PickedInput } from '../../core/pages/pageMessages';
import { plainText } from '../../core/text/plainText';
import { guessImageLayout } from '../../core/run/imageInput';
import type { InputChoice, InputSource } from '../../core/run/runReport';
import { isTensorType } from '../../core/run/tensorTypes';
import { listArrays, loadInput } from '../../host/run/inputs/loadInput';
import type { PictureProcess } from '../../host/run/inputs/loadOutside';
import { pick } from '../show';

/** tensor: null where the engine was not inspected. Throws Failure. */
export async function lookAtInput(
  file: string,
  name: string,
  tensor: TensorFacts | null,
  pictures: PictureProcess,
): Promise<PickedInput> {
  const source = await sourceOf(file, name, tensor);
  const choice: InputChoice = { name, shape: null, source };
  if (!tensor) {
    const sentence = `${plainText(path.basename(file), 200)} is checked when it is used: the engine has not been loaded yet.`;
    return { state: 'good', choice, summary: null, sentence };
  }
  // The page says nothing of the profile: a file that fits one of them is a good file.
  let first: unknown;
  for (let profile = 0; profile < Math.max(1, tensor.profiles.length); profile++) {
    try {
      const loaded = await loadInput(choice, tensor, profile, { dataPath: null, pictures });
      return { state: 'good', choice, summary: loaded.summary, sentence: loaded.source };
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

async function sourceOf(
  file: string,
  name: string,
  tensor: TensorFacts | null,
): Promise<InputSource> {
  const extension = path.extname(file).toLowerCase();
  if (extension === '.npz') {
    const entry = await arrayOf(file, name);
    return { kind: 'file', path: file, ...(entry === undefined ? {} : { entry }) };
  }
  if (/^\.(png|jpe?g)$/.test(extension) && tensor && isTensorType(tensor.type)) {
    const image = guessImageLayout(tensor.type, tensor.shape);
    return { kind: 'file', path: file, ...(image === null ? {} : { image }) };
  }
  return { kind: 'file', path: file };
}

/** Which array of an archive; undefined: the one that is named like the input, or the only one. */
async function arrayOf(file: string, name: string): Promise<string | undefined> {
  const arrays = await listArrays(file);
  if (arrays.length < 2 || arrays.includes(name)) return undefined;
  const picked = await pick(
    arrays.map((array) => ({ label: array, array })),
    { title: `Which array of ${path.basename(file)} is the input ${name}?` },
  );
  return picked?.array;
}
