/** What the GPU page is shown in tests and pictures: made readings, worded by core as in the product. */
import { fitOf } from '../../../src/core/gpu/fit';
import { makeSnapshot, type RawGpu, type RawGpuMemory } from '../../../src/core/gpu/gpuMemory';
import { chooseGpu, visibleGpus } from '../../../src/core/gpu/gpuMemoryChoice';
import type { HistorySample } from '../../../src/core/gpu/gpuMemoryHistory';
import { makeGpuView, type ToGpuPage } from '../../../src/core/pages/gpuMemoryView';
import { GiB, mixedMachine, rawGpu, rawMemory } from '../../support/gpuReadings';

const now = Date.UTC(2026, 10, 22, 17, 35);
const hostileText = '</script><img src=x onerror=alert(1)> [x](command:y)';

export interface GpuPageCase {
  messages: ToGpuPage[];
  expected: string[];
}

/** Ten minutes in which a program came, grew and went; the plot has something to show. */
function history(gpu: RawGpu, every = 2000): HistorySample[] {
  const total = Number(gpu.total ?? 0n);
  const used = Number(gpu.used ?? 0n);
  const samples: HistorySample[] = [];
  for (let at = now - 10 * 60_000; at < now; at += every) {
    const minute = (now - at) / 60_000;
    if (minute > 6.5 && minute < 7.5) continue;
    const busy = minute < 5 && minute > 1;
    samples.push({
      at,
      used: Math.min(total, used + (busy ? (total - used) * 0.7 * Math.min(1, 5 - minute) : 0)),
      utilization: busy ? 60 + Math.round(30 * Math.sin(at / 20_000)) : (at / 2000) % 3,
    });
    if (minute <= 7.6 && minute > 7.5) samples.push({ at: at + 1, used: null, utilization: null });
  }
  return samples;
}

function messages(
  gpus: RawGpu[],
  change: Partial<RawGpuMemory> = {},
  more: { fitWeights?: bigint; cudaVisibleDevices?: string; streamable?: bigint } = {},
): ToGpuPage[] {
  const snapshot = makeSnapshot(rawMemory(gpus, change), now);
  const visible = visibleGpus(snapshot.gpus, { CUDA_VISIBLE_DEVICES: more.cudaVisibleDevices });
  const choice = chooseGpu(snapshot.gpus, '', visible);
  const fit =
    more.fitWeights === undefined || !choice.gpu
      ? null
      : {
          file: 'upscaler.engine',
          fit: fitOf(
            {
              weightBytes: Number(more.fitWeights),
              fileSize: Number(more.fitWeights) + 1000,
              streamableBytes: more.streamable === undefined ? null : Number(more.streamable),
              deviceMemoryBytes: null,
            },
            {
              name: choice.gpu.name,
              total: Number(choice.gpu.total),
              free: Number(choice.gpu.free),
            },
          ),
        };
  const model = makeGpuView({
    snapshot,
    choice,
    visible,
    warningPercent: 90,
    everyMs: snapshot.problem ? null : 2000,
    fit,
  });
  return [
    {
      type: 'history',
      samples: Object.fromEntries(
        snapshot.gpus.map((gpu, i) => [gpu.id, gpus[i] ? history(gpus[i]) : []]),
      ),
    },
    { type: 'model', model },
  ];
}

const programs = [
  {
    pid: 4711,
    name: '/usr/bin/python3 train.py',
    memory: (3n * GiB) / 2n,
    kind: 'compute' as const,
  },
  { pid: 902, name: '/usr/lib/xorg/Xorg', memory: 300n * 1024n ** 2n, kind: 'graphics' as const },
  { pid: 77, name: '', memory: null, kind: 'compute' as const },
];
const one = rawGpu({ processes: programs });
const h200 = { name: 'NVIDIA H200', computeCapability: '9.0', total: 140n * GiB };

export const gpuPageCases = {
  'gpu-waiting': { messages: [{ type: 'waiting' }], expected: ['Reading the GPUs'] },
  'gpu-one': {
    messages: messages([one], {}, { fitWeights: 4n * GiB }),
    expected: [
      '6.0 GiB of 8.0 GiB free',
      'Fits: its weights need 4.0 GiB',
      'train.py',
      'unknown program',
      '580.159.04',
    ],
  },
  'gpu-streams': {
    messages: messages([one], {}, { fitWeights: 0n, streamable: 20n * GiB }),
    expected: ['Fits with weight streaming at 3.0 GiB'],
  },
  'gpu-does-not-fit': {
    messages: messages([one], {}, { fitWeights: 9n * GiB }),
    expected: ['Does not fit', 'rebuilt with weight streaming'],
  },
  'gpu-nearly-full': {
    messages: messages([rawGpu({ used: (15n * GiB) / 2n, free: GiB / 2n, utilization: 100 })]),
    expected: ['Nearly full:', '7.5/8.0 GiB'],
  },
  'gpu-two-one-lost': {
    messages: messages([
      one,
      rawGpu({
        ...h200,
        index: 1,
        status: 15,
        total: null,
        used: null,
        free: null,
        utilization: null,
      }),
    ]),
    expected: ['NVML_ERROR_GPU_IS_LOST', 'Use This GPU'],
  },
  'gpu-sixteen': {
    messages: messages(
      Array.from({ length: 16 }, (_, index) =>
        rawGpu({
          ...h200,
          index,
          used: BigInt(index * 9) * GiB,
          free: BigInt(140 - index * 9) * GiB,
        }),
      ),
    ),
    expected: ['GPU 0', 'GPU 15'],
  },
  'gpu-mig': {
    messages: messages(mixedMachine(), {}, { cudaVisibleDevices: 'MIG-2' }),
    expected: [
      'divided into MIG instances',
      'MIG instance 1',
      'programs see GPU 2, MIG instance 1 only',
    ],
  },
  'gpu-unknown': {
    messages: messages([
      rawGpu({
        name: 'NVIDIA GB10',
        total: null,
        used: null,
        free: null,
        utilization: null,
        processesStatus: 4,
        status: 3,
      }),
    ]),
    expected: ['is not known', 'NVML_ERROR_NOT_SUPPORTED', 'NVML_ERROR_NO_PERMISSION'],
  },
  'gpu-none': {
    messages: messages([], {
      source: 'none',
      status: -1,
      driverVersion: null,
      nvmlVersion: null,
      cudaDriverVersion: null,
    }),
    expected: ['No NVIDIA GPU was found here', 'install its driver'],
  },
  'gpu-mismatch': {
    messages: messages([], { status: 18, detail: 'NVML library version: 590.10' }),
    expected: ['NVML_ERROR_LIB_RM_VERSION_MISMATCH', 'Restart the computer', 'Show Log'],
  },
  'gpu-hostile': {
    messages: messages(
      [
        rawGpu({
          name: hostileText.repeat(8),
          uuid: `GPU-${'x'.repeat(90)}`,
          processes: Array.from({ length: 60 }, (_, pid) => ({
            pid,
            name: pid % 2 === 0 ? hostileText : 'y'.repeat(3000),
            memory: 2n ** 60n,
            kind: 'both' as const,
          })),
        }),
      ],
      {},
      { fitWeights: 2n ** 62n },
    ),
    expected: [hostileText, '1.0 EiB'],
  },
} satisfies Record<string, GpuPageCase>;
export type GpuPageCaseName = keyof typeof gpuPageCases;
export const gpuPageCaseNames = Object.keys(gpuPageCases) as GpuPageCaseName[];
