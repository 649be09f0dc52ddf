/** What the tests of this suite share: a stand-in machine, a runner on it, engines, and a watch over what is left. */
import assert from 'node:assert/strict';
import type * as childProcess from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';

import type { Inspection } from '../../src/core/inspect/inspection';
import {
  defaultRunChoices,
  type Goal,
  type RunChoices,
  type RunProgress,
  type RunReport,
} from '../../src/core/run/runReport';
import type { HostLogLine } from '../../src/host/engineHost/client';
import {
  EngineRunner,
  type EngineRunnerOptions,
  type RunRequest,
} from '../../src/host/run/engineRunner';
import { Failure } from '../../src/core/wire/failure';
import { temporaryFolder } from '../harness/workspace';
import {
  standInMachine,
  writeStandInEngine,
  type StandInEngine,
  type StandInEngineOptions,
  type StandInState,
} from '../standIns/standIns';
import { hostMain, isRunning, shimFolder } from '../support/builtEngines';

export const mib = 2 ** 20;
export const gib = 2 ** 30;

/** Few iterations: most tests are not about the numbers. */
export const fewIterations: Partial<RunChoices> = {
  warmUp: 2,
  iterations: 20,
  profiledIterations: 2,
  runtimeCache: false,
};

export class RunBench {
  readonly logged: HostLogLine[] = [];
  private readonly machine = standInMachine();
  private readonly temporary = temporaryFolder();
  private readonly runners: EngineRunner[] = [];
  private count = 0;

  get runtime(): string {
    return this.machine.runtime;
  }
  get cacheFolder(): string {
    return this.at('caches');
  }
  get folder(): string {
    return this.temporary.path;
  }
  at(name: string): string {
    return path.join(this.folder, name);
  }

  become(state: StandInState): void {
    this.machine.configure(state);
  }

  engine(options: StandInEngineOptions = {}, name = `engine${this.count++}.engine`): StandInEngine {
    return writeStandInEngine(this.at(name), { latencyMs: 0.5, jitMs: 5, ...options });
  }

  runner(options: Partial<EngineRunnerOptions> = {}): EngineRunner {
    const runner = new EngineRunner({
      hostMain,
      shimFolder,
      cacheFolder: this.cacheFolder,
      environment: () => this.machine.environment,
      onLog: (line) => this.logged.push(line),
      ...options,
    });
    this.runners.push(runner);
    return runner;
  }

  async inspect(
    engine: string | StandInEngine,
    runner = this.runner(),
  ): Promise<{ inspection: Inspection; layers: Uint8Array }> {
    const file = typeof engine === 'string' ? engine : engine.file;
    return runner.inspect({ engine: file, runtime: this.runtime, layers: true });
  }

  async search(
    { file, streamable }: StandInEngine,
    goal: Goal,
    more: { runner?: EngineRunner; onProgress?: (progress: RunProgress) => void } = {},
  ): Promise<{ report: RunReport; folder: string }> {
    const { runner = this.runner(), onProgress } = more;
    const id = `run${this.count++}`;
    const folder = this.at(id);
    fs.mkdirSync(folder);
    const choices = { ...defaultRunChoices, ...fewIterations, inputs: [] };
    const report = await runner.search(
      { engine: file, runtime: this.runtime, choices, folder, id, goal, streamable },
      { onProgress },
    );
    return { report, folder };
  }

  async run(
    engine: string | StandInEngine,
    choices: Partial<RunChoices> = {},
    more: Partial<RunRequest> & {
      runner?: EngineRunner;
      signal?: AbortSignal;
      onProgress?: (progress: RunProgress) => void;
    } = {},
  ): Promise<RunReport> {
    const { runner = this.runner(), signal, onProgress, ...request } = more;
    const id = `run${this.count++}`;
    const folder = this.at(id);
    fs.mkdirSync(folder);
    return runner.run(
      {
        engine: typeof engine === 'string' ? engine : engine.file,
        runtime: this.runtime,
        choices: { ...defaultRunChoices, ...fewIterations, inputs: [], ...choices },
        kind: 'run',
        budgets: [],
        folder,
        id,
        reference: null,
        ...request,
      },
      { signal, onProgress },
    );
  }

  /** After each test: no process, no GPU memory; and the machine is well again. */
  async rest(): Promise<void> {
    this.nothingIsLeft();
    await Promise.all(this.runners.splice(0).map((runner) => runner.dispose()));
    this.machine.configure({
      totalMemory: 8 * gib,
      usedMemory: gib,
      noGpu: false,
      init: 0,
      faults: {},
    });
    this.logged.length = 0;
  }

  nothingIsLeft(): void {
    assert.deepEqual(engineHosts(), [], 'engine hosts are left');
    assert.equal(this.machine.memoryInUse(), 0, 'GPU memory is left');
  }

  memoryInUse(): number {
    return this.machine.memoryInUse();
  }

  dispose(): void {
    this.machine.dispose();
    this.temporary.remove();
  }
}

/** Windows lists no processes without native code: those that were forked are kept. */
const forked: childProcess.ChildProcess[] = [];
if (process.platform === 'win32') {
  const module = createRequire(__filename)('node:child_process') as typeof childProcess;
  const { fork } = module;
  module.fork = ((...args: Parameters<typeof fork>) => {
    const child = fork(...args);
    forked.push(child);
    return child;
  }) as typeof fork;
}

/** Process ids of the engine hosts that this process started. */
export function engineHosts(): number[] {
  if (process.platform === 'win32') {
    return forked
      .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
      .flatMap(({ pid }) => pid ?? []);
  }
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '');
        const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        return Number(stat.split(' ')[1]) === process.pid && command.includes('engineHost.js');
      } catch {
        return false; // it just ended
      }
    })
    .filter(isRunning);
}

export async function failure(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Failure, String(error));
  assert.notEqual(error.nextStep, '');
  return error;
}

/** The values of an output that is float32 and was kept. */
export function floatsOf(report: RunReport, name: string): Float32Array {
  const output = report.attempts[0]?.outputs.find((one) => one.name === name);
  assert.ok(output?.dataPath, `no output ${name}`);
  const bytes = fs.readFileSync(output.dataPath);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}
