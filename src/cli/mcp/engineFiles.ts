/** The engines that a tool's paths mean: files as they are, folders searched; nothing that leads out of the folders. */
import * as fs from 'node:fs/promises';
import * as z from 'zod';
import { Failure } from '../../core/wire/failure';
import { displayPath } from '../../host/check/checkRecords';
import { findEngines } from '../findEngines';
import type { Folders } from './folders';

/** Of one call: past this an assistant is no longer the right reader. */
const mostEngines = 5_000;
const extensions = ['.trt', '.plan', '.rtxplan', '_ctx.onnx'];

export const pathsSchema = z
  .array(z.string())
  .min(1)
  .max(500)
  .describe(
    'Engine files, and folders that are searched for *.engine, *.trt, *.plan and *_ctx.onnx',
  );
export const limitSchema = z
  .int()
  .min(1)
  .max(1000)
  .default(50)
  .describe('How many engines are listed, those with problems first; all are counted');

export interface EngineFiles {
  files: { path: string; named: boolean }[];
  /** What was left out and why. */
  problems: string[];
}

/** Throws where there are none. */
export async function enginesIn(folders: Folders, paths: readonly string[]): Promise<EngineFiles> {
  const files: EngineFiles['files'] = [];
  const problems: string[] = [];
  let outside = 0;
  let tooMany = false;
  const seen = new Set<string>();
  for (const given of paths) {
    const place = await folders.existing(given);
    const search = findEngines([place], {
      extensions,
      followLinks: false,
      limits: { depth: 100, files: mostEngines, complaints: 5 },
      complain: (problem) => problems.push(problem),
    });
    for (const { path, named } of search) {
      // A link in a folder may lead anywhere: the file behind it is what would be read.
      const real = await fs
        .realpath(typeof path === 'string' ? path : Buffer.from(path))
        .catch(() => null);
      if (real === null) problems.push(`${displayPath(path)} can't be read.`);
      else if (!folders.holds(real)) outside++;
      else if (files.length >= mostEngines) tooMany = true;
      else if (!seen.has(real)) files.push({ path: real, named });
      seen.add(real ?? '');
    }
  }
  if (outside > 0) {
    problems.push(
      `${outside} ${outside === 1 ? 'link leads' : 'links lead'} out of the folders that this server may use, and was left out.`,
    );
  }
  if (tooMany) problems.push(`Only the first ${mostEngines} engines were looked at.`);
  if (files.length > 0) return { files, problems };
  throw new Failure(
    'file-error',
    ['No engines were found there.', ...problems].join(' '),
    `Name engine files, or a folder below ${folders.text} that holds *.engine files.`,
  );
}

export const manyText = (count: number): string => `${count} ${count === 1 ? 'engine' : 'engines'}`;
