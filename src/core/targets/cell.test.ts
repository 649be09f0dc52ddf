import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { editHeader, factsOf, realHeader } from '../../../test/support/engines';
import type { FileFacts } from '../report/engineReport';
import { makeFileFacts, unreadableFacts } from '../file/fileFacts';
import { parseComputeCapability } from '../gpu/computeCapability';
import { engineValidity } from '../report/validity';
import { cellFor, cells, worstCell } from './cell';
import { boardTarget, machineOf, type Target } from './targets';

interface Recorded {
  machine: { driverVersion: number; totalGpuMemory: number };
  runtimes: Record<string, { cudaRuntimeVersion: number }>;
  rows: {
    runtime: string;
    computeCapability: string;
    case: string;
    header: string;
    validity: keyof typeof engineValidity;
    diagnostics: number;
  }[];
}

const recorded = JSON.parse(
  readFileSync('test/fixtures/recordedVerdicts.json', 'utf8'),
) as Recorded;

export function target(board: string, more: Partial<Target> = {}): Target {
  const choice = boardTarget(board);
  assert.ok('target' in choice, JSON.stringify(choice));
  return { ...choice.target, tensorrtRtx: '1.7.1', ...more };
}

const engine = realHeader('1.7.1.116');
const weights = (gib: number) =>
  factsOf(editHeader(engine, { weightBytes: BigInt(Math.round(gib * 2 ** 30)) }));

