/**
 * Reads the GPUs in an engine host, so that a driver that hangs or crashes costs a sentence, and prints what it says.
 * The JSON is documented in docs/gpu-memory.md.
 */
import * as path from 'node:path';
import { formatCudaVersion } from '../core/text/formats';
import {
  formatMemory,
  formatUsedOfTotal,
  type GpuReading,
  type GpuSnapshot,
  makeSnapshot,
  positionOf,
  usedPercent,
} from '../core/gpu/gpuMemory';
import { type VisibleGpus, visibleGpus } from '../core/gpu/gpuMemoryChoice';
import { describeProblem } from '../core/gpu/gpuMemoryErrors';
import { gpuMemoryJson, jsonText } from '../core/gpu/gpuMemoryJson';
import { nextPollMs, outcomeOf, type PollOutcome } from '../core/gpu/gpuMemorySchedule';
import { EngineHostClient } from '../host/engineHost/client';
import { distFolder } from './distFolder';
import type { GpuOptions } from './commandArguments';
import { complain, hasColour, type Paint, painter, print, shown } from './output';

const exitCodes = { read: 0, someFailed: 1, nothingRead: 2 } as const;
const barWidth = 24;

export async function gpu({ json, watch, interval }: GpuOptions): Promise<number> {
  const host = new Host();
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once('SIGINT', onInterrupt).once('SIGTERM', onInterrupt);
  const onTerminal = process.stdout.isTTY && json !== true && watch === true;
  const paint = painter(hasColour(process.stdout));
  let outcome: PollOutcome = { kind: 'nothing-yet' };
  let code: number = exitCodes.nothingRead;
  try {
    for (;;) {
      const snapshot = await host.read();
      if (stop.signal.aborted) return code;
      const visible = visibleGpus(snapshot.gpus, process.env);
      outcome = outcomeOf(snapshot, outcome);
      code = exitCode(snapshot);
      // Home and clear, so that a terminal shows one table that changes.
      if (onTerminal) await print('\x1b[H\x1b[2J');
      if (json === true) {
        await print(`${jsonText(gpuMemoryJson(snapshot, visible), watch === true ? 0 : 2)}\n`);
      } else {
        await print(table(snapshot, visible, paint));
      }
      if (watch !== true) return code;
      if (outcome.kind !== 'read') await host.close();
      const intervalMs = interval * 1000;
      const wait =
        nextPollMs({ shown: true, focused: true, intervalMs, outcome }) ?? intervalMs * 10;
      await pause(wait, stop.signal);
      if (stop.signal.aborted) return code;
    }
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onInterrupt);
    await host.close();
  }
}

class Host {
  private client: EngineHostClient | null = null;

  async read(): Promise<GpuSnapshot> {
    if (!this.client?.isRunning) {
      this.client = new EngineHostClient({
        hostMain: path.join(distFolder(), 'engineHost.js'),
        onLog: ({ text }) => {
          if (process.env['ENGINE_INSPECTOR_DEBUG'] !== undefined) complain(shown(text));
        },
      });
    }
    return makeSnapshot(await this.client.request('gpuMemory', { processes: true }), Date.now());
  }

  async close(): Promise<void> {
    await this.client?.dispose();
    this.client = null;
  }
}

function exitCode(snapshot: GpuSnapshot): number {
  if (snapshot.gpus.length === 0) return exitCodes.nothingRead;
  const failed = snapshot.problem !== null || snapshot.gpus.some((gpu) => gpu.total === null);
  return failed ? exitCodes.someFailed : exitCodes.read;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

// ---- for people ----

function table(snapshot: GpuSnapshot, visible: VisibleGpus, paint: Paint): string {
  const lines: string[] = [];
  const driver = [
    snapshot.driverVersion === null ? '' : `NVIDIA driver ${snapshot.driverVersion}`,
    snapshot.cudaDriverVersion === null
      ? ''
      : `CUDA ${formatCudaVersion(snapshot.cudaDriverVersion)}`,
    snapshot.source === 'none' ? '' : `read through ${sourceNames[snapshot.source]}`,
  ].filter(Boolean);
  if (driver.length > 0) lines.push(paint('dim', driver.join(', ')));
  if (snapshot.problem) {
    lines.push(describeProblem(snapshot.problem));
    if (snapshot.problem.nextStep !== '') lines.push(snapshot.problem.nextStep);
    if (snapshot.problem.detail !== '') lines.push(paint('dim', snapshot.problem.detail));
  }
  for (const gpu of snapshot.gpus) lines.push('', ...gpuLines(gpu, paint));
  if (visible.sentence !== '') lines.push('', visible.sentence);
  return `${lines.join('\n')}\n`;
}

const sourceNames = { nvml: 'NVML', 'nvidia-smi': 'nvidia-smi' } as const;

function gpuLines(gpu: GpuReading, paint: Paint): string[] {
  const capability =
    gpu.computeCapability === null ? '' : `, compute capability ${gpu.computeCapability}`;
  const lines = [`${paint('bold', `${positionOf(gpu)}: ${gpu.name}`)}${capability}`];
  if (gpu.problem) lines.push(`  ${paint('error', describeProblem(gpu.problem))}`);
  if (gpu.total !== null || gpu.used !== null) {
    const busy = gpu.utilization === null ? '' : `, ${gpu.utilization} % busy`;
    lines.push(
      `  ${bar(usedPercent(gpu))}${formatUsedOfTotal(gpu)} in use, ${formatMemory(gpu.free)} free${busy}`,
    );
  }
  lines.push(paint('dim', `  ${gpu.hasUuid ? gpu.id : 'UUID unknown'}`));
  if (gpu.processesProblem) {
    lines.push(paint('dim', `  Programs: ${describeProblem(gpu.processesProblem)}`));
  }
  for (const { pid, name, memory, kind } of gpu.processes ?? []) {
    lines.push(
      `  ${String(pid).padStart(8)}  ${formatMemory(memory).padStart(10)}  ${name} (${kind})`,
    );
  }
  return lines;
}

function bar(percent: number | null): string {
  if (percent === null) return '';
  const filled = Math.round((percent / 100) * barWidth);
  return `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] `;
}
