import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

import { repositoryRoot } from '../test/harness';
import { importCircles, importGraph } from './importCircles';

/** Every line of these files breaks a wall of the room that the file's name gives (host.engineHost.process: a folder). */
const fixtures = path.join(repositoryRoot, 'test/fixtures/walls');

describe('the walls between the rooms', () => {
  // The rules that need types need a file that TypeScript's project names; the walls do not.
  const eslint = new ESLint({
    cwd: repositoryRoot,
    overrideConfig: tseslint.configs.disableTypeChecked as ESLint.Options['overrideConfig'],
  });

  for (const fixture of fs.readdirSync(fixtures).sort()) {
    const room = path.basename(fixture, '.txt').replaceAll('.', '/');
    it(`src/${room}: every import that breaks one is an error`, async () => {
      const text = fs.readFileSync(path.join(fixtures, fixture), 'utf8');
      const filePath = path.join(repositoryRoot, 'src', room, 'breaksTheWalls.ts');
      const [result] = await eslint.lintText(text, { filePath });
      const found = (result?.messages ?? [])
        .filter(({ ruleId }) => ruleId?.startsWith('no-restricted-'))
        .map(({ line }) => line);
      const all = text.trimEnd().split('\n');
      assert.deepEqual(
        all.filter((_line, index) => !found.includes(index + 1)),
        [],
      );
    });
  }

  it('a process without a folder, a read or JSON without a bound and a text with links are errors', async () => {
    const lines = [
      "spawn('a', []);",
      "child.fork('a', [], { env: {} });",
      "await fs.readFile('a');",
      "readFileSync('a');",
      "vscode.window.showErrorMessage('a');",
      "JSON.parse('a');",
    ];
    const filePath = path.join(repositoryRoot, 'src/extension/breaksTheWalls.ts');
    const [result] = await eslint.lintText(lines.join('\n'), { filePath });
    assert.deepEqual(
      result?.messages.map(({ line }) => line),
      lines.map((_line, index) => index + 1),
    );
  });

  it('has a file of breaches for every room', () => {
    const rooms = fs.readdirSync(path.join(repositoryRoot, 'src'));
    const covered = fs.readdirSync(fixtures).map((name) => name.split('.')[0]);
    assert.deepEqual(
      rooms.filter((room) => !covered.includes(room)),
      [],
    );
  });
});

describe('imports', () => {
  it('form no circle at run time, import() included', () => {
    const graph = importGraph(path.join(repositoryRoot, 'src'));
    assert.ok([...graph.values()].flat().length > 1000);
    const circles = importCircles(graph).map((files) =>
      files.map((file) => path.relative(repositoryRoot, file)).join(' → '),
    );
    assert.deepEqual(circles, []);
  });

  it('that form one are found, those of types only left out', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'circles-'));
    try {
      fs.mkdirSync(path.join(folder, 'b'));
      fs.writeFileSync(path.join(folder, 'a.ts'), "import { b } from './b';\nexport const a = b;");
      fs.writeFileSync(path.join(folder, 'b/index.ts'), "export * from '../c';");
      fs.writeFileSync(path.join(folder, 'c.ts'), "export const load = () => import('./a');");
      fs.writeFileSync(path.join(folder, 'd.ts'), "import type { D } from './e';");
      fs.writeFileSync(path.join(folder, 'e.ts'), "import { type A, type B } from './d';");
      assert.deepEqual(
        importCircles(importGraph(folder)).map((files) => files.map((file) => path.basename(file))),
        [['a.ts', 'index.ts', 'c.ts', 'a.ts']],
      );
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});
