/**
 * The engines of an EPContext model, embedded or beside it: 64 bytes of each, never more. A path in the model is the
 * model's word: what leads out of its folder is not opened.
 */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import {
  containedEngine,
  headerSize,
  type ContainedEngine,
} from '../../core/file/containedEngines';
import { isRtxProvider, readEpContextModel, type ContextNode } from '../../core/file/epContext';
import { epContextFacts } from '../../core/file/epContextFacts';
import { triagePrefix } from '../../core/file/fileKind';
import type { FileFacts } from '../../core/report/engineReport';
import { plainText } from '../../core/text/plainText';
import type { FilePath } from './checkRecords';
import { isInside } from '../files/isInside';
import { openRegularFile, readAt } from './regularFile';

/** More engines than any model has, and an end for a hostile one. */
const mostEngines = 256;
const mostNames = 2000;

/** facts: those of an ONNX model. The same where it is no EPContext model, or cannot be read any more. */
export async function withContextEngines(file: FilePath, facts: FileFacts): Promise<FileFacts> {
  try {
    const { handle, stat } = await openRegularFile(file);
    try {
      const read = (offset: number, length: number) => readAt(handle, offset, length);
      const model = await readEpContextModel({ size: stat.size, read });
      if (model === null) return facts;
      const engines: ContainedEngine[] = [];
      const ours = model.nodes.filter(({ source }) => source === '' || isRtxProvider(source));
      for (const node of ours.slice(0, mostEngines)) {
        if (!node.isMain) {
          const lost = lostShare(node, ours);
          if (lost !== null) engines.push(lost);
        } else if (node.embedded !== null) {
          engines.push(await embeddedEngine(read, node, node.embedded, facts.modified));
        } else if (node.path !== null) {
          engines.push(await engineBeside(file, node, node.path));
        } else {
          engines.push(
            noEngine(node, `The node "${node.name}" has no engine (no ep_cache_context).`),
          );
        }
      }
      const [first] = ours;
      if (engines.length === 0 && first !== undefined) {
        const shared =
          'Its nodes share an engine that another model holds (main_context 0): check the model with main_context 1.';
        engines.push(noEngine(first, shared));
      }
      return epContextFacts(facts, model, engines);
    } finally {
      await handle.close();
    }
  } catch {
    return facts;
  }
}

/** It shares the engine of the node with main_context 1 of its partition; null: that is here. */
function lostShare(node: ContextNode, all: readonly ContextNode[]): ContainedEngine | null {
  const main = all.filter(({ isMain }) => isMain);
  const named = main.every(({ partition }) => partition !== '');
  if (main.length === 0 || !named || node.partition === '') return null;
  if (main.some(({ partition }) => partition === node.partition)) return null;
  return noEngine(
    node,
    `The node "${node.name}" shares the engine of the partition "${node.partition}" (main_context 0), which no node of this model holds: another model has to hold it, and be loaded with this one.`,
  );
}

function noEngine({ name }: ContextNode, problem: string): ContainedEngine {
  return { name, offset: null, facts: null, problem };
}

type Read = (offset: number, length: number) => Promise<Uint8Array>;

async function embeddedEngine(
  read: Read,
  node: ContextNode,
  { offset, length }: NonNullable<ContextNode['embedded']>,
  modified: number | null,
): Promise<ContainedEngine> {
  const { name } = node;
  if (length === 0) {
    return noEngine(node, `The node "${name}" holds no engine: its ep_cache_context is empty.`);
  }
  const headOf = async (bytes: number) => Buffer.from(await read(offset, Math.min(bytes, length)));
  const head = await headOf(headerSize);
  const path = length <= 4096 ? pathIn(await headOf(length)) : null;
  if (path !== null) {
    return noEngine(
      node,
      `The node "${name}" should hold its engine (embed_mode 1), but the path "${path}" stands in its place.`,
    );
  }
  const { engine, wants } = containedEngine(name, offset, head, length, modified);
  // A whole engine is told by its header alone.
  if (wants === 0 && engine.facts?.header?.fileSize === length) return engine;
  const more = await headOf(Math.max(wants, triagePrefix));
  return containedEngine(name, offset, more, length, modified).engine;
}

/** null: no path, as an engine is none. */
function pathIn(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes).toString('utf8');
  return /^[^\0-\x1f\ufffd]+$/.test(text) && /[/\\.]/.test(text) ? plainText(text, 300) : null;
}

