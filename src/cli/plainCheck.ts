/**
 * Recognizes "check PATHS [--json] [--format csv|ndjson] [--verbose] [--match-version]" without the argument parser, whose loading a single
 * check would feel. Everything else is null: program.ts then understands it, or says what is wrong with it.
 */
import { type CheckOptions, defaultCheckOptions, lineFormat } from './checkOptions';

const flags: Readonly<Record<string, Partial<CheckOptions>>> = {
  '--json': { json: true },
  '--verbose': { verbose: true },
  '--match-version': { matchVersion: true },
};

export function plainCheck(
  args: readonly string[],
): { paths: string[]; options: CheckOptions } | null {
  const [command, ...rest] = args;
  if (command !== 'check') return null;
  const paths: string[] = [];
  let options: CheckOptions = defaultCheckOptions();
  for (let at = 0; at < rest.length; at++) {
    const argument = rest[at] ?? '';
    if (argument === '--format') {
      options = { ...options, format: rest[++at] ?? '' };
      continue;
    }
    if (!argument.startsWith('-')) {
      paths.push(argument);
      continue;
    }
    const flag = flags[argument];
    if (!flag) return null;
    options = { ...options, ...flag };
  }
  if (options.format !== undefined && lineFormat(options) === null) return null;
  return paths.length === 0 ? null : { paths, options };
}
