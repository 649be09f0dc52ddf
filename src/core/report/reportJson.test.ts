import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  answerOf,
  factsOf,
  inputOf,
  realHeader,
  realLines,
  rtx4060,
  runtimeOf,
} from '../../../test/support/engines';
import { unreadableFacts } from '../file/fileFacts';
import { fileKinds } from '../file/fileKind';
import { remedyIds } from './engineReport';
import { makeEngineReport } from './makeEngineReport';
import { makePrediction } from './prediction';
import { reasonIds } from './reasonTable';
import { reportJson } from './reportJson';

const facts = factsOf(realHeader('1.6.1.120'));
const report = makeEngineReport(
  inputOf(facts, { answer: answerOf(2, 1, [[3, realLines.version16in17]]) }),
);

describe('reportJson', () => {
  it('has the shape that is promised', () => {
    const json = reportJson(report);
    assert.equal(json.file, 'model.engine');
    assert.equal(json.kind, 'tensorrt-rtx');
    assert.equal(json.verdict, 'invalid');
    assert.deepEqual([json.validity, json.diagnostics], [2, 1]);
    assert.deepEqual(
      json.reasons.map((r) => [r.id, r.severity, r.evidence, r.enumName]),
      [['version-mismatch', 'error', 'runtime', 'kVERSION_MISMATCH']],
    );
    assert.deepEqual(
      json.remedies.map((r) => [r.id, r.preferred, r.runtimeVersion]),
      [
        ['rebuild', true, null],
        ['install-matching-runtime', false, '1.6.1.120'],
        ['rebuild-for-chosen-gpus', false, null],
        ['copy-rebuild-command', false, null],
      ],
    );
    assert.deepEqual(json.header, {
      version: '1.6.1.120',
      computeCapabilities: ['8.0', '8.6', '8.9', '12.0', '12.1'],
      ptxForNewer: true,
      fileSize: 9_469_428,
      weightBytes: 4_691_904,
      cudaDriver: 0,
      cudaRuntime: 13040,
    });
    assert.deepEqual(json.runtime, { version: '1.7.1.116', path: runtimeOf().path });
    assert.equal(json.evidence, 'runtime');
    assert.equal(json.gpu?.name, rtx4060.gpu?.name);
    assert.ok(!('predicted' in json));
  });

  it('has null where nothing was asked or read', () => {
    const json = reportJson(
      makeEngineReport(
        inputOf(unreadableFacts('a', 'It is gone.'), { runtime: null, machine: null }),
      ),
    );
    for (const key of ['validity', 'diagnostics', 'header', 'runtime', 'gpu', 'size'] as const) {
      assert.equal(json[key], null, key);
    }
  });

  it('has the prediction only with a machine profile, with these two numbers', () => {
    const prediction = makePrediction(
      facts,
      {
        computeCapability: '8.9',
        totalGpuMemory: 1,
        driverVersion: 13000,
        tensorrtRtx: '1.7.1',
        cudaRuntimeVersion: 13040,
      },
      'a.json',
    );
    const json = reportJson(report, prediction);
    assert.deepEqual(json.predicted, { validity: 2, diagnostics: 17 });
    assert.deepEqual(
      json.predictedReasons?.map((r) => r.id),
      ['version-mismatch', 'insufficient-gpu-memory'],
    );
  });

  it('survives JSON unchanged', () => {
    const json = reportJson(report);
    assert.deepEqual(JSON.parse(JSON.stringify(json)), json);
  });

  it('is documented key by key in docs/cli-json.md', () => {
    const text = readFileSync('docs/cli-json.md', 'utf8');
    const json = reportJson(report, {
      predicted: { validity: 0, diagnostics: 0 },
      reasons: [],
    } as unknown as Parameters<typeof reportJson>[1]);
    const keys = [
      ...Object.keys(json),
      ...Object.keys(json.reasons[0] ?? {}),
      ...Object.keys(json.remedies[0] ?? {}),
      ...Object.keys(json.header ?? {}),
      ...Object.keys(json.gpu ?? {}),
    ];
    for (const key of keys) {
      assert.ok(text.includes(`\`${key}\``), `${key} is not documented`);
    }
  });

  it('documents every kind, reason and remedy that can appear', () => {
    const text = readFileSync('docs/cli-json.md', 'utf8');
    for (const id of [...fileKinds, ...reasonIds, ...remedyIds]) {
      assert.ok(text.includes(`\`${id}\``), `${id} is not documented`);
    }
  });
});
