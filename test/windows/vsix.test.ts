/** The files of the VSIX for Windows, unpacked beside the copy of the repository, and nothing else of ours. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';

import { expectedList, listOf } from '../../scripts/packageLists';
import { EngineHostClient } from '../../src/host/engineHost/client';
import {
  environmentWithoutRuntimes,
  libraryOf,
  libraryPathVariable,
  libraryVersions,
  repository,
} from '../support/builtEngines';

const extension = path.resolve(repository, '../vsix/extension');

describe('the VSIX for Windows', () => {
  it('holds a shim for each TensorRT-RTX version and koffi’s binary for Windows, nothing of Linux', () => {
    const files = fs.readdirSync(extension, { recursive: true, encoding: 'utf8' });
    const native = files
      .filter((name) => /\.(node|dll|so)$/.test(name))
      .map((name) => path.basename(name));
    const shims = libraryVersions.map(
      (version) => `engine_shim_${version.split('.').slice(0, 2).join('_')}.dll`,
    );
    assert.deepEqual(native.sort(), [...shims, 'koffi.node'].sort());
  });

  it('holds nothing else', () => {
    const names = fs
      .readdirSync(path.dirname(extension), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        path.relative(path.dirname(extension), path.join(entry.parentPath, entry.name)),
      )
      .map((name) => name.replaceAll('\\', '/'));
    assert.equal(listOf(names), expectedList('vsix-win32-x64'));
  });

  for (const version of libraryVersions) {
    it(`loads NVIDIA's ${version} in its engine host, and finds no driver`, async () => {
      const client = new EngineHostClient({
        hostMain: path.join(extension, 'dist/engineHost.js'),
        onLog: () => undefined,
      });
      try {
        const loaded = await client.request('load', { libraryPath: libraryOf(version) });
        assert.equal(loaded.version, version);
        assert.match((await client.request('gpus', {})).message, /^No NVIDIA driver was found/);
      } finally {
        await client.dispose();
      }
    });
  }

  it('lists the libraries that are on PATH, with their whole versions', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [path.join(extension, 'dist/cli.js'), 'runtimes', '--json'],
      {
        env: {
          ...environmentWithoutRuntimes(),
          [libraryPathVariable]: libraryVersions
            .map((version) => path.dirname(libraryOf(version)))
            .join(path.delimiter),
        },
      },
    );
    const found = JSON.parse(stdout) as { version: string; path: string }[];
    assert.deepEqual(
      found.map(({ version }) => version),
      // 1.4 has no version resource: its name says what is known.
      libraryVersions.map((version) => (version === '1.4.0.76' ? '1.4' : version)),
    );
    assert.ok(found.every(({ path: file }) => /^[A-Z]:\\/.test(file)));
  });
});
