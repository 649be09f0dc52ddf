/**
 * The process that looks at the GPUs: an engine host of its own without a TensorRT-RTX, so that looking never depends on
 * a runtime and survives its crash. What fails is a snapshot that says so; nobody is nagged.
 */
import { type GpuSnapshot, makeSnapshot } from '../../core/gpu/gpuMemory';
import { plainText } from '../../core/text/plainText';
import { asFailure, type FailureCode } from '../../core/wire/failure';
import type { EngineHostSupervisor } from '../../host/engineHost/supervisor';
import type { GpuReader } from './gpuPoller';

export interface GpuHostOptions {
  /** dist/engineHost.js */
  hostMain: string;
  shimFolder: string;
  log: (line: string) => void;
}

export class GpuHost implements GpuReader {
  private supervisor: EngineHostSupervisor | undefined;

  constructor(private readonly options: GpuHostOptions) {}

  async read(processes: boolean): Promise<GpuSnapshot> {
    try {
      this.supervisor ??= await this.make();
      const raw = await this.supervisor.request(null, 'gpuMemory', { processes });
      return makeSnapshot(raw, Date.now());
    } catch (thrown) {
      const error = asFailure(thrown, 'Reading GPU memory');
      this.options.log([error.message, error.detail].filter(Boolean).join('\n'));
      return {
        at: Date.now(),
        source: 'none',
        driverVersion: null,
        nvmlVersion: null,
        cudaDriverVersion: null,
        problem: {
          code: null,
          name: '',
          sentence: plainText(error.message, 500),
          nextStep: plainText(error.nextStep, 500),
          detail: plainText(error.detail, 500),
          absent: isNobodysFault(error.code),
        },
        gpus: [],
      };
    }
  }

  async close(): Promise<void> {
    const supervisor = this.supervisor;
    this.supervisor = undefined;
    await supervisor?.dispose();
  }

  /** Of the process that runs now, for tests. */
  get pids(): number[] {
    return this.supervisor?.pids ?? [];
  }

  private async make(): Promise<EngineHostSupervisor> {
    const { EngineHostSupervisor: Supervisor } = await import('../../host/engineHost/supervisor');
    const { hostMain, shimFolder, log } = this.options;
    return new Supervisor({
      hostMain,
      shimFolder,
      onLog: ({ source, text }) => log(`${source}: ${plainText(text)}`),
      // The poller closes it; longer than its slowest interval.
      idleMs: 10 * 60_000,
    });
  }
}

/** There is no shim for this system: it has no GPU that we could read either. */
function isNobodysFault(code: FailureCode): boolean {
  return code === 'unsupported-version';
}
