import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseComputeCapability } from '../gpu/computeCapability';
import { predictVerdict, type MachineProfile } from './verdictRule';
import { engineValidity } from './validity';

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

describe('verdictRule', () => {
  it('has all the recorded answers', () => {
    assert.equal(recorded.rows.length, 422);
  });

  for (const [index, row] of recorded.rows.entries()) {
    it(`agrees with row ${index}: ${row.runtime} on ${row.computeCapability}, ${row.case}`, () => {
      const computeCapability = parseComputeCapability(row.computeCapability);
      assert.ok(computeCapability);
      const machine: MachineProfile = {
        computeCapability,
        totalGpuMemory: recorded.machine.totalGpuMemory,
        driverVersion: recorded.machine.driverVersion,
        tensorrtRtx: row.runtime,
        cudaRuntimeVersion: recorded.runtimes[row.runtime]?.cudaRuntimeVersion ?? Number.NaN,
      };
      assert.deepEqual(predictVerdict(Buffer.from(row.header, 'hex'), machine), {
        validity: engineValidity[row.validity],
        diagnostics: row.diagnostics,
      });
    });
  }

  const machine: MachineProfile = {
    computeCapability: '8.9',
    totalGpuMemory: 8 * 2 ** 30,
    driverVersion: 13000,
    tensorrtRtx: '1.7.1',
    cudaRuntimeVersion: 13040,
  };
  const base = recorded.rows.find((r) => r.runtime === '1.7.1.116' && r.case === 'base');

  it('says malformed for 63 bytes and for no bytes', () => {
    const header = Buffer.from(base?.header ?? '', 'hex');
    assert.equal(header.length, 64);
    for (const length of [0, 3, 4, 63]) {
      assert.deepEqual(predictVerdict(header.subarray(0, length), machine), {
        validity: 2,
        diagnostics: 32,
      });
    }
  });

  it('takes a three-part and a four-part version alike', () => {
    const header = Buffer.from(base?.header ?? '', 'hex');
    assert.deepEqual(predictVerdict(header, machine), { validity: 0, diagnostics: 0 });
    assert.deepEqual(predictVerdict(header, { ...machine, tensorrtRtx: '1.7.1.9' }), {
      validity: 0,
      diagnostics: 0,
    });
    assert.equal(predictVerdict(header, { ...machine, tensorrtRtx: '1.7.2' }).diagnostics, 1);
  });

  it('does not take negative numbers for large ones', () => {
    const header = Buffer.from(base?.header ?? '', 'hex');
    header.writeBigInt64LE(-1n, 40);
    header.writeBigInt64LE(-1n, 48);
    header.writeBigInt64LE(-1n, 56);
    assert.deepEqual(predictVerdict(header, machine), { validity: 0, diagnostics: 0 });
  });

  it('lets weights fill the memory to its last byte', () => {
    const header = Buffer.from(base?.header ?? '', 'hex');
    const bits = (weights: bigint) => {
      header.writeBigInt64LE(weights, 56);
      return predictVerdict(header, machine).diagnostics;
    };
    assert.deepEqual([bits(8n * 2n ** 30n), bits(8n * 2n ** 30n + 1n)], [0, 16]);
  });

  it('is exact where a double is not', () => {
    const header = Buffer.from(base?.header ?? '', 'hex');
    header.writeBigInt64LE(2n ** 53n + 1n, 56);
    assert.equal(predictVerdict(header, { ...machine, totalGpuMemory: 2 ** 53 }).diagnostics, 16);
  });
});
