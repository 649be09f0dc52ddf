/**
 * An empty or relative folder in LD_LIBRARY_PATH makes the system take drivers and libraries from the folder that we are
 * called in. What the loader of a running process looks through cannot be changed any more, so the same call is made once
 * more, without such folders.
 */
import { spawn } from 'node:child_process';
import { absoluteSearchPaths } from '../host/engineHost/hostEnvironment';

/** Resolves with the exit code. */
export function callAgain(entry: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, entry, ...args], {
    // The arguments are relative to it.
    cwd: process.cwd(),
    env: absoluteSearchPaths(process.env),
    stdio: 'inherit',
  });
  // Ctrl+C reaches both; only the one that works knows what to do about it.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 2)));
  });
}
