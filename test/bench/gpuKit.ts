/**
 * `npm run bench -- --gpu` packs what the bench needs on a machine with a GPU that has nothing of ours: build/gpu-bench with
 * the bundles, koffi, the yardsticks, NVIDIA's headers and Python bindings. The library is brought apart; node as well.
 * There, `NODE=… LIB=/path/of/libtensorrt_rtx.so.1 bash run.sh` prints the table.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { minorOf } from '../support/releases';
import { bundleScript } from './bundleScript';
import { inRoot, outputOf, runtimeVersion } from './measure';
import { pythonCommand } from './python';

/** The interpreter of that machine. */
const pythonThere = process.env['GPU_PYTHON'] ?? '3.12';

const runScript = `#!/usr/bin/env bash
# Prints the table; NODE and LIB say where Node and TensorRT-RTX lie, PYTHON which interpreter is the yardstick's.
set -euo pipefail
cd "$(dirname "$0")"
exec "\${NODE:-node}" test/bench/gpuMain.cjs "$LIB" "$@"
`;

export async function makeGpuKit(): Promise<string> {
  const kit = inRoot('build/gpu-bench');
  fs.rmSync(kit, { recursive: true, force: true });
  const copy = (from: string, to = from) =>
    fs.cpSync(inRoot(from), path.join(kit, to), { recursive: true, dereference: true });
  for (const file of ['cli.js', 'cliProgram.js', 'engineHost.js', 'native', 'lazy']) {
    copy(`dist/${file}`);
  }
  for (const name of fs.readdirSync(path.join(kit, 'dist/lazy'))) {
    if (!name.startsWith('cli')) fs.rmSync(path.join(kit, 'dist/lazy', name));
  }
  for (const name of ['koffi', '@koromix/koffi-linux-x64']) copy(`node_modules/${name}`);
  for (const name of ['plainLoop.py', 'plainWalk.cpp', 'bareKoffi.cjs']) copy(`test/bench/${name}`);
  for (const name of ['plainLoop.cpp', 'plainRuntime.h']) copy(`native-shim/test/${name}`);
  copy('test/fixtures/engineHeaders.json');
  copy(`.deps/headers/${minorOf(runtimeVersion)}`);
  copy('.deps/headers/cuda_runtime_api.h');
  const parser = 'libtensorrt_onnxparser_rtx.so.1';
  copy(`.deps/tensorrt-rtx/${runtimeVersion}/tensorrt_rtx_libs/${parser}`, `.deps/${parser}`);
  await outputOf(pythonCommand, [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'],
    ...['--require-hashes', '--no-deps', '--only-binary=:all:', '--python-version', pythonThere],
    ...['--implementation', 'cp', '--platform', 'manylinux_2_28_x86_64'],
    ...['--target', path.join(kit, '.deps/python'), '--requirement'],
    inRoot(`scripts/setup/requirements/bench-bindings-${runtimeVersion}.txt`),
  ]);
  await bundleScript('gpuMain.ts', path.join(kit, 'test/bench'), ['koffi']);
  fs.writeFileSync(path.join(kit, 'run.sh'), runScript);
  const archive = inRoot('build/gpu-bench.tar.xz');
  execFileSync('tar', ['-C', kit, '-cJf', archive, '.']);
  const size = (fs.statSync(archive).size / 2 ** 20).toFixed(1);
  return `${archive} (${size} MiB): unpack it there, then NODE=… LIB=…/libtensorrt_rtx.so.1 bash run.sh`;
}
