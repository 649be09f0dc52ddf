/**
 * Puts a new engine in the place of an old one without ever losing either. For model.engine, all in its own folder:
 *
 *   .model.engine.lock                      who builds it now; an exclusive file with process id and start time
 *   .model.engine.<pid>-<random>.tmp        the new engine while it is built
 *   .model.engine.<pid>-<random>.json.tmp   the new recipe, complete before anything is replaced
 *   .model.engine.<pid>-<random>.bak.tmp    a second name of the old engine on its way to model.engine.bak
 *
 * Order of the replacement: new engine on disk (fsync) → new recipe on disk → old engine gets a second name (hard link)
 * and becomes .bak → new engine renamed over the name → recipe renamed over its name → folder on disk. At every moment
 * of a crash the name holds the old engine or the new one, whole. What a crash leaves is removed by the next build of
 * the same engine, or by removeBuildDebris; a recipe that was cut off from its engine by a crash is completed.
 */
import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';

import { plainText } from '../../core/text/plainText';
import { parseRecipe, recipePathOf } from '../../core/rebuild/recipe';
import { hashFile } from '../check/hashFile';
import { HostError } from '../hostError';
import { errorCode } from './onnxFile';

export interface ReplacementOptions {
  /** How many old engines stay: model.engine.bak, .bak2, …; 0: none. */
  keepBackups: number;
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
  private ended = false;

  constructor(
    /** As the user named it. */
    readonly target: string,
    /** Where the file really lies: the end of a symbolic link. */
    private readonly real: string,
    private readonly lock: Lock,
    private readonly options: ReplacementOptions,
  ) {
    const unique = `${process.pid}-${randomBytes(6).toString('hex')}`;
    const name = (folder: string, base: string, kind: string): string =>
      path.join(folder, `.${stem(base)}.${unique}${kind}.tmp`);
    const folder = path.dirname(real);
    this.temporaryPath = name(folder, path.basename(real), '');
    this.backupTemporary = name(folder, path.basename(real), '.bak');
    this.recipeTemporary = name(path.dirname(target), path.basename(target), '.json');
  }

