/** Libraries that cannot be used: each a sentence with file, cause and next step, and no process that dies of it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from '../../src/core/wire/failure';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import { libraryOf, startSupervisor, type TestSupervisor } from '../support/builtEngines';
import { elfFile, peFile, rtxSymbols } from '../support/libraryFiles';
import { itUnless, onWindows } from '../support/leaveOut';

describe('libraries that cannot be used', () => {
  let supervisor: TestSupervisor;
  let folder: TemporaryFolder;
  let crashes = 0;
  let starts = 0;
  beforeEach(() => {
    crashes = 0;
    starts = 0;
    folder = temporaryFolder();
    supervisor = startSupervisor({
      onStateChange: (_, state) => {
        if (state === 'starting') starts++;
        if (state === 'absent' || state === 'given-up') crashes++;
      },
    });
  });
  afterEach(async () => {
    await supervisor.dispose();
    folder.remove();
  });

  const refusal = async (library: string): Promise<Failure> => {
    const error: unknown = await supervisor.load(library).then(
      () => assert.fail(`${library} was loaded`),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof Failure, String(error));
    assert.ok(error.message.includes(library), error.message);
    assert.notEqual(error.nextStep, '');
    assert.equal(crashes, 0, 'the host died of it');
    assert.equal(supervisor.state(library), 'refused');
    return error;
  };
  const inFolder = (name = 'libtensorrt_rtx.so.1') => path.join(folder.path, name);
  /** Compiles a C source into a shared object. */
  const compile = (source: string, ...more: string[]) => {
    const file = inFolder('source.c');
    fs.writeFileSync(file, source);
    execFileSync('gcc', ['-shared', '-fPIC', '-o', inFolder(), file, ...more]);
    return inFolder();
  };

  it('a real library cut short, wherever', async () => {
    const whole = fs.readFileSync(libraryOf('1.7.1.116'));
    // The last bytes of a Windows library are NVIDIA's signature, which no loader reads.
    const least = process.platform === 'win32' ? 100_000 : 1;
    for (const length of [1000, 1 << 20, whole.length >> 1, whole.length - least]) {
      const cut = inFolder(`libtensorrt_rtx.so.${length}`);
      fs.writeFileSync(cut, whole.subarray(0, length));
      const { code, message } = await refusal(cut);
      assert.equal(code, 'library-not-loaded');
      assert.match(message, /is incomplete/);
    }
  });

  it('another processor', async () => {
    fs.writeFileSync(
      inFolder(),
      process.platform === 'win32'
        ? peFile({ machine: 0xaa64 })
        : elfFile({ machine: 183, symbols: rtxSymbols('1.7.1.116') }),
    );
    assert.match((await refusal(inFolder())).message, /another processor \(arm64\)/);
  });

  itUnless(
    onWindows('the libraries of this test are ELF'),
    'a library that is not TensorRT-RTX',
    async () => {
      const { code } = await refusal(compile('int answer(void) { return 42; }'));
      assert.equal(code, 'not-tensorrt-rtx');
    },
  );

  itUnless(
    onWindows('the libraries of this test are ELF'),
    'one that only looks like TensorRT-RTX',
    async () => {
      // The name that the file is told by, and nothing behind it.
      const { code } = await refusal(
        compile(
          'int createInferRuntime_INTERNAL(void) { return 0; } int tensorrt_version_1_7_1_116;',
        ),
      );
      assert.equal(code, 'not-tensorrt-rtx');
    },
  );

  itUnless(
    onWindows('the libraries of this test are ELF'),
    'a dependency that is missing',
    async () => {
      fs.writeFileSync(inFolder('other.c'), 'int other(void) { return 1; }');
      const other = inFolder('libmissing_dependency.so');
      execFileSync('gcc', ['-shared', '-fPIC', '-o', other, inFolder('other.c')]);
      const library = compile(
        'int other(void); int createInferRuntime_INTERNAL(void) { return other(); } int tensorrt_version_1_7_1_116;',
        other,
        '-Wl,-soname,libtensorrt_rtx.so.1',
      );
      fs.rmSync(other);
      const { code, message, nextStep } = await refusal(library);
      assert.equal(code, 'library-not-loaded');
      assert.match(message, /libmissing_dependency\.so/);
      assert.match(message, /No such file or directory\.$/);
      // The command line says it as well.
      assert.match(nextStep, /^Install .* LD_LIBRARY_PATH and start again\.$/);
    },
  );

  itUnless(
    onWindows('the libraries of this test are ELF'),
    'a version that has no shim',
    async () => {
      fs.writeFileSync(inFolder(), elfFile({ symbols: rtxSymbols('2.3.4.5') }));
      const { code, message } = await refusal(inFolder());
      assert.equal(code, 'unsupported-version');
      assert.match(message, /TensorRT-RTX 2\.3\.4\.5/);
      assert.match(message, /it knows 1\.4, 1\.5, 1\.6, 1\.7/);
    },
  );

  itUnless(
    onWindows('the libraries of this test are ELF'),
    'a version that only the loaded library tells',
    async () => {
      const { code, message } = await refusal(
        compile(
          `int createInferRuntime_INTERNAL(void) { return 0; }
         int createInferBuilder_INTERNAL(void) { return 0; }
         int getInferLibVersion(void) { return 30102; }
         int getInferLibMajorVersion(void) { return 3; }
         int getInferLibMinorVersion(void) { return 1; }
         int getInferLibPatchVersion(void) { return 2; }
         int getInferLibBuildVersion(void) { return 9; }`,
        ),
      );
      assert.equal(code, 'unsupported-version');
      assert.match(message, /TensorRT-RTX 3\.1\.2\.9/);
    },
  );

  it('a folder, a text file, nothing, a pipe', async () => {
    assert.match((await refusal(folder.path)).message, /is a folder/);
    fs.writeFileSync(inFolder(), 'not a library');
    assert.match((await refusal(inFolder())).message, /is not a shared library/);
    assert.equal((await refusal(inFolder('missing.so'))).code, 'file-error');
    if (process.platform === 'win32') return; // pipes are no files there
    execFileSync('mkfifo', [inFolder('pipe.so')]);
    assert.match((await refusal(inFolder('pipe.so'))).message, /not a regular file/);
  });

  it('asks again when the file has changed, and not before', async () => {
    fs.writeFileSync(inFolder(), 'not a library');
    const first = await refusal(inFolder());
    // As long as it has not, the answer is known: no process is started for it.
    assert.equal((await refusal(inFolder())).message, first.message);
    assert.equal(starts, 1);
    fs.rmSync(inFolder());
    // Node makes no symbolic links under Wine.
    const link = process.platform === 'win32' ? fs.copyFileSync : fs.symlinkSync;
    link(libraryOf('1.7.1.116'), inFolder());
    assert.equal((await supervisor.load(inFolder())).version, '1.7.1.116');
  });
});
