import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { liesInside } from './liesInside';

describe('liesInside', () => {
  let folder: string;
  const at = (...names: string[]): string => path.join(folder, ...names);

  before(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'lies-inside-')));
    for (const name of ['real/lib', 'outside/deep', 'other']) {
      fs.mkdirSync(at(name), { recursive: true });
    }
    fs.writeFileSync(at('real/lib/a.so'), '');
    fs.writeFileSync(at('outside/b.so'), '');
    fs.symlinkSync(at('real'), at('workspace'));
    fs.symlinkSync(at('real/lib/a.so'), at('outside/to-a.so'));
    fs.symlinkSync('../real/lib', at('outside/lib'));
    fs.symlinkSync(at('outside/b.so'), at('real/to-b.so'));
    fs.symlinkSync(at('real/to-b.so'), at('other/there-and-back.so'));
    fs.symlinkSync('circle', at('other/circle'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const cases: [string, string, string, boolean][] = [
    ['the folder by its name', 'real', 'real/lib/a.so', true],
    ['a workspace that was opened through a link', 'workspace', 'real/lib/a.so', true],
    ['a file named through a link to the workspace', 'real', 'workspace/lib/a.so', true],
    ['a link outside that leads in', 'real', 'outside/to-a.so', true],
    ['a folder outside that leads in', 'workspace', 'outside/lib/a.so', true],
    ['a link inside that leads out: the workspace decides where', 'real', 'real/to-b.so', true],
    ['a way through the workspace and out of it', 'workspace', 'other/there-and-back.so', true],
    ['a link in circles', 'real', 'other/circle', true],
    ['a file outside', 'workspace', 'outside/b.so', false],
    ['a file that is not there', 'real', 'outside/none.so', false],
    ['a file that is not there, inside', 'workspace', 'real/none/none.so', true],
    ['a folder whose name begins alike', 'out', 'outside/b.so', false],
  ];
  for (const [title, workspace, file, inside] of cases) {
    it(`${inside ? 'refuses' : 'admits'} ${title}`, async () => {
      assert.equal(await liesInside(at(file), [at(workspace)]), inside);
    });
  }
});
