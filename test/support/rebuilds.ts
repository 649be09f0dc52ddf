/** What the rebuild suite and the bench share: real libraries, hosts that build with them, a folder for each test. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { BuildEvents, Rebuilder, type RebuildRequest } from '../../src/host/build/rebuild';
import { EngineHostSupervisor } from '../../src/host/engineHost/supervisor';
import { defaultEngineOptions, type EngineOptions } from '../../src/core/rebuild/rebuildOptions';
import { libraryNameOf } from './builtEngines';
import { sampleProfile } from '../../scripts/makeSampleModel';

export const repository = path.resolve(__dirname, '../..');

/** Four-part version by minor version, as set-up has put them under .deps/tensorrt-rtx. */
export function installedVersion(minor: string): string {
  const folder = path.join(repository, '.deps/tensorrt-rtx');
  const found = fs.readdirSync(folder).find((name) => name.startsWith(`${minor}.`));
  if (found === undefined) throw new Error(`no TensorRT-RTX ${minor} in ${folder}: npm run setup`);
  return found;
}

export function libraryOf(minor: string): string {
  return path.join(
    repository,
    '.deps/tensorrt-rtx',
    installedVersion(minor),
    'tensorrt_rtx_libs',
    libraryNameOf(minor),
  );
}

/** One supervisor with its rebuilder; dispose it. */
export class RebuildBench {
  readonly events = new BuildEvents();
  readonly supervisor = new EngineHostSupervisor({
    hostMain: path.join(repository, 'dist/engineHost.js'),
    onLog: this.events.onLog,
    onBuildPhase: this.events.onBuildPhase,
    // Tests kill hosts by the dozen.
    crashBudget: { maxRestarts: 1_000_000, windowMs: 1 },
  });
  readonly rebuilder = new Rebuilder(this.supervisor, this.events);

  dispose(): Promise<void> {
    return this.supervisor.dispose();
  }
}

export function optionsWith(change: Partial<EngineOptions> = {}): EngineOptions {
  return { ...defaultEngineOptions(), ...change };
}

/** Options that build the dynamic sample model. */
export function sampleOptions(change: Partial<EngineOptions> = {}): EngineOptions {
  return optionsWith({ profiles: [[sampleProfile]], ...change });
}

export function requestFor(
  minor: string,
  model: string,
  engine: string,
  change: Partial<RebuildRequest> = {},
): RebuildRequest {
  return {
    model,
    engine,
    options: optionsWith(),
    runtime: libraryOf(minor),
    keepBackups: 1,
    estimateMs: null,
    ...change,
  };
}

/** Waits for what is still closed by this process: Windows removes no folder before. */
export async function removeFolder(folder: string): Promise<void> {
  try {
    await fs.promises.rm(folder, { recursive: true, force: true, maxRetries: 25, retryDelay: 200 });
  } catch (error) {
    const left = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
    throw new Error(
      `${folder} could not be removed, with ${left.join(', ') || 'nothing to see'} in it`,
      {
        cause: error,
      },
    );
  }
}
