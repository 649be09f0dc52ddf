/**
 * Starts a test program of the shim on the stand-in machine (test/standIns), whose TensorRT-RTX and CUDA driver run engines
 * without a GPU:
 *
 *   tsx onStandIns.ts PROGRAM [ARGUMENT…]
 *
 * The program is started as PROGRAM LIBRARY FOLDER [ARGUMENT…]; the folder holds the engines below. The machine's
 * description, in which the program may change the faults, is the file that STAND_IN_NVML names.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { standInMachine, standInProfile, writeStandInEngine } from '../../test/standIns/standIns';

const [program, ...rest] = process.argv.slice(2);
if (program === undefined) throw new Error('Which program?');

const machine = standInMachine();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shim-on-stand-ins-'));
const inFolder = (name: string): string => path.join(folder, name);
try {
  const quick = { latencyMs: 0.05, streamMs: 0.1, jitMs: 40 };
  writeStandInEngine(inFolder('streaming.engine'), quick);
  writeStandInEngine(inFolder('fixed.engine'), { ...quick, dynamic: false, streaming: false });
  writeStandInEngine(inFolder('shape.engine'), { ...quick, shapeTensor: true });
  writeStandInEngine(inFolder('half.engine'), { ...quick, half: true });
  writeStandInEngine(inFolder('profiles.engine'), {
    ...quick,
    profiles: [
      standInProfile,
      { image: { min: [1, 3, 300, 300], opt: [1, 3, 320, 320], max: [1, 3, 400, 400] } },
    ],
  });
  writeStandInEngine(inFolder('large.engine'), { ...quick, weightBytes: 400_000_000 });
  writeStandInEngine(inFolder('least.engine'), { ...quick, leastBudget: 4_000_000 });
  writeStandInEngine(inFolder('truncated.engine'), { damage: 'truncated' });
  writeStandInEngine(inFolder('slow.engine'), { ...quick, latencyMs: 5 });
  const { status, signal } = spawnSync(program, [machine.runtime, folder, ...rest], {
    stdio: 'inherit',
    env: { ...process.env, ...machine.environment },
  });
  if (signal !== null) console.error(`${program} was ended by ${signal}`);
  process.exitCode = status ?? 1;
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
  machine.dispose();
}
