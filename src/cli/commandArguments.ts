/** What the sub-commands are given: made by their options (…Command.ts), used by their work. */
import type { CodeLanguage } from '../core/run/budgetCode';
import type { ProfilingVerbosity } from '../core/rebuild/rebuildOptions';
import type { EngineArguments } from './engineArguments';
import type { BudgetArgument, EngineRunArguments, SweepBudgets } from './runArguments';

export const layerFormats = ['table', 'json', 'csv'] as const;

export interface BuildArguments {
  output?: string;
  recipe?: string;
  weightStreaming?: boolean;
  computeCapability?: string[];
  profile?: string[];
  flag?: string[];
  clearFlag?: string[];
  verbosity?: ProfilingVerbosity;
  memoryPool?: string[];
  runtime?: string;
  keepBackups: number;
  followLinks?: boolean;
  json?: boolean;
  check?: boolean;
}

export interface TrialArguments {
  computeCapability?: string[];
  target?: string[];
  profile?: string[];
  again?: boolean;
  save?: boolean;
  output?: string;
  runtime?: string;
  config?: string | false;
  json?: boolean;
}

export interface GpuOptions {
  json?: boolean;
  watch?: boolean;
  /** Seconds. */
  interval: number;
}

export interface InspectArguments extends EngineArguments {
  /** true: --layers alone. */
  layers?: (typeof layerFormats)[number] | true;
  output?: string;
  filter?: string;
  compare?: string;
  import?: string;
  profile?: string;
}

export interface RunArguments extends EngineArguments, EngineRunArguments {
  budget: BudgetArgument;
  /** How many of the slowest layers; true: 20. */
  layers?: number | true;
  /** The model; true: the recipe's. */
  compare?: string | true;
  reference?: string | true;
  saveOutputs?: string;
  csv?: boolean;
}

export interface SweepArguments extends EngineArguments, EngineRunArguments {
  budgets?: SweepBudgets;
  fitsIn?: number;
  under?: number;
  code?: CodeLanguage;
  csv?: boolean;
}

export interface RuntimesOptions {
  json?: boolean;
  runtime?: string;
  verbose?: boolean;
}

export interface DoctorOptions {
  json?: boolean;
  full?: boolean;
  runtime?: string;
}
