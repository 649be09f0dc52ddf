/** Compiles the stand-in NVML with the machine's C compiler and describes machines to it. See standInNvml.c. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** The library of this kind in that folder; old: one without the newer functions. source: where a bundle cannot know it. */
export function compileStandInNvml(
  folder: string,
  kind: 'new' | 'old' = 'new',
  source = path.join(__dirname, 'standInNvml.c'),
): string {
  if (process.platform === 'win32') {
    const made = path.resolve(path.dirname(source), '../../../build/standIns/windows');
    return path.join(made, 'STAND-IN-drivers', kind === 'old' ? 'standInNvml-old.dll' : 'nvml.dll');
  }
  const library = path.join(folder, `standInNvml-${kind}.so`);
  const define = kind === 'old' ? ['-DSTAND_IN_OLD'] : [];
  execFileSync(process.env['CC'] ?? 'cc', [
    ...['-std=gnu99', '-Wall', '-Wextra', '-Werror', '-O1', '-fPIC', '-shared'],
    ...['-fvisibility=hidden', ...define, '-o', library, source],
  ]);
  return library;
}

type Value = string | number | bigint;
type Fields = Readonly<Record<string, Value>>;

export interface StandInProcess {
  pid: number;
  /** Bytes; left out: the driver does not tell. */
  memory?: bigint;
  kind?: 'compute' | 'graphics';
  name?: string;
  name_status?: number;
}
export interface StandInGpu {
  uuid: string;
  name: string;
  total: bigint;
  used?: bigint;
  reserved?: bigint;
  util?: number;
  cc?: string;
  mig?: number;
  handle_status?: number;
  memory_status?: number;
  util_status?: number;
  processes_status?: number;
  processes?: StandInProcess[];
  instances?: StandInGpu[];
}
export interface StandInMachine {
  machine?: Fields;
  gpus: StandInGpu[];
  /** A driver that never answers, or ends the process. */
  fault?: 'hang' | 'crash';
  /** Lines for the stand-in CUDA driver: a word and its fields. */
  more?: readonly (readonly [word: 'cuda' | 'fault', fields: Fields])[];
}

/** A machine that a test can change while a program looks at it. */
export class StandInNvml {
  readonly config: string;
  readonly log: string;

  constructor(
    folder: string,
    /** For the environment of the engine host. */
    readonly library: string,
  ) {
    this.config = path.join(folder, 'machine.txt');
    this.log = path.join(folder, 'calls.txt');
  }

  get environment(): Record<string, string> {
    return {
      ENGINE_INSPECTOR_TEST_NVML: this.library,
      STAND_IN_NVML: this.config,
      STAND_IN_NVML_LOG: this.log,
    };
  }

  /** Replaced at once, so that a look sees the machine before or after, never half of one. */
  become({ machine = {}, gpus, fault, more = [] }: StandInMachine): void {
    const lines = [
      ...(fault === undefined ? [] : [fault]),
      line('machine', machine),
      ...gpus.flatMap((gpu) => gpuLines('gpu', gpu)),
      ...more.map(([word, fields]) => line(word, fields)),
    ];
    fs.writeFileSync(`${this.config}.new`, `${lines.join('\n')}\n`);
    for (let attempt = 1; ; attempt++) {
      try {
        fs.renameSync(`${this.config}.new`, this.config);
        return;
      } catch (error) {
        // Windows replaces no file that is being read.
        if (process.platform !== 'win32' || attempt === 100) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      }
    }
  }

  /** How often the library was called for that since the last time this was asked. */
  takeCalls(word: string): number {
    let text = '';
    try {
      text = fs.readFileSync(this.log, 'utf8');
    } catch {
      return 0;
    }
    const words = text.split('\n');
    fs.writeFileSync(this.log, words.filter((entry) => entry !== word).join('\n'));
    return words.filter((entry) => entry === word).length;
  }
}

function gpuLines(word: 'gpu' | 'instance', gpu: StandInGpu): string[] {
  const { processes = [], instances = [], ...fields } = gpu;
  return [
    line(word, fields),
    ...processes.map((process) => line('process', { ...process })),
    ...instances.flatMap((instance) => gpuLines('instance', instance)),
  ];
}

function line(word: string, fields: Fields): string {
  const parts = Object.entries(fields).map(([key, value]) => `${key}=${encode(String(value))}`);
  return [word, ...parts].join(' ');
}

/** Every byte that is not plain, so that names may hold anything but a NUL. Latin-1 names give bytes that are not UTF-8. */
function encode(text: string): string {
  const bytes = text.startsWith('bytes:')
    ? Buffer.from(text.slice(6), 'latin1')
    : Buffer.from(text);
  return [...bytes]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[\w.,:-]/.test(character) && byte < 128
        ? character
        : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}
