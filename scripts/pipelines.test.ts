/**
 * What pipelines do, done: the action's steps, the hook, and every block of docs/ci.md, line by line in a clean folder with
 * nothing but the packed command line.
 */
import * as assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { parse } from 'yaml';

import { version } from '../package.json';
import { repositoryRoot, temporaryFolder } from '../test/harness';
import { environmentWithoutRuntimes } from '../test/support/builtEngines';
import { writeEngine } from '../test/support/engineFiles';
import { describeUnless, onWindows } from '../test/support/leaveOut';
import { makeNpmPackages } from './npmPackages.mjs';

const textOf = (file: string) => fs.readFileSync(path.join(repositoryRoot, file), 'utf8');

interface Step {
  name?: string;
  env?: Record<string, string>;
  run: string;
}
interface Action {
  inputs: Record<string, { description: string; default: string }>;
  runs: { using: string; steps: Step[] };
}

/** The fenced blocks of docs/ci.md. */
function blocks(): { language: string; text: string }[] {
  return [...textOf('docs/ci.md').matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(
    ([, language = '', text = '']) => ({ language, text }),
  );
}

describeUnless(onWindows('the steps are written for bash'), 'pipelines', () => {
  const folder = temporaryFolder();
  const inFolder = (...parts: string[]) => path.join(folder.path, ...parts);
  const bin = inFolder('bin');
  const work = inFolder('work');
  const temp = inFolder('temp');

  /** Stands in for npm and npx: puts the packed command line where they would, and the network is not asked. */
  const standIn = (name: string, text: string) =>
    fs.writeFileSync(path.join(bin, name), `#!/bin/bash\nset -eu\n${text}\n`, { mode: 0o755 });

  before(async function () {
    this.timeout(120_000);
    const packed = (await makeNpmPackages()).find((file) => /engine-inspector-\d/.test(file)) ?? '';
    const tarball = path.join(repositoryRoot, packed);
    for (const name of ['bin', 'temp', 'installed', 'work/models/old']) {
      fs.mkdirSync(inFolder(name), { recursive: true });
    }
    const unpack = ['-xzf', tarball, '--strip-components=1', '-C'];
    execFileSync('tar', [...unpack, inFolder('installed')]);
    const cli = inFolder('installed/dist/cli.js');
    standIn('engine-inspector', `exec "${process.execPath}" "${cli}" "$@"`);
    standIn('node', `exec "${process.execPath}" "$@"`);
    standIn(
      'npx',
      `[ "$1" = --yes ] && [ "$2" = engine-inspector@${version} ] && shift 2 && exec engine-inspector "$@"`,
    );
    standIn(
      'npm',
      [
        'echo "$*" >> "$RUNNER_TEMP/npm.log"',
        '[ "$1 $2" = "install --prefix" ]',
        'to="$3/node_modules/engine-inspector"',
        `mkdir -p "$to" && tar ${unpack.slice(0, 3).join(' ')} -C "$to"`,
      ].join('\n'),
    );
    writeEngine(inFolder('work/models/a.engine'), { version: '1.7.1.116' });
    writeEngine(inFolder('work/models/b c.engine'), { version: '1.7.1.116' });
    writeEngine(inFolder('work/models/old/x.engine'), { version: '1.4.0.76' });
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], { cwd: work });
    git('init', '--quiet', '--initial-branch=main');
    git('add', '.');
    git('commit', '--quiet', '--message=engines');
    writeEngine(inFolder('work/models/b c.engine'), { version: '1.7.1.116', weightBytes: 10 });
  });
  after(() => folder.remove());

  function shell(script: string, env: Record<string, string> = {}, cwd = work) {
    const { status, stdout, stderr } = spawnSync(
      '/bin/bash',
      ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script],
      {
        ...{ cwd, encoding: 'utf8' },
        env: {
          ...environmentWithoutRuntimes(),
          PATH: [bin, '/usr/bin', '/bin'].join(path.delimiter),
          HOME: temp,
          RUNNER_TEMP: temp,
          ...env,
        },
      },
    );
    return { status, stdout, stderr };
  }

  describe('the action', () => {
    const action = parse(textOf('action.yml')) as Action;

    /** As GitHub runs the steps of a composite action. */
    function act(inputs: Record<string, string>, cwd = work) {
      const output = path.join(temp, 'output');
      const summary = path.join(temp, 'summary.md');
      for (const file of [output, summary]) fs.writeFileSync(file, '');
      const value = (text: string) =>
        text.replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name: string) => {
          const input = action.inputs[name];
          assert.ok(input, `there is no input ${name}`);
          return inputs[name] ?? input.default;
        });
      let last = { status: 0 as number | null, stdout: '', stderr: '' };
      for (const { env = {}, run } of action.runs.steps) {
        assert.doesNotMatch(run, /\$\{\{/, 'an input would become a part of the command');
        const own = Object.fromEntries(
          Object.entries(env).map(([name, text]) => [name, value(text)]),
        );
        last = shell(run, { ...own, GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary }, cwd);
        if (last.status !== 0) break;
      }
      return {
        ...last,
        output: fs.readFileSync(output, 'utf8'),
        summary: fs.readFileSync(summary, 'utf8'),
      };
    }

    it('installs the version of this repository, and uses no other action', () => {
      assert.equal(action.inputs['package']?.default, `engine-inspector@${version}`);
      assert.equal(action.runs.using, 'composite');
      assert.doesNotMatch(textOf('action.yml'), /uses:/);
      for (const { description } of Object.values(action.inputs)) assert.match(description, /\.$/);
    });

    it('annotates, writes the summary and the files, and fails by the worst', () => {
      const targets = { targets: 'rtx-4060-laptop,rtx-5090', 'tensorrt-rtx': '1.7.1' };
      const good = act({ ...targets, paths: 'models/a.engine\r\nmodels/b c.engine\n' });
      assert.equal(good.status, 0, good.stderr);
      assert.match(
        good.stdout,
        /^::notice title=Engine Inspector::2 of 2 engines run on all 2 targets\./m,
      );
      assert.match(good.summary, /\| `models\/b c\.engine` \| ✅ runs \| ✅ runs \|/);
      assert.equal(good.output, 'exit-code=0\n');
      const bad = act({ ...targets, paths: 'models', sarif: 'e.sarif', junit: 'e.xml' });
      assert.equal(bad.status, 1, bad.stderr);
      assert.match(bad.stdout, /^::error file=models\/old\/x\.engine,line=1,/m);
      assert.equal(bad.output, 'exit-code=1\n');
      for (const file of ['e.sarif', 'e.xml']) {
        assert.ok(fs.statSync(path.join(work, file)).size > 0);
        fs.rmSync(path.join(work, file));
      }
      assert.equal(act({ ...targets, paths: 'models', 'fail-level': 'none' }).status, 0);
      const wrong = act({ targets: 'rtx-4600', paths: 'models' });
      assert.equal(wrong.status, 2);
      assert.match(wrong.stderr, /No board is known by the name rtx-4600/);
      assert.equal(wrong.output, 'exit-code=2\n');
      assert.match(
        fs.readFileSync(path.join(temp, 'npm.log'), 'utf8'),
        new RegExp(`--ignore-scripts .*-- engine-inspector@${version.replaceAll('.', '\\.')}\n`),
      );
    });

    it('takes no input for a command or an option', () => {
      const marker = path.join(temp, 'marker');
      const evil = `$(touch ${marker})\n--exit-zero\n; touch ${marker}`;
      const { status } = act({ targets: 'gb10', paths: evil, baseline: `\`touch ${marker}\`` });
      assert.notEqual(status, 0);
      assert.equal(fs.existsSync(marker), false);
    });
  });

  it('the hook of pre-commit checks the files that it is given', () => {
    const [hook] = parse(textOf('.pre-commit-hooks.yaml')) as { entry: string; files: string }[];
    assert.ok(hook);
    assert.ok(new RegExp(hook.files).test('models/a.engine'));
    assert.ok(!new RegExp(hook.files).test('models/a.engine.json'));
    fs.writeFileSync(
      path.join(work, 'engine-inspector.json'),
      '{ "targets": ["gb10"], "tensorrtRtx": "1.7.1" }',
    );
    const good = shell(`${hook.entry} models/a.engine "models/b c.engine"`);
    assert.match(good.stdout, /2 of 2 engines run on the target/);
    const bad = shell(`${hook.entry} models/a.engine models/old/x.engine`);
    fs.rmSync(path.join(work, 'engine-inspector.json'));
    assert.equal(bad.status, 1);
  });

  describe('docs/ci.md', () => {
    it('has blocks that do what they say, with the packed command line alone', () => {
      const config = blocks().filter(({ language }) => language === 'jsonc');
      assert.equal(config.length, 1);
      fs.writeFileSync(path.join(work, 'engine-inspector.json'), config[0]?.text ?? '');
      const commands = blocks().filter(({ language }) => language === 'sh');
      assert.ok(commands.length >= 6);
      for (const { text } of commands) {
        const { status, stderr } = shell(text);
        assert.equal(status, 0, `${text}\n${stderr}`);
        assert.match(stderr, /^(.*known\.json: 0 findings added, .*\n)?$/, text);
      }
      for (const file of ['engines.sarif', 'engines.xml', 'known.json', '1.ndjson', '2.ndjson']) {
        assert.ok(fs.existsSync(path.join(work, file)), file);
      }
      const shards = ['1', '2'].map((name) =>
        fs.readFileSync(path.join(work, `${name}.ndjson`), 'utf8'),
      );
      assert.deepEqual(
        shards.map((text) => text.trim().split('\n').length),
        [1, 1],
      );
    });

    it('has commands in its pipelines that run, and names the action with inputs that it has', () => {
      const { inputs } = parse(textOf('action.yml')) as Action;
      const found: string[] = [];
      let usesOurs = 0;
      const look = (value: unknown): void => {
        if (Array.isArray(value)) value.forEach(look);
        else if (typeof value === 'object' && value !== null) {
          const { uses, with: given } = value as { uses?: string; with?: Record<string, unknown> };
          if (uses?.startsWith('engine-inspector/') === true) {
            usesOurs++;
            assert.equal(uses.split('@')[1], `v${version}`);
            for (const name of Object.keys(given ?? {})) assert.ok(name in inputs, name);
          }
          for (const [key, part] of Object.entries(value)) {
            if ((key === 'run' || key === 'script') && typeof part === 'string') found.push(part);
            else if (key === 'script' && Array.isArray(part)) found.push(...(part as string[]));
            else look(part);
          }
        }
      };
      for (const { language, text } of blocks()) if (language === 'yaml') look(parse(text));
      assert.equal(usesOurs, 1);
      assert.equal(found.length, 3);
      for (const command of found) {
        for (const file of ['engines.sarif', 'engines.xml'])
          fs.rmSync(path.join(work, file), { force: true });
        const { status, stderr } = shell(command);
        assert.equal(status, 0, `${command}\n${stderr}`);
        const [, file = ''] = /=(engines\.\w+)/.exec(command) ?? [];
        assert.ok(fs.existsSync(path.join(work, file)), command);
      }
      assert.match(textOf('docs/ci.md'), new RegExp(`rev: v${version.replaceAll('.', '\\.')}\n`));
    });
  });
});
