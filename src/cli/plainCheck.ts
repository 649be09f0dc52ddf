/**
 * Recognizes "check PATHS [--json] [--verbose] [--match-version]" without the argument parser, whose loading a single
 * check would feel. Everything else is null: program.ts then understands it, or says what is wrong with it.
 */
import { type CheckOptions, defaultCheckOptions } from './checkOptions';

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
  for (const argument of rest) {
    if (!argument.startsWith('-')) {
      paths.push(argument);
      continue;
    }
    const flag = flags[argument];
    if (!flag) return null;
    options = { ...options, ...flag };
  }
  return paths.length === 0 ? null : { paths, options };
}
