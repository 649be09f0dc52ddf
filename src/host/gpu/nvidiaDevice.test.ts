import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { findNvidiaDevice } from './nvidiaDevice';

describe('findNvidiaDevice', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await fs.mkdtemp(path.join(tmpdir(), 'pci-'));
  });
  afterEach(() => fs.rm(folder, { recursive: true }));

  const device = async (name: string, vendor: string, classCode: string) => {
    await fs.mkdir(path.join(folder, name));
    await fs.writeFile(path.join(folder, name, 'vendor'), `${vendor}\n`);
    await fs.writeFile(path.join(folder, name, 'class'), `${classCode}\n`);
  };
  const look = () => findNvidiaDevice({ platform: 'linux', pciFolder: folder });

  it('sees a GPU on the PCI bus', async () => {
    await device('a', '0x8086', '0x060400');
    await device('b', '0x10de', '0x030200');
    assert.equal(await look(), true);
  });

  it("takes NVIDIA's sound and network devices for no GPU", async () => {
    await device('a', '0x10de', '0x040300');
    assert.notEqual(await look(), true);
  });

  it('does not know where no bus is listed', async () => {
    assert.equal(await look(), null);
    assert.equal(await findNvidiaDevice({ platform: 'linux', pciFolder: '/not/there' }), null);
  });

  it("reads Windows' registry, and does not know where that fails", async () => {
    const key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Enum\\PCI\\';
    const on = (registry: () => Promise<string>) =>
      findNvidiaDevice({ platform: 'win32', registry });
    assert.equal(await on(() => Promise.resolve(`${key}VEN_10DE&DEV_2882&SUBSYS_0`)), true);
    assert.equal(await on(() => Promise.resolve(`${key}VEN_8086&DEV_1237&SUBSYS_0`)), false);
    assert.equal(await on(() => Promise.reject(new Error('no'))), null);
  });

  it('does not know on other systems', async () => {
    assert.equal(await findNvidiaDevice({ platform: 'darwin' }), null);
  });
});
