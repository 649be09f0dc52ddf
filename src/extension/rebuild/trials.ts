/**
 * Try on Other GPUs…: NVIDIA's own compiler builds the engine's model for the chosen GPU families, each alone, on the CPU
 * and into nothing. With a recipe the answers are kept in it and shown on the engine's page; else they are shown as text.
 */
import type { ComputeCapability } from '../../core/gpu/computeCapability';
import type { EngineHost } from '../engineHost';
import type { EnginePicker } from '../enginePicker';
import type { Errors } from '../errors';
import type { Log } from '../log';
import type { Reports } from '../reports';
import type { Runtimes } from '../runtimes';
import type { Targets } from '../targets/targets';
import type { Rebuild } from '.';

export interface TrialServices {
  /** dist/engineHost.js */
  hostMain: string;
  host: EngineHost;
  reports: Reports;
  runtimes: Runtimes;
  targetList: Targets;
  rebuild: Rebuild;
  enginePicker: EnginePicker;
  errors: Errors;
  log: Log;
}

export class GpuTrials {
  constructor(private readonly services: TrialServices) {}

  /** The command. families: for tests, which have nobody to pick them. */
  async run(argument?: unknown, families?: readonly ComputeCapability[]): Promise<void> {
    await this.services.errors.guard('Trying other GPUs', async () => {
      const { TrialCommand } = await import('./trialCommand');
      await new TrialCommand(this.services).run(argument, families);
    });
  }
}
