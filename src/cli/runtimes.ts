/** Prints what was found, the one that would be asked first marked. Loads none of them. */
import {
  runtimeSourceNames,
  type ChosenRuntime,
  type FoundRuntime,
} from '../host/runtimes/runtimes';
import { untestedSentence } from '../host/runtimes/runtimeSources';
import { chooseLocal, findLocalRuntimes } from './localRuntimes';
import { complain, hasColour, painter, print, shown } from './output';
import type { RuntimesOptions } from './commandArguments';

export async function runtimes({ json, runtime, verbose }: RuntimesOptions): Promise<number> {
  const found = await findLocalRuntimes(
    runtime,
    verbose === true ? (line) => complain(shown(line)) : undefined,
  );
  const chosen = await chooseLocal(found, runtime, false, null);
  if (json === true) {
    await print(`${JSON.stringify(runtimesJson(found, chosen), null, 2)}\n`);
    return chosen.runtime ? 0 : 1;
  }
  const paint = painter(hasColour(process.stdout));
  for (const { path, version, source, problem, nextStep, untested } of found) {
    const mark = path === chosen.runtime?.path ? '*' : ' ';
    const name = version === '' ? 'unknown version' : version;
    await print(
      `${mark} ${paint('bold', name)}  ${shown(path)}  ${paint('dim', `(${runtimeSourceNames[source]})`)}\n`,
    );
    if (untested === true) {
      await print(`    ${paint('warning', untestedSentence)}\n`);
    }
    if (problem !== null) {
      await print(`    ${paint('error', 'not usable:')} ${shown(problem)} ${nextStep}\n`);
    }
  }
  complain(shown(chosen.why));
  if (!chosen.runtime) complain(chosen.nextStep);
  return chosen.runtime ? 0 : 1;
}

export function runtimesJson(found: readonly FoundRuntime[], chosen: ChosenRuntime) {
  return found.map(({ path, version, source, problem, nextStep }) => ({
    path: shown(path),
    version: version === '' ? null : version,
    source,
    used: path === chosen.runtime?.path,
    problem: problem === null ? null : shown(problem),
    nextStep,
  }));
}
