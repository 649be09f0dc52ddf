/** `engine-inspector gpu` as it is shipped, on machines made by the stand-in NVML. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { itUnless, onWindows } from '../support/leaveOut';
import { compileStandInNvml, StandInNvml, type StandInMachine } from '../standIns/nvml/standInNvml';

const cli = path.resolve(__dirname, '../../dist/cli.js');
const GiB = 1024n ** 3n;
const gpu = (index: number) => ({
  uuid: `GPU-${index}`,
  name: 'NVIDIA GeForce RTX 4060',
  total: 8n * GiB,
  used: 2n * GiB,
  util: 12,
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe('engine-inspector gpu', () => {
  let folder = '';
  let nvml: StandInNvml;
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gpu-cli-'));
    nvml = new StandInNvml(folder, compileStandInNvml(folder));
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  function run(
    args: string[],
    machine: StandInMachine,
    { lines, environment = {} }: { lines?: number; environment?: Record<string, string> } = {},
  ): Promise<Ended> {
    nvml.become(machine);
    const child = spawn(process.execPath, [cli, 'gpu', ...args], {
      env: { ...process.env, ...nvml.environment, ...environment },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      // Enough was seen of what never ends by itself.
      if (lines !== undefined && stdout.split('\n').length > lines) child.kill('SIGINT');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    return new Promise((resolve) =>
      child.once('close', (code) => resolve({ code, stdout, stderr })),
    );
  }

  it('says how the memory stands and who holds it', async () => {
    const { code, stdout } = await run([], {
      gpus: [
        { ...gpu(0), processes: [{ pid: 42, memory: GiB, name: 'python3 \u001b[31mtrain.py' }] },
        gpu(1),
      ],
    });
    assert.equal(code, 0);
    assert.match(stdout, /NVIDIA driver STAND-IN 580\.1, CUDA 13\.0, read through NVML/);
    assert.match(stdout, /GPU 0: STAND-IN NVIDIA GeForce RTX 4060, compute capability 8\.9/);
    assert.match(stdout, /\[#{6}\.{18}\] 2\.0\/8\.0 GiB in use, 6\.0 GiB free, 12 % busy/);
    assert.match(stdout, /42 {5}1\.0 GiB {2}python3 train\.py \(compute\)/);
    assert.ok(!stdout.includes('\u001b'), 'no escape codes in a pipe');
  });

  it('--json: every digit, and what CUDA_VISIBLE_DEVICES hides', async () => {
    const { code, stdout } = await run(
      ['--json'],
      { gpus: [{ ...gpu(0), total: 2n ** 60n + 1n }, gpu(1)] },
      { environment: { CUDA_VISIBLE_DEVICES: 'GPU-1' } },
    );
    assert.equal(code, 0);
    assert.match(stdout, /"total": 1152921504606846977/);
    const json = JSON.parse(stdout) as {
      cudaVisibleDevices: string;
      gpus: { uuid: string; visible: boolean }[];
    };
    assert.deepEqual(
      json.gpus.map(({ uuid, visible }) => [uuid, visible]),
      [
        ['GPU-0', false],
        ['GPU-1', true],
      ],
    );
    assert.match(json.cudaVisibleDevices, /programs see GPU 1 only/);
  });

  itUnless(
    onWindows('no process sends another one Ctrl+C'),
    '--watch --json: an object a line until Ctrl+C, then nothing is left running',
    async () => {
      const { code, stdout } = await run(
        ['--watch', '--json', '--interval', '0.1'],
        { gpus: [gpu(0)] },
        { lines: 3 },
      );
      assert.equal(code, 0);
      const looks = stdout.trim().split('\n');
      assert.ok(looks.length >= 3);
      const times = looks.map((line) => Date.parse((JSON.parse(line) as { at: string }).at));
      assert.ok(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0)));
      assert.equal(nvml.takeCalls('init') >= 1, true);
    },
  );

  it('exit codes: a GPU that fails 1, none to read 2, wrong use 2', async () => {
    const lost = await run([], { gpus: [gpu(0), { ...gpu(1), handle_status: 15 }] });
    assert.equal(lost.code, 1);
    assert.match(lost.stdout, /fallen off the bus \(NVML_ERROR_GPU_IS_LOST\)/);
    const mismatch = await run([], { machine: { init: 18 }, gpus: [] });
    assert.equal(mismatch.code, 2);
    assert.match(mismatch.stdout, /NVML_ERROR_LIB_RM_VERSION_MISMATCH\)\.\nRestart the computer/);
    assert.equal((await run(['--interval', 'soon'], { gpus: [] })).code, 2);
  });

  it('a driver that ends its process costs a sentence', async () => {
    const { code, stderr } = await run([], { gpus: [], fault: 'crash' });
    assert.equal(code, 2);
    assert.match(stderr, /The engine host ended by itself .* while reading GPU memory/);
  });
});