  /** The new engine is complete and checked: puts it and its recipe in place. On failure the old engine is untouched. */
  async commit(recipe: string): Promise<CommittedFiles> {
    const shown = plainText(this.target);
    try {
      await this.takeOverMode();
      await syncFile(this.temporaryPath);
      const recipePath = recipePathOf(this.target);
      await writeSynced(this.recipeTemporary, recipe);
      const backup = await this.backUp();
      await renameOver(this.temporaryPath, this.real);
      await renameOver(this.recipeTemporary, recipePath);
      await syncFolder(path.dirname(this.real));
      if (path.dirname(this.real) !== path.dirname(this.target)) {
        await syncFolder(path.dirname(this.target));
      }
      return { engine: this.target, recipe: recipePath, backup };
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
    for (const file of [this.temporaryPath, this.recipeTemporary, this.backupTemporary]) {
      await removeQuietly(file);
    }
    await this.lock.release();
  }

  private async takeOverMode(): Promise<void> {
    const old = await statOrNull(this.real);
    // Not the set-id bits: nobody gave them to this file.
    if (old !== null) await fs.chmod(this.temporaryPath, old.mode & 0o777);
  }

  private async backUp(): Promise<string | null> {
    if (this.options.keepBackups <= 0 || (await statOrNull(this.real)) === null) return null;
    await rotateBackups(this.real, this.options.keepBackups);
    const backup = backupName(this.real, 1);
    await linkOrCopy(this.real, this.backupTemporary);
    await renameOver(this.backupTemporary, backup);
    // Its recipe goes along, so that the old engine can be put back with all that is known of it.
    const recipe = recipePathOf(this.target);
    if ((await statOrNull(recipe)) !== null) {
      await linkOrCopy(recipe, this.backupTemporary);
      await renameOver(this.backupTemporary, recipePathOf(backup));
    }
    return backup;
  }
}

/**
 * Reserves the name: takes the lock, removes what earlier builds of this engine left. Throws a HostError when somebody
 * builds it already, when the folder cannot be written, or when the name belongs to something else than a file.
 */
export async function beginReplacement(
  target: string,
  options: ReplacementOptions,
): Promise<Replacement> {
  const shown = plainText(target);
  try {
    const real = await realTarget(target);
    const stat = await statOrNull(real);
    if (stat !== null && !stat.isFile()) {
      throw new HostError(
        'file-error',
        `${shown} is ${stat.isDirectory() ? 'a folder' : 'no regular file'}, so no engine can be written there.`,
        'Choose another name for the engine.',
      );
    }
    const folder = path.dirname(real);
    // A folder that must not be written is found out now, not after minutes of building.
    await fs.access(folder, constants.W_OK);
    const lock = await takeLock(real);
    try {
      await removeDebrisOf(real, () => true);
      if (real !== target) await removeDebrisOf(target, () => true);
    } catch (error) {
      await lock.release();
      throw error;
    }
    return new Replacement(target, real, lock, options);
  } catch (error) {
    if (error instanceof HostError) throw error;
    throw writeError(error, `The engine ${shown} cannot be written`);
  }
}

/**
 * Removes what builds that died left in a folder; builds that run are left alone. Returns the names removed. For the
 * start of an editor; never throws.
 */
export async function removeBuildDebris(folder: string): Promise<string[]> {
  const removed: string[] = [];
  let names: string[];
  try {
    names = await fs.readdir(folder);
  } catch {
    return removed;
  }
  for (const name of names) {
    const found = debrisName.exec(name);
    if (found === null) continue;
    const lockPath = path.join(folder, `.${found[1] ?? ''}.lock`);
    if (await isHeld(lockPath)) continue;
    if (isRunning(Number(found[2]))) continue;
    try {
      if (!(await completeRecipe(folder, name))) await fs.unlink(path.join(folder, name));
      removed.push(name);
    } catch {
      // somebody else was faster, or it may not be removed
    }
  }
  for (const name of names.filter((n) => /^\..+\.lock$/.test(n))) {
    const lockPath = path.join(folder, name);
    const owner = await readOwner(lockPath);
    // Only files that are locks of ours: other programs have such names too.
    if (owner === null || isAlive(owner)) continue;
    if (await breakLock(lockPath, owner)) removed.push(name);
  }
  return removed;
}

// ---- names ----

/** .NAME.<pid>-<random>[.bak|.json].tmp */
const debrisName = /^\.(.+)\.(\d+)-[0-9a-f]{12}(\.bak|\.json)?\.tmp$/;

/** The name in temporary names: file systems allow 255 bytes, and the rest of the name needs some of them. */
function stem(name: string): string {
  if (Buffer.byteLength(name) <= 180) return name;
  let hash = 0;
  for (const character of name)
    hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return `${Array.from(name).slice(0, 32).join('')}~${hash.toString(16)}`;
}

/** model.engine.bak, model.engine.bak2, … */
function backupName(engine: string, age: number): string {
  return `${engine}.bak${age === 1 ? '' : age}`;
}

async function realTarget(target: string): Promise<string> {
  try {
    return await fs.realpath(target);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    // Nothing there, or a link to nothing, which is replaced by the engine.
    return path.join(await fs.realpath(path.dirname(path.resolve(target))), path.basename(target));
  }
}

// ---- the lock ----

interface Owner {
  application: 'engine-inspector';
  pid: number;
  /** When that process started, in the system's own words; '' where it does not tell. */
  started: string;
  host: string;
  token: string;
  /** ISO 8601 */
  since: string;
}

class Lock {
  constructor(
    private readonly file: string,
    private readonly token: string,
  ) {}

