/** A target: a machine that engines are made for and that is not at hand. */
import type { ComputeCapability } from '../gpu/computeCapability';
import { newestRelease, releaseFor } from '../report/runtimeReleases';
import type { MachineProfile } from '../report/verdictRule';
import { joinWords } from '../text/formats';
import { plainText } from '../text/plainText';
import { findBoard, memoryText, nearestBoards, type Board } from './boards';

export interface Target {
  /** As the command line and engine-inspector.json name it: "rtx-4060-laptop", "minimum". */
  id: string;
  /** "RTX 4060 Laptop", "Minimum spec" */
  name: string;
  /** false: what is wrong there is told and fails nothing. */
  required: boolean;
  computeCapability: ComputeCapability;
  /** Bytes. */
  memory: number;
  /** nominal: the size on the box, of which CUDA reports a little less. */
  memoryIs: 'nominal' | 'exact';
  /** CPU and GPU share the memory. */
  unified: boolean;
  /** Id of the board; null: a profile of its own. */
  board: string | null;
  /** CUDA version of its driver, 13000 = 13.0; null: as new as it takes. */
  driverVersion: number | null;
  /** "1.7.1"; null: the version that built each engine. */
  tensorrtRtx: string | null;
  /** CUDA runtime inside that TensorRT-RTX; null: that of the published release. */
  cudaRuntimeVersion: number | null;
}

export interface TargetProblem {
  /** A whole sentence. */
  sentence: string;
  nextStep: string;
}

export type TargetChoice = { target: Target } | { problem: TargetProblem };

export const bytesOfGB = (gb: number): number => gb * 2 ** 30;

export interface BoardTargetOptions {
  id?: string;
  name?: string;
  /** GB; for boards that were sold with several sizes. */
  memory?: number | null;
  required?: boolean;
  driverVersion?: number | null;
  tensorrtRtx?: string | null;
}

/** A board by its id or name as a target. Of several sizes one has to be named. */
export function boardTarget(board: string, options: BoardTargetOptions = {}): TargetChoice {
  const found = findBoard(board);
  if (!found) return { problem: unknownBoard(board) };
  const memory = options.memory ?? found.memory ?? onlySize(found.board);
  if (memory === null) return { problem: whichMemory(found.board) };
  if (!found.board.memory.includes(memory)) {
    return {
      problem: {
        sentence: `The ${found.board.name} was not sold with ${memory} GB.`,
        nextStep: `Its sizes: ${memoryText(found.board)}. For another board give computeCapability and memory yourself.`,
      },
    };
  }
  const { id, name, computeCapability, unified } = found.board;
  const several = found.board.memory.length > 1;
  return {
    target: {
      id: options.id ?? (several ? `${id}-${memory}gb` : id),
      name: options.name ?? (several ? `${name} ${memory} GB` : name),
      required: options.required ?? true,
      computeCapability,
      memory: bytesOfGB(memory),
      memoryIs: 'nominal',
      unified,
      board: id,
      driverVersion: options.driverVersion ?? null,
      tensorrtRtx: options.tensorrtRtx ?? null,
      cudaRuntimeVersion: null,
    },
  };
}

function onlySize(board: Board): number | null {
  return board.memory.length === 1 ? (board.memory[0] ?? null) : null;
}

export function unknownBoard(name: string): TargetProblem {
  const near = nearestBoards(name);
  return {
    sentence: `No board is known by the name ${plainText(name, 80)}.`,
    nextStep:
      (near.length > 0 ? `Did you mean ${orWords(near)}? ` : '') +
      'engine-inspector targets --boards lists all; another GPU can be described in engine-inspector.json.',
  };
}

function whichMemory({ id, name, memory }: Board): TargetProblem {
  const ids = memory.map((size) => `${id}-${size}gb`);
  return {
    sentence: `The ${name} was sold with ${memoryText({ memory, unified: false })}.`,
    nextStep: `Name the one that is meant: ${orWords(ids)}.`,
  };
}

const orWords = (words: readonly string[]) => joinWords(words).replace(/ and (?=[^ ]*$)/, ' or ');

/** The machine that the verdict rule is asked about. engineVersion: of the engine, where the target has no version. */
export function machineOf(target: Target, engineVersion: string | null): MachineProfile {
  const known = lastMachines.get(target);
  if (known && (target.tensorrtRtx !== null || known.engineVersion === engineVersion)) {
    return known.machine;
  }
  const machine = makeMachine(target, engineVersion);
  lastMachines.set(target, { engineVersion, machine });
  return machine;
}

/** A target is asked about for thousands of engines, and few versions. */
const lastMachines = new WeakMap<
  Target,
  { engineVersion: string | null; machine: MachineProfile }
>();

function makeMachine(target: Target, engineVersion: string | null): MachineProfile {
  const tensorrtRtx = target.tensorrtRtx ?? engineVersion ?? newestRelease.version;
  return {
    computeCapability: target.computeCapability,
    totalGpuMemory: target.memory,
    driverVersion: target.driverVersion ?? Number.MAX_SAFE_INTEGER,
    tensorrtRtx,
    cudaRuntimeVersion:
      target.cudaRuntimeVersion ??
      (target.tensorrtRtx === null ? undefined : releaseFor(tensorrtRtx)?.cudaRuntimeVersion) ??
      Number.MAX_SAFE_INTEGER,
  };
}

/** "compute capability 8.9, 8 GB, TensorRT-RTX 1.7.1, CUDA driver 13.0" without what is not given. */
export function targetFacts(target: Target): string[] {
  const gb = target.memory / 2 ** 30;
  return [
    target.computeCapability,
    `${Number.isInteger(gb) ? gb : gb.toFixed(1)} GB${target.unified ? ' shared' : ''}`,
    ...(target.tensorrtRtx === null ? [] : [`TensorRT-RTX ${target.tensorrtRtx}`]),
  ];
}

/** "RTX 4060 Laptop · 8.9 · 8 GB": the board is named where the target has a name of its own. */
export function targetText(target: Target): string {
  const board = target.board === null ? null : findBoard(target.board)?.board.name;
  const named = board && !target.name.startsWith(board) ? [board] : [];
  return [...named, ...targetFacts(target)].join(' · ');
}
