/** What the way from a model to an engine does with a library that writes something else than it says. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { temporaryFolder, type TemporaryFolder } from '../../../test/harness/workspace';
import { engineHeader } from '../../../test/support/engineFiles';
import { staticModel } from '../../../test/support/onnxModels';
import { defaultEngineOptions } from '../../core/rebuild/rebuildOptions';
import { diagnosticBit } from '../../core/report/validity';
import { Failure } from '../../core/wire/failure';
import { checkRecordSize } from '../check/checkRecordSize';
import { BuildEvents, Rebuilder, type BuildHosts } from './rebuild';

interface Library {
  /** Of the header that it writes. */
  version?: string;
  /** What its header says of the length; 4096 were written. */
  length?: number;
  /** What it says that it wrote. */
  said?: number;
  diagnostics?: number;
  /** u32 at 8: 2 in every version so far. */
  layout?: number;
}

const written = 4096;

function hosts({ version = '1.7.1.116', length, said, diagnostics, layout }: Library): BuildHosts {
  return {
    load: (runtime) =>
      Promise.resolve({
        ...{ version: '1.7.1.116', path: runtime, headerSize: 64, cudaRuntimeVersion: 13040 },
      }),
    request: (_runtime, _name, { output }) => {
      assert.ok(output !== null);
      const header = engineHeader({ version, fileSize: length ?? written });
      header.writeUInt32LE(layout ?? 2, 8);
      fs.writeFileSync(output, header);
      fs.truncateSync(output, written);
      return Promise.resolve({
        ...{ engineSize: said ?? written, sha256: 'a'.repeat(64), parseMs: 1, buildMs: 1 },
      });
    },
    checkFiles: (_runtime, paths) => {
      const record = Buffer.alloc(checkRecordSize);
      fs.readFileSync(Buffer.from(paths).toString().split('\0')[0] ?? '').copy(record, 0, 0, 64);
      record.writeUInt32LE(64, 128);
      record.writeUInt32LE(1, 132);
      record.writeInt32LE(2, 140);
      record.writeBigUInt64LE(BigInt(diagnostics ?? 0), 144);
      return Promise.resolve({ count: 1, records: record, text: new Uint8Array() });
    },
    fileUsers: () => Promise.resolve(''),
    gpus: () =>
      Promise.resolve({ cudaDriverVersion: null, driverVersion: null, message: '', gpus: [] }),
  };
}

describe('a new engine', () => {
  let folder: TemporaryFolder;
  let engine: string;
  beforeEach(() => {
    folder = temporaryFolder();
    engine = path.join(folder.path, 'net.engine');
    fs.writeFileSync(engine, 'the old one');
    fs.writeFileSync(path.join(folder.path, 'net.onnx'), staticModel());
  });
  afterEach(() => folder.remove());

  const build = (library: Library, asked = hosts(library)) =>
    new Rebuilder(asked, new BuildEvents()).build({
      ...{ model: path.join(folder.path, 'net.onnx'), engine, options: defaultEngineOptions() },
      ...{ runtime: '/opt/libtensorrt_rtx.so.1', keepBackups: 1, estimateMs: null },
    });

  it('that is as the library says takes the place of the old one', async () => {
    const built = await build({});
    assert.equal(built.header?.version, '1.7.1.116');
    assert.equal(fs.statSync(engine).size, written);
    assert.equal(fs.readFileSync(`${engine}.bak`, 'utf8'), 'the old one');
  });

  it('of a layout that is not known is what the runtime says of it', async () => {
    assert.equal((await build({ layout: 3, version: '9.9.9.9' })).header, null);
  });

  const { kMALFORMED_ENGINE, kVERSION_MISMATCH, kUNSUPPORTED_CC } = diagnosticBit;
  const refused: [string, Library, RegExp][] = [
    ['has another length than was written', { said: written + 1 }, /4,096 bytes, .* wrote 4,097/],
    ['speaks of another length', { length: written + 1 }, /speaks of 4,097 bytes/],
    ['names another version', { version: '1.6.1.116' }, /names TensorRT-RTX 1\.6\.1\.116/],
    ['is malformed', { diagnostics: kMALFORMED_ENGINE }, /header is malformed/],
    ['is of another version', { diagnostics: kVERSION_MISMATCH }, /names another version/],
  ];
  for (const [what, library, pattern] of refused) {
    it(`that ${what} is refused, and the old one stays`, async () => {
      await assert.rejects(build(library), (error: unknown) => {
        assert.ok(error instanceof Failure);
        assert.match(error.message, pattern);
        return true;
      });
      assert.equal(fs.readFileSync(engine, 'utf8'), 'the old one');
      assert.deepEqual(fs.readdirSync(folder.path).sort(), ['net.engine', 'net.onnx']);
    });
  }

  it('for GPUs that this machine has not is good', async () => {
    assert.ok((await build({ diagnostics: kUNSUPPORTED_CC })).header);
  });

  for (const [platform, driver, expected] of [
    ['win32', 'No NVIDIA driver was found.', /kept\. No NVIDIA driver was found\.$/],
    ['win32', '', /kept\.$/],
    ['linux', 'No NVIDIA driver was found.', /kept\.$/],
  ] as const) {
    it(`that ends its host on ${platform} is told with why there is no GPU: "${driver}"`, async () => {
      const here = Object.getOwnPropertyDescriptor(process, 'platform');
      assert.ok(here);
      const ending: BuildHosts = {
        ...hosts({}),
        request: () => Promise.reject(new Failure('host-exited', 'It ended.', '')),
        gpus: async () => ({ ...(await hosts({}).gpus()), message: driver }),
      };
      Object.defineProperty(process, 'platform', { ...here, value: platform });
      try {
        await assert.rejects(build({}, ending), (error: Failure) => {
          assert.match(error.message, expected);
          assert.equal(
            /need an NVIDIA driver/.test(error.nextStep),
            expected.source.includes('NVIDIA'),
          );
          return true;
        });
      } finally {
        Object.defineProperty(process, 'platform', here);
      }
    });
  }
});
