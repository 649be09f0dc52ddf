import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { itUnless, onWindows } from '../../../test/support/leaveOut';
import { runtimeCacheFile } from './runtimeCaches';

describe('the runtime cache', () => {
  const key = { sha256: '0'.repeat(64), runtimeVersion: '1.7.1.116', gpu: ['A', '580.1'] };
  const noRights = onWindows('rights are not bits');
  let home: string;
  let folder: string;
  beforeEach(() => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), 'caches-'));
    folder = path.join(home, 'caches');
  });
  afterEach(() => fs.rmSync(home, { recursive: true }));

  const refused = async (why: RegExp): Promise<void> => {
    const { path: file, note } = await runtimeCacheFile(folder, key);
    assert.equal(file, null);
    assert.match(note ?? '', why);
  };

  it('of another engine, runtime or GPU is another one', async () => {
    const others = [
      { ...key, sha256: '1'.repeat(64) },
      { ...key, runtimeVersion: '1.6.1.120' },
      { ...key, gpu: ['A', '580.2'] },
      { ...key, gpu: ['A580.1'] },
    ];
    const files = await Promise.all([key, ...others].map((one) => runtimeCacheFile(folder, one)));
    assert.equal(new Set(files.map((file) => file.path)).size, 5);
    for (const file of files) assert.equal(path.dirname(file.path ?? ''), folder);
  });

  itUnless(
    noRights,
    'is not used where others may write it, or a link leads elsewhere',
    async () => {
      const { path: file } = await runtimeCacheFile(folder, key);
      assert(file !== null);
      assert.equal(fs.statSync(folder).mode & 0o077, 0);
      fs.chmodSync(folder, 0o777);
      await refused(/others may write into/);
      fs.chmodSync(folder, 0o700);
      fs.chownSync(folder, 65534, 65534);
      await refused(/others may write into/);
      fs.chownSync(folder, process.getuid?.() ?? 0, 0);
      fs.writeFileSync(file, 'kernels', { mode: 0o600 });
      assert.equal((await runtimeCacheFile(folder, key)).path, file);
      fs.chmodSync(file, 0o666);
      await refused(/others may write/);
      fs.rmSync(file);
      fs.symlinkSync('/dev/zero', file);
      await refused(/is not a file/);
      fs.renameSync(folder, path.join(home, 'elsewhere'));
      fs.symlinkSync(path.join(home, 'elsewhere'), folder);
      await refused(/cannot be used|is not a folder/);
    },
  );
});
