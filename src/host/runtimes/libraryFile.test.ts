import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { elfFile, peFile, rtxSymbols } from '../../../test/support/libraryFiles';
import { Failure } from '../../core/wire/failure';
import { isLibraryName, readLibraryFileSync } from './libraryFile';
import { readLibraryFile } from './libraryFileAsync';

const linux = { platform: 'linux', arch: 'x64' } as const;
const windows = { platform: 'win32', arch: 'x64' } as const;

describe('libraryFile', () => {
  let folder: string;
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'libraryFile-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  const write = (bytes: Buffer, name = 'libtensorrt_rtx.so.1') => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, bytes);
    return file;
  };
  const problemOf = async (
    file: string,
    target: { platform: NodeJS.Platform; arch: string } = linux,
  ): Promise<Failure> => {
    const error: unknown = await readLibraryFile(file, target).then(
      () => assert.fail('it was accepted'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof Failure);
    assert.ok(error.message.includes(file), error.message);
    assert.notEqual(error.nextStep, '');
    // Both ways of reading say the same.
    assert.throws(() => readLibraryFileSync(file, target), { message: error.message });
    return error;
  };

  it('reads the four-part version of a Linux library', async () => {
    const file = write(elfFile({ machine: 62, symbols: rtxSymbols('1.7.1.116') }));
    assert.deepEqual(await readLibraryFile(file, linux), { format: 'elf', version: '1.7.1.116' });
    assert.deepEqual(readLibraryFileSync(file, linux), { format: 'elf', version: '1.7.1.116' });
  });

  it('accepts a TensorRT-RTX that does not tell its version', async () => {
    const file = write(elfFile({ machine: 62, symbols: ['createInferRuntime_INTERNAL'] }));
    assert.equal((await readLibraryFile(file, linux)).version, '');
  });

  it('refuses a truncated library, wherever it is cut', async () => {
    const whole = elfFile({ machine: 62, symbols: rtxSymbols('1.7.1.116') });
    for (const length of [10, 63, 64, 100, 170, 200, whole.length - 1]) {
      const { message } = await problemOf(write(whole.subarray(0, length)));
      assert.match(message, /incomplete/, `${length} bytes`);
    }
    assert.match((await problemOf(write(Buffer.alloc(0)))).message, /is empty/);
  });

  it('refuses a library whose segments lie beyond its end', async () => {
    const file = write(
      elfFile({ machine: 62, symbols: rtxSymbols('1.7.1.116'), loadLength: 1 << 20 }),
    );
    assert.match((await problemOf(file)).message, /headers speak of at least 1048576/);
  });

  it('names another processor', async () => {
    const { message } = await problemOf(write(elfFile({ machine: 183 })));
    assert.match(message, /another processor \(arm64\); this process is x64/);
    assert.match((await problemOf(write(elfFile({ elfClass: 1 })))).message, /32-bit/);
  });

  it('tells TensorRT and other libraries from TensorRT-RTX', async () => {
    const tensorRt = elfFile({
      machine: 62,
      soname: 'libnvinfer.so.10',
      symbols: rtxSymbols('10.3.0.26'),
    });
    const found = await problemOf(write(tensorRt));
    assert.equal(found.code, 'not-tensorrt-rtx');
    assert.match(found.message, /TensorRT \(libnvinfer\.so\.10\), not TensorRT-RTX/);
    const other = await problemOf(write(elfFile({ machine: 62, soname: 'libz.so.1\x1b[31m' })));
    assert.equal(other.code, 'not-tensorrt-rtx');
    assert.match(other.message, /\(libz\.so\.1\?\[31m\)/);
  });

  it('names a folder, a text file, a missing file and a pipe', async () => {
    assert.match((await problemOf(folder)).message, /is a folder/);
    assert.match((await problemOf(write(Buffer.from('hello world')))).message, /not a shared/);
    const missing = await problemOf(path.join(folder, 'missing.so'));
    assert.equal(missing.code, 'file-error');
    assert.match(missing.message, /There is no library at/);
    assert.match((await problemOf('/dev/null')).message, /not a regular file/);
  });

  it('reads what the name of a Windows library says', async () => {
    const file = write(peFile(), 'tensorrt_rtx_1_7.dll');
    assert.deepEqual(await readLibraryFile(file, windows), { format: 'pe', version: '1.7' });
    const whole = write(peFile({ version: '1.7.1.116' }), 'tensorrt_rtx_1_7.dll');
    assert.equal((await readLibraryFile(whole, windows)).version, '1.7.1.116');
    const renamed = write(peFile({ version: '1.7.1.116' }), 'tensorrt_rtx.dll');
    assert.equal((await readLibraryFile(renamed, windows)).version, '1.7.1.116');
    const lean = await problemOf(write(peFile(), 'nvinfer_lean_10.dll'), windows);
    assert.match(lean.message, /is TensorRT, not TensorRT-RTX/);
    const other = write(peFile({ version: '10.0.1.2' }), 'tensorrt_rtx_1_7.dll');
    assert.equal((await readLibraryFile(other, windows)).version, '1.7');
    assert.match((await problemOf(write(peFile({ machine: 0xaa64 })), windows)).message, /arm64/);
    const cut = await problemOf(write(peFile({ sectionLength: 4096 })), windows);
    assert.match(cut.message, /incomplete/);
    assert.match((await problemOf(write(peFile()))).message, /built for Windows/);
    assert.match((await problemOf(write(elfFile()), windows)).message, /built for Linux/);
  });

  it('never crashes on damaged headers', () => {
    const whole = elfFile({ machine: 62, symbols: rtxSymbols('1.7.1.116') });
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 0x7f, 0xff]) {
        const damaged = Buffer.from(whole);
        damaged[at] = value;
        const file = write(damaged);
        try {
          readLibraryFileSync(file, linux);
        } catch (error) {
          assert.ok(error instanceof Failure, `byte ${at}: ${String(error)}`);
          assert.notEqual(error.code, 'internal', `byte ${at}: ${error.message}`);
        }
      }
    }
  });

  it('knows library names', () => {
    for (const name of ['libtensorrt_rtx.so', 'libtensorrt_rtx.so.1', 'libtensorrt_rtx.so.1.7.1']) {
      assert.ok(isLibraryName(name, 'linux'), name);
    }
    for (const name of ['libtensorrt_onnxparser_rtx.so.1', 'libnvinfer.so', 'x.dll']) {
      assert.ok(!isLibraryName(name, 'linux'), name);
    }
    assert.ok(isLibraryName('tensorrt_rtx_1_7.dll', 'win32'));
    assert.ok(!isLibraryName('tensorrt_onnxparser_rtx_1_7.dll', 'win32'));
  });
});
