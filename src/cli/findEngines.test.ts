import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { itUnless, onWindows, underWine } from '../../test/support/leaveOut';
import { findEngines, type SearchLimits } from './findEngines';

const noLinks = underWine('Node makes no links');
const noFileLinks = onWindows('links to files need a privilege');

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
    ].map((file) =>
      path
        .relative(root, file.path as string)
        .split(path.sep)
        .join('/'),
    );
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
    if (noLinks !== null) return;
    fs.symlinkSync(at('outside'), at('checkout/link'), 'junction');
    fs.symlinkSync(path.resolve('/'), at('checkout/root'), 'junction');
    fs.symlinkSync(at('checkout'), at('named'), 'junction');
    fs.symlinkSync(at('deep'), at('deep/circle'), 'junction');
    if (noFileLinks === null) {
      fs.symlinkSync(at('outside/out.engine'), at('checkout/file.engine'));
    }
  });
  after(() => fs.rmSync(root, { recursive: true, force: true }));

  it('follows no link to a folder', () => {
    const { files, complaints } = found('checkout');
    assert.deepEqual(complaints, []);
    assert.deepEqual(
      files.filter((file) => file !== 'checkout/file.engine'),
      ['checkout/a/in.engine'],
    );
  });

  itUnless(noFileLinks, 'follows links to files', () => {
    assert.ok(found('checkout').files.includes('checkout/file.engine'));
  });

  itUnless(noLinks, 'follows a link that is named itself', () => {
    assert.equal(found('named').files[0], 'named/a/in.engine');
  });

  itUnless(noLinks, 'follows links where that is asked for, once', () => {
    fs.rmSync(at('checkout/root'));
    assert.ok(found('checkout', true).files.includes('checkout/link/out.engine'));
    assert.deepEqual(found('deep', true).files, ['deep/1/2/3/d.engine']);
  });

  it('knows of each engine whether its recipe and its model may lie beside it', () => {
    const folder = at('beside');
    fs.mkdirSync(folder);
    for (const name of ['a.engine', 'b.engine', 'B.engine.JSON', 'A.onnx', 'c.engine', 'c.json']) {
      fs.writeFileSync(path.join(folder, name), '');
    }
    const options = { extensions: [], followLinks: false, complain: assert.fail };
    assert.deepEqual(
      [...findEngines([folder], options)].map(({ path: file, mayHaveRecipe, mayHaveModel }) => [
        path.basename(file as string),
        mayHaveRecipe,
        mayHaveModel,
      ]),
      [
        ['a.engine', false, true],
        ['b.engine', true, false],
        ['c.engine', false, false],
      ],
    );
  });

  itUnless(
    onWindows('names are text there'),
    'sorts by the bytes of names, whatever they are',
    () => {
      const folder = at('names');
      fs.mkdirSync(folder);
      const names = ['\u{1f600}.engine', '\uff5e.engine', 'a.engine', 'B.ENGINE'];
      for (const name of names) fs.writeFileSync(path.join(folder, name), '');
      const bytes = Buffer.concat([
        Buffer.from(`${folder}/`),
        Buffer.from('\xff.engine', 'latin1'),
      ]);
      fs.writeFileSync(bytes, '');
      const options = { extensions: [], followLinks: false, complain: assert.fail };
      const inOrder = [...findEngines([folder], options)].map(({ path: file }) =>
        typeof file === 'string' ? path.basename(file) : Buffer.from(file),
      );
      assert.deepEqual(inOrder, [
        'B.ENGINE',
        'a.engine',
        '\uff5e.engine',
        '\u{1f600}.engine',
        bytes,
      ]);
    },
  );

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
