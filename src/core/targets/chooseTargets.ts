/** The targets of a call: named on the command line or in the environment, else those of engine-inspector.json. */
import { distance } from 'fastest-levenshtein';
import { plainText } from '../text/plainText';
import { findBoard } from './boards';
import { boardTarget, type Target, type TargetProblem } from './targets';

export interface TargetWishes {
  /** Ids and names of configured targets, or boards; empty: all configured ones. */
  names: readonly string[];
  /** TensorRT-RTX of all of them, whatever the file says; null: as the file says. */
  tensorrtRtx: string | null;
  configured: readonly Target[];
}

/** Each once, in the order in which they were named. Everything that is wrong at once. */
export function chooseTargets({ names, tensorrtRtx, configured }: TargetWishes): {
  targets: Target[];
  problems: TargetProblem[];
} {
  const problems: TargetProblem[] = [];
  const chosen = new Map<string, Target>();
  const add = (target: Target) => {
    chosen.set(target.id, tensorrtRtx === null ? target : { ...target, tensorrtRtx });
  };
  if (names.length === 0) configured.forEach(add);
  for (const name of names) {
    const wanted = name.trim().toLowerCase();
    const known = configured.find(
      (target) => target.id === wanted || target.name.toLowerCase() === wanted,
    );
    if (known) {
      add(known);
      continue;
    }
    const board = boardTarget(name);
    if ('target' in board) add(board.target);
    else problems.push(withConfigured(board.problem, name, configured));
  }
  return { targets: [...chosen.values()], problems };
}

/** A slip in the name of an own target is answered with that name. */
function withConfigured(
  problem: TargetProblem,
  name: string,
  configured: readonly Target[],
): TargetProblem {
  if (findBoard(name)) return problem;
  const near = configured.filter(({ id }) => distance(id, name.toLowerCase()) <= 2);
  if (near.length === 0) return problem;
  return {
    sentence: `There is no target or board ${plainText(name, 80)}.`,
    nextStep: `Did you mean ${near.map(({ id }) => id).join(' or ')}, which engine-inspector.json has?`,
  };
}
