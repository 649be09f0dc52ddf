/** Reads es_driver_record and the es_gpu_record behind it. */
import { driverModels, type DriverModel } from '../../../core/report/engineReport';
import type { GpusInfo } from '../protocol';

const driverRecordSize = 608;
const gpuRecordSize = 248;
const unknownBytes = 0xffff_ffff_ffff_ffffn;

export function readGpus(result: Buffer): GpusInfo {
  const cudaDriverVersion = result.readInt32LE(0);
  const gpuCount = result.readUInt32LE(12);
  const driverVersion = cText(result.subarray(16, 96));
  const gpus = Array.from({ length: gpuCount }, (_, index) => {
    const at = driverRecordSize + index * gpuRecordSize;
    const record = result.subarray(at, at + gpuRecordSize);
    return {
      name: cText(record.subarray(0, 128)),
      uuid: cText(record.subarray(128, 208)),
      index: record.readInt32LE(208),
      computeCapability: `${record.readInt32LE(212)}.${record.readInt32LE(216)}`,
      driverModel: driverModel(record.readUInt32LE(220)),
      totalMemory: Number(record.readBigUInt64LE(224)),
      usedMemory: knownBytes(record.readBigUInt64LE(232)),
      freeMemory: knownBytes(record.readBigUInt64LE(240)),
    };
  });
  return {
    cudaDriverVersion: cudaDriverVersion > 0 ? cudaDriverVersion : null,
    driverVersion: driverVersion === '' ? null : driverVersion,
    message: cText(result.subarray(96, driverRecordSize)),
    gpus,
  };
}

/** ES_DRIVER_MODEL_…, from 1; 0: it has none, or none is told. */
function driverModel(number: number): DriverModel | null {
  return driverModels[number - 1] ?? null;
}

function knownBytes(bytes: bigint): number | null {
  return bytes === unknownBytes ? null : Number(bytes);
}

function cText(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}
