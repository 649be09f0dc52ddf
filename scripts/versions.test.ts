/** The one list of TensorRT-RTX releases is tensorrt-rtx.json: what cannot be derived from it is compared with it. */
import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { headersCrate, releases } from '../tensorrt-rtx.json';
import { compareVersions, runtimeReleases } from '../src/core/report/runtimeReleases';
import { installableRuntimes } from '../src/host/runtimes/installRuntime';
import { repositoryRoot, temporaryFolder } from '../test/harness';
import { minors } from '../test/support/releases';

const inRoot = (...parts: string[]): string => path.join(repositoryRoot, ...parts);
const versions = releases.map(({ version }) => version);

describe('the list of TensorRT-RTX releases', () => {
  it('goes from old to new, one release of each minor version', () => {
    assert.deepEqual(versions, [...versions].sort(compareVersions));
    assert.equal(new Set(minors).size, minors.length);
  });

  it('is what the product, the installer, set-up and its folders have', () => {
    assert.deepEqual(
      runtimeReleases.map(({ version }) => version),
      versions,
    );
    assert.deepEqual(installableRuntimes.map(({ version }) => version).reverse(), versions);
    for (const minor of minors) {
      assert.ok(fs.existsSync(inRoot('.deps/headers', minor, 'NvInfer.h')), `headers of ${minor}`);
    }
  });

  it('is what CMake builds shims for', () => {
    const folder = temporaryFolder();
    try {
      // The part of native-shim/CMakeLists.txt that reads the list, without a compiler.
      const text = fs.readFileSync(inRoot('native-shim/CMakeLists.txt'), 'utf8');
      const part = /^set\(releases[^]*?OUTPUT_VARIABLE known_versions\)$/m.exec(text)?.[0];
      assert.ok(part !== undefined, 'CMakeLists.txt no longer reads the list');
      const script = path.join(folder.path, 'versions.cmake');
      fs.writeFileSync(
        script,
        `set(repository "${repositoryRoot}")\n${part.replace(/^set_property.*$/m, '')}\nmessage("\${known_versions}")\n`,
      );
      const args = ['-c', 'cmake -P "$1" 2>&1', 'sh', script];
      assert.equal(execFileSync('sh', args, { encoding: 'utf8' }).trim(), minors.join(';'));
    } finally {
      folder.remove();
    }
  });

  it('is what the documentation tells', () => {
    const [first, last] = [minors[0] ?? '', minors.at(-1) ?? ''];
    for (const file of ['README.md', 'docs/architecture.md']) {
      const text = fs.readFileSync(inRoot(file), 'utf8');
      assert.match(text, new RegExp(`\\b${first}( to |–)${last}\\b`), file);
    }
    assert.ok(headersCrate.version.endsWith(`+rtx${last}`), 'the crate carries the newest headers');
  });
});
