/**
 * rebuildProcess MODEL ENGINE OPTIONS LIBRARY DIST: rebuilds as the extension does, with the same code in the same kind
 * of process, and says how long its event loop was ever held up from the start to the end. OPTIONS is JSON.
 */
import * as path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';

import type { EngineOptions } from '../../src/core/rebuild/rebuildOptions';
import { BuildEvents, Rebuilder } from '../../src/host/build/rebuild';
import { shimFolderOf } from '../../src/host/runtimes/shims';
import { EngineHostSupervisor } from '../../src/host/engineHost/supervisor';

async function main(): Promise<void> {
  const [model = '', engine = '', options = '', runtime = '', dist = ''] = process.argv.slice(2);
  const events = new BuildEvents();
  const supervisor = new EngineHostSupervisor({
    hostMain: path.join(dist, 'engineHost.js'),
    shimFolder: shimFolderOf(dist),
    onLog: events.onLog,
    onBuildPhase: events.onBuildPhase,
  });
  const rebuilder = new Rebuilder(supervisor, events);
  // What loading this script itself cost is not the build's.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const told: string[] = [];
  delay.enable();
  await rebuilder.build(
    {
      model,
      engine,
      options: JSON.parse(options) as EngineOptions,
      runtime,
      keepBackups: 1,
      estimateMs: null,
    },
    { onProgress: ({ text }) => told.push(text), onLine: ({ text }) => told.push(text) },
  );
  delay.disable();
  await supervisor.dispose();
  console.log(JSON.stringify({ max: delay.max / 1e6, told: told.length }));
}

void main();
