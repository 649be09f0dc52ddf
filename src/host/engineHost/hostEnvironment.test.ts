import * as assert from 'node:assert/strict';
import * as path from 'node:path';
import { itOnWindows, itUnless, onWindows } from '../../../test/support/leaveOut';
import { withAbsolutePaths } from './absolutePaths';
import { cleanEnvironment, searchesCurrentFolder } from './hostEnvironment';

describe('cleanEnvironment', () => {
  const cases: [string, string, string | undefined][] = [
    ['LD_LIBRARY_PATH', ':/opt/a', '/opt/a'],
    ['LD_LIBRARY_PATH', '/opt/a:', '/opt/a'],
    ['LD_LIBRARY_PATH', '/opt/a::/opt/b', '/opt/a:/opt/b'],
    ['LD_LIBRARY_PATH', '.:/opt/a:lib:./lib', '/opt/a'],
    ['LD_LIBRARY_PATH', '/opt/a;;/opt/b', '/opt/a:/opt/b'],
    ['LD_LIBRARY_PATH', ':', undefined],
    ['LD_LIBRARY_PATH', '', undefined],
    ['PATH', '.:/usr/bin:', '/usr/bin'],
    ['PATH', '/usr/bin', '/usr/bin'],
    ['CUDA_VISIBLE_DEVICES', '', ''],
  ];
  for (const [name, value, expected] of cases) {
    itUnless(
      onWindows('its lists have another separator'),
      `makes ${name}="${value}" ${expected === undefined ? 'go' : `"${expected}"`}`,
      () => {
        assert.equal(cleanEnvironment({ [name]: value })[name], expected);
      },
    );
  }

  const ofWindows: [string, string | undefined][] = [
    ['C:\\a;D:\\b c', 'C:\\a;D:\\b c'],
    ['.;C:\\a;;lib;.\\lib;C:lib', 'C:\\a'],
    ['"C:\\Program Files\\a";"C:\\b;c"', 'C:\\Program Files\\a;"C:\\b;c"'],
    ['\\\\server\\share\\bin', '\\\\server\\share\\bin'],
    [';', undefined],
  ];
  for (const [value, expected] of ofWindows) {
    itOnWindows(`makes Path=${value} ${expected ?? 'go'}`, () => {
      assert.equal(cleanEnvironment({ Path: value })['Path'], expected);
    });
  }

  it("leaves out what is Node's and VS Code's own", () => {
    const own = { NODE_OPTIONS: '--require ./x', VSCODE_PID: '1', npm_config: '', HOME: '/root' };
    assert.deepEqual(cleanEnvironment(own), { HOME: '/root' });
  });

  itUnless(
    onWindows('the current folder is not looked in'),
    'knows when the system would look in the current folder',
    () => {
      assert.ok(searchesCurrentFolder({ LD_LIBRARY_PATH: '/a:' }));
      assert.ok(searchesCurrentFolder({ LD_LIBRARY_PATH: 'lib' }));
      assert.ok(!searchesCurrentFolder({ LD_LIBRARY_PATH: '/a:/b' }));
      assert.ok(!searchesCurrentFolder({ LD_LIBRARY_PATH: '' }));
      assert.ok(!searchesCurrentFolder({ PATH: '.' }));
    },
  );

  itOnWindows('takes what leads Linux to libraries for nothing', () => {
    assert.ok(!searchesCurrentFolder({ LD_LIBRARY_PATH: '/a:', Path: '.' }));
  });
});

describe('withAbsolutePaths', () => {
  const here = process.cwd();

  it('makes the paths of a request absolute, and nothing else', () => {
    const inspect = { token: 'a/b', engine: 'm.engine', layers: true, budgets: [1] };
    assert.deepEqual(withAbsolutePaths('inspect', inspect), {
      ...inspect,
      engine: path.join(here, 'm.engine'),
    });
    const { inputs } = withAbsolutePaths('run', {
      inputs: [{ name: 'x', shape: [1], dataPath: 'x.bin' }],
    } as never) as { inputs: unknown[] };
    assert.deepEqual(inputs, [{ name: 'x', shape: [1], dataPath: path.join(here, 'x.bin') }]);
  });

  it('keeps names that are not UTF-8', () => {
    const rooted = Buffer.from(`${path.resolve('/b')}\0`);
    const paths = Buffer.concat([Buffer.from('a\0'), Buffer.from([0xff, 0]), rooted]);
    const { paths: absolute } = withAbsolutePaths('checkFiles', { paths, count: 3 });
    const start = Buffer.from(path.join(here, path.sep));
    const expected = [start, Buffer.from('a\0'), start, Buffer.from([0xff, 0]), rooted];
    assert.deepEqual(Buffer.from(absolute), Buffer.concat(expected));
  });

  itOnWindows('knows a name that is relative to a drive, or to its root', () => {
    const [drive = ''] = here.split('\\');
    const paths = Buffer.from(`${drive}a.engine\0\\é\\b.engine\0`);
    const { paths: absolute } = withAbsolutePaths('checkFiles', { paths, count: 2 });
    assert.equal(
      Buffer.from(absolute).toString(),
      `${path.join(here, 'a.engine')}\0${drive}\\é\\b.engine\0`,
    );
  });
});
