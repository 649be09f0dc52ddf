/**
 * `node leash.mjs PROGRAM ARGUMENTS…`: the program runs at most as long as whoever started this, and is ended with all
 * that it started, however that one ends (a SIGKILL leaves nobody to do it). Stdin is a pipe that the caller holds and
 * never writes to; this process leads a process group of its own (spawn's `detached`).
 */
import { spawn } from 'node:child_process';

const [program, ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.once('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
child.once('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));

// Asked to end, the whole group is: the program ends as it likes, and we with it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

const endAll = () => process.kill(-process.pid, 'SIGKILL');
process.stdin.once('end', endAll).once('error', endAll).resume();
