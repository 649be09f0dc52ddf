/**
 * Who builds an engine now. In .engine-inspector the folder NAME.lock holds one file, TOKEN.json: the owner. It is made
 * elsewhere with the file in it and renamed to its place, which succeeds where no folder or an empty one is there; a
 * dead owner's file has a name of its own, so taking it away never hits a living one. So there is one owner at a time
 * however many try, and nothing that a crash leaves blocks anybody.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import * as v from 'valibot';

import { tryParseJson } from '../../core/text/parseJson';
import { plainText } from '../../core/text/plainText';
import {
  delay,
  isGone,
  lstatOrNull,
  noFollow,
  removeFolderQuietly,
  removeQuietly,
} from '../files/fileSystem';
import { isRunning } from '../files/isRunning';
import { Failure } from '../../core/wire/failure';
import { errorCode } from '../files/fileError';
import { holdPipe, isPipeHeld, type OwnerPipe } from './ownerPipe';
import { makeWorkFolder, removeWorkFolder, stemOf } from './workFolder';

const ownerSchema = v.object({
  application: v.literal('engine-inspector'),
  /** The engine's name in its folder. */
  file: v.string(),
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** When that process started, in the system's own words (Linux), or its pipe (Windows); '': neither is known. */
  started: v.string(),
  /** Where process ids mean the same: this start of this machine, and its container. */
  space: v.string(),
  host: v.string(),
  /** ISO 8601 */
  since: v.string(),
});
type Owner = v.InferOutput<typeof ownerSchema>;

/** A lock's file is written again this often; of processes that cannot be asked, one that is older is of a dead one. */
const beatMs = 15_000;
const staleMs = 120_000;
const maxOwnerBytes = 64 * 1024;
const tokenFile = /^([0-9a-f]{24})\.json$/;

export class NameLock {
  private readonly timer: NodeJS.Timeout;

  constructor(
    /** .engine-inspector */
    readonly folder: string,
    private readonly lockFolder: string,
    readonly token: string,
    private readonly pipe: OwnerPipe | null,
  ) {
    this.timer = setInterval(() => void this.beat(), beatMs).unref();
  }

  private get file(): string {
    return path.join(this.lockFolder, `${this.token}.json`);
  }

  /** False where somebody took it away, because this process stood still for minutes or a person removed it. */
  async isHeld(): Promise<boolean> {
    return (await fs.lstat(this.file).catch(() => null)) !== null;
  }

  /** Never throws. */
  async release(): Promise<void> {
    clearInterval(this.timer);
    await removeQuietly(this.file);
    await removeFolderQuietly(this.lockFolder);
    await removeWorkFolder(this.folder);
    this.pipe?.close();
  }

  /** By writing, so that the time is that of the disk's own clock. */
  private async beat(): Promise<void> {
    try {
      const handle = await fs.open(this.file, constants.O_WRONLY | noFollow);
      await handle.write('{', 0).finally(() => handle.close());
    } catch {
      // isHeld tells, before anything is replaced
    }
  }
}

/** Reserves the name in its folder. Throws a Failure that names the owner where somebody has it. */
export async function takeLock(parent: string, name: string): Promise<NameLock> {
  const token = randomBytes(12).toString('hex');
  const pipe = process.platform === 'win32' ? await holdPipe(token) : null;
  try {
    const taken = await take(parent, name, token, pipe);
    return new NameLock(taken.folder, taken.lockFolder, token, pipe);
  } catch (error) {
    pipe?.close();
    throw error;
  }
}

