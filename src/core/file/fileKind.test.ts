import assert from 'node:assert/strict';
import fc from 'fast-check';
import { realHeader } from '../../../test/support/engines';
import { makeFileFacts } from './fileFacts';
import { fileKinds, triage, triagePrefix, type FileKind } from './fileKind';

const text = (value: string) => Buffer.from(value);
const whole = (bytes: Uint8Array) => triage(bytes, bytes.length);
const rows = (bytes: Uint8Array, size = bytes.length) =>
  Object.fromEntries(triage(bytes, size).details.map((d) => [d.label, d.value]));

function wrapper(json: string | Uint8Array, plan: Uint8Array, length?: number): Buffer {
  const body = typeof json === 'string' ? text(json) : json;
  const head = Buffer.alloc(4);
  head.writeUInt32LE(length ?? body.length);
  return Buffer.concat([head, body, plan]);
}

function plan(tag: string, version: number[]): Buffer {
  return Buffer.concat([text(tag), Buffer.alloc(20), Buffer.from(version), Buffer.alloc(36)]);
}

const onnxStart = Buffer.concat([
  Buffer.from([0x08, 0x08, 0x12, 0x07]),
  text('pytorch'),
  Buffer.from([0x1a, 0x05]),
  text('2.4.0'),
]);

describe('fileKind', () => {
  const samples: Partial<Record<FileKind, Buffer>> = {
    'tensorrt-rtx': realHeader('1.7.1.116'),
    tensorrt: plan('ftrt', [10, 13, 0, 35]),
    ultralytics: wrapper('{"task":"detect"}', plan('ftrt', [10, 3, 0, 26])),
    'torch-tr01': Buffer.concat([text('TR01'), Buffer.alloc(60)]),
    onnx: Buffer.concat([onnxStart, Buffer.from([0x3a, 2, 0x0a, 0])]),
    zip: Buffer.concat([text('PK\x03\x04'), Buffer.alloc(26)]),
    'git-lfs-pointer': text(
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'a1'.repeat(32)}\nsize 4200000000\n`,
    ),
    html: text('<!DOCTYPE html>\n<html><head><title>Sign in</title>'),
    text: text('{"error": "not found"}\n'),
    zeros: Buffer.alloc(100),
    empty: Buffer.alloc(0),
    unknown: Buffer.from([0xde, 0xad, 0xbe, 0xef, 0xff, 0xfe]),
  };

  // EPContext models begin as other models do: the host tells them apart.
  for (const kind of fileKinds.filter(
    (k) => k !== 'unreadable' && k !== 'epcontext' && k !== 'model-package',
  )) {
    it(`tells ${kind}`, () => {
      const sample = samples[kind];
      assert.ok(sample);
      const found = whole(sample);
      assert.equal(found.kind, kind);
      assert.equal(found.sentence === '', kind === 'tensorrt-rtx');
      assert.equal(found.wants, 0);
    });
  }

  it('names what stands in the place of an engine', () => {
    assert.match(whole(Buffer.alloc(200, 0xff)).sentence, /nothing but bytes FF/);
    assert.match(whole(text('../models/net.engine')).sentence, /only the path .* symbolic link/);
    assert.match(whole(text('see ../models/net.engine')).sentence, /This is a text file/);
    const utf16 = Buffer.from(`\ufeff${realHeader('1.4.0.76').toString('latin1')}`, 'utf16le');
    assert.match(whole(utf16).sentence, /engine written as UTF-16 text, which lost/);
  });

  it('asks for more only where more may tell more', () => {
    const engine = realHeader('1.4.0.76');
    assert.equal(triage(engine, Number(engine.readBigUInt64LE(16))).wants, 0);
    assert.equal(triage(engine, 10e9).wants, triagePrefix);
    assert.equal(triage(text('vtrt'), 4).wants, 0);
    assert.equal(triage(plan('ftrt', [10, 0, 0, 1]), 10e9).wants, triagePrefix);
    assert.equal(triage(Buffer.alloc(64), 5000).wants, 5000);
    assert.equal(triage(Buffer.alloc(64), 64).wants, 0);
    assert.equal(triage(Buffer.alloc(0), 0).wants, 0);
    assert.equal(triage(Buffer.alloc(triagePrefix), 10e9).wants, 0);
    assert.equal(triage(Buffer.alloc(triagePrefix + 64), 10e9).wants, 0);
  });

  describe('TensorRT', () => {
    it('says the version where the layout has one', () => {
      assert.match(whole(plan('ftrt', [10, 13, 0, 35])).sentence, /TensorRT 10\.13\.0\.35,/);
      assert.match(
        rows(plan('ftrt', [8, 6, 1, 6]))['TensorRT version'] ?? '',
        /^8\.6\.1\.6 \(read from/,
      );
    });

    it('says none where the bytes are not plausible or the layout is older', () => {
      for (const version of [
        [0, 0, 0, 0],
        [255, 1, 1, 1],
        [8, 99, 0, 0],
        [8, 6, 77, 0],
      ]) {
        assert.match(whole(plan('ftrt', version)).sentence, /built by TensorRT, not/);
      }
      const older = plan('ptrt', [8, 6, 1, 6]);
      older[4] = 0x57;
      assert.match(whole(older).sentence, /built by TensorRT, not/);
      assert.equal(whole(plan('ftrt', [8, 6, 1, 6]).subarray(0, 20)).kind, 'tensorrt');
    });
  });

  describe('Ultralytics', () => {
    it('shows the metadata as bounded rows of printable text', () => {
      const names = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [i, `class ${i}`]));
      const json = JSON.stringify({
        task: 'detect',
        imgsz: [640, 640],
        names,
        author: '</script><b>\u001b[31m\u202e',
        half: true,
        none: null,
        ['key\n']: 'x'.repeat(5000),
      });
      const found = rows(wrapper(json, plan('ftrt', [10, 3, 0, 26])));
      assert.equal(found['task'], 'detect');
      assert.equal(found['imgsz'], '640, 640');
      assert.match(found['names'] ?? '', /^0: class 0, 1: class 1, .*68 more$/);
      assert.equal(found['author'], '</script><b>\\u202e');
      assert.equal(found['half'], 'true');
      assert.equal(found['none'], 'null');
      assert.match(found['key\\n'] ?? '', /^x{200}… \(/);
      assert.equal(found['Engine inside'], 'TensorRT 10.3.0.26 ("ftrt")');
      assert.match(found['Metadata'] ?? '', /the engine begins at byte [\d,]+$/);
    });

    it('stops at a number of rows', () => {
      const many = JSON.stringify(
        Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i])),
      );
      const { details } = whole(wrapper(many, plan('ftrt', [10, 3, 0, 26])));
      assert.equal(details.at(-1)?.label, 'More');
      assert.equal(details.at(-1)?.value, '476 entries');
      assert.ok(details.length < 30);
    });

    it('takes hostile JSON', () => {
      for (const json of [
        '{"a":'.repeat(5000) + '1' + '}'.repeat(5000),
        `{"a":${'['.repeat(20000)}${']'.repeat(20000)}}`,
        '{"__proto__":{"polluted":1},"constructor":1,"toString":2}',
        '{"a":1e999,"b":-0}',
      ]) {
        const found = whole(wrapper(json, plan('ftrt', [10, 3, 0, 26])));
        assert.equal(found.kind, 'ultralytics');
        assert.ok(found.details.every((d) => d.value.length < 300));
      }
      assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    });

    it('tells a TensorRT-RTX engine inside', () => {
      const bytes = wrapper('{}', plan('vtrt', [1, 7, 1, 116]));
      assert.match(
        whole(bytes).sentence,
        /then a TensorRT-RTX engine\..*first 6 bytes are taken off/,
      );
      assert.equal(rows(bytes)['Engine inside'], 'TensorRT-RTX 1.7.1.116 ("vtrt")');
    });

    it('tells it by its engine where the JSON is broken or not UTF-8', () => {
      assert.equal(
        rows(wrapper('{broken', plan('ftrt', [10, 3, 0, 26])))['JSON'],
        'cannot be read',
      );
      const latin = Buffer.from('{"author":"J\xfcrgen"}', 'latin1');
      assert.equal(rows(wrapper(latin, plan('ftrt', [10, 3, 0, 26])))['JSON'], 'cannot be read');
    });

    it('is not fooled by a length that goes beyond the file or by other bytes', () => {
      assert.notEqual(whole(wrapper('{}', Buffer.alloc(0), 1000)).kind, 'ultralytics');
      assert.notEqual(whole(wrapper('{\x01\x02}', plan('ftrt', [1, 0, 0, 0]))).kind, 'ultralytics');
      assert.notEqual(whole(wrapper('{nonsense', text('no plan here'))).kind, 'ultralytics');
    });

    it('tells it from 64 bytes and wants more', () => {
      const bytes = wrapper(JSON.stringify({ a: 'x'.repeat(500) }), plan('ftrt', [10, 3, 0, 26]));
      const found = triage(bytes.subarray(0, 64), bytes.length);
      assert.equal(found.kind, 'ultralytics');
      assert.equal(found.wants, bytes.length);
    });
  });

  describe('ONNX', () => {
    it('shows producer and IR version', () => {
      assert.deepEqual(rows(samples.onnx ?? Buffer.alloc(0)), {
        'ONNX IR version': '8',
        Producer: 'pytorch 2.4.0',
      });
    });

    it('tells a large model from its beginning', () => {
      const large = Buffer.concat([
        onnxStart,
        Buffer.from([0x3a, 0x80, 0x80, 0x80, 0x20]),
        Buffer.alloc(40, 0x41),
      ]);
      assert.equal(triage(large, 80_000_000).kind, 'onnx');
    });

    it('says when it is cut short', () => {
      const cut = Buffer.concat([
        onnxStart,
        Buffer.from([0x3a, 0x80, 0x80, 0x80, 0x20]),
        Buffer.alloc(40, 0x41),
      ]);
      assert.match(whole(cut).sentence, /cut short/);
    });

    it('does not take other protobufs or other bytes for ONNX', () => {
      for (const bytes of [
        [0x08, 0x08], // nothing but a number
        [0x0a, 0x01, 0x41, 0x08, 0x08], // field 1 as text
        [0x08, 0xff, 0xff, 0xff, 0x7f, 0x3a, 0x00], // IR version 268 million
        [0x4a, 0x01, 0x41], // field 9
      ]) {
        assert.equal(whole(Buffer.from(bytes)).kind, 'unknown');
      }
    });
  });

  describe('text', () => {
    it('shows what a Git LFS pointer stands for', () => {
      const found = rows(samples['git-lfs-pointer'] ?? Buffer.alloc(0));
      assert.equal(found['Stands for'], '4,200,000,000 bytes');
      assert.equal(found['SHA-256 of the engine'], 'a1'.repeat(32));
      const broken = whole(text('version https://git-lfs.github.com/spec/v1\n'));
      assert.equal(broken.kind, 'git-lfs-pointer');
      assert.match(broken.sentence, /stands for the engine that has not/);
    });

    it('tells web pages in their many forms', () => {
      for (const page of [
        '\ufeff  <html lang="en">',
        '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0">',
        '<!-- a comment --><!-- another -->\n<HTML>',
        '<head><meta charset=utf-8>',
      ]) {
        assert.equal(whole(text(page)).kind, 'html', page);
      }
      assert.equal(
        whole(text('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>')).kind,
        'text',
      );
    });

    it('shows a title as printable text', () => {
      assert.equal(
        rows(text('<!doctype html><title>\n a\x1b[31m \n b\u202e</title>'))['Title'],
        'a b\\u202e',
      );
    });

    it('takes no longer for a page made to be slow', () => {
      for (const page of [
        '<!---->'.repeat(9000),
        '<!--'.repeat(16000),
        '<title '.repeat(9000),
        ' '.repeat(65000),
      ]) {
        // Exponential or quadratic, it would not end within the suite's time limit.
        assert.match(whole(text(`${page}x`)).kind, /^(text|html)$/);
      }
    });

    it('leaves out what has nothing printable in it', () => {
      assert.deepEqual(whole(text('\x1b[0m')).details, []);
      assert.deepEqual(whole(text('<html><title>\x1b[0m</title>')).details, []);
      assert.equal(rows(wrapper('{"":""}', plan('ftrt', [10, 3, 0, 26])))['(empty)'], '(empty)');
    });

    it('takes text that the prefix cuts within a character', () => {
      assert.equal(triage(text('ü'.repeat(40)).subarray(0, 63), 80).kind, 'text');
    });

    it('tells UTF-16', () => {
      assert.equal(whole(Buffer.from('\ufeffnot found', 'utf16le')).kind, 'text');
    });
  });

  it('does not call a file zeros because it begins with some', () => {
    assert.equal(whole(Buffer.concat([Buffer.alloc(64), Buffer.from([1])])).kind, 'unknown');
    assert.match(triage(Buffer.alloc(65536), 10e9).sentence, /^The first 65,536 bytes/);
  });

  it('names other files that people take for engines', () => {
    const named: [number[] | string, RegExp][] = [
      [[0x1f, 0x8b, 0x08, 0x00], /gzip/],
      ['GGUF\x03\0\0\0', /GGUF/],
      ['\x7fELF\x02\x01\x01\0', /program or library/],
      [[16, 0, 0, 0, 0, 0, 0, 0, ...text('{"__metadata__":{}}')], /safetensors/],
      [[0x80, 0x04, 0x95, 0xff], /pickle/],
    ];
    for (const [bytes, pattern] of named) {
      const found = whole(
        typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes),
      );
      assert.equal(found.kind, 'unknown');
      assert.match(found.sentence, pattern);
    }
  });

  describe('engines of TensorRT-RTX in other clothes', () => {
    const engine = Buffer.alloc(9000, 0xa5);
    realHeader('1.7.1.116').copy(engine);
    engine.writeBigUInt64LE(9000n, 16);
    const base64 = engine.toString('base64');

    it('are told in text of other kinds', () => {
      const listed = engine.toString('hex', 0, 16).replace(/.{4}/g, '$& ');
      for (const [bytes, pattern] of [
        [JSON.stringify({ name: 'net', engine: base64 }), /in Base64 within other text/],
        [`-----BEGIN ENGINE-----\n${base64}\n`, /in Base64 within other text/],
        [`00000000: ${listed} vtrt............\n`, /listing of its bytes/],
        [Buffer.from(engine.toString('latin1'), 'utf16le'), /UTF-16 text/],
        [Buffer.from(engine.toString('latin1'), 'utf16le').swap16(), /UTF-16 text/],
      ] as const) {
        const found = whole(Buffer.from(bytes));
        assert.match(found.sentence, pattern);
        assert.equal(found.ofOthers, false);
      }
      // The same letters within a longer word are none.
      assert.equal(whole(text(`x = "AAAAdnRydAAAAAACAAAA"`)).ofOthers, true);
    });

    it('are told behind a mark, also where the rest was changed', () => {
      const replaced = Buffer.from(`\ufeff${engine.toString('utf8')}`);
      assert.match(whole(replaced).sentence, /damaged as well: .*EF BF BD/);
      // Also where its length, with bytes above 7F, went with it.
      const long = Buffer.alloc(0xfdb3, 0xa5);
      engine.copy(long);
      long.writeBigUInt64LE(0xf00000fdb3n, 16);
      const lost = whole(Buffer.from(`\ufeff${long.toString('utf8')}`));
      assert.match(lost.sentence, /behind a UTF-8 byte order mark\. .*EF BF BD/);
    });

    it('are named by what they lie in, and judged without what follows', () => {
      const tar = Buffer.alloc(512);
      tar.write('net.engine');
      tar.write('ustar', 257);
      const packed = Buffer.concat([tar, engine, Buffer.alloc(1024)]);
      const facts = makeFileFacts({
        file: 'a.tar',
        prefix: packed,
        size: packed.length,
        modified: null,
      });
      assert.match(facts.kindSentence, /behind 512 bytes of a tar archive/);
      assert.deepEqual([facts.engines[0]?.offset, facts.engines[0]?.facts?.size], [512, 9000]);
    });

    it('are not there where a pointer or a path stands in their place', () => {
      const blob = text('../../blobs/0f9b8a7c6d5e');
      assert.match(whole(blob).sentence, /a symbolic link that was checked out/);
      assert.match(whole(text('/annex/objects/SHA256E-s9--ab.engine\n')).sentence, /git-annex/);
    });
  });

  it('answers for any bytes and any size, with printable rows', () => {
    const starts = fc.constantFrom(
      '',
      'vtrt',
      'ftrt',
      'TR01',
      'PK\x03\x04',
      '\x08\x07\x12',
      '<html',
      '\x20\0\0\0{',
      'version https://git-lfs',
    );
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 300 }), fc.nat(), (start, rest, extra) => {
        const bytes = Buffer.concat([Buffer.from(start, 'latin1'), rest]);
        const found = triage(bytes, bytes.length + (extra % 3 === 0 ? 0 : extra));
        assert.ok(fileKinds.includes(found.kind));
        assert.ok(found.wants <= triagePrefix);
        for (const shown of [found.sentence, ...found.details.flatMap((d) => [d.label, d.value])]) {
          assert.doesNotMatch(shown, /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
          assert.ok(shown.length < 500);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
