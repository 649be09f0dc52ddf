/** A workspace that cannot be written, with a home that cannot either. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { env, fill, otherVersion, rebuild } from './support/oldEngine';
import { useVSCode } from './support/useVSCode';

describe('a workspace and a home on a read-only drive', () => {
  let home: string;
  const used = useVSCode('read-only', (folder) => {
    fill(folder);
    home = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-inspector-home-'));
    const mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift';
    return {
      env: { ...env, HOME: home },
      under: [
        ...['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount'],
        ...['sh', '-c', `${mount} && ${mount} && exec "$@"`, 'sh', folder, home],
      ],
    };
  });
  after(() => fs.rmSync(home, { recursive: true }));

  it('shows engines as elsewhere, and says why one cannot be built there', async () => {
    const { workbench } = used;
    await workbench.openFile('net.engine');
    await otherVersion(workbench).waitFor();
    await rebuild(workbench);
    await workbench
      .notification('the drive is read-only')
      .filter({ hasText: 'Choose a folder on another drive' })
      .waitFor();
    await workbench.picture('read-only-rebuild');
    assert.deepEqual(fs.readdirSync(used.inFolder('.')).sort(), ['net.engine', 'net.onnx']);
    // What code-server made while the extension was installed.
    assert.deepEqual(fs.readdirSync(home), ['.local']);
  });
});
