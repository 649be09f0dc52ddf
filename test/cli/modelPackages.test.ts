/** Model packages of ONNX Runtime on the command line: folders and archives made here, headers of engines of our own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { strToU8, zipSync } from 'fflate';
import type { ReportJson } from '../../src/core/report/reportJson';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import { cliMain, environmentWithoutRuntimes } from '../support/builtEngines';
import { engineHeader, writeEngine } from '../support/engineFiles';
import { rtxProvider } from '../support/epContextModels';
import { itUnless, onWindows } from '../support/leaveOut';

describe('model packages', () => {
  let folder: TemporaryFolder;
  before(() => (folder = temporaryFolder()));
  after(() => folder.remove());
  const at = (...parts: string[]) => path.join(folder.path, ...parts);

  const run = (...args: string[]) =>
    spawnSync(process.execPath, [cliMain, 'check', ...args], {
      cwd: folder.path,
      env: environmentWithoutRuntimes(),
      encoding: 'utf8',
    });
  const report = (...args: string[]) => {
    const { stdout, stderr, status } = run('--json', ...args);
    const all = JSON.parse(stdout || '[]') as ReportJson[];
    assert.equal(all.length, 1, stderr);
    return { ...(all[0] as ReportJson), status };
  };

  const info = (version: string, targets?: number) =>
    engineHeader({ version, ...(targets === undefined ? {} : { targets }) }).toString('hex');
  const variant = (ep: string, more: object = {}) => ({
    file: 'net_ctx.onnx',
    constraints: { ep, device: 'GPU', ...more },
  });
  const metadata = (variants: object) => ({ name: 'net', model_variants: variants });
  const mixed = () =>
    metadata({
      old: variant(rtxProvider, { ep_compatibility_info: info('1.6.1.120') }),
      new: variant(rtxProvider, { ep_compatibility_info: info('1.7.1.116') }),
      npu: variant('QNNExecutionProvider', { ep_compatibility_info: 'soc=60' }),
    });
  /** As Olive writes it. */
  const put = (name: string, text: string | Uint8Array, manifest?: object) => {
    fs.mkdirSync(at(name, 'models', 'net'), { recursive: true });
    fs.writeFileSync(at(name, 'models', 'net', 'metadata.json'), text);
    if (manifest) fs.writeFileSync(at(name, 'manifest.json'), JSON.stringify(manifest));
    return name;
  };
  const zip = (name: string, files: Record<string, Uint8Array>) => {
    fs.writeFileSync(at(name), zipSync(files));
    return name;
  };
  const profile = () => {
    fs.writeFileSync(
      at('rtx4060.json'),
      JSON.stringify({
        computeCapability: '8.9',
        totalGpuMemory: 8 * 1024 ** 3,
        driverVersion: 13000,
        tensorrtRtx: '1.7.1',
        cudaRuntimeVersion: 13040,
      }),
    );
    return at('rtx4060.json');
  };
  const says = (name: string, sentence: RegExp) => {
    const { kind, status, summary, engines } = report(name);
    assert.deepEqual([kind, status, engines], ['unreadable', 2, undefined]);
    assert.match(summary, sentence);
  };

  for (const form of ['folder', 'archive', 'archive of a folder'] as const) {
    it(`list their variants with a verdict each: ${form}`, () => {
      const text = JSON.stringify(mixed());
      const name =
        form === 'folder'
          ? put('good.ortpackage', text)
          : zip(`${form}.ortpackage`, {
              [form === 'archive' ? 'models/net/metadata.json' : 'p/models/net/metadata.json']:
                strToU8(text),
              'models/net/old/net_ctx.onnx': new Uint8Array(3_000_000),
            });
      const told = report(name, '--machine', profile());
      assert.deepEqual([told.kind, told.status, told.file], ['model-package', 0, name]);
      assert.match(told.summary, /3 variants, 2 of them for TensorRT-RTX 1\.6\.1\.120 and/);
      assert.deepEqual(
        told.engines?.map((one) => [
          one.name,
          one.report?.header?.version,
          one.report?.predicted?.validity,
          one.problem,
        ]),
        [
          ['net/old', '1.6.1.120', 2, null],
          ['net/new', '1.7.1.116', 0, null],
          [
            'net/npu',
            undefined,
            undefined,
            'It is for QNNExecutionProvider: TensorRT-RTX has no part in it.',
          ],
        ],
      );
      // The one that ONNX Runtime would choose there.
      assert.equal(told.predicted?.validity, 0);
      assert.equal(told.header, null);
      assert.ok(!JSON.stringify(told.remedies).includes('"rebuild'));
    });
  }

  it('run nowhere where none of their variants does, and are printed variant by variant', () => {
    const only = metadata({
      a: variant(rtxProvider, { ep_compatibility_info: info('1.7.1.116', 0x40) }),
      b: variant(rtxProvider, { ep_compatibility_info: info('1.6.1.120') }),
    });
    const name = put('none.ortpackage', JSON.stringify(only));
    assert.equal(report(`${name}/`, '--machine', profile()).status, 1);
    const { stdout } = run(name);
    assert.match(stdout, /variant: net\/a: TensorRT-RTX 1\.7\.1\.116 for .*\n.*variant: net\/b: /);
  });

  it('count as an engine on targets, where one of their variants is of TensorRT-RTX', () => {
    const onTarget = (name: string) => run(name, '--target', 'rtx-4060-laptop', '--rtx', '1.7.1');
    const both = onTarget(put('counted.ortpackage', JSON.stringify(mixed())));
    assert.match(both.stdout, /^runs +counted\.ortpackage\n\nThe engine runs on the target\.$/m);
    assert.equal(both.status, 0);
    const old = metadata({ a: variant(rtxProvider, { ep_compatibility_info: info('1.6.1.120') }) });
    const none = onTarget(put('old.ortpackage', JSON.stringify(old)));
    assert.match(none.stdout, /^rebuild: 1 engine on RTX 4060 Laptop\. /m);
    assert.match(none.stdout, /^The engine does not run on the target\.$/m);
    assert.equal(none.status, 1);
    const others = onTarget(
      put('others.ortpackage', JSON.stringify(metadata({ a: variant('QNN') }))),
    );
    assert.match(
      others.stdout,
      /^No engines were found\. 1 more file is no engine of TensorRT-RTX\.$/m,
    );
    assert.equal(others.status, 1);
  });

  it('of other providers alone are named and left alone', () => {
    const name = put('npu.ortpackage', JSON.stringify(metadata({ a: variant('QNN') })));
    const told = report(name);
    assert.deepEqual([told.kind, told.status, told.remedies], ['model-package', 1, []]);
    assert.match(told.summary, /None of them is for TensorRT-RTX: they are for QNN\./);
    assert.match(told.engines?.[0]?.problem ?? '', /^It is for QNN:/);
  });

  it('are read from the manifest too, where metadata.json says it otherwise that counts', () => {
    const manifest = {
      name: 'net',
      component_models: {
        net: {
          model_variants: {
            old: variant(rtxProvider, { ep_compatibility_info: info('1.4.0.76') }),
            more: variant(rtxProvider, { ep_compatibility_info: info('1.5.0.114') }),
          },
        },
      },
    };
    const told = report(put('both.ortpackage', JSON.stringify(mixed()), manifest));
    assert.deepEqual(
      told.engines?.map(({ name, report: one }) => `${name} ${one?.header?.version ?? '-'}`),
      ['net/old 1.6.1.120', 'net/new 1.7.1.116', 'net/npu -', 'net/more 1.5.0.114'],
    );
    fs.mkdirSync(at('bare.ortpackage'));
    fs.writeFileSync(at('bare.ortpackage', 'manifest.json'), JSON.stringify(manifest));
    assert.equal(report('bare.ortpackage').engines?.[0]?.report?.header?.version, '1.4.0.76');
  });

  it('take the documented key wherever it stands, and UTF-16', () => {
    const odd = {
      variants: [{ variant_name: 'x', ep: rtxProvider, ep_compatibility_info: info('1.7.1.116') }],
    };
    const text = Buffer.from(`\ufeff${JSON.stringify(odd)}`, 'utf16le');
    const told = report(put('odd.ortpackage', text));
    assert.equal(told.engines?.[0]?.name, 'net/x');
    assert.equal(told.engines[0]?.report?.header?.version, '1.7.1.116');
  });

  it('with a compatibility info that is none: an error, also with a machine and beside a good one', () => {
    const bad = (value: unknown) =>
      put(
        'bad.ortpackage',
        JSON.stringify(
          metadata({
            good: variant(rtxProvider, { ep_compatibility_info: info('1.7.1.116') }),
            bad: variant(rtxProvider, { ep_compatibility_info: value }),
          }),
        ),
      );
    const sentences = (value: unknown, more: string[] = []) => {
      const { status, reasons, headline, engines } = report(bad(value), ...more);
      assert.deepEqual([status, engines?.length], [1, 2]);
      assert.equal(headline, 'The metadata of this model package is damaged.');
      return reasons.map(({ sentence }) => sentence).join('\n');
    };
    assert.match(
      sentences('76747274'),
      /net\/bad: Its ep_compatibility_info is not 128 hex.*: it has 8 characters/,
    );
    assert.match(
      sentences('g'.repeat(128), ['--machine', profile()]),
      /characters that are no such digits/,
    );
    assert.match(sentences(7), /it is not text/);
    assert.match(sentences('00'.repeat(64)), /^net\/bad: .*nothing but zeros/im);
  });

  it('are read with the backslashes of Windows in their names', () => {
    const text = strToU8(JSON.stringify(mixed()));
    const { kind, engines } = report(
      zip('windows.ortpackage', { 'models\\net\\metadata.json': text }),
    );
    assert.deepEqual([kind, engines?.length], ['model-package', 3]);
  });

  it('that are no archive are told as what they are', () => {
    const is = (name: string, bytes: string | Uint8Array) => {
      fs.writeFileSync(at(name), bytes);
      return report(name).kind;
    };
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 99\n`;
    assert.equal(is('lfs.ortpackage', pointer), 'git-lfs-pointer');
    assert.equal(is('page.ortpackage', '<!DOCTYPE html><title>Sign in</title>'), 'html');
    writeEngine(at('engine.ortpackage'), { version: '1.7.1.116' });
    assert.equal(report('engine.ortpackage').kind, 'tensorrt-rtx');
  });

  it('say what is wrong with their metadata', () => {
    fs.mkdirSync(at('empty.ortpackage', 'models'), { recursive: true });
    writeEngine(at('empty.ortpackage', 'models', 'a.engine'), { version: '1.7.1.116' });
    says('empty.ortpackage', /empty\.ortpackage has no metadata\.json/);
    says(zip('empty-zip.ortpackage', { a: strToU8('a') }), /has no metadata\.json/);
    says('gone.ortpackage', /is not there/);
    const silent = metadata({ a: variant(rtxProvider, { ep_compatibility_info: '' }) });
    says(put('silent.ortpackage', JSON.stringify(silent)), /no ep_compatibility_info .*_ctx\.onnx/);
    says(put('text.ortpackage', 'hello'), /models\/net\/metadata\.json of .* is not valid JSON/);
    says(put('list.ortpackage', '{"model_variants": {}}'), /lists no variants/);
    says(put('deep.ortpackage', '['.repeat(100_000)), /not valid JSON: more than 100 lists/);
    says(put('huge.ortpackage', ' '.repeat(1024 * 1024 + 1)), /metadata\.json is too large/);
    const huge = zip('bomb.ortpackage', { 'metadata.json': new Uint8Array(50_000_000) });
    assert.ok(fs.statSync(at(huge)).size < 100_000);
    says(huge, /has a metadata\.json that is too large: 47\.\d MiB/);
    // It says that it is small, and unpacks to more.
    const lies = fs.readFileSync(at(huge));
    const directory = lies.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1'));
    lies.writeUInt32LE(1000, directory + 24);
    fs.writeFileSync(at('lies.ortpackage'), lies);
    says('lies.ortpackage', /is damaged or cut short/);
    fs.writeFileSync(at('cut.ortpackage'), fs.readFileSync(at(huge)).subarray(0, 5000));
    says('cut.ortpackage', /is damaged or cut short/);
  });

  itUnless(
    onWindows('It has no pipes in folders, and not everybody may make links there.'),
    'do not lead out of their folder, and hold nobody up',
    () => {
      fs.writeFileSync(at('outside.json'), JSON.stringify(mixed()));
      fs.mkdirSync(at('link.ortpackage'));
      fs.symlinkSync(at('outside.json'), at('link.ortpackage', 'metadata.json'));
      says('link.ortpackage', /is a link that leads out of the package/);
      fs.mkdirSync(at('pipe.ortpackage'));
      spawnSync('mkfifo', [at('pipe.ortpackage', 'metadata.json')], { cwd: folder.path });
      says('pipe.ortpackage', /is not a regular file/);
    },
  );

  it('stand on targets by their best variant', () => {
    const text = JSON.stringify(mixed());
    const told = report(
      put('gate.ortpackage', text),
      '--target',
      'rtx-4060-laptop',
      '--rtx',
      '1.7.1',
    ) as ReportJson & { targets?: { cell: string }[] };
    assert.equal(told.targets?.[0]?.cell, 'runs');
  });
});
