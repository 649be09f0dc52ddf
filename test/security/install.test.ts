/** "Install TensorRT-RTX…" runs Python: the user's own, and nothing of a folder that is open. What it installed stays as it was. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { Failure } from '../../src/core/wire/failure';
import { refuseChangedInstall } from '../../src/host/runtimes/installedRuntime';
import { installedVariable } from '../../src/host/runtimes/installedVariable';
import { installRuntime } from '../../src/host/runtimes/installRuntime';
import { repositoryRoot } from '../harness';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import { libraryOf } from '../support/builtEngines';
import { writeEngine } from '../support/engineFiles';
import { describeUnless, onWindows } from '../support/leaveOut';
import { newest } from '../support/releases';

const noScripts = onWindows('programs with #! are none');

describeUnless(noScripts, 'install in a folder with a fake pip and a fake Python', () => {
  let workspace: TemporaryFolder;
  let storage: TemporaryFolder;
  let mark: string;
  const cwd = process.cwd();
  const environment = { ...process.env };

  beforeEach(() => {
    workspace = temporaryFolder();
    storage = temporaryFolder();
    mark = path.join(storage.path, 'it-ran');
    const write = (name: string, text: string): void => {
      const file = path.join(workspace.path, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text, { mode: 0o755 });
    };
    const python = `open(${JSON.stringify(mark)}, 'a').write(__file__ + '\\n')\n`;
    for (const name of [
      'pip/__init__.py',
      'pip/__main__.py',
      'sitecustomize.py',
      'usercustomize.py',
      'home/.local/lib/python3/site-packages/usercustomize.py',
    ]) {
      write(name, python);
    }
    for (const name of ['python3', 'python', 'py', 'bin/python3', 'bin/python']) {
      write(name, `#!/bin/sh\necho "$0" >> '${mark}'\necho 3\n`);
    }
    write('pip.conf', '[global]\nindex-url = http://127.0.0.1:9/workspace\n');
    process.chdir(workspace.path);
    Object.assign(process.env, {
      PYTHONPATH: workspace.path,
      PYTHONSTARTUP: path.join(workspace.path, 'sitecustomize.py'),
      PYTHONUSERBASE: path.join(workspace.path, 'home/.local'),
      PYTHONINSPECT: '1',
    });
  });
  afterEach(() => {
    process.chdir(cwd);
    for (const name of Object.keys(process.env)) {
      if (!(name in environment)) Reflect.deleteProperty(process.env, name);
    }
    Object.assign(process.env, environment);
    workspace.remove();
    storage.remove();
  });

  const install = (): Promise<Failure> =>
    installRuntime({
      version: newest,
      folder: path.join(storage.path, 'tensorrt-rtx'),
      untrustedFolders: [workspace.path],
      // Port 9 answers nobody.
      pipArguments: ['--isolated', '--index-url=http://127.0.0.1:9/simple', '--retries=1'],
    }).then(
      () => assert.fail('it was installed'),
      (error: unknown) => {
        assert(error instanceof Failure, String(error));
        return error;
      },
    );

  it('runs nothing of that folder', async () => {
    const { message } = await install();
    // It came as far as pip, the real one.
    assert.match(message, /could not be reached/);
    assert.equal(
      fs.existsSync(mark),
      false,
      fs.existsSync(mark) ? fs.readFileSync(mark, 'utf8') : '',
    );
    // Each of them would have run.
    spawnSync('python3', ['-m', 'pip', '--version'], { cwd: workspace.path });
    assert.match(fs.readFileSync(mark, 'utf8'), /pip\/__main__\.py/);
  });

  it('takes no Python of that folder, relative or absolute, by whatever name', async () => {
    for (const folders of [
      ['', '.', 'bin'],
      [workspace.path, path.join(workspace.path, 'bin')],
    ]) {
      process.env['PATH'] = [...folders, environment['PATH']].join(path.delimiter);
      await install();
      assert.equal(fs.existsSync(mark), false, folders.join(':'));
    }
    process.env['PATH'] = workspace.path;
    assert.match((await install()).message, /Python 3 was not found/);
    assert.equal(fs.existsSync(mark), false);
  });
});

describeUnless(
  onWindows('the sums of its libraries are those of the installation'),
  'an installed TensorRT-RTX',
  () => {
    let storage: TemporaryFolder;
    let library: string;

    beforeEach(() => {
      storage = temporaryFolder();
      const folder = path.join(storage.path, newest, 'tensorrt_rtx_libs');
      fs.mkdirSync(folder, { recursive: true });
      const from = path.dirname(libraryOf(newest));
      for (const name of fs.readdirSync(from).filter((one) => /\.so/.test(one))) {
        fs.copyFileSync(
          path.join(from, name),
          path.join(folder, name),
          fs.constants.COPYFILE_FICLONE,
        );
      }
      library = path.join(folder, path.basename(libraryOf(newest)));
    });
    afterEach(() => storage.remove());

    const refused = async (): Promise<string> => {
      const error: unknown = await refuseChangedInstall(library, storage.path).then(
        () => assert.fail('it may be loaded'),
        (thrown: unknown) => thrown,
      );
      assert(error instanceof Failure, String(error));
      assert.equal(error.code, 'library-not-loaded');
      return error.message;
    };

    it('is not loaded once a byte of it, or what lies beside it, changed', async () => {
      await refuseChangedInstall(library, storage.path);
      const extra = path.join(path.dirname(library), 'libcuda.so.1');
      fs.writeFileSync(extra, 'another library');
      assert.match(await refused(), /is not what was installed/);
      fs.rmSync(extra);
      await refuseChangedInstall(library, storage.path);
      const { atime, mtime } = fs.statSync(library);
      const handle = fs.openSync(library, 'r+');
      fs.writeSync(handle, 'X', 4096);
      fs.closeSync(handle);
      // The same size, and the same time.
      fs.utimesSync(library, atime, mtime);
      assert.match(await refused(), /is not what was installed/);
    });

    it('is found by the command line of a terminal, and not loaded there once it changed', () => {
      const nowhere = path.join(storage.path, 'nowhere');
      const call = (...args: string[]) =>
        spawnSync(process.execPath, [path.join(repositoryRoot, 'dist/cli.js'), ...args], {
          cwd: storage.path,
          encoding: 'utf8',
          env: {
            PATH: process.env['PATH'],
            HOME: nowhere,
            [installedVariable]: storage.path,
            LD_LIBRARY_PATH: nowhere,
          },
        });
      const engine = path.join(storage.path, 'any.engine');
      writeEngine(engine, { version: newest });
      const before = call('check', '--json', engine);
      const [{ runtime } = {}] = JSON.parse(before.stdout) as { runtime?: { path: string } }[];
      assert.equal(runtime?.path, library);
      fs.writeFileSync(path.join(path.dirname(library), 'libcuda.so.1'), 'another library');
      for (const args of [
        ['check', engine],
        ['check', '--runtime', library, engine],
        ['runtimes'],
        ['doctor'],
        ['inspect', engine],
      ]) {
        const { stdout, stderr } = call(...args);
        assert.match(stdout + stderr, /is not what was installed/, args.join(' '));
      }
    });

    it('is not loaded where another user may exchange it', async () => {
      for (const place of [library, path.dirname(library), storage.path]) {
        const { mode } = fs.statSync(place);
        fs.chmodSync(place, mode | 0o002);
        assert.match(await refused(), /another user of this machine may change/);
        fs.chmodSync(place, mode);
      }
      await refuseChangedInstall(library, storage.path);
    });
  },
);
