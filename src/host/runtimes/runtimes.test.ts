import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { elfFile, rtxSymbols } from '../../../test/support/libraryFiles';
import { chooseRuntime, findRuntimes, type FoundRuntime, type RuntimePlaces } from './runtimes';
import { itUnless, onWindows } from '../../../test/support/leaveOut';

const runtime = (version: string, more: Partial<FoundRuntime> = {}): FoundRuntime => ({
  path: `/libs/${version}/libtensorrt_rtx.so.1`,
  realPath: `/libs/${version}/libtensorrt_rtx.so.1`,
  source: 'standard-folder',
  version,
  problem: null,
  nextStep: '',
  ...more,
});

describe('chooseRuntime', () => {
  const found = [runtime('1.5.0.114'), runtime('1.10.0.1'), runtime('1.7.1.116')];

  it('takes the newest, by number and not by text', () => {
    const { runtime: chosen, why } = chooseRuntime(found, { mode: 'newest' }, '1.5.0.114');
    assert.equal(chosen?.version, '1.10.0.1');
    assert.match(why, /newest of 3/);
  });

  it("matches the engine's major, minor and patch, not its build", () => {
    const { runtime: chosen, why } = chooseRuntime(found, { mode: 'match-engine' }, '1.7.1.99');
    assert.equal(chosen?.version, '1.7.1.116');
    assert.match(why, /matches the engine's 1\.7\.1\.99/);
  });

  it('says when nothing matches and takes the newest', () => {
    const { runtime: chosen, why } = chooseRuntime(found, { mode: 'match-engine' }, '1.7.2.0');
    assert.equal(chosen?.version, '1.10.0.1');
    assert.match(why, /No TensorRT-RTX 1\.7\.2 was found/);
  });

  it('matches a Windows library by the two parts of its name', () => {
    const windows = [runtime('1.6'), runtime('1.7')];
    const chosen = chooseRuntime(windows, { mode: 'match-engine' }, '1.6.1.120');
    assert.equal(chosen.runtime?.version, '1.6');
  });

  it('never takes an unusable one', () => {
    const broken = runtime('1.9.0.0', { problem: 'It is broken.', nextStep: 'Mend it.' });
    assert.equal(
      chooseRuntime([broken, ...found], { mode: 'newest' }).runtime?.version,
      '1.10.0.1',
    );
    const none = chooseRuntime([broken], { mode: 'newest' });
    assert.deepEqual(none, { runtime: null, why: 'It is broken.', nextStep: 'Mend it.' });
  });

  it('takes an explicit path or nothing', () => {
    const explicit = { mode: 'path', path: '/libs/1.5.0.114/libtensorrt_rtx.so.1' } as const;
    assert.equal(chooseRuntime(found, explicit, '1.7.1.116').runtime?.version, '1.5.0.114');
    const gone = chooseRuntime(found, { mode: 'path', path: '/gone.so' });
    assert.equal(gone.runtime, null);
    assert.match(gone.why, /no longer exists: \/gone\.so/);
    const broken = runtime('1.7.1.116', { path: '/b.so', problem: 'It is broken.' });
    const refused = chooseRuntime([broken, ...found], { mode: 'path', path: '/b.so' });
    assert.equal(refused.runtime, null);
    assert.equal(refused.why, 'It is broken.');
  });

  it('says when there is none', () => {
    const { runtime: chosen, why, nextStep } = chooseRuntime([], { mode: 'newest' });
    assert.equal(chosen, null);
    assert.match(why, /No TensorRT-RTX was found/);
    assert.match(nextStep, /Install TensorRT-RTX/);
  });
});

describe('findRuntimes', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'runtimes-')));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const library = (where: string, version: string) => {
    const file = path.join(folder, where);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, elfFile({ machine: 62, symbols: rtxSymbols(version) }));
    return file;
  };
  const find = (places: Partial<RuntimePlaces> = {}) =>
    findRuntimes({
      setting: null,
      env: {},
      installed: null,
      workspaceFolders: [],
      selectedPython: null,
      supported: ['1.7', '1.6', '1.5', '1.4'],
      platform: 'linux',
      arch: 'x64',
      standardFolders: [],
      ...places,
    });

  itUnless(
    onWindows('it looks as on Linux, whose lists of folders know no drive letters'),
    'looks everywhere, in the documented order',
    async () => {
      const site = 'lib/python3.11/site-packages/tensorrt_rtx_libs/libtensorrt_rtx.so.1';
      const files = [
        library('own/libtensorrt_rtx.so.1', '1.7.1.116'),
        library('sdk/lib/libtensorrt_rtx.so.1', '1.7.1.116'),
        library('storage/1.6.1.120/tensorrt_rtx_libs/libtensorrt_rtx.so.1', '1.6.1.120'),
        library(`workspace/.venv/${site}`, '1.5.0.114'),
        library(`workspace/venv/${site}`, '1.5.0.114'),
        library(`conda/${site}`, '1.4.0.76'),
        library(`active/${site}`, '1.4.0.76'),
        library(`usr/${site}`, '1.7.1.116'),
        library(`home/.pyenv/versions/3.12.1/${site}`, '1.7.1.116'),
        library(`home/.local/${site}`, '1.6.1.120'),
        library('path/libtensorrt_rtx.so.1', '1.7.1.116'),
        library('standard/libtensorrt_rtx.so.1', '1.7.1.116'),
      ];
      const inFolder = (name: string) => path.join(folder, name);
      const lines: string[] = [];
      for (const python of ['usr/bin/python3', 'home/.pyenv/shims/python3']) {
        fs.mkdirSync(inFolder(path.dirname(python)), { recursive: true });
        fs.writeFileSync(inFolder(python), '');
      }
      const found = await find({
        setting: inFolder('own'),
        env: {
          PATH: ['usr/bin', 'relative', inFolder('usr/bin'), inFolder('home/.pyenv/shims')].join(
            ':',
          ),
          HOME: inFolder('home'),
          TENSORRT_RTX_HOME: inFolder('sdk'),
          VIRTUAL_ENV: inFolder('active'),
          LD_LIBRARY_PATH: ['relative', '', inFolder('nowhere'), inFolder('path')].join(':'),
        },
        installed: inFolder('storage'),
        workspaceFolders: [inFolder('workspace')],
        selectedPython: inFolder('conda'),
        standardFolders: [inFolder('standard')],
        log: (line) => lines.push(line),
      });
      assert.deepEqual(
        found.map(({ path: file }) => file),
        files,
      );
      assert.deepEqual(
        found.map(({ source }) => source),
        [
          'setting',
          'TENSORRT_RTX_HOME',
          'installed',
          'workspace-python',
          'workspace-python',
          'selected-python',
          'selected-python',
          'path-python',
          'path-python',
          'path-python',
          'library-path',
          'standard-folder',
        ],
      );
      assert.ok(found.every(({ problem }) => problem === null));
      assert.ok(lines.some((line) => line.includes('installed by Engine Inspector')));
    },
  );

  it('lists a library once, however many links lead to it', async () => {
    const real = library('sdk/lib/libtensorrt_rtx.so.1.7.1', '1.7.1.116');
    fs.symlinkSync(real, path.join(folder, 'sdk/lib/libtensorrt_rtx.so.1'));
    fs.symlinkSync(real, path.join(folder, 'sdk/lib/libtensorrt_rtx.so'));
    const found = await find({
      env: {
        TENSORRT_RTX_HOME: path.join(folder, 'sdk'),
        LD_LIBRARY_PATH: path.join(folder, 'sdk/lib'),
      },
    });
    assert.deepEqual(
      found.map(({ realPath }) => realPath),
      [real],
    );
  });

  it('takes the interpreter of an environment for the environment', async () => {
    const site = 'env/lib/python3.12/site-packages/tensorrt_rtx_libs/libtensorrt_rtx.so.1';
    const file = library(site, '1.7.1.116');
    const python = path.join(folder, 'env/bin/python');
    fs.mkdirSync(path.dirname(python));
    fs.writeFileSync(python, '');
    const found = await find({ selectedPython: python });
    assert.deepEqual(
      found.map(({ path: at }) => at),
      [file],
    );
  });

  itUnless(
    onWindows('it looks as on Linux, whose lists of folders know no drive letters'),
    'finds what pip installed for the Python on PATH, an environment or not',
    async () => {
      const site = 'lib/python3.12/site-packages/tensorrt_rtx_libs/libtensorrt_rtx.so.1';
      const own = library(`env/${site}`, '1.7.1.116');
      const base = library(`base/${site}`, '1.6.1.120');
      for (const name of ['base/bin', 'env/bin']) fs.mkdirSync(path.join(folder, name));
      fs.writeFileSync(path.join(folder, 'base/bin/python3'), '');
      fs.symlinkSync('../../base/bin/python3', path.join(folder, 'env/bin/python3'));
      const found = await find({ env: { PATH: path.join(folder, 'env/bin') } });
      assert.deepEqual(
        found.map(({ path: at }) => at),
        [own, base],
      );
    },
  );

  it('finds what pip installed for one user on Windows', async () => {
    // Names alone: separators are those of the system that this runs on.
    const file = path.join(folder, 'Python/Python312/site-packages/tensorrt_rtx_libs');
    fs.mkdirSync(file, { recursive: true });
    fs.writeFileSync(path.join(file, 'tensorrt_rtx_1_7.dll'), '');
    const found = await find({ platform: 'win32', env: { APPDATA: folder } });
    assert.deepEqual(
      found.map(({ source }) => source),
      ['path-python'],
    );
  });

  it('tells the problem of a setting that leads nowhere', async () => {
    const [found] = await find({ setting: path.join(folder, 'missing.so') });
    assert.equal(found?.source, 'setting');
    assert.match(found.problem ?? '', /There is no library at/);
  });

  it('lists a version that it has no shim for, with what it knows', async () => {
    library('path/libtensorrt_rtx.so.1', '2.0.0.5');
    const [found] = await find({ env: { LD_LIBRARY_PATH: path.join(folder, 'path') } });
    assert.match(found?.problem ?? '', /TensorRT-RTX 2\.0\.0\.5.*it knows 1\.7, 1\.6, 1\.5, 1\.4/);
  });

  it('takes a newer one than it has a shim for, after all others, and says what for', async () => {
    library('path/libtensorrt_rtx.so.1', '1.9.0.5');
    const newer = await find({ env: { LD_LIBRARY_PATH: path.join(folder, 'path') } });
    assert.equal(newer[0]?.problem, null);
    assert.equal(newer[0].untested, true);
    assert.match(chooseRuntime(newer, { mode: 'newest' }).why, /only checks headers with it/);
    library('old/libtensorrt_rtx.so.1', '1.6.1.120');
    const both = await find({
      env: {
        LD_LIBRARY_PATH: ['path', 'old'].map((one) => path.join(folder, one)).join(path.delimiter),
      },
    });
    assert.equal(chooseRuntime(both, { mode: 'newest' }).runtime?.version, '1.6.1.120');
    const match = chooseRuntime(both, { mode: 'match-engine' }, '1.9.0.5');
    assert.equal(match.runtime?.version, '1.9.0.5');
    // Of 1.4 the functions lie elsewhere.
    const alone = await find({
      env: { LD_LIBRARY_PATH: path.join(folder, 'path') },
      supported: ['1.4'],
    });
    assert.match(alone[0]?.problem ?? '', /it knows 1\.4/);
  });

  it('looks in no workspace that it is not given', async () => {
    library(
      'workspace/.venv/lib/python3.11/site-packages/tensorrt_rtx_libs/libtensorrt_rtx.so.1',
      '1.7.1.116',
    );
    assert.deepEqual(await find(), []);
  });
});
