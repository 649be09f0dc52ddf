/** NVIDIA's Python bindings, which the bench compares with: fetched by pip with pinned sums into .deps/python. */
import * as fs from 'node:fs';

import { inRoot, outputOf, runtimeVersion } from './measure';

export interface Python {
  command: string;
  env: NodeJS.ProcessEnv;
}

export async function pythonWithBindings(): Promise<Python> {
  const command = process.env['PYTHON'] ?? 'python3';
  const folder = inRoot('.deps/python');
  const stamp = inRoot('.deps/python/.complete');
  const requirements = inRoot(`scripts/setup/requirements/bench-bindings-${runtimeVersion}.txt`);
  const wanted = fs.readFileSync(requirements, 'utf8');
  if (!fs.existsSync(stamp) || fs.readFileSync(stamp, 'utf8') !== wanted) {
    console.log(`fetching NVIDIA's Python bindings ${runtimeVersion} (pip)`);
    fs.rmSync(folder, { recursive: true, force: true });
    await outputOf(command, [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'],
      ...['--require-hashes', '--no-deps', '--only-binary=:all:', '--target', folder],
      ...['--requirement', requirements],
    ]);
    fs.writeFileSync(stamp, wanted);
  }
  const libraries = inRoot('.deps/tensorrt-rtx', runtimeVersion);
  return { command, env: { PYTHONPATH: [folder, libraries].join(':') } };
}
