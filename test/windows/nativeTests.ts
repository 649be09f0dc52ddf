/** The native tests of the suite `windows`: compiled here, run under Wine. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import type { TestReport } from '../harness/mochaRun';
import { builtEngine, libraryVersions, repository } from '../support/builtEngines';
import { writeSampleModel } from '../../scripts/makeSampleModel';

/**
 * The least that shows that the C++ ABI is NVIDIA's, without the shim: objects of ours called back through our vtables,
 * structures returned by value, deleted through virtual destructors.
 */
export async function runNativeTests(): Promise<{ part: string; report: TestReport }[]> {
  const { compile } = await import('../../scripts/windows/native.mjs');
  const { runAll } = await import('../../scripts/windows/toolchain.mjs');
  const { windowsToolchain } = await import('../../scripts/setup/windows.mjs');
  const { runInWine, windowsPath } = await import('../../scripts/windows/wine.mjs');
  const tools = windowsToolchain();
  const folder = path.join(repository, 'build/windows/native-tests');
  fs.mkdirSync(folder, { recursive: true });
  const model = path.join(folder, 'model.onnx');
  writeSampleModel(model, { fixedShape: true });
  const report: TestReport = { passed: 0, failed: 0, failures: [] };
  for (const version of libraryVersions) {
    const minor = version.split('.').slice(0, 2).join('.');
    const headers = path.join(repository, '.deps/headers');
    const source = path.join(repository, 'test/windows/abiProof.cpp');
    const objects = await compile(
      tools,
      `abi-proof-${minor}`,
      [source],
      [
        '-std=c++17',
        '-Wall',
        '-Wextra',
        '-isystem',
        path.join(headers, minor),
        '-isystem',
        headers,
      ],
    );
    const program = path.join(folder, `abiProof-${minor}.exe`);
    await runAll([tools.linkExe(program, objects)]);
    const { code, output } = await runInWine(program, [
      windowsPath(
        path.join(repository, '.deps/windows/tensorrt-rtx', version, 'tensorrt_rtx_libs'),
      ),
      windowsPath(await builtEngine(version)),
      windowsPath(model),
      windowsPath(path.join(folder, `abiProof-${minor}.engine`)),
    ]);
    process.stdout.write(output);
    const counted = /(\d+) passed, (\d+) failed\s*$/.exec(output);
    report.passed += Number(counted?.[1] ?? 0);
    report.failed += Number(counted?.[2] ?? 1);
    if (code !== 0 || counted?.[2] !== '0') {
      if (counted?.[2] === '0') report.failed++;
      report.failures.push({ title: `ABI of ${version}`, message: `${code}\n${output}` });
    }
  }
  return [{ part: 'ABI', report }];
}
