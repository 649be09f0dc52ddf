/** The command line as a user calls it: dist/cli.js in a process of its own, with the real libraries. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ReportJson } from '../../src/core/report/reportJson';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import {
  builtEngine,
  cliMain,
  environmentWithoutRuntimes,
  libraryOf,
  libraryPathVariable,
  libraryVersions,
} from '../support/builtEngines';
import { outcomeOf, type Ran } from '../support/commandLine';
import { writeEngine } from '../support/engineFiles';
import { type ContextNodeParts, epContextModel } from '../support/epContextModels';
import { itUnless, onWindows, underWine } from '../support/leaveOut';
import { elfFile, rtxSymbols } from '../support/libraryFiles';

describe('command line', () => {
  let folder: TemporaryFolder;
  before(() => (folder = temporaryFolder()));
  after(() => folder.remove());
  const inFolder = (...parts: string[]) => path.join(folder.path, ...parts);

  const run = (
    args: (string | Buffer)[],
    { env = {}, shell }: { env?: NodeJS.ProcessEnv; shell?: string } = {},
  ): Promise<Ran> => {
    // What this machine has lies in folders that the test names itself.
    const options = { cwd: folder.path, env: { ...environmentWithoutRuntimes(), ...env } };
    return outcomeOf(
      shell
        ? spawn('/bin/bash', ['-c', shell], options)
        : spawn(process.execPath, [cliMain, ...(args as string[])], options),
    );
  };
  const withLibraries = (...versions: string[]): { env: NodeJS.ProcessEnv } => ({
    env: {
      [libraryPathVariable]: versions
        .map((version) => path.dirname(libraryOf(version)))
        .join(path.delimiter),
    },
  });
  const json = async (args: string[], options = withLibraries('1.7.1.116')) => {
    const ran = await run(['check', '--json', ...args], options);
    assert.notEqual(ran.stdout, '', ran.stderr);
    return { ...ran, reports: JSON.parse(ran.stdout) as ReportJson[] };
  };
  const profile = (more: object = {}, name = 'rtx4060.json') => {
    fs.writeFileSync(
      inFolder(name),
      JSON.stringify({
        computeCapability: '8.9',
        totalGpuMemory: 8 * 1024 ** 3,
        driverVersion: 13000,
        tensorrtRtx: '1.7.1',
        cudaRuntimeVersion: 13040,
        ...more,
      }),
    );
    return inFolder(name);
  };
  const emptyFolder = () => fs.mkdtempSync(inFolder('folder-'));

  it('prints the documented JSON', async () => {
    const engine = await builtEngine('1.7.1.116');
    const { code, reports, stderr } = await json([engine]);
    assert.equal(stderr, '');
    const [report] = reports;
    assert.ok(report);
    assert.equal(reports.length, 1);
    assert.equal(report.file, engine);
    assert.equal(report.kind, 'tensorrt-rtx');
    assert.deepEqual(report.runtime, { version: '1.7.1.116', path: libraryOf('1.7.1.116') });
    assert.equal(report.header?.version, '1.7.1.116');
    assert.deepEqual(report.header.computeCapabilities, ['8.0', '8.6', '8.9', '12.0', '12.1']);
    assert.equal(report.header.ptxForNewer, true);
    assert.equal(report.header.fileSize, fs.statSync(engine).size);
    assert.equal(typeof report.validity, 'number');
    assert.equal(typeof report.diagnostics, 'number');
    assert.equal(report.predicted, undefined);
    // Without a GPU nothing can be said for sure.
    if (report.gpu === null) {
      assert.equal(report.verdict, 'unchecked');
      assert.equal(code, 2);
    }
  });

  describe('EPContext models', () => {
    const put = async (name: string, parts: ContextNodeParts[]) => {
      const file = inFolder(name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, epContextModel(parts));
      return (await json([file, '--machine', profile()])).reports[0] as ReportJson;
    };
    const engine = async (version: string) => fs.readFileSync(await builtEngine(version));

    it('have the verdict of the engine in them, and no rebuild', async () => {
      const good = await put('good_ctx.onnx', [{ context: await engine('1.7.1.116') }]);
      assert.equal(good.kind, 'epcontext');
      assert.equal(good.header?.version, '1.7.1.116');
      assert.equal(good.predicted?.validity, 0);
      assert.equal(good.engines?.[0]?.report?.header?.version, '1.7.1.116');
      const old = await put('old_ctx.onnx', [
        { context: await engine('1.6.1.120'), model: 'net.onnx' },
      ]);
      assert.equal(old.header?.version, '1.6.1.120');
      assert.equal(old.predicted?.diagnostics, 1);
      assert.ok(old.reasons.some(({ id }) => id === 'version-mismatch'));
      assert.equal(old.remedies[0]?.title, 'Compile net.onnx again');
      assert.ok(!JSON.stringify(old.remedies).includes('"rebuild'));
      const build = await run(['build', inFolder('old_ctx.onnx')], withLibraries('1.7.1.116'));
      assert.equal(build.code, 1);
      assert.match(build.stderr, /is an EPContext model: .* has compiled it already[^]*net\.onnx/);
    });

    it('tell of each engine, and of those beside them', async () => {
      const bytes = await engine('1.7.1.116');
      fs.mkdirSync(inFolder('two/engines'), { recursive: true });
      fs.writeFileSync(inFolder('two/engines/b.engine'), bytes.subarray(0, 5000));
      const two = await put('two/net_ctx.onnx', [
        { name: 'first', context: bytes },
        { name: 'second', embedMode: 0, context: 'engines/b.engine' },
        { name: 'third', mainContext: 0 },
      ]);
      assert.equal(two.verdict, 'invalid');
      assert.equal(two.engines?.length, 2);
      assert.match(two.reasons[0]?.sentence ?? '', /^engines\/b\.engine: Its end is missing/);
    });

    it('say what lies near an engine that is not where they name it, and follow no path out', async () => {
      const bytes = await engine('1.7.1.116');
      fs.mkdirSync(inFolder('lost/engines'), { recursive: true });
      fs.writeFileSync(inFolder('lost/engines/a.engine'), bytes);
      fs.writeFileSync(inFolder('outside.engine'), bytes);
      const says = async (written: string) => {
        const report = await put('lost/net_ctx.onnx', [{ embedMode: 0, context: written }]);
        assert.equal(report.verdict, 'invalid', written);
        assert.deepEqual([report.reasons[0]?.id, report.header], ['engine-missing', null]);
        assert.match(JSON.stringify(report.predictedReasons), /engine-missing/);
        return report.reasons[0]?.sentence ?? '';
      };
      assert.match(await says('engines/engines/a.engine'), /engines\/a\.engine is there: .* twice/);
      assert.match(
        await says('gone.engine'),
        /is not there\. Near the model is engines\/a\.engine/,
      );
      assert.match(await says('../outside.engine'), /leads out of the model's folder/);
      assert.match(await says(inFolder('outside.engine')), /leads out of the model's folder/);
      if (process.platform === 'win32') return;
      assert.match(await says('engines\\a.engine'), /engines\/a\.engine is there: .* backslashes/);
      fs.symlinkSync(inFolder('outside.engine'), inFolder('lost/link.engine'));
      assert.match(await says('link.engine'), /leads out of the model's folder/);
    });

    it('of other providers are named and left alone', async () => {
      const report = await put('qnn_ctx.onnx', [
        { source: 'QNNExecutionProvider', context: Buffer.alloc(500, 7) },
      ]);
      assert.equal(report.kind, 'epcontext');
      assert.match(report.summary, /compiled for QNNExecutionProvider/);
      assert.deepEqual([report.remedies, report.engines], [[], undefined]);
    });
  });

  it('tells of an engine by its compatibility info alone', async () => {
    const info = fs.readFileSync(await builtEngine('1.6.1.120')).toString('hex', 0, 64);
    const { code, reports } = await json(['--compatibility-info', info, '--machine', profile()]);
    assert.equal(code, 1);
    assert.equal(reports[0]?.header?.version, '1.6.1.120');
    assert.equal(reports[0].predicted?.diagnostics, 1);
    assert.ok(!reports[0].remedies.some(({ id }) => /build/.test(id)));
    assert.equal((await run(['check', '--compatibility-info', 'abcd'])).code, 2);
  });

  it('looks into wrappers', async () => {
    const bytes = fs.readFileSync(await builtEngine('1.7.1.116'));
    const wrapped = inFolder('wrapped.engine');
    fs.writeFileSync(wrapped, Buffer.concat([Buffer.from('TR01'), Buffer.alloc(60, 1), bytes]));
    const { code, reports } = await json([wrapped]);
    assert.equal(code, 1);
    const [inside] = reports[0]?.engines ?? [];
    assert.deepEqual([reports[0]?.kind, inside?.offset], ['torch-tr01', 64]);
    assert.equal(inside?.report?.header?.version, '1.7.1.116');
  });

  it('skips and counts files of other programs that a search finds, and tells of those that are named', async () => {
    const found = emptyFolder();
    const put = (name: string, bytes: string | Buffer) =>
      fs.writeFileSync(path.join(found, name), bytes);
    put('roadmap.plan', 'Week 1\n  * rewrite the loader\n');
    put('build.plan', Buffer.from('PK\x03\x04', 'latin1'));
    put('chess.engine', Buffer.from('Namn = sj\xf6m\xe4rke\n', 'latin1'));
    const none = await json([found, '--ext', '.plan']);
    assert.deepEqual([none.code, none.reports], [2, []]);
    assert.match(none.stderr, /Skipped 3 files that are not engines: .*build\.plan/);
    assert.match(none.stderr, /No engines were found/);

    fs.copyFileSync(await builtEngine('1.7.1.116'), path.join(found, 'good.engine'));
    const machine = ['--machine', profile()];
    const good = await json([found, '--ext', '.plan', ...machine]);
    assert.deepEqual([good.code, good.reports.length], [0, 1]);

    // What a failed download left is no file of another program, and what is named is told of.
    put('gone.engine', 'Entry not found\n');
    const failed = await json([found, '--ext', '.plan', ...machine]);
    assert.deepEqual([failed.code, failed.reports.length], [1, 2]);
    const named = await json([path.join(found, 'roadmap.plan')]);
    assert.equal(named.code, 1);
    assert.match(named.reports[0]?.reasons[0]?.sentence ?? '', /^This is a text file/);
    assert.equal(named.stderr, '');
  });

  it('reads a machine profile that PowerShell wrote, and takes a version as --runtime', async () => {
    const engine = await builtEngine('1.6.1.120');
    const utf16 = profile();
    fs.writeFileSync(utf16, `\ufeff${fs.readFileSync(utf16, 'utf8')}`, 'utf16le');
    const both = withLibraries('1.7.1.116', '1.6.1.120');
    const { reports } = await json([engine, '--machine', utf16, '--runtime', '1.6'], both);
    assert.equal(reports[0]?.runtime?.version, '1.6.1.120');
    assert.equal(reports[0].predicted?.diagnostics, 1);
    const missing = await run(['check', engine, '--runtime', '1.5'], both);
    assert.match(missing.stdout, /No TensorRT-RTX 1\.5 was found/);
  });

  it('calls an engine damaged that a transfer changed, also for another machine', async () => {
    const bytes = fs.readFileSync(await builtEngine('1.7.1.116'));
    const damaged = inFolder('text-mode.engine');
    fs.writeFileSync(damaged, bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
    const { code, reports } = await json([damaged, '--machine', profile()]);
    assert.equal(code, 1);
    assert.equal(reports[0]?.verdict, 'invalid');
    assert.equal(reports[0].header, null);
    assert.match(reports[0].predictedReasons?.[0]?.sentence ?? '', /LF in it became CR LF/);
    const inspected = await run(['inspect', damaged], withLibraries('1.7.1.116'));
    assert.equal(inspected.code, 2);
    assert.match(inspected.stderr, /is damaged\. .*CR LF/);
  });

  it('says what a person needs to know', async () => {
    const { stdout } = await run(
      ['check', await builtEngine('1.6.1.120')],
      withLibraries('1.7.1.116'),
    );
    assert.match(stdout, /fixedSample-1\.6\.1\.120\.engine: /);
    assert.match(
      stdout,
      /1\.6\.1\.120; the runtime here is 1\.7\.1\.116|built by TensorRT-RTX 1\.6/,
    );
    assert.match(stdout, /fix: /);

    assert.doesNotMatch(stdout, /\x1b/);
  });

  it('predicts for another machine, and then that decides', async () => {
    const engine = await builtEngine('1.7.1.116');
    const good = await json(['--machine', profile(), engine]);
    assert.deepEqual(good.reports[0]?.predicted, { validity: 0, diagnostics: 0 });
    assert.equal(good.code, 0);
    const turing = profile({ computeCapability: '7.5', tensorrtRtx: '1.6.1' }, 'turing.json');
    const bad = await json(['--machine', turing, engine]);
    assert.deepEqual(bad.reports[0]?.predicted, { validity: 2, diagnostics: 3 });
    assert.equal(bad.code, 1);
    const text = await run(['check', '--machine', turing, engine], withLibraries('1.7.1.116'));
    assert.match(text.stdout, /predicted: On the machine of turing\.json it would not run/);
  });

  it('names what is wrong with a machine profile', async () => {
    const engine = await builtEngine('1.7.1.116');
    const cases: [string, RegExp][] = [
      [inFolder('missing.json'), /Can't read the machine profile .*missing\.json/],
      [
        profile({ computeCapability: 8.9 }, 'a.json'),
        /a\.json is not a machine profile: computeCapability must be text such as "8\.9"/,
      ],
      [
        profile({ totalGpuMemory: '8 GB' }, 'b.json'),
        /totalGpuMemory must be a whole number of bytes/,
      ],
      [profile({ tensorrtRtx: 'new' }, 'c.json'), /tensorrtRtx must be text/],
      [profile({ driverVersion: undefined }, 'd.json'), /driverVersion is missing, it must be/],
      [
        profile({ totalGpuMemory: 0, driverVersion: 13, cudaRuntimeVersion: 1e9 }, 'f.json'),
        /totalGpuMemory must .* driverVersion must .* cudaRuntimeVersion must/,
      ],
    ];
    fs.writeFileSync(inFolder('e.json'), '{');
    cases.push([inFolder('e.json'), /e\.json is not a machine profile: it is not JSON/]);
    for (const [file, sentence] of cases) {
      const { code, stdout, stderr } = await run(['check', '--machine', file, engine]);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, sentence);
      assert.match(stderr, /It must look like/);
    }
  });

  it('works without any TensorRT-RTX, by the header', async () => {
    const { code, reports } = await json([await builtEngine('1.7.1.116')], { env: {} });
    assert.equal(code, 2);
    assert.equal(reports[0]?.evidence, 'header');
    assert.equal(reports[0].runtime, null);
    assert.equal(reports[0].validity, null);
    assert.ok(reports[0].reasons.some(({ id }) => id === 'no-runtime'));
  });

  it("asks each engine's own version with --match-version", async () => {
    const engines = await Promise.all(libraryVersions.map(builtEngine));
    const { reports } = await json(
      ['--match-version', ...engines],
      withLibraries(...libraryVersions),
    );
    assert.deepEqual(
      reports.map(({ runtime }) => runtime?.version),
      [...libraryVersions],
    );
  });

  it('takes an explicit library, or says why not and asks no other', async () => {
    const engine = await builtEngine('1.4.0.76');
    const library = libraryOf('1.4.0.76');
    const options = withLibraries('1.7.1.116');
    for (const runtime of [library, path.dirname(library)]) {
      const { reports } = await json(['--runtime', runtime, engine], options);
      assert.equal(reports[0]?.runtime?.version, '1.4.0.76');
    }
    const cut = inFolder('libtensorrt_rtx.so.1');
    fs.writeFileSync(cut, fs.readFileSync(library).subarray(0, 100_000));
    const { code, reports } = await json(['--runtime', cut, engine], options);
    assert.equal(code, 2);
    assert.equal(reports[0]?.runtime, null);
    assert.match(JSON.stringify(reports[0]?.reasons), /is incomplete/);
  });

  itUnless(
    underWine('Node makes no symbolic links'),
    'searches folders: sorted, by extension, through links when asked, around circles',
    async () => {
      const top = emptyFolder();
      fs.mkdirSync(path.join(top, 'b/deep'), { recursive: true });
      fs.mkdirSync(path.join(top, '.git'));
      const names = [
        'b/deep/z.engine',
        'a.engine',
        'B.ENGINE',
        'c.plan',
        'd.trt',
        'e.txt',
        '.git/g.engine',
      ];
      for (const name of names) writeEngine(path.join(top, name), { version: '1.7.1.116' });
      fs.symlinkSync(top, path.join(top, 'b/again'));
      fs.symlinkSync('..', path.join(top, 'b/deep/up'));
      const outside = emptyFolder();
      writeEngine(path.join(outside, 'o.engine'), { version: '1.7.1.116' });
      fs.symlinkSync(outside, path.join(top, 'link'));
      fs.symlinkSync(path.join(top, 'nowhere'), path.join(top, 'x.engine'));
      const found = async (...args: string[]) =>
        (await json([...args, top])).reports.map(({ file }) => path.relative(top, file));
      const inside = ['B.ENGINE', 'a.engine', 'b/deep/z.engine', 'x.engine'];
      assert.deepEqual(await found(), inside);
      assert.deepEqual(await found('--follow-links'), [
        ...inside.slice(0, -1),
        'link/o.engine',
        'x.engine',
      ]);
      assert.deepEqual(await found('--follow-links', '--ext', '.plan,trt'), [
        'B.ENGINE',
        'a.engine',
        'b/deep/z.engine',
        'c.plan',
        'd.trt',
        'link/o.engine',
        'x.engine',
      ]);
    },
  );

  it('says when a folder holds no engines', async () => {
    const { code, stdout, stderr } = await run(['check', '--json', emptyFolder()]);
    assert.equal(code, 2);
    assert.equal(stdout, '[]\n');
    assert.match(stderr, /No engines were found/);
  });

  it('prints of many engines what it prints of each, in every format', async () => {
    const many = emptyFolder();
    const names = ['a.engine', 'b.engine', "it's, é.engine", '=f.engine', 'sub/-x.engine'];
    fs.mkdirSync(path.join(many, 'sub'));
    const files = names.map((name, at) => {
      const file = path.join(many, name);
      const version = at === 0 ? '1.6.1.120' : '1.7.1.116';
      writeEngine(file, { version, weightBytes: 5000 * at, length: at === 1 ? 100 : 7000 + at });
      return file;
    });
    fs.writeFileSync(`${files[2]}.json`, '{}');
    fs.writeFileSync(path.join(many, 'b.onnx'), '');
    const inOrder = (of: (file: string) => Promise<string>) =>
      Promise.all([...files].sort((a, b) => (a < b ? -1 : 1)).map(of));
    const stdout = async (...args: string[]) =>
      (await run(['check', ...args], withLibraries('1.7.1.116'))).stdout;
    const each = await inOrder((file) => stdout(file));
    assert.equal((await stdout(many)).replace(/\d+ files: .*\n$/, ''), each.join(''));
    const { reports } = await json([many]);
    assert.deepEqual(
      reports,
      (await inOrder((file) => stdout('--json', file))).flatMap(
        (text) => JSON.parse(text) as unknown,
      ),
    );
    for (const format of ['csv', 'ndjson']) {
      const output = inFolder(`all.${format}`);
      const alone = await run(['check', '--format', format, many], withLibraries('1.7.1.116'));
      const beside = await run(
        ['check', '--format', 'github', '--output', `${format}=${output}`, many],
        withLibraries('1.7.1.116'),
      );
      assert.equal(alone.stdout, fs.readFileSync(output, 'utf8'));
      assert.equal(alone.code, beside.code);
    }
  });

  it('counts 1 more than 2, and 0 only when all are usable', async () => {
    fs.writeFileSync(inFolder('page.engine'), '<html>');
    const engine = await builtEngine('1.7.1.116');
    assert.equal((await json([inFolder('missing.engine')])).code, 2);
    assert.equal((await json([inFolder('page.engine'), inFolder('missing.engine')])).code, 1);
    assert.equal((await json(['--machine', profile(), engine, inFolder('page.engine')])).code, 1);
    assert.equal(
      (await json(['--machine', profile(), engine, inFolder('missing.engine')])).code,
      2,
    );
  });

  itUnless(onWindows('paths are UTF-16 there'), 'keeps a path that is not UTF-8', async () => {
    const engine = await builtEngine('1.7.1.116');
    const { stdout } = await run([], {
      shell: `cp '${engine}' $'caf\\xe9.engine' && '${process.execPath}' '${cliMain}' check --json $'caf\\xe9.engine'`,
    });
    const [report] = JSON.parse(stdout) as ReportJson[];
    assert.equal(report?.kind, 'tensorrt-rtx');
    assert.equal(report.file, 'caf\\xe9.engine');
    const searched = (await json([folder.path])).reports.find(({ file }) => file.includes('caf'));
    assert.equal(searched?.kind, 'tensorrt-rtx');
  });

  itUnless(
    underWine('making ten thousand files takes minutes'),
    'answers for ten thousand files and keeps the JSON whole',
    async () => {
      const top = emptyFolder();
      for (let index = 0; index < 10_000; index++) {
        writeEngine(path.join(top, `${String(index).padStart(5, '0')}.engine`), {
          version: '1.7.1.116',
          weightBytes: index,
        });
      }
      const { reports } = await json([top]);
      assert.equal(reports.length, 10_000);
      assert.ok(reports.every(({ header }, index) => header?.weightBytes === index));
    },
  );

  itUnless(onWindows('there is no sh'), 'ends quietly when its reader goes away', async () => {
    const top = emptyFolder();
    for (let index = 0; index < 3_000; index++) {
      writeEngine(path.join(top, `${index}.engine`), { version: '1.7.1.116' });
    }
    const { stdout, stderr } = await run([], {
      shell: `'${process.execPath}' '${cliMain}' check '${top}' | head -n 1`,
    });
    assert.equal(stdout.split('\n').length, 2);
    assert.equal(stderr, '');
  });

  itUnless(
    onWindows('the library of this test is ELF'),
    'does not wait for a library that hangs',
    async () => {
      // A library that answers nothing: stands in for a driver or a disk that does not.
      const hangs = emptyFolder();
      fs.writeFileSync(
        path.join(hangs, 'hangs.c'),
        `#include <unistd.h>
       int tensorrt_version_1_7_1_116;
       int createInferRuntime_INTERNAL(void) { return 0; }
       int getInferLibVersion(void) { sleep(1000); return 0; }
       int getInferLibMajorVersion(void) { sleep(1000); return 1; }
       int getInferLibMinorVersion(void) { sleep(1000); return 7; }
       int getInferLibPatchVersion(void) { sleep(1000); return 1; }
       int getInferLibBuildVersion(void) { sleep(1000); return 116; }`,
      );
      const library = path.join(hangs, 'libtensorrt_rtx.so.1');
      execFileSync('gcc', ['-shared', '-fPIC', '-o', library, path.join(hangs, 'hangs.c')]);
      const started = Date.now();
      const engine = await builtEngine('1.7.1.116');
      const { code, reports, stderr } = await json([
        '--runtime',
        library,
        '--timeout',
        '1',
        engine,
      ]);
      assert.equal(code, 2);
      assert.match(stderr, /did not answer within 1 s while loading/);
      assert.equal(reports[0]?.header?.version, '1.7.1.116');
      assert.match(JSON.stringify(reports[0].reasons), /did not answer within 1 s/);
      assert.ok(Date.now() - started < 15_000);
    },
  );

  it('explains wrong use', async () => {
    const cases: [string[], RegExp][] = [
      [['check'], /missing required argument 'paths'/],
      [['chekc', 'x'], /unknown command 'chekc'/],
      [
        ['check', '--jsno', 'x'],
        /unknown option '--jsno'[^]*\(see engine-inspector check --help\)/,
      ],
      [['check', '--ext', ',', 'x'], /names no extension/],
      [['check', '--timeout', 'soon', 'x'], /must be a number of seconds/],
    ];
    for (const [args, sentence] of cases) {
      const { code, stdout, stderr } = await run(args);
      assert.equal(code, 2, args.join(' '));
      assert.equal(stdout, '');
      assert.match(stderr, sentence);
      assert.match(stderr, /--help/);
    }
    assert.equal((await run([])).code, 2);
  });

  it('documents its exit codes', async () => {
    const { code, stdout } = await run(['check', '--help']);
    assert.equal(code, 0);
    assert.match(stdout, /Exit codes:\n {2}0 {2}all engines are usable/);
    const [version, ...inside] = (await run(['--version'])).stdout.trim().split('\n');
    assert.equal(version, '0.1.0');
    assert.match(inside.join('\n'), /TensorRT-RTX 1\.4, 1\.5, 1\.6, 1\.7 on .*\nNode\.js 2/);
  });

  itUnless(
    onWindows('a library of this test is ELF'),
    'lists the libraries that it finds',
    async () => {
      const unknown = emptyFolder();
      fs.writeFileSync(
        path.join(unknown, 'libtensorrt_rtx.so.1'),
        elfFile({ symbols: rtxSymbols('3.0.0.1') }),
      );
      const { env } = withLibraries('1.4.0.76', '1.7.1.116');
      const options = {
        env: { [libraryPathVariable]: `${unknown}${path.delimiter}${env[libraryPathVariable]}` },
      };
      const { code, stdout } = await run(['runtimes', '--json'], options);
      assert.equal(code, 0);
      const list = JSON.parse(stdout) as {
        version: string;
        used: boolean;
        problem: string | null;
      }[];
      assert.deepEqual(
        list.map(({ version, used, problem }) => [version, used, problem === null]),
        [
          ['3.0.0.1', false, false],
          ['1.4.0.76', false, true],
          ['1.7.1.116', true, true],
        ],
      );
      const text = await run(['runtimes'], options);
      assert.match(text.stdout, /^\* 1\.7\.1\.116 {2}/m);
      assert.match(text.stdout, /not usable: .*3\.0\.0\.1/);
      assert.equal((await run(['runtimes'])).code, 1);
    },
  );
});
