/**
 * Which ONNX model an engine without a recipe was built from: asked once and remembered. Candidates, best first: the one
 * remembered, the one of the same name beside it, others in its folder, models of the workspace (same name first).
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { OnnxFacts } from '../../core/rebuild/onnxFacts';

export interface ModelCandidate {
  path: string;
  /** Why it is offered, for people; empty: it just is there. */
  why: string;
}

const memoryKey = 'rebuild.models';
const most = 50;

export class Models {
  constructor(private readonly memory: vscode.Memento) {}

  remembered(engine: vscode.Uri): string | undefined {
    return this.memory.get<Record<string, string>>(memoryKey, {})[engine.fsPath];
  }

  async remember(engine: vscode.Uri, model: string): Promise<void> {
    const all = this.memory.get<Record<string, string>>(memoryKey, {});
    await this.memory.update(memoryKey, { ...all, [engine.fsPath]: model });
  }

  async candidates(engine: vscode.Uri): Promise<ModelCandidate[]> {
    const folder = path.dirname(engine.fsPath);
    const stem = stemOf(engine.fsPath);
    const beside = (await fs.readdir(folder).catch(() => []))
      .filter((name) => /\.onnx$/i.test(name))
      .map((name) => path.join(folder, name));
    const found = (
      await vscode.workspace.findFiles('**/*.[oO][nN][nN][xX]', '**/node_modules/**', 500)
    )
      .filter(({ scheme }) => scheme === 'file')
      .map(({ fsPath }) => fsPath);
    const remembered = this.remembered(engine);
    const ranked = rankModels({ stem, folder, beside, found, remembered });
    const there: ModelCandidate[] = [];
    for (const candidate of ranked.slice(0, most)) {
      const stat = await fs.stat(candidate.path).catch(() => null);
      if (stat?.isFile() === true) there.push(candidate);
    }
    return there;
  }
}

/** Pure: the order in which models are offered. */
export function rankModels(input: {
  stem: string;
  folder: string;
  beside: readonly string[];
  found: readonly string[];
  remembered: string | undefined;
}): ModelCandidate[] {
  const { stem, folder, remembered } = input;
  const why = (file: string): string => {
    if (file === remembered) return 'used before';
    const here = path.dirname(file) === folder;
    const same = stemOf(file) === stem;
    if (here && same) return 'same name, same folder';
    return same ? 'same name' : here ? 'same folder' : '';
  };
  const order = ['used before', 'same name, same folder', 'same name', 'same folder', ''];
  const all = new Set([
    ...(remembered === undefined ? [] : [remembered]),
    ...input.beside,
    ...input.found,
  ]);
  return [...all]
    .map((file) => ({ path: file, why: why(file) }))
    .sort((a, b) => order.indexOf(a.why) - order.indexOf(b.why) || (a.path < b.path ? -1 : 1));
}

/** "det-fp16.engine" and "det.onnx" are the same model more often than not. */
function stemOf(file: string): string {
  return path
    .basename(file)
    .replace(/\.(engine|trt|plan|rtxplan|onnx|new)$/gi, '')
    .replace(/\.(engine|new)$/gi, '')
    .replace(/[-_.](sm\d+|cc\d+|rtx|fp16|fp32|int8|ws)$/gi, '')
    .toLowerCase();
}

/** One line about a model: "image 1×3×height×width · opset 17 · 4.5 MiB of weights". */
export async function describeModel(facts: OnnxFacts): Promise<string> {
  const [{ formatBytes }, { plainText }] = await Promise.all([
    import('../../core/text/formats'),
    import('../../core/text/plainText'),
  ]);
  const inputs = facts.inputs.slice(0, 3).map(({ name, shape }) => {
    const sizes = shape?.map((size) => (size === '' ? '?' : String(size))).join('×') ?? '?';
    return plainText(`${name} ${sizes}`, 80);
  });
  const more = facts.inputs.length > 3 ? [`${facts.inputs.length - 3} more`] : [];
  const opset = facts.opsets.find(({ domain }) => domain === '')?.version;
  return [
    [...inputs, ...more].join(', '),
    ...(opset === undefined ? [] : [`opset ${opset}`]),
    `${formatBytes(facts.weightBytes)} of weights`,
  ].join(' · ');
}
