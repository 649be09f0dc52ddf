/**
 * Where an engine would really be written. A link in a workspace may lead anywhere its author likes, so what lies outside
 * of the engine's folder and of the workspace is written only when a person agreed to that very path.
 */
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';

import { plainText } from '../../core/text/plainText';
import { Failure } from '../../core/wire/failure';
import { errorCode } from '../files/fileError';
import { isInside } from '../files/isInside';

/** The end of all links on the way; a name that nothing has, or that only leads to nothing, is itself. */
export async function realTarget(target: string): Promise<string> {
  try {
    return await fs.realpath(target);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    // Nothing there, or a link to nothing, which is replaced by the engine.
    return path.join(await fs.realpath(path.dirname(path.resolve(target))), path.basename(target));
  }
}

/**
 * The real path of an engine that a link leads out of its folder; null: it stays. workspace: folders that belong
 * together, so that a link from one place of them to another is no surprise.
 */
export async function leavingPath(
  engine: string,
  workspace: readonly string[],
  known?: string,
): Promise<string | null> {
  const named = path.resolve(engine);
  const real = known ?? (await realTarget(named));
  const around = workspace.filter((folder) => isInside(folder, named) && !holdsHome(folder));
  const roots = around.length > 0 ? workspace : [path.dirname(named)];
  for (const root of roots) {
    const realRoot = await fs.realpath(root).catch(() => null);
    if (realRoot !== null && isInside(realRoot, real)) return null;
  }
  return real;
}

/** For whoever writes: nobody agreed to it. */
export function leavesFolder(engine: string, real: string, nextStep: string): Failure {
  return new Failure(
    'wrong-use',
    `The engine ${plainText(engine)} is linked to ${plainText(real)}, which is outside of its folder.`,
    nextStep,
  );
}

/** A home folder holds keys and settings: what leads from one place of it to another leaves a project all the same. */
function holdsHome(folder: string): boolean {
  return isInside(folder, os.homedir());
}
