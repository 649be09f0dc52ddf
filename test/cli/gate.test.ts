/** `check` as a gate: targets, formats, baseline, shards. No TensorRT-RTX is asked, so none is needed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import { cliMain, environmentWithoutRuntimes } from '../support/builtEngines';
import { outcomeOf, type Ran } from '../support/commandLine';
import { writeEngine } from '../support/engineFiles';
import { itUnless, onWindows } from '../support/leaveOut';
import type { GateJson } from '../../src/core/gate/gateRecord';

describe('gate', () => {
  let folder: TemporaryFolder;
  const inFolder = (...parts: string[]) => path.join(folder.path, ...parts);
  const write = (name: string, text: string) => fs.writeFileSync(inFolder(name), text);
  const read = (name: string) => fs.readFileSync(inFolder(name), 'utf8');

  before(() => {
    folder = temporaryFolder();
    fs.mkdirSync(inFolder('.git'));
    fs.mkdirSync(inFolder('m', 'old'), { recursive: true });
    writeEngine(inFolder('m', 'a.engine'), { version: '1.7.1.116' });
    writeEngine(inFolder('m', 'b.engine'), { version: '1.6.1.120' });
    writeEngine(inFolder('m', 'c.engine'), { version: '1.7.1.116', weightBytes: 9e9 });
    writeEngine(inFolder('m', 'd.engine'), { version: '1.7.1.116', length: 100 });
    writeEngine(inFolder('m', 'old', 'e.engine'), { version: '1.4.0.76' });
    writeEngine(inFolder('m', "f,'&%.engine"), { version: '1.4.0.76' });
    write('m/b.engine.json', '{}');
  });
  after(() => folder.remove());

  const run = (args: string[], { input = '', env = {} } = {}): Promise<Ran> => {
    const child = spawn(process.execPath, [cliMain, ...args], {
      cwd: folder.path,
      env: { ...environmentWithoutRuntimes(), ...env },
    });
    child.stdin.on('error', () => undefined).end(input);
    return outcomeOf(child);
  };
  const objects = ({ stdout }: Pick<Ran, 'stdout'>) =>
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as GateJson);
  const ndjson = async (...args: string[]) =>
    objects(await run(['check', '--format', 'ndjson', ...args]));
  const names = (files: GateJson[]) => files.map(({ file }) => file.replaceAll('\\', '/'));

  it('prints a cell for each engine and target, and exits by the worst', async () => {
    const args = ['check', '--json', '--target', 'rtx-4060-laptop,rtx-5090', '--rtx', '1.7.1'];
    const { code, stdout, stderr } = await run([...args, 'm']);
    assert.equal(stderr, '');
    assert.equal(code, 1);
    const files = JSON.parse(stdout) as GateJson[];
    const cells = files.map(({ targets }) => targets?.map(({ cell }) => cell));
    assert.deepEqual(cells, [
      ['runs', 'runs'],
      ['rebuild', 'rebuild'],
      ['needs-weight-streaming', 'runs'],
      ['rebuild', 'rebuild'],
      ['rebuild', 'rebuild'],
      ['rebuild', 'rebuild'],
    ]);
    const [first] = files[2]?.targets ?? [];
    assert.deepEqual(Object.keys(first ?? {}).sort(), [
      ...['cell', 'computeCapability', 'diagnostics', 'evidence', 'memory', 'name', 'reasons'],
      ...['required', 'sentence', 'severity', 'target', 'validity'],
    ]);
    assert.equal(first?.severity, 'error');
    assert.equal((await run([...args, path.join('m', 'a.engine')])).code, 0);
  });

  it('shows a matrix with what to do', async () => {
    const { stdout, code } = await run(['check', '--target', 'rtx-4060-laptop', 'm']);
    assert.equal(code, 1);
    assert.match(stdout, /^RTX 4060 Laptop {2}Engine$/m);
    assert.match(stdout, /^streaming {8}m.c\.engine$/m);
    assert.match(
      stdout,
      /fix: Rebuild for RTX 4060 Laptop with weight streaming:\n {4}engine-inspector build MODEL\.onnx -o .*c\.engine.* --weight-streaming$/m,
    );
    assert.match(stdout, /^ {2}Build the engine again .* with weight streaming/m);
    assert.match(stdout, /4 of 6 engines run on the target\.$/m);
  });

  it('names the nearest boards, asks which memory is meant, and tells every mistake of a file', async () => {
    const { code, stderr } = await run(['check', '--target', 'rtx-4600-laptop,rtx-3060', 'm']);
    assert.equal(code, 2);
    assert.match(stderr, /Did you mean rtx-4060-laptop/);
    assert.match(stderr, /rtx-3060-8gb or rtx-3060-12gb/);
    write('wrong.json', '\ufeff{\n  "targets": ["nothing"],\n  "exclud": []\n}\n');
    const wrong = await run(['check', '--config', 'wrong.json', 'm']);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /wrong\.json:2:15: No board is known/);
    assert.match(
      wrong.stderr,
      /wrong\.json:3:3: "exclud" is not known here\. Did you mean "exclude"/,
    );
  });

  it('takes flags before the environment before the file', async () => {
    write(
      'engine-inspector.json',
      '{ "targets": ["rtx-5090", { "name": "Old", "board": "gtx-1660-ti", "required": false }], "tensorrtRtx": "1.7.1", "files": ["m/*.engine"], "exclude": ["d.engine"] }',
    );
    try {
      const files = await ndjson();
      assert.deepEqual(
        names(files),
        ['a', 'b', 'c', "f,'&%"].map((name) => `./m/${name}.engine`),
      );
      assert.deepEqual(
        files[0]?.targets?.map(({ target }) => target),
        ['rtx-5090', 'old'],
      );
      assert.equal(files[0].targets[1]?.severity, 'information');
      assert.equal((await run(['check', 'm/a.engine'])).code, 0);
      const env = { ENGINE_INSPECTOR_TARGETS: 'old' };
      const own = objects(await run(['check', '--format', 'ndjson', 'm/a.engine'], { env }));
      assert.deepEqual(
        own[0]?.targets?.map(({ target }) => target),
        ['old'],
      );
      const flag = ['check', '--format', 'ndjson', '--target', 'gb10', 'm/a.engine'];
      const given = objects(await run(flag, { env }));
      assert.deepEqual(
        given[0]?.targets?.map(({ target }) => target),
        ['gb10'],
      );
      const listed = await run(['targets', '--json']);
      assert.deepEqual(
        (JSON.parse(listed.stdout) as { id: string }[]).map(({ id }) => id),
        ['rtx-5090', 'old'],
      );
      const none = await run(['check', '--no-config', '--json', 'm/a.engine']);
      assert.equal((JSON.parse(none.stdout) as GateJson[])[0]?.targets, undefined);
    } finally {
      fs.rmSync(inFolder('engine-inspector.json'));
    }
  });

  it('saves boards as targets, each once, and takes a version for targets only', async () => {
    const names = async () =>
      (JSON.parse((await run(['targets', '--json'])).stdout) as { id: string }[])
        .map(({ id }) => id)
        .slice(0, 3);
    const none = await run(['targets']);
    assert.match(none.stderr, /There is no engine-inspector\.json .* targets --save NAME/);
    assert.match(none.stdout, /^rtx-5090 +12\.0 {2}32 GB +runs$/m);
    assert.match(none.stdout, /^gtx-1660-ti +7\.5 {2}6 GB +runs only engines .* or FP16$/m);
    assert.match(none.stdout, /^h100 +9\.0 {2}80 GB +never runs$/m);
    try {
      const unknown = await run(['targets', '--save', 'rtx-5090', 'rtx-4060-lptop']);
      assert.equal(unknown.code, 2);
      assert.match(unknown.stderr, /Did you mean rtx-4060-laptop.*\nNothing was saved\./);
      assert.equal(fs.existsSync(inFolder('engine-inspector.json')), false);
      assert.equal((await run(['targets', '--save', 'rtx-5090', 'rtx-3060-12gb'])).code, 0);
      write('engine-inspector.json', `// Ours.\n${read('engine-inspector.json')}`);
      const more = await run(['targets', '--save', 'RTX 5090', 'gb10']);
      assert.match(more.stderr, /engine-inspector\.json: 1 target added, 1 there before\.\n$/);
      assert.match(read('engine-inspector.json'), /^\/\/ Ours\.\n/);
      assert.deepEqual(await names(), ['rtx-5090', 'rtx-3060-12gb', 'gb10']);
      const wrong = await run(['check', '--no-config', '--rtx', '1.7.1', 'm']);
      assert.equal(wrong.code, 2);
      assert.match(wrong.stderr, /--rtx is the TensorRT-RTX version of targets, and no target/);
    } finally {
      fs.rmSync(inFolder('engine-inspector.json'), { force: true });
    }
  });

  it('counts in words what is no engine, what is known and what could not be read', async () => {
    write('page.engine', '<!doctype html>');
    const args = ['check', '--target', 'rtx-5090', '--rtx', '1.7.1', '--baseline', 'one.json'];
    const files = ['m/a.engine', 'm/b.engine', 'page.engine', 'gone.engine'];
    await run([...args, '--update-baseline', 'm/b.engine']);
    const { stdout, code } = await run([...args, '--output', 'markdown=one.md', ...files]);
    const said =
      '1 of 2 engines run on the target. 1 more file is no engine of TensorRT-RTX. 1 known finding is in the baseline. 1 file could not be read.';
    assert.equal(stdout.trimEnd().split('\n').at(-1), said);
    assert.ok(read('one.md').includes(`**${said}**`), read('one.md'));
    assert.match(stdout, /^rebuild: 1 engine on RTX 5090\. The engine was built by another/m);
    assert.equal(code, 1);
    fs.rmSync(inFolder('page.engine'));
  });

  it('says that --machine leaves targets unused, and takes it for no gate', async () => {
    write(
      'machine.json',
      '{"computeCapability": "8.9", "totalGpuMemory": 8589934592, "driverVersion": 13000, "tensorrtRtx": "1.7.1", "cudaRuntimeVersion": 13040}',
    );
    const plain = ['check', '--json', '--machine', 'machine.json', 'm/a.engine'];
    assert.doesNotMatch((await run(plain)).stderr, /not used/);
    write('engine-inspector.json', '{ "targets": ["rtx-5090"] }');
    try {
      const { stdout, stderr } = await run(plain);
      assert.match(
        stderr,
        /^The targets of .*engine-inspector\.json are not used: --machine asks/m,
      );
      const [file] = JSON.parse(stdout) as GateJson[];
      assert.equal(file?.targets, undefined);
      assert.ok(file?.predicted);
      assert.doesNotMatch((await run([...plain, '--no-config'])).stderr, /not used/);
    } finally {
      fs.rmSync(inFolder('engine-inspector.json'));
    }
    const gate = await run([...plain, '--fail-level', 'none']);
    assert.equal(gate.code, 2);
    assert.match(gate.stderr, /--machine can't be used with --fail-level\./);
    const env = { ENGINE_INSPECTOR_TARGETS: 'gb10' };
    assert.match((await run(plain, { env })).stderr, /^ENGINE_INSPECTOR_TARGETS is not used/m);
  });

  it('refuses a baseline of another version or that is none, and says what to do', async () => {
    const target = ['check', '--target', 'rtx-5090', '--baseline', 'base.json', 'm/a.engine'];
    for (const [text, said] of [
      ['{"version": 2, "findings": []}', /base\.json has version 2, this .* reads version 1\./],
      ['{"version": 1, "findings": [{"path": 3}]}', /is not a baseline: findings\.0\.path/],
      ['{"version": 1,', /is not JSON/],
      ['[]', /is not a baseline/],
    ] as const) {
      write('base.json', text);
      for (const more of [[], ['--update-baseline']]) {
        const { code, stderr } = await run([...target, ...more]);
        assert.equal(code, 2, text);
        assert.match(stderr, said);
        assert.match(stderr, /--update-baseline/);
      }
      assert.equal(read('base.json'), text);
    }
    write('base.json', '\ufeff{"version": 1, "findings": []}');
    assert.equal((await run(target)).code, 0);
  });

  it('refuses absurd machines, each with its place', async () => {
    write(
      'absurd.json',
      [
        '{ "targets": [',
        '  { "name": "a", "computeCapability": "99.9", "memory": 8 },',
        '  { "name": "b", "computeCapability": "8.9", "memory": -1 },',
        '  { "name": "c", "computeCapability": "8.9", "memory": 1e300 },',
        '  { "name": "d", "computeCapability": "8.9", "memory": 8, "driver": "no" },',
        '  { "name": "e", "board": "rtx-5090", "memory": 3 },',
        '  { "name": "f", "board": "rtx-5090" }, { "name": "F", "board": "gb10" }',
        '], // the end',
        '}',
      ].join('\n'),
    );
    const { code, stderr, stdout } = await run(['check', '--config', 'absurd.json', 'm']);
    assert.deepEqual([code, stdout], [2, '']);
    const lines = [...stderr.matchAll(/absurd\.json:(\d+):\d+: /g)].map(([, line]) => Number(line));
    assert.deepEqual([...new Set(lines)], [2, 3, 4, 5, 6, 7], stderr);
  });

  itUnless(
    onWindows('links and rights are made with calls of POSIX'),
    'goes round no circle of links, tells of what it may not read, and ends by it',
    async () => {
      fs.mkdirSync(inFolder('loop', 'a'), { recursive: true });
      writeEngine(inFolder('loop', 'x.engine'), { version: '1.7.1.116' });
      fs.symlinkSync('..', inFolder('loop', 'a', 'up'));
      fs.symlinkSync('self.engine', inFolder('loop', 'self.engine'));
      const target = ['--target', 'rtx-5090', '--rtx', '1.7.1'];
      const { code, stdout } = await run([
        ...['check', '--follow-links', '--format', 'ndjson', ...target, 'loop'],
      ]);
      const files = objects({ stdout });
      assert.deepEqual(
        files.map(({ file, kind }) => [path.basename(file), kind]),
        [
          ['self.engine', 'unreadable'],
          ['x.engine', 'tensorrt-rtx'],
        ],
      );
      assert.equal(code, 2);
      fs.rmSync(inFolder('loop'), { recursive: true });
    },
  );

  itUnless(
    onWindows('rights are not bits'),
    'tells of a folder and a file that it may not read, checks the others, and ends by it',
    async () => {
      fs.mkdirSync(inFolder('rights', 'closed'), { recursive: true });
      for (const name of ['closed/in.engine', 'locked.engine', 'open.engine']) {
        writeEngine(inFolder('rights', name), { version: '1.7.1.116' });
      }
      const closed = [inFolder('rights', 'closed'), inFolder('rights', 'locked.engine')];
      for (const file of closed) fs.chmodSync(file, 0);
      // root may read everything: then it runs as somebody else.
      write('nobody.cjs', 'process.setgroups([]); process.setgid(65534); process.setuid(65534);');
      const mode = fs.statSync(folder.path).mode;
      fs.chmodSync(folder.path, 0o755);
      const nobody = process.getuid?.() === 0 ? ['--require', inFolder('nobody.cjs')] : [];
      try {
        const args = ['--target', 'rtx-5090', '--rtx', '1.7.1', '--format', 'ndjson', 'rights'];
        const { code, stdout, stderr } = await outcomeOf(
          spawn(process.execPath, [...nobody, cliMain, 'check', ...args], {
            cwd: folder.path,
            env: environmentWithoutRuntimes(),
          }),
        );
        assert.equal(stderr, "The folder rights/closed can't be read: permission denied.\n");
        const files = objects({ stdout });
        assert.deepEqual(
          files.map(({ file, kind, targets }) => [file, kind, targets?.[0]?.cell]),
          [
            ['rights/locked.engine', 'unreadable', null],
            ['rights/open.engine', 'tensorrt-rtx', 'runs'],
          ],
        );
        assert.match(files[0]?.targets?.[0]?.sentence ?? '', /this user has no permission/);
        assert.equal(code, 2);
      } finally {
        fs.chmodSync(folder.path, mode);
        for (const file of closed) fs.chmodSync(file, 0o700);
        fs.rmSync(inFolder('rights'), { recursive: true });
      }
    },
  );

  it('has one record of each file that changes or goes away while it is read', async () => {
    const file = inFolder('changing.engine');
    writeEngine(file, { version: '1.7.1.116' });
    const whole = fs.readFileSync(file);
    const states = [
      () => fs.writeFileSync(file, whole),
      () => fs.truncateSync(file, 100),
      () => fs.truncateSync(file, 10),
      () => fs.truncateSync(file, 0),
      () => fs.rmSync(file),
    ];
    const count = 2000;
    write('changing.txt', 'changing.engine\n'.repeat(count));
    let at = 0;
    const changes = setInterval(() => {
      // Each state stands for some reads.
      for (let more = 0; more < 3; more++) states[at++ % states.length]?.();
    });
    const { code, stdout, stderr } = await run([
      ...['check', '--target', 'rtx-5090', '--rtx', '1.7.1', '--format', 'ndjson'],
      ...['--output', 'junit=changing.xml', '--files-from', 'changing.txt'],
    ]).finally(() => clearInterval(changes));
    fs.rmSync(file, { force: true });
    assert.equal(stderr, '');
    assert.ok(code === 0 || code === 1 || code === 2, String(code));
    const files = objects({ stdout });
    assert.equal(files.length, count);
    for (const { kind, targets } of files) {
      const [cell, ...more] = targets ?? [];
      assert.deepEqual(more, []);
      assert.ok(cell && cell.sentence !== '');
      if (kind === 'unreadable') assert.equal(cell.cell, null);
      else assert.ok(cell.cell === 'runs' || cell.cell === 'rebuild', cell.cell ?? 'null');
    }
    assert.match(read('changing.xml'), new RegExp(`<testsuite name="RTX 5090" tests="${count}"`));
  });

  it('knows what the baseline has, and what is new', async () => {
    const args = ['check', '--target', 'rtx-5090', '--rtx', '1.7.1', '--baseline', 'known.json'];
    assert.equal((await run([...args, 'm'])).code, 2);
    const updated = await run([...args, '--update-baseline', 'm']);
    assert.match(updated.stderr, /4 findings added, 0 removed, 4 in all/);
    assert.equal((await run([...args, 'm'])).code, 0);
    writeEngine(inFolder('m', 'new.engine'), { version: '1.5.0.114' });
    assert.equal((await run([...args, 'm'])).code, 1);
    assert.equal((await run([...args, '--exit-zero', 'm'])).code, 0);
    fs.rmSync(inFolder('m', 'new.engine'));
    const kept = read('known.json');
    write('known.json', kept.replace('m/b.engine', 'm/gone.engine'));
    const pruned = await run([...args, '--update-baseline', '--prune-baseline', 'm']);
    assert.match(pruned.stderr, /: 1 finding added, 1 removed, 4 in all/);
    assert.equal(read('known.json'), kept);
    write('known.json', '{"version": 7, "findings": []}');
    assert.match(
      (await run([...args, 'm'])).stderr,
      /known\.json has version 7, this Engine Inspector reads version 1/,
    );
    write('known.json', '['.repeat(100_000));
    assert.match(
      (await run([...args, 'm'])).stderr,
      /known\.json is not JSON: more than 100 lists and objects in each other/,
    );
  });

  it('fails from the level on that was chosen', async () => {
    writeEngine(inFolder('ptx.engine'), { version: '1.4.0.76', targets: 0x3f });
    const args = ['check', '--target', 'gb10', 'ptx.engine'];
    assert.match((await run(args)).stdout, /^slower/m);
    assert.equal((await run(args)).code, 0);
    assert.equal((await run([...args, '--fail-level', 'warning'])).code, 1);
    assert.equal(
      (await run(['check', '--target', 'rtx-5090', '--rtx', '1.7.1', '--fail-level', 'none', 'm']))
        .code,
      0,
    );
    assert.equal((await run([...args, '--fail-level', 'much'])).code, 2);
    assert.equal((await run(['check', '--target', 'gb10', 'not-there.engine'])).code, 2);
  });

  it('takes patterns and lists of files, less what is left out', async () => {
    const target = ['--target', 'rtx-5090'];
    assert.deepEqual(names(await ndjson(...target, 'm/**/[a-e].engine', '--exclude', 'c.engine')), [
      'm/a.engine',
      'm/b.engine',
      'm/d.engine',
      'm/old/e.engine',
    ]);
    for (const input of ['m/a.engine\r\nm/old/e.engine\n', 'm/a.engine\0m/old/e.engine\0']) {
      const ran = await run(['check', '--format', 'ndjson', ...target, '--files-from', '-'], {
        input,
      });
      assert.deepEqual(names(objects(ran)), ['m/a.engine', 'm/old/e.engine']);
    }
    assert.match(
      (await run(['check', ...target, '--files-from', 'no.txt'])).stderr,
      /^The list of files no\.txt is not there\.\nCheck the path of --files-from/,
    );
  });

  it('splits into shards that merge joins in the same order', async () => {
    const target = ['--target', 'rtx-5090,gtx-1660-ti'];
    const whole = await run(['check', '--format', 'ndjson', ...target, 'm']);
    for (const at of [1, 2, 3]) {
      write(
        `${at}.json`,
        (
          await run([
            'check',
            '--shard',
            `${at}/3`,
            '--format',
            at === 1 ? 'json' : 'ndjson',
            ...target,
            'm',
          ])
        ).stdout,
      );
    }
    const joined = await run([
      'merge',
      '1.json',
      '2.json',
      '3.json',
      '--format',
      'ndjson',
      '--output',
      'csv=merged.csv',
    ]);
    assert.equal(joined.stdout, whole.stdout);
    assert.equal(joined.code, whole.code);
    assert.equal(read('merged.csv').split('\r\n').length, 6 * 2 + 2);
    const twice = await run(['merge', '1.json', '2.json', '1.json', '--format', 'csv']);
    assert.match(
      twice.stderr,
      /^m\/a\.engine is in more than one report; the first one counts\.$/m,
    );
    assert.equal(twice.stdout.split('\r\n').length, 4 * 2 + 2);
    assert.match((await run(['merge', 'no.json'])).stderr, /^The report no\.json is not there\./);
    write('2.json', '{"file": "x"');
    assert.match(
      (await run(['merge', '1.json', '2.json'])).stderr,
      /2\.json is cut short or not JSON \(line 1\)/,
    );
    write('2.json', '['.repeat(100_000) + ']'.repeat(100_000));
    assert.match((await run(['merge', '1.json', '2.json'])).stderr, /2\.json is cut short or not/);
    assert.equal((await run(['check', '--shard', '4/3', ...target, 'm'])).code, 2);
  });

  it('writes several formats at once, each whole', async () => {
    write('summary.md', '');
    const { stdout, code } = await run(
      [
        ...['check', '--target', 'rtx-4060-laptop', '--rtx', '1.7.1', '--format', 'github', 'm'],
        ...['sarif=e.sarif', 'junit=e.xml', 'csv=e.csv', 'markdown=e.md'].flatMap((output) => [
          '--output',
          output,
        ]),
      ],
      { env: { GITHUB_STEP_SUMMARY: inFolder('summary.md') } },
    );
    assert.equal(code, 1);
    assert.equal(stdout.match(/^::error file=/gm)?.length, 5);
    assert.match(
      stdout,
      /^::error file=m\/b\.engine\.json,line=1,title=.*::m.b\.engine: RTX 4060 Laptop: Built by/m,
    );
    assert.match(stdout, /file=m\/f%2C'&%25\.engine,/);
    assert.match(read('summary.md'), /\| `m.a\.engine` \| ✅ runs \|/);
    assert.equal(read('summary.md'), read('e.md'));
    assert.equal(read('e.csv').split('\r\n').length, 6 + 2);
    assert.match(
      read('e.xml'),
      /<testsuite name="RTX 4060 Laptop" tests="6" failures="5" errors="0"/,
    );
    assert.match(read('e.xml'), /classname="m\/f,'&amp;%\.engine"/);
    const { version, runs } = JSON.parse(read('e.sarif')) as {
      version: string;
      runs: {
        automationDetails: { id: string };
        tool: { driver: { rules: { id: string }[] } };
        results: {
          ruleId: string;
          ruleIndex: number;
          partialFingerprints: Record<string, string>;
          locations: { physicalLocation: { artifactLocation: { uri: string }; region: object } }[];
        }[];
      }[];
    };
    assert.equal(version, '2.1.0');
    const [sarif] = runs;
    assert.equal(sarif?.automationDetails.id, 'engine-inspector/rtx-4060-laptop/');
    assert.deepEqual(
      sarif.results.map(({ locations }) => locations[0]?.physicalLocation.artifactLocation.uri),
      ['m/b.engine.json', 'm/c.engine', 'm/d.engine', "m/f%2C'%26%25.engine", 'm/old/e.engine'],
    );
    for (const { ruleId, ruleIndex, locations, partialFingerprints } of sarif.results) {
      assert.equal(sarif.tool.driver.rules[ruleIndex]?.id, ruleId);
      assert.deepEqual(locations[0]?.physicalLocation.region, {
        startLine: 1,
        startColumn: 1,
        endLine: 1,
        endColumn: 1,
      });
      assert.match(partialFingerprints['primaryLocationLineHash'] ?? '', /^[0-9a-f]{16}:1$/);
    }
    assert.deepEqual(
      fs.readdirSync(folder.path).filter((name) => name.includes('.partial')),
      [],
    );
  });

  it('leaves the file that was there when it cannot write', async () => {
    const { code, stderr } = await run([
      'check',
      '--target',
      'rtx-5090',
      '--output',
      'csv=no/such/folder.csv',
      'm',
    ]);
    assert.equal(code, 2);
    assert.match(stderr, /no.such.folder\.csv could not be written: its folder does not exist\./);
  });

  itUnless(
    onWindows('/dev/full and pipefail are of bash'),
    'writes files although the reader of stdout went away, waits for a slow one, and tells of a full disk',
    async () => {
      const shell = (command: string) =>
        outcomeOf(spawn('/bin/bash', ['-c', `set -o pipefail; ${command}`], { cwd: folder.path }));
      const call = `'${process.execPath}' '${cliMain}' check --target rtx-5090 --format ndjson`;
      await shell(`${call} --output csv=piped.csv m | head -c 5 > /dev/null`);
      assert.equal(read('piped.csv').split('\r\n').length, 6 + 2);
      // With nobody to read them and nothing else to write it ends at once.
      write('many.txt', 'm/a.engine\n'.repeat(200_000));
      const started = Date.now();
      await shell(`${call} --files-from many.txt | head -c 5 > /dev/null`);
      assert.ok(Date.now() - started < 8_000, `${Date.now() - started} ms`);
      write('some.txt', 'm/a.engine\n'.repeat(5000));
      const slow = await shell(`${call} --files-from some.txt | (sleep 1; wc -l)`);
      assert.deepEqual([slow.stdout.trim(), slow.stderr], ['5000', '']);
      for (const asked of [call, call.replace(' --target rtx-5090', '')]) {
        const full = await shell(`${asked} m > /dev/full`);
        assert.equal(full.code, 2);
        assert.match(full.stderr, /disk is full/);
      }
    },
  );
});
