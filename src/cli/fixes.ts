/** What helps against what a report says, as commands for this terminal. */
import * as fs from 'node:fs';
import type { EngineReport, FileFacts } from '../core/report/engineReport';
import {
  cutAtHoles,
  fileHole,
  fillHoles,
  fixCommands,
  fixesWithHoles,
  type Fix,
  type FixSurroundings,
} from '../core/report/fixCommands';
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
    ...surroundings({ ...facts, code, recipe }, gpu, machine),
    file: facts.file,
    model: modelBeside(facts),
  });
  return bestThree(withCommand(all));
}

function surroundings(
  { kind, header, code, recipe }: Pick<FixSurroundings, 'kind' | 'header' | 'code' | 'recipe'>,
  gpu: EngineReport['gpu'],
  machine: MachineProfile | null,
): Omit<FixSurroundings, 'file' | 'model'> {
  return {
    ...{ kind, header, code, recipe },
    gpu: machine?.computeCapability ?? gpu?.computeCapability ?? null,
    version: machine?.tensorrtRtx ?? null,
    shell: shellHere(),
  };
}

const withCommand = (fixes: readonly Fix[]): Fix[] => fixes.filter(({ command }) => command !== '');

/** What fixLines shows of a fix. */
export const lineOf = ({ remedy: { title, detail }, command }: Fix) => {
  return { title, detail, command };
};

/** What helps files with one shared report: made once, then filled with the names of each. */
export class SharedFixes {
  private readonly made = new WeakMap<EngineReport, Map<boolean, readonly string[] | null>>();

  constructor(private readonly paint: Paint) {}

  /** With a line feed before each line; null: fixesFor makes them for each file. */
  lines(file: string, example: EngineReport, mayHaveModel: boolean): string | null {
    if (example.remedies.length === 0) return '';
    const model = mayHaveModel ? modelBeside({ file, kind: example.kind }) : null;
    const pieces = this.pieces(example, model !== null);
    return pieces && fillHoles(pieces, { file, model, shell: shellHere() });
  }

  /** With fileHole for the file's name as a word of the shell; null: they name more, or are made for each file. */
  withHoles(example: EngineReport, mayHaveModel: boolean): string | null {
    if (example.remedies.length === 0) return '';
    return mayHaveModel ? null : (this.pieces(example, false)?.join('') ?? null);
  }

  private pieces(example: EngineReport, hasModel: boolean): readonly string[] | null {
    let known = this.made.get(example);
    if (!known) this.made.set(example, (known = new Map<boolean, readonly string[] | null>()));
    const before = known.get(hasModel);
    if (before !== undefined) return before;
    const { kind, header, remedies, gpu } = example;
    const fixes = fixesWithHoles(
      remedies,
      surroundings({ kind, header, code: null, recipe: null }, gpu, null),
      hasModel,
    );
    const lines = fixes && fixLines(bestThree(withCommand(fixes)).map(lineOf), this.paint);
    const made = lines && cutAtHoles(lines.map((line) => `\n${line}`).join(''));
    known.set(hasModel, made);
    return made;
  }
}

/** The path of a file as a word of a command. */
export const fileWord = (file: string): string =>
  fillHoles([fileHole], { file, model: null, shell: shellHere() });

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
export function modelBeside({ file, kind }: Pick<FileFacts, 'file' | 'kind'>): string | null {
  if (['onnx', 'epcontext', 'model-package', 'unreadable'].includes(kind)) return null;
  return modelNamedAlike(file);
}

export function modelNamedAlike(file: string): string | null {
  const model = `${file.replace(/\.\w+$/, '')}.onnx`;
  return fs.statSync(model, { throwIfNoEntry: false })?.isFile() === true ? model : null;
}