  async release(): Promise<void> {
    const owner = await readOwner(this.file);
    if (owner?.token === this.token) await removeQuietly(this.file);
  }
}

async function takeLock(real: string): Promise<Lock> {
  const file = path.join(path.dirname(real), `.${stem(path.basename(real))}.lock`);
  const own: Owner = {
    application: 'engine-inspector',
    pid: process.pid,
    started: await processStart(process.pid),
    host: os.hostname(),
    token: randomBytes(12).toString('hex'),
    since: new Date().toISOString(),
  };
  for (let attempt = 0; attempt < 20; attempt++) {
    if (await createLock(file, own)) return new Lock(file, own.token);
    const owner = await readOwner(file);
    // Gone again, or somebody is writing it this moment.
    if (owner === null) {
      if (attempt > 10 && !(await isYoung(file))) await removeQuietly(file);
      await delay(50);
      continue;
    }
    if (isAlive(owner) && (await sameProcess(owner))) {
      const where =
        owner.host === os.hostname() ? `process ${owner.pid}` : plainText(owner.host, 80);
      throw new HostError(
        'file-error',
        `${plainText(real)} is being built already, by ${where} since ${plainText(owner.since, 40)}.`,
        'Wait until it is ready, or cancel it there.',
      );
    }
    await breakLock(file, owner);
  }
  throw new HostError(
    'file-error',
    `The lock ${plainText(file)} cannot be taken.`,
    'Remove that file if no build is running.',
  );
}

/** False where it is there already. */
async function createLock(file: string, own: Owner): Promise<boolean> {
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(file, 'wx');
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await handle.writeFile(`${JSON.stringify(own)}\n`);
    return true;
  } catch (error) {
    await handle.close();
    await removeQuietly(file);
    throw error;
  } finally {
    await handle.close().catch(() => undefined);
  }
}

/** Takes a dead owner's lock away; where it was another's by then, it is put back. */
async function breakLock(file: string, owner: Owner): Promise<boolean> {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await fs.rename(file, aside);
  } catch {
    return false;
  }
  const taken = await readOwner(aside);
  const right = taken?.token === owner.token;
  if (!right) await fs.link(aside, file).catch(() => undefined);
  await removeQuietly(aside);
  return right;
}

async function readOwner(file: string): Promise<Owner | null> {
  try {
    const owner = JSON.parse(await fs.readFile(file, 'utf8')) as Partial<Owner>;
    const whole =
      owner.application === 'engine-inspector' &&
      typeof owner.pid === 'number' &&
      typeof owner.started === 'string' &&
      typeof owner.host === 'string' &&
      typeof owner.token === 'string' &&
      typeof owner.since === 'string';
    return whole ? (owner as Owner) : null;
  } catch {
    return null;
  }
}

/** Of a process on another machine nothing can be told: its lock counts for a day. */
const foreignLockMs = 24 * 3600_000;

function isAlive(owner: Owner): boolean {
  if (owner.host !== os.hostname()) return Date.now() - Date.parse(owner.since) < foreignLockMs;
  return isRunning(owner.pid);
}

/** Process ids are used again: a process that started at another time is another one. */
async function sameProcess(owner: Owner): Promise<boolean> {
  if (owner.host !== os.hostname() || owner.started === '') return true;
  const started = await processStart(owner.pid);
  return started === '' || started === owner.started;
}

