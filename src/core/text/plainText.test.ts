import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeBytes, libraryLine, plainText } from './plainText';

const bytes = (...values: number[]) => Uint8Array.from(values);
/** What must never reach a surface. */
const dangerous =
  /[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}|[\ud800-\udfff](?![\udc00-\udfff])/u;

describe('plainText', () => {
  it('leaves ordinary text of any script as it is', () => {
    for (const text of ['model.engine', 'Müller 模型 مدل', 'a \\x41 b', '👩‍🔧', '']) {
      assert.equal(plainText(text), text);
      assert.equal(plainText(new TextEncoder().encode(text)), text);
    }
  });

  it('shows control characters', () => {
    assert.equal(plainText('a\0b\x07c\x7fd\x85e'), 'a\\x00b\\x07c\\x7fd\\x85e');
    assert.equal(plainText('one\ntwo\r\n\tthree'), 'one\\ntwo\\r\\n\\tthree');
    assert.equal(plainText('a\u2028b'), 'a\\u2028b');
  });

  it('shows bytes that are not UTF-8, and only those', () => {
    assert.equal(plainText(bytes(0x61, 0xff, 0xc3, 0xa9, 0xc3)), 'a\\xffé\\xc3');
    // overlong, surrogate, beyond U+10FFFF, cut
    assert.equal(plainText(bytes(0xc0, 0xaf)), '\\xc0\\xaf');
    assert.equal(plainText(bytes(0xed, 0xa0, 0x80)), '\\xed\\xa0\\x80');
    assert.equal(plainText(bytes(0xf4, 0x90, 0x80, 0x80)), '\\xf4\\x90\\x80\\x80');
    assert.equal(plainText(bytes(0xe2, 0x82)), '\\xe2\\x82');
    assert.equal(plainText(bytes(0xff, 0xf0, 0x9f, 0x98, 0x80)), '\\xff😀');
  });

  it('shows lone surrogates', () => {
    assert.equal(plainText('a\ud800b'), 'a\\ud800b');
  });

  it('removes ANSI sequences and shows what is left of a broken one', () => {
    assert.equal(plainText('\x1b[31mred\x1b[0m'), 'red');
    assert.equal(plainText('\x1b]8;;http://evil\x07link\x1b]8;;\x1b\\'), 'link');
    assert.equal(plainText('\x1b[2J\x1b[Hgone'), 'gone');
    assert.equal(plainText('a\x1b'), 'a\\x1b');
    assert.equal(plainText('\x1bHello \x1b(Bworld'), '\\x1bHello world');
    assert.equal(plainText('a\x9b31mb'), 'a\\x9b31mb');
  });

  it('shows characters that turn or hide text', () => {
    assert.equal(plainText('a\u202egnp.exe'), 'a\\u202egnp.exe');
    assert.equal(
      plainText('\u2066x\u2069\u200f\ufeff\u200b'),
      '\\u2066x\\u2069\\u200f\\ufeff\\u200b',
    );
    assert.equal(plainText('\u{e0041}'), '\\u{e0041}');
  });

  it('cuts long text between characters and says by how much', () => {
    assert.equal(plainText('abcdef', 3), 'abc… (3 more)');
    assert.equal(plainText('😀😀😀', 2), '😀😀… (1 more)');
    assert.equal(plainText('😀😀', 2), '😀😀');
  });

  it('gives one printable line for any bytes and any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'binary' }), fc.string()),
        (input) => {
          const text = plainText(input);
          assert.doesNotMatch(text, dangerous);
          assert.equal(plainText(text), text, 'twice is once');
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('decodes what is UTF-8 as the platform does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (input) => {
        const expected = new TextDecoder('utf-8', { ignoreBOM: true }).decode(input);
        if (!expected.includes('\ufffd')) {
          assert.equal(decodeBytes(input), expected);
        }
        // What is not shown as \xNN is what the platform accepts.
        assert.equal(
          decodeBytes(input).replace(/\\x[0-9a-f]{2}/g, '').length <= expected.length,
          true,
        );
      }),
      { numRuns: 2000 },
    );
  });
});

describe('libraryLine', () => {
  const rest = ', but the current runtime is TensorRT-RTX version 1.7.1. Rebuild the engine.';
  const line = (version: string) =>
    Buffer.from(`The engine has been created with TensorRT-RTX version ${version}`, 'latin1');

  it("makes the engine's raw version bytes readable", () => {
    assert.equal(
      libraryLine(line(`\x01.\x06.\x01${rest}`)),
      `The engine has been created with TensorRT-RTX version 1.6.1${rest}`,
    );
  });

  it('reads bytes that are line feeds, dots, digits of hex or no UTF-8 as numbers', () => {
    assert.match(libraryLine(line(`\x0a.\x2e.\xff${rest}`)), /version 10\.46\.255, but/);
  });

  it('completes a line that a zero byte cut short', () => {
    assert.equal(
      libraryLine(line('\x01.\x05.')),
      "The engine has been created with TensorRT-RTX version 1.5.0 (the library's line ends here)",
    );
    assert.match(libraryLine(line('')), /version 0 \(the library's line ends here\)$/);
  });

  it('leaves numbers that a library prints as they are', () => {
    for (const version of ['1.8.0', '1.12.0', '10.2.1']) {
      assert.equal(
        libraryLine(line(version + rest)),
        `The engine has been created with TensorRT-RTX version ${version}${rest}`,
      );
    }
  });

  it('trims the ends', () => {
    assert.equal(libraryLine('  two words  '), 'two words');
  });

  it('gives one printable line for any bytes behind the words', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (tail) => {
        assert.doesNotMatch(libraryLine(Buffer.concat([line(''), tail])), dangerous);
      }),
      { numRuns: 2000 },
    );
  });
});
