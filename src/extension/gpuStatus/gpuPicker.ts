/** "Choose GPU…": which GPU checks and runs use. The choice is a machine setting; what cannot be chosen says why. */
import type * as vscode from 'vscode';
import { formatMemory, type GpuSnapshot, positionOf } from '../../core/gpu/gpuMemory';
import { type GpuChoice, type VisibleGpus, whyNotUsable } from '../../core/gpu/gpuMemoryChoice';
import { describeProblem } from '../../core/gpu/gpuMemoryErrors';
import { pick, showInformation } from '../show';

interface Item extends vscode.QuickPickItem {
  /** UUID, empty: automatic. */
  gpu?: string;
  whyNot?: string;
}

export interface PickInput {
  snapshot: GpuSnapshot;
  choice: GpuChoice;
  visible: VisibleGpus;
  /** As the setting has it. */
  setting: string;
}

/** UUID, empty for automatic; undefined: nothing was chosen. */
export async function pickGpu(input: PickInput): Promise<string | undefined> {
  const { snapshot } = input;
  if (snapshot.gpus.length === 0) {
    const { problem } = snapshot;
    void showInformation(problem ? `${describeProblem(problem)} ${problem.nextStep}`.trim() : '');
    return undefined;
  }
  const picked = await pick(items(input), {
    title: 'Choose GPU',
    placeHolder: input.visible.sentence || 'Which GPU do checks and runs of engines use?',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked?.whyNot) {
    void showInformation(`${picked.whyNot} ${input.visible.sentence}`.trim());
    return undefined;
  }
  return picked?.gpu;
}

function items({ snapshot, choice, visible, setting }: PickInput): Item[] {
  const used = 'in use';
  const list: Item[] = [
    {
      label: 'Automatic',
      description: setting === '' ? used : '',
      detail: 'The first GPU that CUDA shows.',
      gpu: '',
    },
  ];
  for (const gpu of snapshot.gpus) {
    const whyNot = whyNotUsable(gpu, snapshot.gpus, visible);
    const free = `${formatMemory(gpu.free)} of ${formatMemory(gpu.total)} free`;
    const isUsed = setting !== '' && choice.how === 'setting' && choice.gpu?.id === gpu.id;
    list.push({
      label: gpu.name,
      description: [positionOf(gpu), free, ...(isUsed ? [used] : [])].join(' · '),
      detail: whyNot || (gpu.problem ? describeProblem(gpu.problem) : gpu.id),
      gpu: gpu.id,
      whyNot,
    });
  }
  return list;
}
