/**
 * Recent runs on disk, in the extension's global storage:
 *
 *   runs/<name>-<hash of the engine's path>/<run id>/report.json     (keptRun.ts), with the run's inputs and outputs
 *   runs/<name>-<hash of the engine's path>/dropped/<hash>/<name>    files that were dropped on a page
 *
 * So many for each engine and so many bytes in all; the oldest go first. A folder without a good report is what a run
 * left that never ended: it is removed, unless the process that began it still lives. Knows no VS Code.
 */
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { RunReport } from '../../core/run/runReport';
import { isInside } from '../../host/files/isInside';
import { decodeRun, encodeRun } from './keptRun';
import { readSmallText } from '../../host/files/readSmallFile';
import { isRunning } from '../../host/files/isRunning';

export interface RunLimits {
  /** Runs of one engine. */
  perEngine: number;
  /** Of all engines together. */
  bytes: number;
}

export interface RunFolder {
  id: string;
  path: string;
}

const reportName = 'report.json';
/** Holds the id of the process that writes here. */
const markName = 'running';
const droppedName = 'dropped';
const idPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;
/** A larger one was not written by us. */
const largestReport = 512 * 1024 * 1024;

export class RunStore {
  constructor(
    private readonly root: string,
    private readonly limits: () => RunLimits,
    /** Whether a process of that id is there. */
    private readonly isAlive: (pid: number) => boolean = isRunning,
  ) {}

  /** An empty folder for a run that begins now. */
  async begin(engine: string, now = new Date()): Promise<RunFolder> {
    const time = now.toISOString().replace(/[-:]|\.\d+Z$/g, '');
    const id = `${time}-${randomBytes(4).toString('hex')}`;
    const folder = path.join(this.engineFolder(engine), id);
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    await fs.writeFile(path.join(folder, markName), String(process.pid));
    return { id, path: folder };
  }

  /** The run has ended: keeps it, and lets go what is too old or too much. */
  async keep(engine: string, report: RunReport): Promise<void> {
    const folder = this.folderOf(engine, report.id);
    const temporary = path.join(folder, `${reportName}.tmp`);
    await fs.writeFile(temporary, encodeRun(report));
    await fs.rename(temporary, path.join(folder, reportName));
    await fs.rm(path.join(folder, markName), { force: true });
    await this.prune(report.id);
  }

  /** Newest first. Broken ones are removed. */
  async list(engine: string): Promise<RunReport[]> {
    const folder = this.engineFolder(engine);
    const reports: RunReport[] = [];
    for (const id of await this.ids(folder)) {
      const report = await readReport(path.join(folder, id), id);
      if (report) reports.push(report);
      else if (!(await this.isUnderWay(path.join(folder, id)))) await remove(path.join(folder, id));
    }
    return reports.sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1));
  }

  async forget(engine: string, id: string): Promise<void> {
    await remove(this.folderOf(engine, id));
  }

  folderOf(engine: string, id: string): string {
    if (!idPattern.test(id)) throw new Error(`not the name of a run: ${id}`);
    return path.join(this.engineFolder(engine), id);
  }

  /** A file that was dropped on the page; the same one is kept once. Answers its path. */
  async drop(engine: string, fileName: string, bytes: Uint8Array): Promise<string> {
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    const folder = path.join(this.engineFolder(engine), droppedName, hash);
    const file = path.join(folder, safeName(fileName));
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    await fs.writeFile(`${file}.tmp`, bytes);
    await fs.rename(`${file}.tmp`, file);
    return file;
  }

  /** Removes dropped files that no kept run was made with: the page that they were dropped on is closed. */
  async forgetDropped(engine: string): Promise<void> {
    const folder = path.join(this.engineFolder(engine), droppedName);
    const dropped = await folders(folder);
    if (dropped.length === 0) return;
    const used = new Set(
      (await this.list(engine)).flatMap(({ choices }) =>
        choices.inputs.flatMap(({ source }) =>
          source.kind === 'file' ? [path.dirname(source.path)] : [],
        ),
      ),
    );
    for (const name of dropped) {
      const one = path.join(folder, name);
      if (!used.has(one)) await remove(one);
    }
  }

  /** The one of this id stays whatever the limits say: somebody is looking at it. */
  private async prune(newest: string): Promise<void> {
    const { perEngine, bytes } = this.limits();
    const all: { folder: string; id: string; size: number }[] = [];
    for (const engine of await folders(this.root)) {
      const inEngine = (await this.ids(path.join(this.root, engine))).sort().reverse();
      for (const [index, id] of inEngine.entries()) {
        const folder = path.join(this.root, engine, id);
        if (await this.isUnderWay(folder)) continue;
        if (index >= perEngine && id !== newest) await remove(folder);
        else all.push({ folder, id, size: await sizeOf(folder) });
      }
    }
    // Ids begin with the time: newest first.
    all.sort((a, b) => (a.id < b.id ? 1 : -1));
    let total = 0;
    for (const { folder, id, size } of all) {
      total += size;
      if (total > bytes && id !== newest) await remove(folder);
    }
  }

  private async ids(folder: string): Promise<string[]> {
    return (await folders(folder)).filter((name) => name !== droppedName && idPattern.test(name));
  }

  private async isUnderWay(folder: string): Promise<boolean> {
    const mark = await readSmallText(path.join(folder, markName), 100, 'The mark').catch(() => '');
    return mark !== null && /^\d+$/.test(mark) && this.isAlive(Number(mark));
  }

  private engineFolder(engine: string): string {
    const hash = createHash('sha256').update(engine).digest('hex').slice(0, 16);
    return path.join(this.root, `${safeName(path.basename(engine))}-${hash}`);
  }
}

async function readReport(folder: string, id: string): Promise<RunReport | null> {
  const file = path.join(folder, reportName);
  try {
    const text = await readSmallText(file, largestReport, 'The report');
    const report = text === null ? null : decodeRun(text);
    if (report?.id !== id) return null;
    // What is saved and compared later is read from these paths.
    const outputs = [
      ...report.attempts.flatMap((attempt) => attempt.outputs),
      ...(report.reference?.outputs ?? []),
    ];
    const astray = outputs.some(
      ({ dataPath }) => dataPath !== null && !isInside(folder, path.resolve(dataPath)),
    );
    return astray ? null : report;
  } catch {
    return null;
  }
}

async function folders(parent: string): Promise<string[]> {
  const entries = await fs.readdir(parent, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
  let size = 0;
  for (const entry of entries) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) size += await sizeOf(file);
    else size += (await fs.stat(file).catch(() => null))?.size ?? 0;
  }
  return size;
}

async function remove(target: string): Promise<void> {
  // A file that another window has open stays (Windows); it goes the next time.
  await fs.rm(target, { recursive: true, force: true, maxRetries: 2 }).catch(() => undefined);
}

/** Letters that every file system takes. */
function safeName(name: string): string {
  return (
    name
      .replace(/[^\p{L}\p{N}._-]/gu, '_')
      .replace(/^\.+/, '_')
      .slice(-60) || '_'
  );
}
