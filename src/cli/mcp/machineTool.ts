/** list_gpus_and_runtimes: what this machine has, and the boards that can be asked about. */
import * as z from 'zod';
import {
  formatMemory,
  makeSnapshot,
  positionOf,
  type GpuReading,
  type GpuSnapshot,
} from '../../core/gpu/gpuMemory';
import { visibleGpus } from '../../core/gpu/gpuMemoryChoice';
import { describeProblem } from '../../core/gpu/gpuMemoryErrors';
import { gpuMemoryJson, jsonText } from '../../core/gpu/gpuMemoryJson';
import { boards, memoryText } from '../../core/targets/boards';
import { parseJson } from '../../core/text/parseJson';
import { asFailure } from '../../core/wire/failure';
import { runtimesJson } from '../runtimes';
import { shown } from '../output';
import type { ToolServices } from './server';
import { answerWithoutFiles } from './tool';

export function addMachineTool(services: ToolServices): void {
  services.server.registerTool(
    'list_gpus_and_runtimes',
    {
      title: 'List GPUs and TensorRT-RTX libraries',
      description:
        'Lists the GPUs of this machine with their memory, its NVIDIA driver, and the TensorRT-RTX libraries that were ' +
        'found, with the one that check_engines asks. With boards: also the boards that predict_targets knows.',
      inputSchema: z.object({
        boards: z
          .boolean()
          .default(false)
          .describe('Also list the boards that predict_targets knows'),
      }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ boards: wantsBoards }, context) =>
      answerWithoutFiles('Looking at this machine', async () => {
        const machine = await gpus(services, context.mcpReq.signal);
        const found = await services.runtimes();
        const chosen = await services.choose(null);
        const list = runtimesJson(found, chosen);
        return {
          text: [
            ...machine.lines,
            list.length === 0 ? '' : 'TensorRT-RTX libraries:',
            ...list.map(
              ({ version, path, used, problem }) =>
                `  ${version ?? 'unknown version'} ${path}${used ? ' (asked first)' : ''}${problem === null ? '' : `: ${problem}`}`,
            ),
            [chosen.why, chosen.runtime ? '' : chosen.nextStep].map(shown).join(' ').trim(),
            ...(wantsBoards
              ? [
                  'Boards:',
                  ...boards.map(
                    (board) => `  ${board.id}: ${board.computeCapability}, ${memoryText(board)}`,
                  ),
                ]
              : []),
          ]
            .filter((line) => line !== '')
            .join('\n'),
          data: {
            ...machine.data,
            runtimes: list,
            ...(wantsBoards
              ? {
                  boards: boards.map(({ id, name, computeCapability, memory }) => ({
                    id,
                    name,
                    computeCapability,
                    memory,
                  })),
                }
              : {}),
          },
        };
      }),
  );
}

async function gpus({ supervisor }: ToolServices, signal: AbortSignal) {
  let snapshot: GpuSnapshot;
  try {
    const read = await supervisor.request(null, 'gpuMemory', { processes: false }, { signal });
    snapshot = makeSnapshot(read, Date.now());
  } catch (thrown) {
    const { message, nextStep } = asFailure(thrown, 'Reading the GPUs');
    const line = shown(`The GPUs can't be read: ${message} ${nextStep}`);
    return { lines: [line], data: { gpus: null, gpuProblem: line } };
  }
  const lines = [
    snapshot.gpus.length === 0 ? 'No NVIDIA GPU was found.' : 'GPUs:',
    ...(snapshot.problem
      ? [`${describeProblem(snapshot.problem)} ${snapshot.problem.nextStep}`]
      : []),
    ...snapshot.gpus.map(gpuText),
    ...(snapshot.driverVersion === null ? [] : [`NVIDIA driver ${snapshot.driverVersion}.`]),
  ];
  const { gpus: list, driverVersion } = parseJson(
    jsonText(gpuMemoryJson(snapshot, visibleGpus(snapshot.gpus, process.env)), 0),
  ) as { gpus: unknown[]; driverVersion: string | null };
  return { lines, data: { gpus: list, driverVersion } };
}

function gpuText(gpu: GpuReading): string {
  const capability =
    gpu.computeCapability === null ? '' : `, compute capability ${gpu.computeCapability}`;
  return `  ${positionOf(gpu)}: ${gpu.name}${capability}, ${formatMemory(gpu.total)}, ${formatMemory(gpu.free)} free`;
}