async function isHeld(lockPath: string): Promise<boolean> {
  const owner = await readOwner(lockPath);
  return owner !== null && isAlive(owner) && (await sameProcess(owner));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** Linux tells in clock ticks since boot (field 22 of stat); elsewhere ''. */
async function processStart(pid: number): Promise<string> {
  try {
    const stat = await fs.readFile(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

async function isYoung(file: string): Promise<boolean> {
  const stat = await statOrNull(file);
  return stat !== null && Date.now() - stat.mtimeMs < 2_000;
}

// ---- debris ----

/** With the lock of this engine in hand, every temporary file of it is somebody's who is gone. */
async function removeDebrisOf(target: string, mayRemove: (pid: number) => boolean): Promise<void> {
  const folder = path.dirname(target);
  const base = stem(path.basename(target));
  for (const name of await fs.readdir(folder)) {
    const found = debrisName.exec(name);
    if (found === null || found[1] !== base || !mayRemove(Number(found[2]))) continue;
    if (await completeRecipe(folder, name)) continue;
    await fs.unlink(path.join(folder, name)).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error;
    });
  }
}

/**
 * A crash between the two renames leaves the new engine with the old recipe. The new recipe is still there under its
 * temporary name: if it describes the engine, it takes its place now.
 */
async function completeRecipe(folder: string, name: string): Promise<boolean> {
  const found = debrisName.exec(name);
  if (found?.[3] !== '.json') return false;
  try {
    const temporary = path.join(folder, name);
    const parsed = parseRecipe(await fs.readFile(temporary, 'utf8'));
    if (!parsed.ok || parsed.recipe.engine === null) return false;
    const { file, sha256, size } = parsed.recipe.engine;
    if (stem(file) !== found[1] || file !== path.basename(file)) return false;
    const engine = path.join(folder, file);
    const stat = await statOrNull(engine);
    if (stat?.isFile() !== true || stat.size !== size) return false;
    if ((await hashFile(engine)) !== sha256) return false;
    await renameOver(temporary, recipePathOf(engine));
    return true;
  } catch {
    return false;
  }
}

async function rotateBackups(engine: string, keep: number): Promise<void> {
  for (let age = keep; age >= 2; age--) {
    for (const of of [(name: string) => name, recipePathOf]) {
      const from = of(backupName(engine, age - 1));
      if ((await statOrNull(from)) !== null) await renameOver(from, of(backupName(engine, age)));
    }
  }
}

// ---- files ----

/** A second name costs nothing; where the file system has none, a copy (sharing its blocks where it can). */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await fs.link(from, to);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOSPC' || code === 'EROFS' || code === 'EACCES')
      throw error;
    await fs.copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await syncFile(to);
  }
}

/** On Windows a virus scanner or indexer may hold a new file for a moment. */
async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await fs.rename(from, to);
      return;
    } catch (error) {
      const busy = ['EPERM', 'EACCES', 'EBUSY'].includes(errorCode(error));
      if (process.platform !== 'win32' || !busy || attempt === 20) throw error;
      await delay(50);
    }
  }
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await fs.open(file, 'wx');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFile(file: string): Promise<void> {
  const handle = await fs.open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** So that the new names outlive a power cut. Windows and some network drives cannot: then nothing is lost but that. */
async function syncFolder(folder: string): Promise<void> {
  let handle: fs.FileHandle | undefined;
  try {
    handle = await fs.open(folder, 'r');
    await handle.sync();
  } catch {
    // see above
  } finally {
    await handle?.close();
  }
}

async function statOrNull(file: string): Promise<Stats | null> {
  try {
    return await fs.stat(file);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

async function removeQuietly(file: string): Promise<void> {
  await fs.unlink(file).catch(() => undefined);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** what: "The engine x.engine cannot be written". */
export function writeError(error: unknown, what: string): HostError {
  if (error instanceof HostError) return error;
  const cause = error instanceof Error ? error.message : String(error);
  const make = (why: string, nextStep: string): HostError =>
    new HostError('file-error', `${what}: ${why}.`, nextStep, cause);
  switch (errorCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return make('the disk is full', 'Free space, or choose another folder, and build again.');
    case 'EACCES':
    case 'EPERM':
      return make(
        'the folder must not be written',
        'Choose another folder, or give yourself the right to write there.',
      );
    case 'EROFS':
      return make('the drive is read-only', 'Choose a folder on another drive.');
    case 'ENOENT':
    case 'ENOTDIR':
      return make('its folder is not there', 'Create the folder, or choose another one.');
    case 'EBUSY':
    case 'ETXTBSY':
      return make('another program uses it', 'Close the program that uses it and build again.');
    case 'ENAMETOOLONG':
      return make('its name is too long', 'Choose a shorter name.');
    default:
      return make(plainText(cause, 300), 'Check the folder and the drive, then try again.');
  }
}
