/** What helps against what a report says, as commands for this terminal. */
import * as fs from 'node:fs';
import type { EngineReport, FileFacts } from '../core/report/engineReport';
import { fixCommands, type Fix } from '../core/report/fixCommands';
import type { MachineProfile } from '../core/report/verdictRule';
import type { Shell } from '../core/rebuild/rebuildCommands';
import type { DescribedFile } from '../host/check/checkedFiles';
import type { Paint } from './output';

/** As commands, which name the file; where nothing can be pasted, as sentences. */
export function fixLines(
  fixes: readonly { title: string; detail: string; command: string | null }[],
  paint: Paint,
): string[] {
  return fixes.map(({ title, detail, command }) => {
    const how = command === null ? `. ${detail}` : `:\n    ${command}`;
    return `  ${paint('dim', 'fix:')} ${title.replace(/…$/, '')}${how}`;
  });
}

type Fixable = Pick<DescribedFile, 'code' | 'recipe'> & { facts: FileFacts };

/** The best three, each command once. machine: the one that report is about; null: the one at hand. */
export function fixesFor(
  { facts, code, recipe }: Fixable,
  { remedies, gpu }: Pick<EngineReport, 'remedies' | 'gpu'>,
  machine: MachineProfile | null,
): Fix[] {
  if (remedies.length === 0) return [];
  const all = fixCommands(remedies, {
    ...{ file: facts.file, kind: facts.kind, header: facts.header, code, recipe },
    model: modelBeside(facts),
    gpu: machine?.computeCapability ?? gpu?.computeCapability ?? null,
    version: machine?.tensorrtRtx ?? null,
    shell: shellHere(),
  });
  return bestThree(all.filter(({ command }) => command !== ''));
}

export const shellHere = (): Shell => (process.platform === 'win32' ? 'powershell' : 'sh');

export function bestThree<T extends { command: string | null }>(fixes: readonly T[]): T[] {
  return fixes
    .filter(
      ({ command }, at) =>
        command === null || fixes.findIndex((one) => one.command === command) === at,
    )
    .slice(0, 3);
}

/** "det.engine" comes from "det.onnx" beside it, where there is one. */
export function modelBeside({ file, kind }: FileFacts): string | null {
  if (['onnx', 'epcontext', 'model-package', 'unreadable'].includes(kind)) return null;
  return modelNamedAlike(file);
}

export function modelNamedAlike(file: string): string | null {
  const model = `${file.replace(/\.\w+$/, '')}.onnx`;
  return fs.statSync(model, { throwIfNoEntry: false })?.isFile() === true ? model : null;
}
