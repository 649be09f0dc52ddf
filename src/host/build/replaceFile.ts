/**
 * Puts a new engine in the place of an old one without ever losing either. The temporary files of a build lie in
 * .engine-inspector beside the engine (workFolder.ts), which also holds the lock (nameLock.ts):
 *
 *   NAME.<token>.tmp        the new engine while it is built
 *   NAME.<token>.json.tmp   the new recipe, complete before anything is replaced
 *   NAME.<token>.bak.tmp    a second name of the old engine on its way to NAME.bak
 *
 * Order of the replacement: new engine on disk (fsync) → new recipe on disk → old engine gets a second name (hard link)
 * and becomes .bak → new engine renamed over the name → recipe renamed over its name → folder on disk. At every moment
 * of a crash the name holds the old engine or the new one, whole. What a crash leaves is removed by the next build in
 * that folder (debris.ts); a recipe that was cut off from its engine by a crash is completed.
 *
 * Others may write in the folder too: the new engine is opened once, compared with what was built, and changed (rights,
 * owner) by its handle only, so that whatever is put under its name meanwhile stays as it is.
 */
import { constants, type BigIntStats, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

import { plainText } from '../../core/text/plainText';
import { recipePathOf } from '../../core/rebuild/recipe';
import {
  isBusy,
  linkOrCopy,
  lstatOrNull,
  noFollow,
  removeQuietly,
  renameOver,
  syncFolder,
} from '../files/fileSystem';
import { Failure } from '../../core/wire/failure';
import { backupName, rotateBackups } from './backups';
import { refuseImpossible } from './refuseImpossible';
import { removeBuildDebris, removeDebrisOf, temporaryFile } from './debris';
import { leavesFolder, leavingPath, realTarget } from './leavingLink';
import { takeLock, type NameLock } from './nameLock';
import { errorCode } from '../files/fileError';
import { makeWorkFolder, removeWorkFolder } from './workFolder';
import { writeError } from './writeError';

export interface ReplacementOptions {
  /** How many old engines stay: model.engine.bak, .bak2, …; 0: none. */
  keepBackups: number;
  /** Folders that the engine may lie in besides its own, where a link leads there. */
  workspace?: readonly string[];
  /** The real path outside of them that a person agreed to. */
  confirmed?: string | null;
  /** The programs that have a file open, by name; empty: nobody says. */
  usersOf?: (file: string) => Promise<string>;
}

export interface CommittedFiles {
  engine: string;
  recipe: string;
  /** Of the engine that was there before; null: there was none, or none is kept. */
  backup: string | null;
}

/** One output that is being built. Made by beginReplacement; ended by commit or abort. */
export class Replacement {
  /** Does not exist yet: whoever writes it must create it. */
  readonly temporaryPath: string;
  private readonly recipeTemporary: string;
  private readonly backupTemporary: string;
  private built: { handle: fs.FileHandle | null; stat: BigIntStats } | null = null;
  private keepsRecipe = false;
  private movesOld = false;
  private ended = false;

  constructor(
    /** As the user named it. */
    readonly target: string,
    /** Where the file really lies: the end of a symbolic link. */
    private readonly real: string,
    private readonly lock: NameLock,
    /** .engine-inspector beside the target, where the recipe goes. */
    private readonly recipeFolder: string,
    private readonly options: ReplacementOptions,
  ) {
    const { folder, token } = lock;
    const name = path.basename(real);
    this.temporaryPath = temporaryFile(folder, name, token);
    this.backupTemporary = temporaryFile(folder, name, token, '.bak');
    this.recipeTemporary = temporaryFile(recipeFolder, path.basename(target), token, '.json');
  }

  /** The new engine is written: from now on it is this file and no other. */
  async adopt(): Promise<void> {
    const handle = await fs.open(this.temporaryPath, constants.O_RDWR | noFollow);
    const stat = await handle.stat({ bigint: true });
    const own = stat.isFile() && stat.nlink === 1n;
    // On Windows an open file is in the way of others; there its identity is compared alone.
    const keeps = own && process.platform !== 'win32';
    if (!keeps) await handle.close();
    if (!own) throw this.exchanged();
    this.built = { handle: keeps ? handle : null, stat };
  }

  /**
   * The new engine is complete and checked: puts it and its recipe in place. On failure the old engine is untouched.
   * recipeOf: the recipe of an engine of that name in this folder.
   */
  async commit(recipeOf: (file: string) => string): Promise<CommittedFiles> {
    const shown = plainText(this.target);
    try {
      if (this.built === null) await this.adopt();
      if (!(await this.lock.isHeld())) {
        throw new Failure(
          'file-error',
          `The engine ${shown} was not replaced: another build started while this one was suspended.`,
          'Wait until the other build has ended.',
        );
      }
      // A folder on the way may have become a link meanwhile.
      if ((await realTarget(this.real)) !== this.real) throw this.exchanged();
      const old = await lstatOrNull(this.real);
      await this.finish(old);
      const recipe = recipePathOf(this.target);
      await this.writeRecipe(recipeOf(path.basename(this.target)), old);
      const backup = old === null ? null : await this.backUp();
      await this.refuseExchanged();
      await this.putInPlace(recipeOf, backup);
      await renameOver(this.recipeTemporary, recipe).catch((error: unknown) => {
        this.keepsRecipe = true;
        throw writeError(error, `The new engine ${shown} is in place, but not its recipe`);
      });
      await syncFolder(path.dirname(this.real));
      if (this.isLink) await syncFolder(path.dirname(this.target));
      return { engine: this.target, recipe, backup };
    } catch (error) {
      throw writeError(error, `The engine ${shown} could not be replaced`);
    } finally {
      await this.abort();
    }
  }

  /** Removes what is left of this build and gives the name free. Never throws. */
  async abort(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.built?.handle?.close().catch(() => undefined);
    await removeQuietly(this.temporaryPath);
    await removeQuietly(this.backupTemporary);
    // The next build puts a recipe in its place that could not be put there now.
    if (!this.keepsRecipe) await removeQuietly(this.recipeTemporary);
    await this.lock.release();
    if (this.isLink) await removeWorkFolder(this.recipeFolder);
  }

  private get isLink(): boolean {
    return this.recipeFolder !== this.lock.folder;
  }

  /** Rights and owner of the old engine, then all of it on disk. */
  private async finish(old: Stats | null): Promise<void> {
    const handle =
      this.built?.handle ?? (await fs.open(this.temporaryPath, constants.O_RDWR | noFollow));
    try {
      if (!isSame(await handle.stat({ bigint: true }), this.built?.stat)) throw this.exchanged();
      if (old !== null) await takeOver(handle, old);
      await handle.sync();
    } finally {
      if (this.built?.handle !== handle) await handle.close();
    }
  }

  private async refuseExchanged(): Promise<void> {
    const now = await fs.lstat(this.temporaryPath, { bigint: true });
    if (!isSame(now, this.built?.stat)) throw this.exchanged();
  }

  private async writeRecipe(text: string, old: Stats | null): Promise<void> {
    const before = await lstatOrNull(recipePathOf(this.target));
    const handle = await fs.open(this.recipeTemporary, 'wx');
    try {
      await handle.writeFile(text);
      const like = before?.isFile() === true ? before : old;
      if (like !== null) await takeOver(handle, like);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  private async backUp(): Promise<string | null> {
    if (this.options.keepBackups <= 0) return null;
    const backup = backupName(this.real, 1);
    // A build that was cut off here made the backup already, of this very file.
    if (!(await areSame(this.real, backup))) {
      await rotateBackups(this.real, this.options.keepBackups);
      try {
        await this.linkOver(this.real, backup);
      } catch (error) {
        // Of another user's file, or of one that a program holds on Windows, no second name may be made, and perhaps no
        // copy: it is moved instead.
        if (!/^(EPERM|EACCES)$/.test(errorCode(error)) && !isBusy(error)) throw error;
        this.movesOld = true;
      }
    }
    if (!this.movesOld) await this.backUpRecipe(backup);
    return backup;
  }

  /** It goes along, so that the old engine can be put back with all that is known of it. */
  private async backUpRecipe(backup: string): Promise<void> {
    const recipe = recipePathOf(this.target);
    const backupRecipe = recipePathOf(backup);
    if ((await lstatOrNull(recipe))?.isFile() !== true) await removeQuietly(backupRecipe);
    else if (!(await areSame(recipe, backupRecipe))) await this.linkOver(recipe, backupRecipe);
  }

  private async linkOver(from: string, to: string): Promise<void> {
    await removeQuietly(this.backupTemporary);
    await linkOrCopy(from, this.backupTemporary);
    await renameOver(this.backupTemporary, to);
  }

  private async putInPlace(
    recipeOf: (file: string) => string,
    backup: string | null,
  ): Promise<void> {
    if (!this.movesOld) {
      try {
        await renameOver(this.temporaryPath, this.real);
        return;
      } catch (error) {
        if (!isBusy(error)) throw error;
      }
    }
    // Or a program has the old engine open: some let it be renamed, as long as it is not replaced.
    try {
      await removeQuietly(this.backupTemporary);
      await fs.rename(this.real, this.backupTemporary);
      try {
        await fs.rename(this.temporaryPath, this.real);
      } catch (error) {
        await fs.rename(this.backupTemporary, this.real);
        throw error;
      }
      if (backup !== null && !(await areSame(this.backupTemporary, backup))) {
        await fs.rename(this.backupTemporary, backup).catch(() => undefined);
      }
      if (backup !== null && this.movesOld) await this.backUpRecipe(backup).catch(() => undefined);
    } catch (error) {
      if (!isBusy(error)) throw error;
      throw await this.keepBeside(recipeOf);
    }
  }

  /** Minutes of building are not thrown away because the old engine is in use. */
  private async keepBeside(recipeOf: (file: string) => string): Promise<Failure> {
    const { dir, name, ext } = path.parse(this.real);
    let beside = path.join(dir, `${name}.new${ext}`);
    for (let i = 2; (await lstatOrNull(beside)) !== null; i++) {
      beside = path.join(dir, `${name}.new${i}${ext}`);
    }
    const users = plainText((await this.options.usersOf?.(this.real)) ?? '');
    await renameOver(this.temporaryPath, beside);
    await fs.writeFile(recipePathOf(beside), recipeOf(path.basename(beside)), { flag: 'wx' });
    await syncFolder(dir);
    return new Failure(
      'file-error',
      `The engine ${plainText(this.target)} is in use by ${users === '' ? 'another program' : users} and could not be replaced. The new engine is ${plainText(beside)}.`,
      `Close ${users === '' ? 'the program that uses it' : 'it there'}, then rename ${plainText(path.basename(beside))} and its recipe, or build again.`,
    );
  }

  private exchanged(): Failure {
    return new Failure(
      'file-error',
      `The engine ${plainText(this.target)} was not replaced: another program replaced the file that was built for it.`,
      `Check who can write to ${plainText(path.dirname(this.real))}, and build again.`,
    );
  }
}

/**
 * Reserves the name: takes the lock, removes what earlier builds left. Throws a Failure when somebody builds it
 * already, or when the engine could not be put there in the end: that is found out now, not after minutes of building.
 */
export async function beginReplacement(
  target: string,
  options: ReplacementOptions,
): Promise<Replacement> {
  const shown = plainText(target);
  try {
    const real = await realTarget(target);
    await refuseLeaving(target, real, options);
    await refuseImpossible(target, real, options);
    await removeBuildDebris(path.dirname(real));
    const lock = await takeLock(path.dirname(real), path.basename(real));
    try {
      await removeDebrisOf(lock.folder, path.basename(real));
      let recipeFolder = lock.folder;
      if (path.dirname(real) !== (await fs.realpath(path.dirname(path.resolve(target))))) {
        recipeFolder = await makeWorkFolder(path.dirname(path.resolve(target)));
        await removeDebrisOf(recipeFolder, path.basename(target));
      }
      return new Replacement(target, real, lock, recipeFolder, options);
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw writeError(error, `The engine ${shown} can't be written`);
  }
}

/** What was asked is what is written: also where the link was laid, or turned, after the question. */
async function refuseLeaving(
  target: string,
  real: string,
  { workspace = [], confirmed = null }: ReplacementOptions,
): Promise<void> {
  if (confirmed === real || (await leavingPath(target, workspace, real)) === null) return;
  throw leavesFolder(target, real, 'Build to the real path of the engine.');
}

async function areSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all(
    [one, other].map((file) => fs.lstat(file, { bigint: true }).catch(() => undefined)),
  );
  return a !== undefined && isSame(a, b);
}

function isSame(a: BigIntStats, b: BigIntStats | undefined): boolean {
  return b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/** Not the set-id bits: nobody gave them to this file. What its group may not keep is not for everybody of ours. */
async function takeOver(handle: fs.FileHandle, old: Stats): Promise<void> {
  if (process.platform === 'win32') return;
  const now = await handle.stat();
  let mode = old.mode & 0o777;
  if (now.uid !== old.uid) await handle.chown(old.uid, old.gid).catch(() => undefined);
  if ((await handle.stat()).gid !== old.gid) {
    await handle.chown(now.uid, old.gid).catch(() => {
      mode &= 0o707 | ((mode & 0o007) << 3);
    });
  }
  await handle.chmod(mode);
}
