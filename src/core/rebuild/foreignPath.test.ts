import assert from 'node:assert/strict';
import * as path from 'node:path';

import { foreignPath, type Foreign } from './foreignPath';

function judge(platform: 'linux' | 'win32', folder: string, written: string): Foreign | null {
  const system = platform === 'win32' ? path.win32 : path.posix;
  return foreignPath({ written, resolved: system.resolve(folder, written), folder }, platform);
}

describe('paths that others name', () => {
  for (const written of [
    'm.onnx',
    '../models/m.onnx',
    'C:/models/m.onnx',
    'console.onnx',
    'com/m.onnx',
    'a/nul-1.onnx',
  ]) {
    it(`takes ${written}`, () => {
      assert.equal(judge('linux', '/w/engines', written), null);
      assert.equal(judge('win32', 'D:\\w\\engines', written), null);
    });
  }

  for (const written of [
    '\\\\server\\share\\m.onnx',
    '//server/share/m.onnx',
    '\\/server/share/m.onnx',
    '//server@SSL/DavWWWRoot/m.onnx',
  ]) {
    it(`asks no other machine for ${written}`, () => {
      assert.equal(judge('linux', '/w', written), 'on another machine');
      assert.equal(judge('win32', 'C:\\w', written), 'on another machine');
      assert.equal(judge('win32', '\\\\other\\share\\w', written), 'on another machine');
    });
  }

  it('stays on the share that the workspace lies on', () => {
    const folder = '\\\\nas\\models\\engines';
    for (const written of ['m.onnx', '../onnx/m.onnx', '//NAS/models/m.onnx']) {
      assert.equal(judge('win32', folder, written), null);
    }
    assert.equal(judge('win32', folder, '//nas/secret/m.onnx'), 'on another machine');
  });

  it('opens no device', () => {
    for (const written of ['/dev/watchdog', '../../dev/zero', '/proc/self/mem', '/sys/kernel/x']) {
      assert.equal(judge('linux', '/w/engines', written), 'a device');
    }
    for (const written of [
      '\\\\.\\PhysicalDrive0',
      '\\\\?\\C:\\m.onnx',
      '//?/UNC/server/share/m.onnx',
      'COM1',
      'a/nul',
      'nul.onnx',
      'LPT1 .onnx',
      'con:x',
    ]) {
      assert.equal(judge('win32', 'C:\\w', written), 'a device', written);
    }
  });

  it('takes no folder for a device because it begins like one', () => {
    assert.equal(judge('linux', '/', 'device/m.onnx'), null);
    assert.equal(judge('linux', '/w', '/development/m.onnx'), null);
  });
});