describe('cellFor', () => {
  it('agrees with all 422 recorded answers', () => {
    assert.equal(recorded.rows.length, 422);
    for (const row of recorded.rows) {
      const computeCapability = parseComputeCapability(row.computeCapability);
      assert.ok(computeCapability);
      const prefix = Buffer.from(row.header, 'hex');
      const facts = makeFileFacts({
        file: 'x.engine',
        prefix,
        size: Math.max(64, Number(prefix.readBigUInt64LE(16))),
        modified: null,
      });
      const cell = cellFor(facts, {
        ...target('h200'),
        computeCapability,
        memory: recorded.machine.totalGpuMemory,
        memoryIs: 'exact',
        driverVersion: recorded.machine.driverVersion,
        tensorrtRtx: row.runtime,
        cudaRuntimeVersion: recorded.runtimes[row.runtime]?.cudaRuntimeVersion ?? null,
      });
      const about = `${row.runtime} on ${row.computeCapability}, ${row.case}`;
      assert.deepEqual(
        [cell.validity, cell.diagnostics],
        [engineValidity[row.validity], row.diagnostics],
        about,
      );
      const words = { kVALID: 'runs', kSUBOPTIMAL: 'runs-slower', kINVALID: null } as const;
      // A length, a second tag and numbers that cannot be are not looked at by the runtime, and are here.
      if (facts.damage !== null) assert.match(cell.cell ?? '', /^(rebuild|never)$/, about);
      else if (words[row.validity] !== null) assert.equal(cell.cell, words[row.validity], about);
      else assert.ok(!['runs', 'runs-slower', 'borderline'].includes(cell.cell ?? ''), about);
      assert.notEqual(cell.sentence, '', about);
    }
  });

  it('tells each cell from the others', () => {
    const facts = factsOf(engine);
    const older = factsOf(realHeader('1.6.1.120'));
    assert.equal(cellFor(facts, target('rtx-4060')).cell, 'runs');
    assert.equal(cellFor(older, target('rtx-4060')).cell, 'rebuild');
    assert.equal(cellFor(older, target('rtx-4060', { tensorrtRtx: null })).cell, 'runs');
    assert.equal(cellFor(facts, target('gtx-1660-ti')).cell, 'rebuild');
    assert.equal(cellFor(facts, target('gtx-1080')).cell, 'never');
    assert.equal(cellFor(facts, target('h200')).cell, 'never');
    assert.equal(
      cellFor(facts, target('rtx-5090', { computeCapability: '13.0' })).cell,
      'runs-slower',
    );
    const newDriver = factsOf(editHeader(engine, { cudaDriver: 13020n }));
    assert.equal(
      cellFor(newDriver, target('rtx-4060', { driverVersion: 13000 })).cell,
      'update-driver',
    );
    assert.equal(cellFor(newDriver, target('rtx-4060')).cell, 'runs');
    // CUDA's own rule: the library of 1.7 has CUDA 13 inside.
    const oldMajor = cellFor(facts, target('rtx-4060', { driverVersion: 12080 }));
    assert.equal(oldMajor.cell, 'update-driver');
    assert.match(
      oldMajor.sentence,
      /needs a driver for CUDA 13\.0 or newer; there it is for 12\.8/,
    );
    assert.equal(cellFor(weights(8.1), target('rtx-4060')).cell, 'needs-weight-streaming');
    assert.equal(cellFor(weights(7.5), target('rtx-4060')).cell, 'borderline');
    assert.equal(cellFor(weights(7.5), target('rtx-4060', { memoryIs: 'exact' })).cell, 'runs');
    assert.equal(cellFor(weights(7.1), target('rtx-4060')).cell, 'runs');
  });

  it('lets the worst count, and says all that is true', () => {
    const both = cellFor(
      factsOf(editHeader(realHeader('1.6.1.120'), { weightBytes: 20n * 2n ** 30n })),
      target('rtx-4060'),
    );
    assert.equal(both.cell, 'rebuild');
    assert.deepEqual(
      both.reasons.map(({ id }) => id),
      ['version-mismatch', 'insufficient-gpu-memory'],
    );
    assert.match(both.sentence, /1\.6\.1\.120.*20\.0 GiB/);
    const never = cellFor(factsOf(realHeader('1.6.1.120')), target('h200'));
    assert.deepEqual(
      never.reasons.map(({ id }) => id),
      ['unsupported-compute-capability'],
    );
    assert.equal(worstCell(['runs', 'no-code', 'rebuild']), 'no-code');
    assert.equal(worstCell(['runs', null]), null);
    assert.deepEqual([...cells].sort(), [...new Set(cells)].sort());
  });

  it('takes the evidence that an engine holds no code for what its header admits', () => {
    const code = { evidence: 'engine-text', without: ['8.0', '8.6'], sentence: '' } as const;
    const cell = cellFor(factsOf(engine), target('rtx-3060-12gb'), code);
    assert.deepEqual([cell.cell, cell.evidence, cell.validity], ['no-code', 'engine-text', 0]);
    assert.equal(cellFor(factsOf(engine), target('rtx-4060'), code).evidence, 'rule');
    // Where the header says no by itself, that is the reason.
    const only89 = factsOf(editHeader(engine, { targets: 0x08 }));
    assert.equal(cellFor(only89, target('rtx-3060-12gb'), code).cell, 'rebuild');
  });

  it('wants a whole engine', () => {
    const short = cellFor(factsOf(engine, { size: 1000 }), target('rtx-4060'));
    assert.deepEqual([short.cell, short.validity], ['rebuild', 0]);
    assert.match(short.sentence, /Its end is missing/);
    const onnx = cellFor(
      factsOf(Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n')),
      target('rtx-4060'),
    );
    assert.deepEqual([onnx.cell, onnx.validity, onnx.diagnostics], ['rebuild', 2, 32]);
    assert.match(onnx.sentence, /LFS/);
    assert.equal(onnx.reasons.length, 1);
    const unreadable = cellFor(
      unreadableFacts('x.engine', 'It cannot be read.'),
      target('rtx-4060'),
    );
    assert.deepEqual([unreadable.cell, unreadable.validity], [null, null]);
    assert.equal(unreadable.sentence, 'It cannot be read.');
  });

  describe('of an EPContext model', () => {
    const context = (headers: Buffer[], more: Partial<FileFacts> = {}): FileFacts => {
      const engines = headers.map((header, at) => ({
        ...{ name: `node ${at}`, offset: 1, problem: '' },
        facts: factsOf(header),
      }));
      const { headerBytes, header } = engines[0]?.facts ?? factsOf(engine);
      return { ...factsOf(engine), kind: 'epcontext', engines, headerBytes, header, ...more };
    };
    const ampere = realHeader('1.7.1.116', '8.6 only');

    it('is that of the engine that stands worst there', () => {
      const two = context([engine, ampere]);
      assert.equal(cellFor(two, target('rtx-3060-12gb')).cell, 'runs');
      const cell = cellFor(two, target('rtx-4060'));
      assert.deepEqual([cell.cell, cell.validity, cell.diagnostics], ['rebuild', 2, 2]);
      assert.match(cell.sentence, /^node 1: Not built for compute capability 8\.9/);
      // One library runs all of them.
      const versions = context([engine, realHeader('1.6.1.120')]);
      const own = cellFor(versions, target('rtx-4060', { tensorrtRtx: null }));
      assert.match(own.sentence, /node 1: Built by TensorRT-RTX 1\.6\.1\.120/);
    });

    it('does not run where an engine is missing, or where its info speaks against it', () => {
      const missing = { name: 'lost', offset: null, facts: null, problem: 'It is not there.' };
      const { engines } = context([engine]);
      const lost = cellFor(
        context([engine], { engines: [...engines, missing] }),
        target('rtx-4060'),
      );
      assert.deepEqual([lost.cell, lost.sentence], ['rebuild', 'It is not there.']);
      const info = (speaksOf: FileFacts | null) =>
        context([engine], { wrongInfo: { sentence: 'It is not right.', speaksOf } });
      assert.equal(cellFor(info(null), target('rtx-4060')).cell, 'rebuild');
      const wrong = cellFor(info(factsOf(ampere)), target('rtx-4060'));
      assert.equal(wrong.cell, 'rebuild');
      assert.match(wrong.sentence, /asks by its ep_compatibility_info: Not built for .* 8\.9/);
      assert.equal(cellFor(info(factsOf(ampere)), target('rtx-3060-12gb')).cell, 'runs');
    });
  });

  it('is not sure where the weights are just as large as the board', () => {
    assert.equal(cellFor(weights(8), target('rtx-4060')).cell, 'borderline');
    const exact = target('rtx-4060', { memoryIs: 'exact' });
    assert.equal(cellFor(weights(8), exact).cell, 'runs');
  });

  it('says what is special about a board', () => {
    assert.match(
      cellFor(factsOf(engine), target('a100-80gb')).sentence,
      /support matrix does not list/,
    );
    assert.match(cellFor(weights(20), target('gb10')).sentence, /CPU and GPU share that memory/);
  });

  it('takes the newest release where nothing is known of the version', () => {
    assert.equal(
      machineOf(target('rtx-4060', { tensorrtRtx: null }), null).tensorrtRtx,
      '1.7.1.116',
    );
    assert.equal(
      machineOf(target('rtx-4060', { tensorrtRtx: '1.4.0' }), null).cudaRuntimeVersion,
      13020,
    );
  });

  it('asks for the memory where a board was sold with several sizes', () => {
    const asked = boardTarget('rtx-3060');
    assert.ok('problem' in asked);
    assert.match(asked.problem.sentence, /8 or 12 GB/);
    assert.match(asked.problem.nextStep, /rtx-3060-8gb or rtx-3060-12gb/);
    const wrong = boardTarget('rtx-3060-24gb');
    assert.ok('problem' in wrong && /was not sold with 24 GB/.test(wrong.problem.sentence));
    const unknown = boardTarget('rtx-4060-labtop');
    assert.ok('problem' in unknown && /rtx-4060-laptop/.test(unknown.problem.nextStep));
    assert.equal(target('rtx-3060-12gb').id, 'rtx-3060-12gb');
    assert.equal(target('rtx-5090-32gb').id, 'rtx-5090');
  });
});
