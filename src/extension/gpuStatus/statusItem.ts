/**
 * What the status bar item says: text, tooltip (Markdown), warning, and the words for a screen reader. Pure; names of
 * GPUs, programs and files are hostile and become entities, never Markdown.
 */
import type { Fit } from '../../core/gpu/fit';
import {
  formatMemory,
  formatUsedOfTotal,
  type GpuReading,
  type GpuSnapshot,
  positionOf,
  topProcesses,
  usedPercent,
} from '../../core/gpu/gpuMemory';
import type { GpuChoice, VisibleGpus } from '../../core/gpu/gpuMemoryChoice';
import { describeProblem } from '../../core/gpu/gpuMemoryErrors';
import { isAbove } from '../../core/pages/gpuMemoryView';

export interface StatusInput {
  snapshot: GpuSnapshot;
  choice: GpuChoice;
  visible: VisibleGpus;
  /** 0: never. */
  warningPercent: number;
  /** The engine in front of the user. */
  fit: { file: string; fit: Fit } | null;
  commands: { show: string; choose: string };
}

export interface StatusItemContent {
  text: string;
  /** Markdown; only the two commands may be links in it. */
  tooltip: string;
  warns: boolean;
  /** For screen readers: the tooltip's first lines as plain words. */
  label: string;
}

const shownProcesses = 5;

/** null: there is nothing to show and nothing to nag about. */
export function statusItem(input: StatusInput): StatusItemContent | null {
  const { snapshot, choice, fit } = input;
  if (snapshot.problem?.absent && snapshot.gpus.length === 0) return null;
  const { gpu } = choice;
  if (!gpu) {
    const why =
      snapshot.problem !== null
        ? describeProblem(snapshot.problem)
        : input.visible.sentence || 'No GPU can be used by programs here.';
    return {
      text: '$(chip) GPU not readable',
      tooltip: [
        `**${escapeMarkdown(why)}**`,
        escapeMarkdown(snapshot.problem?.nextStep ?? ''),
        links(input),
      ]
        .filter((part) => part !== '')
        .join('\n\n'),
      warns: false,
      label: why,
    };
  }
  const usage = formatUsedOfTotal(gpu);
  const short = fit?.fit.short ?? '';
  const label = [
    `GPU memory: ${usage} in use on ${gpu.name}.`,
    ...(gpu.problem ? [describeProblem(gpu.problem)] : []),
    ...(fit ? [`${fit.file}: ${fit.fit.sentence}`] : []),
  ].join(' ');
  return {
    text: `$(chip) ${usage}${short === '' ? '' : `, ${short}`}`,
    tooltip: tooltip(input, gpu),
    warns: isAbove(usedPercent(gpu), input.warningPercent),
    label,
  };
}

function tooltip(input: StatusInput, gpu: GpuReading): string {
  const { snapshot, choice, visible, fit } = input;
  const driver =
    snapshot.driverVersion === null ? '' : `Driver ${escapeMarkdown(snapshot.driverVersion)}`;
  return [
    `**${escapeMarkdown(gpu.name)}** (${escapeMarkdown(positionOf(gpu))})  \n${numbers(gpu)}`,
    gpu.problem ? escapeMarkdown(describeProblem(gpu.problem)) : '',
    fit ? `**${escapeMarkdown(fit.file)}**  \n${escapeMarkdown(fit.fit.sentence)}` : '',
    processTable(gpu),
    snapshot.gpus.length > 1 ? gpuTable(snapshot, gpu) : '',
    escapeMarkdown(choice.problem),
    escapeMarkdown(visible.sentence),
    driver,
    links(input),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function numbers(gpu: GpuReading): string {
  const busy = gpu.utilization === null ? '' : `, ${gpu.utilization} % busy`;
  return escapeMarkdown(`${formatUsedOfTotal(gpu)} in use, ${formatMemory(gpu.free)} free${busy}`);
}

function processTable(gpu: GpuReading): string {
  const { processes, more } = topProcesses(gpu, shownProcesses);
  if (processes.length === 0) return '';
  const rows = processes.map(
    (process) =>
      `| ${escapeMarkdown(shortName(process.name))} | ${process.pid} | ${escapeMarkdown(formatMemory(process.memory))} |`,
  );
  const rest = more === 0 ? [] : [`| and ${more} more | | |`];
  return ['| Program | PID | Memory |', '| :-- | --: | --: |', ...rows, ...rest].join('\n');
}

function gpuTable(snapshot: GpuSnapshot, chosen: GpuReading): string {
  const rows = snapshot.gpus.map((gpu) => {
    const name = `${positionOf(gpu)}: ${gpu.name}${gpu.id === chosen.id ? ' (used)' : ''}`;
    const memory = gpu.problem ? gpu.problem.name : formatUsedOfTotal(gpu);
    const busy = gpu.utilization === null ? '' : `${gpu.utilization} %`;
    return `| ${escapeMarkdown(name)} | ${escapeMarkdown(memory)} | ${busy} |`;
  });
  return ['| GPU | In use | Busy |', '| :-- | --: | --: |', ...rows].join('\n');
}

function links({ commands }: StatusInput): string {
  return `[Show GPU memory](command:${commands.show}) | [Choose GPU…](command:${commands.choose})`;
}

/** "/usr/bin/python3 train.py" → "python3 train.py": a tooltip is narrow, and the end of a path tells most. */
function shortName(name: string): string {
  const [program = '', ...rest] = name.split(' ');
  const short = name.startsWith('/')
    ? [program.split('/').at(-1) || program, ...rest].join(' ')
    : /^[A-Za-z]:\\/.test(name)
      ? (name.split('\\').at(-1) ?? name)
      : name;
  return short.length > 64 ? `${short.slice(0, 63)}…` : short;
}

/** Every character that could be Markdown, HTML, a table's edge or the start of a link, as an entity. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[^\p{L}\p{N} ,;%()…·–]/gu, (character) => `&#${character.codePointAt(0)};`);
}