async function take(
  parent: string,
  name: string,
  token: string,
  pipe: OwnerPipe | null,
): Promise<{ folder: string; lockFolder: string }> {
  const shown = plainText(path.join(parent, name));
  let noFolder: Error | null = null;
  for (let attempt = 0; attempt < 100; attempt++) {
    let claim: string | null = null;
    try {
      const folder = await makeWorkFolder(parent);
      noFolder = null;
      const lockFolder = path.join(folder, `${stemOf(name)}.lock`);
      claim = path.join(folder, `${stemOf(name)}.${token}.claim`);
      await fs.mkdir(claim).catch((error: unknown) => {
        // That of the last attempt, which somebody on Windows still reads: its name is nobody else's.
        if (attempt === 0 || errorCode(error) !== 'EEXIST') throw error;
      });
      const file = path.join(claim, `${token}.json`);
      await fs.writeFile(file, `${JSON.stringify(await ownOwner(name, pipe))}\n`, {
        flag: attempt === 0 ? 'wx' : 'w',
      });
      const { mtimeMs: now } = await fs.lstat(file);
      if (await renamed(claim, lockFolder)) {
        // Without its file it would be anybody's.
        if ((await lstatOrNull(path.join(lockFolder, `${token}.json`))) !== null)
          return { folder, lockFolder };
        claim = null;
        continue;
      }
      const owner = await livingOwner(lockFolder, now);
      if (owner !== null) {
        await removeClaim(claim, token);
        await removeWorkFolder(folder);
        throw isBuilt(shown, owner, lockFolder);
      }
    } catch (error) {
      // The folder was removed by a build that ended this moment.
      if (!isGone(error) || (await lstatOrNull(parent)) === null) throw error;
      if (claim === null && error instanceof Error) noFolder = error;
    }
    if (claim !== null) await removeClaim(claim, token);
    if (attempt > 5) await delay(10);
  }
  if (noFolder !== null) {
    throw new Failure(
      'file-error',
      `${shown} can't be written: no folder can be made in ${plainText(parent)}, and builds keep their temporary files in one.`,
      'Choose another folder.',
      noFolder.message,
    );
  }
  throw new Failure(
    'file-error',
    `The lock of ${shown} can't be taken: ${plainText(path.join(parent, '.engine-inspector'))} holds something that does not belong there.`,
    'Remove that folder if no build is running.',
  );
}

/** The names of engines in this folder whose builds died. */
export async function deadLocks(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await fs.readdir(folder).catch(() => [])) {
    if (!entry.endsWith('.lock')) continue;
    const lockFolder = path.join(folder, entry);
    for (const file of await fs.readdir(lockFolder).catch(() => [])) {
      if (!tokenFile.test(file)) continue;
      const found = await readOwner(path.join(lockFolder, file));
      if (!found?.owner || (await isAlive(found.owner, found.written, Date.now()))) continue;
      const { file: name } = found.owner;
      if (name === path.basename(name) && `${stemOf(name)}.lock` === entry) names.push(name);
    }
  }
  return names;
}

/**
 * What contenders that died before they had the lock left. An owner's file is only taken from who is dead for sure; of a
 * claim without one only the folder goes, which fails as soon as a living contender has put its file there.
 */
export async function removeDeadClaims(folder: string): Promise<void> {
  for (const entry of await fs.readdir(folder)) {
    const token = /\.([0-9a-f]{24})\.claim$/.exec(entry)?.[1];
    if (token === undefined) continue;
    const claim = path.join(folder, entry);
    const found = await readOwner(path.join(claim, `${token}.json`));
    if (found === null) await removeFolderQuietly(claim);
    else if (
      found.owner === null
        ? Date.now() - found.written > staleMs
        : !(await isAlive(found.owner, found.written, Date.now()))
    )
      await removeClaim(claim, token);
  }
}

async function removeClaim(claim: string, token: string): Promise<void> {
  await removeQuietly(path.join(claim, `${token}.json`));
  await removeFolderQuietly(claim);
}

/** False where the place is taken. */
async function renamed(claim: string, lockFolder: string): Promise<boolean> {
  try {
    await fs.rename(claim, lockFolder);
    return true;
  } catch (error) {
    // Windows replaces no folder, not even an empty one, and says so in several ways.
    if (/^(ENOTEMPTY|EEXIST|EPERM|EACCES|EBUSY)$/.test(errorCode(error))) return false;
    if (errorCode(error) === 'ENOTDIR') throw inTheWay(lockFolder);
    throw error;
  }
}

