/**
 * The stages of inspecting an engine and running it (engine_shim.h, and those before the shim is asked): what is told
 * of them, and how long each may pass without a sign of life.
 */
import { assertNever } from '../../core/text/assertNever';
import type { RunProgress } from '../../core/run/runReport';
import type { RunPhase } from '../engineHost/client';

/** Ours, before and after the shim's. */
export const ownStages = ['start', 'load', 'check', 'prepare', 'summarize', 'reference'] as const;
export const shimStages = [
  'read',
  'deserialize',
  'inspect',
  'attempt',
  'budget',
  'context',
  'inputs',
  'buffers',
  'first-run',
  'warm-up',
  'measure',
  'profile',
  'outputs',
] as const;
export type RunStage = (typeof ownStages)[number] | (typeof shimStages)[number];

const stageNames: ReadonlySet<string> = new Set([...ownStages, ...shimStages]);
export const isRunStage = (name: string): name is RunStage => stageNames.has(name);

/** "creating an execution context": follows "while". A newer shim's stage is told by its name. */
export function doing(stage: string): string {
  if (!isRunStage(stage)) return `in the stage "${stage}"`;
  switch (stage) {
    case 'start':
      return 'starting the engine host';
    case 'load':
      return 'loading TensorRT-RTX';
    case 'check':
      return 'checking the engine';
    case 'prepare':
      return 'preparing the inputs';
    case 'read':
      return 'opening the engine';
    case 'deserialize':
      return 'loading the engine';
    case 'inspect':
      return 'inspecting the engine';
    case 'attempt':
      return 'beginning an attempt';
    case 'budget':
      return 'setting the weight streaming budget';
    case 'context':
      return 'creating the execution context';
    case 'inputs':
      return 'setting the inputs';
    case 'buffers':
      return 'allocating GPU memory for inputs and outputs';
    case 'first-run':
      return 'running it for the first time';
    case 'warm-up':
      return 'warming up';
    case 'measure':
      return 'measuring';
    case 'profile':
      return 'timing its layers';
    case 'outputs':
      return 'fetching the outputs';
    case 'summarize':
      return 'reading the outputs';
    case 'reference':
      return 'running ONNX Runtime on the CPU for comparison';
    default:
      return assertNever(stage);
  }
}

/** "Creating the execution context" */
export function stageSentence(stage: string): string {
  const text = doing(stage);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export interface StageLimits {
  /** Loading an engine: this and what its size adds. Milliseconds. */
  loadBaseMs: number;
  /** Loading must keep up with this on top. Bytes a second. */
  loadBytesPerSecond: number;
  /** Any other stage without a sign of life. Milliseconds. */
  stallMs: number;
  /** Stages in which the library compiles kernels without telling. Milliseconds. */
  compileMs: number;
}

export const defaultStageLimits: Readonly<StageLimits> = {
  loadBaseMs: 60_000,
  loadBytesPerSecond: 20e6,
  stallMs: 120_000,
  compileMs: 600_000,
};

/** Loading an engine of that many bytes may take this long. Milliseconds. */
export function loadLimitMs(bytes: number, limits: StageLimits): number {
  return limits.loadBaseMs + (bytes / limits.loadBytesPerSecond) * 1000;
}

/** Follows the stages of one job: what to tell, and until when the next sign of life must come. */
export class StageFollower {
  stage: string;
  private attempt = 0;
  private startedAt = 0;
  /** The first run, with kernels compiled: no later one takes longer. */
  private iterationMs = 0;
  private fraction: number | null = null;

  constructor(
    private readonly job: {
      engineBytes: number;
      attempts: number;
      warmUp: number;
      profiledIterations: number;
      limits: StageLimits;
    },
    first: RunStage = 'start',
    private readonly now: () => number = () => performance.now(),
  ) {
    this.stage = first;
  }

  /** Returns whether there is something new to tell. */
  see({ kind, stage, step, steps }: RunPhase): boolean {
    switch (kind) {
      case 'start':
        if (stage === 'attempt') {
          this.attempt += 1;
          return false;
        }
        this.stage = stage;
        this.startedAt = this.now();
        this.fraction = steps > 0 ? 0 : null;
        return true;
      case 'step':
        if (stage === 'attempt') {
          this.attempt = step + 1; // so many are done
          return false;
        }
        if (stage !== this.stage) return false;
        this.fraction = steps > 0 ? Math.min(1, step / steps) : null;
        return true;
      case 'end':
        if (stage === 'first-run') this.iterationMs = this.now() - this.startedAt;
        return false;
      default:
        return assertNever(kind);
    }
  }

  enter(stage: RunStage): void {
    this.stage = stage;
    this.fraction = null;
  }

  progress(): RunProgress {
    const { attempts } = this.job;
    const which =
      attempts > 1 && this.attempt > 0 && this.attempt <= attempts
        ? `Budget ${this.attempt} of ${attempts}: `
        : '';
    const words = which === '' ? stageSentence(this.stage) : `${which}${doing(this.stage)}`;
    const percent = this.fraction === null ? '' : `, ${Math.floor(this.fraction * 100)} %`;
    return { stage: this.stage, sentence: words + percent, fraction: this.fraction };
  }

  /** Milliseconds until the next sign of life. */
  limitMs(): number {
    const { engineBytes, warmUp, profiledIterations, limits } = this.job;
    switch (this.stage) {
      case 'read':
      case 'deserialize':
      case 'inspect':
        return loadLimitMs(engineBytes, limits);
      case 'budget':
      case 'context':
      case 'first-run':
        return Math.max(limits.compileMs, loadLimitMs(engineBytes, limits));
      case 'warm-up':
        return limits.stallMs + warmUp * 2 * this.iterationMs;
      case 'profile':
        // Layer by layer, and the library may compile again.
        return limits.compileMs + profiledIterations * 4 * this.iterationMs;
      default:
        return limits.stallMs + 4 * this.iterationMs;
    }
  }
}
