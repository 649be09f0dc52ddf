/**
 * What set-up remembers between runs, in .deps/setup-state.json: for each step the digest of its inputs (`key`) and the
 * files it made with size and time. A step is done while both are as they were, so a second run only compares.
 */
import * as fs from 'node:fs';

import { SetupError, inDeps, inRoot, writeWhole } from './system.mjs';

const file = inDeps('setup-state.json');

function readAll() {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return {}; // none yet, or damaged: every step looks for itself
  }
}

function stamp(name) {
  try {
    const { size, mtimeMs } = fs.statSync(inRoot(name));
    return `${size}:${mtimeMs}`;
  } catch {
    return undefined;
  }
}

export function isDone(id, key) {
  const entry = readAll()[id];
  if (entry?.key !== key) return false;
  return Object.entries(entry.outputs).every(([name, value]) => stamp(name) === value);
}

export function markDone(id, key, outputs) {
  const missing = outputs.filter((name) => stamp(name) === undefined);
  if (missing.length > 0) {
    throw new SetupError(`${id} ended without making ${missing.join(', ')}`, undefined);
  }
  const all = readAll();
  all[id] = { key, outputs: Object.fromEntries(outputs.map((name) => [name, stamp(name)])) };
  writeWhole(file, `${JSON.stringify(all, undefined, 2)}\n`);
}

/**
 * One set-up at a time in this folder. The lock names its process, so one left by a killed set-up does not count.
 */
export async function withLock(say, work) {
  const lock = inDeps('setup.lock');
  fs.mkdirSync(inDeps(), { recursive: true });
  for (let told = false; ;) {
    try {
      fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!ownerLives(lock) && removeDead(lock)) continue;
    if (!told) say('another set-up is at work in this folder; waiting for it');
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const release = () => fs.rmSync(lock, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    release();
    process.off('exit', release);
  }
}

/**
 * Of several that find the lock of a dead one, one removes it and the others look again: a lock that was judged dead may be
 * a living one's by the time it is removed. False: somebody else is about to.
 */
function removeDead(lock) {
  const turn = `${lock}.removal`;
  try {
    fs.writeFileSync(turn, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!ownerLives(turn)) fs.rmSync(turn, { force: true });
    return false;
  }
  try {
    if (!ownerLives(lock)) fs.rmSync(lock, { force: true });
    return true;
  } finally {
    fs.rmSync(turn, { force: true });
  }
}

function ownerLives(lock) {
  let owner;
  try {
    owner = Number(fs.readFileSync(lock, 'utf8'));
    if (owner === 0) return Date.now() - fs.statSync(lock).mtimeMs < 2_000; // being written
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
