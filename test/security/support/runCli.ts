/** The command line in a process of its own, with what it cost: time of the processor and the most memory it held. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { cliMain, environmentWithoutRuntimes } from '../../support/builtEngines';
import { outcomeOf, type Ran as Ended } from '../../support/commandLine';

export interface Ran extends Ended {
  /** Of its own process: milliseconds of the processor, and bytes. */
  cpuMs: number;
  peakBytes: number;
}

export async function runCli(
  args: readonly string[],
  { cwd, env = {} }: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<Ran> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-inspector-cost-'));
  const hook = path.join(folder, 'cost.cjs');
  const costs = path.join(folder, 'cost.json');
  fs.writeFileSync(
    hook,
    // A check ends its process at the lowest level, after it wrote what it has to say.
    `const tell = () => require('fs').writeFileSync(${JSON.stringify(costs)}, JSON.stringify(process.resourceUsage()));
     process.on('exit', tell);
     const fs = require('fs');
     const { writeSync } = fs;
     fs.writeSync = (...args) => { if (args[0] <= 2) tell(); return writeSync(...args); };
     for (const stream of [process.stdout, process.stderr]) {
       const { write } = stream;
       stream.write = function (...args) { tell(); return write.apply(this, args); };
     }`,
  );
  try {
    const child = spawn(process.execPath, ['--require', hook, cliMain, ...args], {
      cwd,
      env: { ...environmentWithoutRuntimes(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ran = await outcomeOf(child);
    const cost = fs.existsSync(costs)
      ? (JSON.parse(fs.readFileSync(costs, 'utf8')) as NodeJS.ResourceUsage)
      : { userCPUTime: Infinity, systemCPUTime: 0, maxRSS: Infinity };
    return {
      ...ran,
      cpuMs: (cost.userCPUTime + cost.systemCPUTime) / 1000,
      peakBytes: cost.maxRSS * 1024,
    };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
