/** Reads --machine: the GPU, driver and TensorRT-RTX of a machine that is not at hand. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseComputeCapability } from '../core/gpu/computeCapability';
import type { MachineProfile } from '../core/report/verdictRule';
import { Failure } from '../core/wire/failure';

const example =
  'It must look like {"computeCapability": "8.9", "totalGpuMemory": 8589934592, "driverVersion": 13000, "tensorrtRtx": "1.7.1", "cudaRuntimeVersion": 13040}.';

/** Throws a Failure that names the file and what is wrong with it. */
export function readMachineProfile(file: string): { name: string; machine: MachineProfile } {
  const wrong = (what: string) =>
    new Failure('invalid-argument', `The machine profile ${file} ${what}.`, example);
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw wrong(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  let profile: unknown;
  try {
    profile = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw wrong(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof profile !== 'object' || profile === null || Array.isArray(profile)) {
    throw wrong('is not a JSON object');
  }
  const values = profile as Record<string, unknown>;
  const wholeNumber = (name: string): number => {
    const value = values[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw wrong(
      value === undefined ? `has no ${name}` : `has a ${name} that is not a whole number`,
    );
  };
  const { computeCapability, tensorrtRtx } = values;
  const parsed =
    typeof computeCapability === 'string' ? parseComputeCapability(computeCapability) : null;
  if (!parsed) throw wrong('has no computeCapability like "8.9"');
  if (typeof tensorrtRtx !== 'string' || !/^\d+\.\d+\.\d+(\.\d+)?$/.test(tensorrtRtx)) {
    throw wrong('has no tensorrtRtx like "1.7.1"');
  }
  return {
    name: path.basename(file),
    machine: {
      computeCapability: parsed,
      totalGpuMemory: wholeNumber('totalGpuMemory'),
      driverVersion: wholeNumber('driverVersion'),
      tensorrtRtx,
      cudaRuntimeVersion: wholeNumber('cudaRuntimeVersion'),
    },
  };
}
