/**
 * What the set-up steps share: running a tool with its output in a log, finding tools, sums, and files that appear
 * whole or not at all. Node built-ins only: this runs before `npm install`.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const depsFolder = path.join(root, '.deps');
export const inRoot = (...parts) => path.join(root, ...parts);
export const inDeps = (...parts) => path.join(depsFolder, ...parts);
export const isWindows = process.platform === 'win32';
export const platform = `${process.platform}-${process.arch}`;

/**
 * How many compilers run at a time. Without a number `cmake --build --parallel` has make start all of them at once, which
 * takes some 12 GB for the shims. CMAKE_BUILD_PARALLEL_LEVEL is CMake's own variable for it.
 */
export const buildJobs =
  Number(process.env.CMAKE_BUILD_PARALLEL_LEVEL) || os.availableParallelism();

/** A failure that a person can act on: what happened, and what to do next. */
export class SetupError extends Error {
  constructor(message, nextStep) {
    super(message);
    this.nextStep = nextStep;
  }
}

/** The full path of an executable on PATH, or undefined. */
export function which(name) {
  const suffixes = isWindows ? (process.env.PATHEXT ?? '.EXE;.CMD;.BAT').split(';') : [''];
  if (path.isAbsolute(name)) return isExecutable(name) ? name : undefined;
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const suffix of suffixes) {
      const candidate = path.join(folder, name + suffix);
      if (folder !== '' && isExecutable(candidate)) return candidate;
    }
  }
  return undefined;
}

function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a tool to its end. Its output goes to .deps/logs/NAME.log; the last lines of it are in the error when it fails.
 * Returns what it wrote to stdout.
 */
export async function run(command, args, { log, cwd = root, env = {} }) {
  const logFile = inDeps('logs', `${log}.log`);
  fs.mkdirSync(path.dirname(logFile), { recursive: true });
  const stream = fs.createWriteStream(logFile, { flags: 'a' });
  stream.write(`\n$ ${[command, ...args].join(' ')}\n`);
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: isWindows && command.endsWith('.cmd'),
  });
  let stdout = '';
  let all = '';
  const take = (text) => {
    all = (all + text).slice(-20_000);
    stream.write(text);
  };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    take(text);
  });
  child.stderr.setEncoding('utf8').on('data', take);
  const code = await new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new SetupError(`${command} could not be started: ${error.message}`, undefined)),
    );
    child.once('close', (exitCode, signal) => resolve(exitCode ?? signal));
  });
  await new Promise((resolve) => stream.end(resolve));
  if (code === 0) return stdout;
  const tail = all.trimEnd().split('\n').slice(-15).join('\n');
  throw new SetupError(
    `${path.basename(command)} ${args.slice(0, 3).join(' ')} ended with ${code}:\n${tail}`,
    `The whole output is in ${path.relative(root, logFile)}. When the cause is gone, the same command continues where this one stopped.`,
  );
}

/** Runs npm, the one that started this process where there is one. */
export function runNpm(args, options) {
  const npm = process.env.npm_execpath;
  if (npm?.endsWith('.js')) {
    return run(options.node ?? process.execPath, [npm, ...args], options);
  }
  return run(isWindows ? 'npm.cmd' : 'npm', args, options);
}

/** The SHA-256 of a file, hexadecimal. */
export async function sha256File(file) {
  const hash = createHash('sha256');
  for await (const piece of fs.createReadStream(file, { highWaterMark: 1 << 20 })) {
    hash.update(piece);
  }
  return hash.digest('hex');
}

/** Every file below a folder, relative, sorted, without those that `skip` names by their relative path. */
export function filesBelow(folder, skip = () => false) {
  const found = [];
  const walk = (relative) => {
    for (const entry of fs.readdirSync(path.join(folder, relative), { withFileTypes: true })) {
      const name = path.posix.join(relative, entry.name);
      if (skip(name)) continue;
      if (entry.isDirectory()) walk(name);
      else if (entry.isFile()) found.push(name);
    }
  };
  if (fs.existsSync(folder)) walk('');
  return found.sort();
}

/** One SHA-256 over names and contents of the files below a folder. */
export function digestOfFolder(folder, skip) {
  const hash = createHash('sha256');
  for (const name of filesBelow(folder, skip)) {
    hash
      .update(`${name}\0`)
      .update(fs.readFileSync(path.join(folder, name)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** One SHA-256 over anything that JSON can hold. */
export const digestOf = (value) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** Writes a file so that readers see the old or the new one. */
export function writeWhole(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, text);
  fs.renameSync(temporary, file);
}

/** Makes a folder by `fill` beside its place, then puts it there in one step; what was there before is removed. */
export async function makeFolderWhole(target, fill) {
  const parent = path.dirname(target);
  fs.mkdirSync(parent, { recursive: true });
  for (const name of fs.readdirSync(parent)) {
    if (name.startsWith(`${path.basename(target)}.partial-`)) {
      fs.rmSync(path.join(parent, name), { recursive: true, force: true });
    }
  }
  const partial = fs.mkdtempSync(path.join(parent, `${path.basename(target)}.partial-`));
  try {
    await fill(partial);
    fs.chmodSync(partial, 0o755);
    fs.rmSync(target, { recursive: true, force: true });
    fs.renameSync(partial, target);
  } catch (error) {
    fs.rmSync(partial, { recursive: true, force: true });
    throw error;
  }
}
