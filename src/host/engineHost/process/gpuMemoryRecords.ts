/** Reads es_gpu_poll_record and the es_gpu_memory_record and es_gpu_process_record behind it (engine_shim.h). */
import type { RawGpu, RawGpuMemory, RawGpuProcess } from '../../../core/gpu/gpuMemory';
import { decodeBytes } from '../../../core/text/plainText';

const pollRecordSize = 688;
const gpuRecordSize = 424;
const processRecordSize = 256;
const unknownBytes = 0xffff_ffff_ffff_ffffn;
const unknownCount = 0xffff_ffff;

export function readGpuMemory(result: Buffer): RawGpuMemory {
  const status = result.readInt32LE(0);
  const cudaDriverVersion = result.readInt32LE(4);
  const gpuCount = result.readUInt32LE(8);
  const processCount = result.readUInt32LE(12);
  const processesAt = pollRecordSize + gpuCount * gpuRecordSize;
  const processes = Array.from({ length: processCount }, (_, index) => {
    const at = processesAt + index * processRecordSize;
    return readProcess(result.subarray(at, at + processRecordSize));
  });
  return {
    source: status === -1 ? 'none' : 'nvml',
    status,
    detail: text(result, 176, 512),
    driverVersion: text(result, 16, 80) || null,
    nvmlVersion: text(result, 96, 80) || null,
    cudaDriverVersion: cudaDriverVersion > 0 ? cudaDriverVersion : null,
    gpus: Array.from({ length: gpuCount }, (_, index) => {
      const at = pollRecordSize + index * gpuRecordSize;
      return readGpu(result.subarray(at, at + gpuRecordSize), processes);
    }),
  };
}

function readGpu(record: Buffer, processes: readonly RawGpuProcess[]): RawGpu {
  const migInstance = record.readInt32LE(356);
  const major = record.readInt32LE(364);
  const utilization = record.readInt32LE(372);
  const first = record.readUInt32LE(384);
  const count = record.readUInt32LE(388);
  return {
    name: text(record, 0, 128),
    uuid: text(record, 128, 96),
    parentUuid: text(record, 224, 96),
    pciBusId: text(record, 320, 32),
    index: Math.max(0, record.readInt32LE(352)),
    migInstance: migInstance < 0 ? null : migInstance,
    migEnabled: record.readInt32LE(360) !== 0,
    computeCapability: major > 0 ? `${major}.${record.readInt32LE(368)}` : null,
    utilization: utilization < 0 ? null : utilization,
    status: record.readInt32LE(376),
    processesStatus: record.readInt32LE(380),
    processes: count === unknownCount ? null : processes.slice(first, first + count),
    total: bytes(record, 392),
    used: bytes(record, 400),
    free: bytes(record, 408),
    reserved: bytes(record, 416),
  };
}

function readProcess(record: Buffer): RawGpuProcess {
  return {
    memory: bytes(record, 0),
    pid: record.readUInt32LE(8),
    kind: record.readUInt32LE(12) === 1 ? 'compute' : 'graphics',
    name: text(record, 16, 240),
  };
}

function bytes(record: Buffer, at: number): bigint | null {
  const value = record.readBigUInt64LE(at);
  return value === unknownBytes ? null : value;
}

/** Process names need not be UTF-8. */
function text(record: Buffer, at: number, size: number): string {
  const field = record.subarray(at, at + size);
  const end = field.indexOf(0);
  return decodeBytes(end < 0 ? field : field.subarray(0, end));
}