/** Takes dead owners away; null: nobody has it now. */
async function livingOwner(lockFolder: string, now: number): Promise<Owner | null> {
  for (const name of await fs.readdir(lockFolder)) {
    const file = path.join(lockFolder, name);
    if (!tokenFile.test(name)) throw inTheWay(file);
    const found = await readOwner(file);
    if (found === null) continue;
    const { owner, written } = found;
    // Written before it came here: one that cannot be read was cut off by a power cut, or is of a version to come.
    if (owner === null ? isFresh(written, now) : await isAlive(owner, written, now)) {
      return owner ?? unknownOwner(written);
    }
    await fs.unlink(file);
  }
  await removeFolderQuietly(lockFolder);
  return null;
}

/** null: it is gone. owner null: it is no owner of ours. */
async function readOwner(file: string): Promise<{ owner: Owner | null; written: number } | null> {
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(file, constants.O_RDONLY | noFollow);
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile() || stat.size > maxOwnerBytes) return { owner: null, written: 0 };
    // It may grow meanwhile.
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(maxOwnerBytes),
      0,
      maxOwnerBytes,
      0,
    );
    return { owner: parseOwner(buffer.toString('utf8', 0, bytesRead)), written: stat.mtimeMs };
  } finally {
    await handle.close();
  }
}

function parseOwner(text: string): Owner | null {
  const parsed = v.safeParse(ownerSchema, tryParseJson(text));
  return parsed.success ? parsed.output : null;
}

async function isAlive(owner: Owner, written: number, now: number): Promise<boolean> {
  if (owner.space !== (await space())) return isFresh(written, now);
  if (process.platform === 'win32' && owner.started !== '') return isPipeHeld(owner.started);
  if (!isRunning(owner.pid)) return false;
  // Process ids are used again: a process that started at another time is another one.
  const started = await processStart(owner.pid);
  if (started !== '' && owner.started !== '') return started === owner.started;
  return isFresh(written, now);
}

const isFresh = (written: number, now: number): boolean => Math.abs(now - written) < staleMs;

async function ownOwner(file: string, pipe: OwnerPipe | null): Promise<Owner> {
  return {
    application: 'engine-inspector',
    file,
    pid: process.pid,
    started: pipe?.name ?? (await processStart(process.pid)),
    space: await space(),
    host: os.hostname(),
    since: new Date().toISOString(),
  };
}

/** Names change and are given twice (laptops, containers); Linux has better. */
async function space(): Promise<string> {
  try {
    // eslint-disable-next-line gates/read -- the system's own
    const boot = await fs.readFile('/proc/sys/kernel/random/boot_id', 'latin1');
    return `${boot.trim()} ${await fs.readlink('/proc/self/ns/pid')}`;
  } catch {
    return os.hostname();
  }
}

/** Linux tells in clock ticks since boot (field 22 of stat); elsewhere ''. */
async function processStart(pid: number): Promise<string> {
  try {
    // eslint-disable-next-line gates/read -- the system's own
    const stat = await fs.readFile(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function unknownOwner(written: number): Owner {
  const since = new Date(written).toISOString();
  const who = { file: '', pid: 1, started: '', space: '', host: 'another program' };
  return { application: 'engine-inspector', ...who, since };
}

function isBuilt(shown: string, owner: Owner, lockFolder: string): Failure {
  const by = owner.host === os.hostname() ? `process ${owner.pid}` : plainText(owner.host, 80);
  return new Failure(
    'file-error',
    `${shown} is being built already, by ${by} since ${plainText(owner.since, 40)}.`,
    `Wait until it is ready, or cancel it there. If no build is running, remove ${plainText(lockFolder)}.`,
  );
}

function inTheWay(file: string): Failure {
  return new Failure(
    'file-error',
    `${plainText(file)} is in the way of the lock that a build needs.`,
    'Remove it if no build is running.',
  );
}
