import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { GpuStatus } from '../../src/extension/gpuStatus';
import { commands, section, settings } from '../../src/extension/ids';
import {
  activated,
  closeEditors,
  newest,
  openPage,
  putEngine,
  until,
  useRuntimes,
} from './inVSCode';

/** Tests are bundled; the stand-in's source is where the repository is. */
const repository = process.env['ENGINE_INSPECTOR_REPOSITORY'] ?? '';
const GiB = 1024n ** 3n;

describe('GPU status', () => {
  let gpus: GpuStatus;
  let folder = '';
  const kept: Record<string, string | undefined> = {};

  function machine(lines: string[]): void {
    fs.writeFileSync(path.join(folder, 'machine.new'), `${lines.join('\n')}\n`);
    fs.renameSync(path.join(folder, 'machine.new'), path.join(folder, 'machine.txt'));
  }
  const gpu = (index: number, used: bigint) =>
    `gpu uuid=GPU-${index} name=RTX-4060 total=${8n * GiB} used=${used} util=7`;

  before(async () => {
    const { compileStandInNvml } = await import('../standIns/nvml/standInNvml');
    useRuntimes(newest);
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gpu-status-'));
    const source = path.join(repository, 'test/standIns/nvml/standInNvml.c');
    const environment = {
      ENGINE_INSPECTOR_TEST_NVML: compileStandInNvml(folder, 'new', source),
      STAND_IN_NVML: path.join(folder, 'machine.txt'),
    };
    for (const [name, value] of Object.entries(environment)) {
      kept[name] = process.env[name];
      process.env[name] = value;
    }
    machine([gpu(0, 2n * GiB), 'process pid=42 memory=1073741824 name=python3', gpu(1, GiB)]);
    gpus = (await activated()).gpus;
  });

  after(async () => {
    await closeEditors();
    for (const [name, value] of Object.entries(kept)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    fs.rmSync(folder, { recursive: true });
  });

  const configure = (name: keyof typeof settings, value: unknown) =>
    vscode.workspace
      .getConfiguration(section)
      .update(settings[name], value, vscode.ConfigurationTarget.Global);

  it('shows nothing while no engine is open', async () => {
    await closeEditors();
    await until('nothing', () => gpus.shown === null);
  });

  it('with an engine in front: used of total, whether it fits, and who holds memory', async () => {
    await openPage(putEngine('fits.engine', { version: newest, weightBytes: 1024 ** 3 }));
    // An earlier suite's machine had no GPU: the user looks again.
    await gpus.refresh();
    const shown = await until('the item', () =>
      gpus.shown?.text.includes(',') ? gpus.shown : null,
    );
    assert.equal(shown.text, '$(chip) 2.0/8.0 GiB, fits');
    assert.match(shown.tooltip, /python3/);
    assert.match(shown.label, /fits\.engine: Fits: its weights need 1\.0 GiB, and 6\.0 GiB/);
  });

  it('follows the memory without being asked', async () => {
    machine([gpu(0, 15n * (GiB / 2n)), gpu(1, GiB)]);
    const shown = await until('more memory in use', () =>
      gpus.shown?.text.startsWith('$(chip) 7.5') ? gpus.shown : null,
    );
    assert.equal(shown.text, '$(chip) 7.5/8.0 GiB, does not fit now');
    assert.equal(shown.warns, true);
    await configure('gpuWarningPercent', 0);
    await until('no warning', () => gpus.shown?.warns === false);
    await configure('gpuWarningPercent', undefined);
  });

  it('the view has the same fit, and its history', async () => {
    await vscode.commands.executeCommand(commands.showGpus);
    const tab = await until('the panel', () =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .find(({ input }) => input instanceof vscode.TabInputWebview),
    );
    assert.equal(tab.label, 'GPU Memory');
    const model = gpus.model();
    assert.match(model?.fit?.sentence ?? '', /Does not fit now/);
    assert.equal(model?.gpus.length, 2);
    assert.equal(model?.gpus[0]?.chosen, true);
    // In front of the view the engine is still the one that was looked at.
    assert.equal(model?.fit?.file, 'fits.engine');
  });

  it('another GPU: the item, and the environment of the next engine host', async () => {
    const { host } = await activated();
    await configure('gpu', 'GPU-1');
    const shown = await until('the other GPU', () =>
      gpus.shown?.text.startsWith('$(chip) 1.0/8.0') ? gpus.shown : null,
    );
    assert.match(shown.text, /, fits$/);
    assert.deepEqual(host.gpuEnvironment(), { CUDA_VISIBLE_DEVICES: 'GPU-1' });
    await configure('gpu', undefined);
    assert.deepEqual(host.gpuEnvironment(), {});
  });

  it('stops looking when nobody sees it', async () => {
    await closeEditors();
    await until('nothing shown', () => gpus.shown === null);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const looks = gpus.looksTaken;
    await new Promise((resolve) => setTimeout(resolve, 5000));
    assert.equal(gpus.looksTaken, looks);
  });
});