async function engineBeside(
  model: FilePath,
  { name }: ContextNode,
  written: string,
): Promise<ContainedEngine> {
  const shown = plainText(written, 300);
  const lost = (sentence: string): ContainedEngine => ({
    name: shown || name,
    offset: null,
    facts: null,
    problem: sentence,
  });
  if (typeof model !== 'string') {
    return lost(`The model's path is not valid text, so ${shown} was not searched for.`);
  }
  const folder = path.dirname(path.resolve(model));
  if (written.startsWith('vtrt')) {
    return lost(
      `The node "${name}" should name a file (embed_mode 0), but the engine itself stands in its place.`,
    );
  }
  if (written === '' || written.includes('\0')) return lost('The model names no engine.');
  const leadsOut = `The model keeps its engine in "${shown}", which leads out of the model's folder: it is not opened.`;
  const isAbsolute = path.isAbsolute(written) || /^([a-z]:|[\\/])/i.test(written);
  const target = path.resolve(folder, written);
  if (isAbsolute || !isInside(folder, target)) {
    return lost(`${leadsOut}${await nearby(folder, written)}`);
  }
  let real: string;
  try {
    real = await fs.realpath(target);
  } catch {
    return lost(
      `The engine "${shown}" that the model names is not there.${await nearby(folder, written)}`,
    );
  }
  if (!isInside(await fs.realpath(folder), real)) return lost(leadsOut);
  try {
    const { handle, stat } = await openRegularFile(real);
    try {
      const head = await readAt(handle, 0, Math.min(headerSize, stat.size));
      const { engine, wants } = containedEngine(shown, null, head, stat.size, stat.mtimeMs);
      if (wants === 0) return engine;
      const more = await readAt(handle, 0, Math.min(wants, stat.size));
      return containedEngine(shown, null, more, stat.size, stat.mtimeMs).engine;
    } finally {
      await handle.close();
    }
  } catch (error) {
    const cause = error instanceof Error ? plainText(error.message, 300) : 'it cannot be read';
    return lost(`The engine "${shown}" that the model names cannot be read: ${cause}`);
  }
}

/** " Nearby is …": the same file elsewhere in the folder, or the engines that are there. With a space before it. */
async function nearby(folder: string, written: string): Promise<string> {
  const slashed = written.trim().replaceAll('\\', '/');
  const wanted = path.posix.basename(slashed);
  const engines: string[] = [];
  const same: string[] = [];
  let looked = 0;
  const look = async (below: string, depth: number): Promise<void> => {
    const entries = await fs
      .readdir(path.join(folder, below), { withFileTypes: true })
      .catch(() => []);
    for (const entry of entries) {
      if (++looked > mostNames) return;
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory() && depth < 2) await look(name, depth + 1);
      if (!entry.isFile()) continue;
      if (entry.name === wanted) same.unshift(name);
      else if (entry.name.toLowerCase() === wanted.toLowerCase()) same.push(name);
      else if (/\.(engine|trt|plan)$/i.test(entry.name)) engines.push(name);
    }
  };
  await look('', 0);
  const [found] = same;
  if (found !== undefined) {
    const why = whyAnother(written, slashed, found, path.basename(folder));
    return ` ${plainText(found, 300)} is there${why}. Put it where the model names it, or compile the model again here.`;
  }
  if (engines.length === 0) return ' There is no engine near the model.';
  const names = engines.slice(0, 3).map((name) => plainText(name, 200));
  return ` Near the model ${engines.length === 1 ? 'is' : 'are'} ${names.join(', ')}${engines.length > 3 ? `, and ${engines.length - 3} more` : ''}.`;
}

/** ": the path is …": what makes it another than that of the file that is there; empty: nothing that is known. */
function whyAnother(written: string, slashed: string, found: string, folder: string): string {
  if (written !== written.trim()) return ': the path has spaces or line breaks around it';
  if (slashed === found) {
    return ': the path is written with backslashes, which are part of the name on this system';
  }
  if (slashed.toLowerCase() === found.toLowerCase()) {
    return ': the path has other upper and lower case, which this system tells apart';
  }
  if (/^(.+\/)\1/.test(slashed)) return ': the path names its folder twice';
  if (slashed === `${folder}/${found}`) {
    return ": the path begins with the model's own folder, from which it counts already";
  }
  return '';
}
