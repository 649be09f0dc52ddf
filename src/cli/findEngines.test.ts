import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { findEngines, type SearchLimits } from './findEngines';

describe('findEngines', () => {
  let root: string;
  const at = (...names: string[]): string => path.join(root, ...names);
  const found = (folder: string, followLinks = false, limits?: SearchLimits) => {
    const complaints: string[] = [];
    const files = [
      ...findEngines([at(folder)], {
        extensions: [],
        followLinks,
        complain: (text) => complaints.push(text),
        ...(limits ? { limits } : {}),
      }),
    ].map((file) => path.relative(root, file as string));
    return { files, complaints };
  };

  before(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'find-engines-'));
    for (const name of ['checkout/a', 'outside', 'deep/1/2/3']) {
      fs.mkdirSync(at(name), { recursive: true });
    }
    for (const name of ['checkout/a/in.engine', 'outside/out.engine', 'deep/1/2/3/d.engine']) {
      fs.writeFileSync(at(name), '');
    }
    fs.symlinkSync(at('outside'), at('checkout/link'));
    fs.symlinkSync('/', at('checkout/root'));
    fs.symlinkSync(at('outside/out.engine'), at('checkout/file.engine'));
    fs.symlinkSync(at('checkout'), at('named'));
    fs.symlinkSync(at('deep'), at('deep/circle'));
  });
  after(() => fs.rmSync(root, { recursive: true, force: true }));

  it('follows no link to a folder, and links to files', () => {
    assert.deepEqual(found('checkout'), {
      files: ['checkout/a/in.engine', 'checkout/file.engine'],
      complaints: [],
    });
  });

  it('follows a link that is named itself', () => {
    assert.deepEqual(found('named').files, ['named/a/in.engine', 'named/file.engine']);
  });

  it('follows links where that is asked for, once', () => {
    fs.rmSync(at('checkout/root'));
    assert.ok(found('checkout', true).files.includes('checkout/link/out.engine'));
    assert.deepEqual(found('deep', true).files, ['deep/1/2/3/d.engine']);
  });

  it('stops where it was told to, and says so', () => {
    const limits = { depth: 2, files: 1, complaints: 0 };
    const deep = found('deep', false, limits);
    assert.deepEqual(deep.files, []);
    assert.match(deep.complaints.join(), /1 more folders/);
    const many = found('checkout', false, limits);
    assert.equal(many.files.length, 1);
    assert.match(many.complaints.join(), /stopped after 1 engines/);
  });
});
