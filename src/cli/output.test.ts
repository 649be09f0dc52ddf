import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as path from 'node:path';

const outputModule = require.resolve('./output');
const lineModule = require.resolve('../core/report/fileLine');
const text = (seed: number, length: number): string => `${seed}…é\u{1f600}`.repeat(length);

/** In a process of its own: what was printed there, in whatever way. */
function printedBy(body: string): string {
  const script = `
    const { encodedLine, end, print, printLine, printPieces } = require(${JSON.stringify(outputModule)});
    const text = ${text.toString()};
    (async () => { ${body} })().then(() => end(0));`;
  // Compiled where the suite runs under Wine.
  const loader = outputModule.endsWith('.ts') ? ['--import', 'tsx'] : [];
  // A command line on Windows is too short for it.
  return execFileSync(process.execPath, [...loader, '-'], {
    cwd: path.join(__dirname, '../..'),
    input: script,
    maxBuffer: 1 << 26,
    encoding: 'utf8',
  });
}

describe('output', () => {
  it('comes in order, however long and in whatever form it is printed', () => {
    const printed = printedBy(`
      const pieces = ['a…', text(7, 300), 'ü'];
      for (let at = 0; at < 200; at++) {
        void print(text(at, at * 20));
        void print(Buffer.from(text(at, 3)));
        void printPieces(',\\n', { pieces, values: [at, text(at, at)] });
      }
      void print(text(1, 50_000));
      void printPieces('[', { pieces: ['x', text(2, 50_000)], values: ['é'] });
      void print(Buffer.alloc(200_000, 'b'));
      void print('');
      await print('the end');
    `);
    let expected = '';
    for (let at = 0; at < 200; at++) {
      expected += text(at, at * 20) + text(at, 3);
      expected += `,\na…${at}${text(7, 300)}${text(at, at)}ü`;
    }
    expected += `${text(1, 50_000)}[xé${text(2, 50_000)}${'b'.repeat(200_000)}the end`;
    assert.ok(printed === expected, `${printed.length} of ${expected.length} characters`);
  });

  it('has in lines that are filled what their parts say, for any path and number', () => {
    const numbers = [0, 9, 10, 64, 99_999, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 50, -1, 1e15, 1e21];
    const paths = [
      'a.engine',
      'C:/x-y.engine',
      '"q" é\u{1f600}',
      '-x',
      '=1,2',
      `d/${'n'.repeat(70_000)}`,
    ];
    const printed = printedBy(`
      const { sizePart, weightsPart, isPlainPath } = require(${JSON.stringify(lineModule)});
      const own = [
        { is: 'path', text: ({ file }) => file },
        { is: 'quoted-path', text: ({ file }) => JSON.stringify(file) },
        sizePart,
        weightsPart,
        { text: ({ modified }) => 'é' + modified },
      ];
      const line = encodedLine({ pieces: ['…', '|', '|', '|', '|', '\\n' + text(3, 99)], own });
      for (const size of ${JSON.stringify(numbers)})
        for (const file of ${JSON.stringify(paths)})
          printLine(line, { file, size, weightBytes: size + 1, modified: 7 }, isPlainPath(file));
    `);
    let expected = '';
    for (const size of numbers) {
      for (const file of paths) {
        expected += `…${file}|${JSON.stringify(file)}|${size}|${size + 1}|é7\n${text(3, 99)}`;
      }
    }
    assert.ok(printed === expected, `${printed.length} of ${expected.length} characters`);
  });
});
