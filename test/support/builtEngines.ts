/**
 * Real parts for tests of host and command line: the libraries that set-up fetched, hosts that load them, and engines
 * that they built from the sample model on the CPU, made once and kept under .deps/engines.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeSampleModel } from '../../scripts/makeSampleModel';
import { runtimeReleases } from '../../src/core/report/runtimeReleases';
import type { HostLogLine } from '../../src/host/engineHost/client';
import { EngineHostSupervisor, type SupervisorOptions } from '../../src/host/engineHost/supervisor';

export const repository = path.resolve(import.meta.dirname, '../..');
const dist = path.join(repository, 'dist');
export const hostMain = path.join(dist, 'engineHost.js');
export const cliMain = path.join(dist, 'cli.js');
export const shimFolder = path.join(dist, 'native', `${process.platform}-${process.arch}`);

/** The four-part versions that set-up fetches for the tests, oldest first. */
export const libraryVersions = runtimeReleases.map(({ version }) => version);

/** What NVIDIA calls its library; of Windows with the minor version. */
export function libraryNameOf(
  version: string,
  platform: NodeJS.Platform = process.platform,
): string {
  const minor = version.split('.').slice(0, 2).join('_');
  return platform === 'win32' ? `tensorrt_rtx_${minor}.dll` : 'libtensorrt_rtx.so.1';
}

/** The environment variable by which a library is found. */
export const libraryPathVariable = process.platform === 'win32' ? 'PATH' : 'LD_LIBRARY_PATH';

/** This process's environment without what leads to a TensorRT-RTX. */
export function environmentWithoutRuntimes(): NodeJS.ProcessEnv {
  const hidden = [libraryPathVariable, 'VIRTUAL_ENV', 'TENSORRT_RTX_HOME'];
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !hidden.includes(name.toUpperCase())),
  );
}

export function libraryOf(version: string): string {
  const folder = path.join(repository, '.deps/tensorrt-rtx', version, 'tensorrt_rtx_libs');
  const file = path.join(folder, libraryNameOf(version));
  if (!fs.existsSync(file)) throw new Error(`${file} is missing: npm run setup`);
  return file;
}

export interface TestSupervisor extends EngineHostSupervisor {
  readonly logged: HostLogLine[];
}

export function startSupervisor(options: Partial<SupervisorOptions> = {}): TestSupervisor {
  const logged: HostLogLine[] = [];
  const supervisor = new EngineHostSupervisor({
    hostMain,
    shimFolder,
    onLog: (line) => logged.push(line),
    ...options,
  });
  return Object.assign(supervisor, { logged });
}

/** An engine of the sample model, built by the real library of that version; built once. */
export async function builtEngine(version: string): Promise<string> {
  const folder = path.join(repository, '.deps/engines');
  const engine = path.join(folder, `fixedSample-${version}.engine`);
  if (fs.existsSync(engine)) return engine;
  fs.mkdirSync(folder, { recursive: true });
  const model = path.join(folder, `fixedSample-${version}-${process.pid}.onnx`);
  const output = `${engine}.${process.pid}`;
  writeSampleModel(model, { fixedShape: true });
  const supervisor = startSupervisor();
  try {
    await supervisor.request(libraryOf(version), 'build', {
      model,
      output,
      flags: [],
      clearedFlags: [],
      computeCapabilities: [],
      profiles: [],
      profilingVerbosity: 'layer-names-only',
      memoryPoolLimits: {},
    });
    fs.renameSync(output, engine);
    return engine;
  } finally {
    await supervisor.dispose();
    fs.rmSync(model, { force: true });
    fs.rmSync(output, { force: true });
  }
}

/** Whether a process of this id is there and is not a zombie. */
export function isRunning(pid: number): boolean {
  if (process.platform === 'win32') {
    // Not by /proc: under Wine that is Linux's, whose processes have the same numbers now and then.
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  }
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^\d+ \(.*\) Z/s.test(stat);
  } catch {
    return false;
  }
}

/** Waits until it is true; fails with what it waited for. */
export async function until(what: string, isTrue: () => boolean, limitMs = 10_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!isTrue()) {
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
