import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import {
  itOnWindows,
  itUnless,
  onWindows,
  underWine,
  type Reason,
} from '../../../test/support/leaveOut';
import { liesInside } from './liesInside';

const noLinks = underWine('Node makes no links');
const noFileLinks = onWindows('links to files need a privilege');

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
    if (noLinks !== null) return;
    // Windows makes links to folders for everybody (junctions), those to files with a privilege.
    fs.symlinkSync(at('real'), at('workspace'), 'junction');
    fs.symlinkSync(at('real/lib'), at('outside/lib'), 'junction');
    fs.symlinkSync(at('other/circle'), at('other/circle'), 'junction');
    if (noFileLinks !== null) return;
    fs.symlinkSync('../real/lib', at('outside/relative'));
    fs.symlinkSync(at('real/lib/a.so'), at('outside/to-a.so'));
    fs.symlinkSync(at('outside/b.so'), at('real/to-b.so'));
    fs.symlinkSync(at('real/to-b.so'), at('other/there-and-back.so'));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  const cases: [string, string, string, boolean, Reason?][] = [
    ['the folder by its name', 'real', 'real/lib/a.so', true],
    ['a workspace that was opened through a link', 'workspace', 'real/lib/a.so', true, noLinks],
    ['a file named through a link to the workspace', 'real', 'workspace/lib/a.so', true, noLinks],
    ['a link outside that leads in', 'real', 'outside/to-a.so', true, noFileLinks],
    ['a folder outside that leads in', 'workspace', 'outside/lib/a.so', true, noLinks],
    ['a folder outside that leads in by ..', 'real', 'outside/relative/a.so', true, noFileLinks],
    [
      'a link inside that leads out: the workspace decides where',
      'real',
      'real/to-b.so',
      true,
      noFileLinks,
    ],
    [
      'a way through the workspace and out of it',
      'workspace',
      'other/there-and-back.so',
      true,
      noFileLinks,
    ],
    ['a link in circles', 'real', 'other/circle', true, noLinks],
    ['a file outside', 'real', 'outside/b.so', false],
    ['a file that is not there', 'real', 'outside/none.so', false],
    ['a file that is not there, inside', 'real', 'real/none/none.so', true],
    ['a file that is not there, inside by a link', 'workspace', 'real/none/n.so', true, noLinks],
    ['a folder whose name begins alike', 'out', 'outside/b.so', false],
  ];
  for (const [title, workspace, file, inside, reason = null] of cases) {
    itUnless(reason, `${inside ? 'refuses' : 'admits'} ${title}`, async () => {
      assert.equal(await liesInside(at(file), [at(workspace)]), inside);
    });
  }

  itOnWindows(
    'refuses the folder by its name in another case, also where nothing is there',
    async () => {
      for (const file of ['real/lib/a.so', 'real/none/none.so']) {
        assert.equal(await liesInside(at(file), [at('real').toUpperCase()]), true);
      }
      assert.equal(await liesInside(at('other/x.so'), [at('real').toUpperCase()]), false);
    },
  );
});
