/** What the header cannot say: which GPUs an engine holds code for (check --deep, check --machine). */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ReportJson } from '../../src/core/report/reportJson';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import {
  cliMain,
  environmentWithoutRuntimes,
  libraryOf,
  libraryPathVariable,
} from '../support/builtEngines';
import { fp8EngineStart, writeEngineStart } from '../support/compilerAnswers';

describe('engines without code for GPUs of their header', () => {
  let folder: TemporaryFolder;
  before(() => {
    folder = temporaryFolder();
    writeEngineStart(path.join(folder.path, 'fp8.engine'), fp8EngineStart());
  });
  after(() => folder.remove());

  function cli(...args: string[]): { code: number | null; stdout: string; stderr: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cliMain, ...args], {
      cwd: folder.path,
      env: {
        ...environmentWithoutRuntimes(),
        [libraryPathVariable]: path.dirname(libraryOf('1.7.1.116')),
      },
      encoding: 'utf8',
    });
    return { code: status, stdout, stderr };
  }
  const reportOf = (...args: string[]): ReportJson => {
    const { stdout, stderr } = cli('check', 'fp8.engine', '--json', ...args);
    const [report] = JSON.parse(stdout) as ReportJson[];
    assert.ok(report, stderr);
    return report;
  };
  const machine = (computeCapability: string): string => {
    const name = `${computeCapability}.json`;
    fs.writeFileSync(
      path.join(folder.path, name),
      JSON.stringify({
        computeCapability,
        totalGpuMemory: 8 * 2 ** 30,
        driverVersion: 13000,
        tensorrtRtx: '1.7.1',
        cudaRuntimeVersion: 13040,
      }),
    );
    return name;
  };

  it('a target is told of them, from the engine’s own text', () => {
    const { stdout, code } = cli(
      'check',
      'fp8.engine',
      '--target',
      'rtx-3060-ti,rtx-4090',
      '--json',
    );
    const [report] = JSON.parse(stdout) as {
      targets: { target: string; cell: string; evidence: string }[];
    }[];
    assert.deepEqual(
      report?.targets.map(({ cell, evidence }) => [cell, evidence]),
      [
        ['no-code', 'engine-text'],
        ['runs', 'rule'],
      ],
    );
    assert.equal(code, 1);
  });

  it('a deep check names them, a plain one does not look', () => {
    assert.equal(reportOf().noCodeFor, null);
    const deep = reportOf('--deep');
    assert.deepEqual(deep.noCodeFor, {
      computeCapabilities: ['8.0', '8.6'],
      evidence: 'engine-text',
    });
    const reason = deep.reasons.find(({ id }) => id === 'no-code-for-gpu');
    assert.equal(reason?.evidence, 'engine-text');
    assert.match(reason.sentence, /8\.0 and 8\.6.*8\.9/);
    // The header itself is what it is.
    assert.deepEqual(deep.header?.computeCapabilities, ['8.0', '8.6', '8.9', '12.0', '12.1']);
  });

  it('the prediction for such a GPU is that it would not run', () => {
    const ampere = cli('check', 'fp8.engine', '--machine', machine('8.6'));
    assert.equal(ampere.code, 1, ampere.stdout);
    assert.match(
      ampere.stdout,
      /it would not run\.\n {4}It holds no code for compute capability 8\.6/,
    );
    const predicted = reportOf('--machine', machine('8.6'));
    assert.deepEqual(predicted.predicted, { validity: 0, diagnostics: 0 });
    assert.deepEqual(
      predicted.predictedReasons?.map(({ id }) => id),
      ['no-code-for-gpu'],
    );
    const ada = cli('check', 'fp8.engine', '--machine', machine('8.9'));
    assert.equal(ada.code, 0, ada.stdout);
    assert.match(ada.stdout, /it would run\./);
  });
});
