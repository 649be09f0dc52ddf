import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { chosenWithoutNativePart, noNativePart, shimFolderOf, shimPackage } from './shims';

const target = `${process.platform}-${process.arch}`;

describe('where the shims lie', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'engine-inspector-shims-')));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const write = (file: string, text = ''): string => {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), text);
    return path.join(folder, file);
  };

  it('is below dist in a VSIX', () => {
    const shim = write(`dist/native/${target}/libengine_shim_1_7.so`);
    write(`node_modules/${shimPackage(target)}/package.json`, '{}');
    assert.equal(shimFolderOf(path.join(folder, 'dist')), path.dirname(shim));
  });

  it('is a package of its own where npm installed it', () => {
    const manifest = write(`node_modules/${shimPackage(target)}/package.json`, '{}');
    const dist = path.dirname(write('node_modules/engine-inspector/dist/cli.js'));
    assert.equal(shimFolderOf(dist), path.dirname(manifest));
  });

  it('is nowhere: then nothing is asked, and installing TensorRT-RTX is not proposed', () => {
    const none = chosenWithoutNativePart(shimFolderOf(path.join(folder, 'dist')));
    assert.equal(none?.runtime, null);
    assert.equal(none?.installable, false);
    assert.equal(chosenWithoutNativePart(path.dirname(write('s/libengine_shim_1_7.so'))), null);
  });
});

describe('no native part', () => {
  const wordsOf = (platform: string, arch: string) => {
    const { code, message, nextStep } = noNativePart('/x/native', { platform, arch });
    assert.equal(code, 'unsupported-version');
    return `${message} ${nextStep}`;
  };

  it('is an incomplete installation where there is one', () => {
    assert.match(wordsOf('linux', 'x64'), /for Linux x64 is missing \(looked in \/x\/native\)/);
    assert.match(wordsOf('win32', 'x64'), /for Windows x64 is missing.*--omit=optional/);
  });

  it('names NVIDIA’s SDK on Arm, and the systems that TensorRT-RTX runs on elsewhere', () => {
    assert.match(wordsOf('linux', 'arm64'), /for Arm in its SDK only/);
    assert.match(wordsOf('win32', 'arm64'), /for Arm in its SDK only/);
    assert.match(wordsOf('darwin', 'arm64'), /On macOS arm64 .* Windows and Linux only/);
    assert.match(wordsOf('freebsd', 'x64'), /On freebsd x64 /);
  });
});
