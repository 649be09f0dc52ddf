/** engine-inspector.json from a file, or what is wrong with it, all at once. */
import { parseConfig, type InspectorConfig } from '../../core/targets/targetsConfig';
import { Failure } from '../../core/wire/failure';
import { readSmallText } from '../../host/files/readSmallFile';
import { shown } from '../output';

export const maxConfigBytes = 4 * 1024 * 1024;

export async function readConfig(file: string): Promise<InspectorConfig> {
  const text = await readSmallText(file, maxConfigBytes, 'The configuration');
  if (text === null) {
    throw new Failure(
      'wrong-use',
      `The configuration ${shown(file)} is not there.`,
      'Check the path of --config, or leave it out with --no-config.',
    );
  }
  const parsed = parseConfig(text);
  if (parsed.ok) return parsed.config;
  const lines = parsed.problems.map(
    ({ line, column, sentence }) => `${shown(file)}:${line}:${column}: ${sentence}`,
  );
  throw new Failure('wrong-use', lines.join('\n'), 'Correct it, or leave it out with --no-config.');
}
