import * as assert from 'node:assert/strict';
import * as path from 'node:path';
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
    it(`makes ${name}="${value}" ${expected === undefined ? 'go' : `"${expected}"`}`, function () {
      if (path.delimiter !== ':') return;
      assert.equal(cleanEnvironment({ [name]: value })[name], expected);
    });
  }

  it("leaves out what is Node's and VS Code's own", () => {
    const own = { NODE_OPTIONS: '--require ./x', VSCODE_PID: '1', npm_config: '', HOME: '/root' };
    assert.deepEqual(cleanEnvironment(own), { HOME: '/root' });
  });

  it('knows when the system would look in the current folder', () => {
    assert.ok(searchesCurrentFolder({ LD_LIBRARY_PATH: '/a:' }));
    assert.ok(searchesCurrentFolder({ LD_LIBRARY_PATH: 'lib' }));
    assert.ok(!searchesCurrentFolder({ LD_LIBRARY_PATH: '/a:/b' }));
    assert.ok(!searchesCurrentFolder({ LD_LIBRARY_PATH: '' }));
    assert.ok(!searchesCurrentFolder({ PATH: '.' }));
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
    const paths = Buffer.concat([Buffer.from('a\0'), Buffer.from([0xff, 0]), Buffer.from('/b\0')]);
    const { paths: absolute } = withAbsolutePaths('checkFiles', { paths, count: 3 });
    const expected = [Buffer.from(`${here}/a\0${here}/`), Buffer.from([0xff, 0])];
    assert.deepEqual(Buffer.from(absolute), Buffer.concat([...expected, Buffer.from('/b\0')]));
  });
});
