/**
 * Where and under what names people keep engines: names in every script and of every length, a read-only drive, no home, no
 * folder for temporary files.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { writeSampleModel } from '../../scripts/makeSampleModel';
import type { ReportJson } from '../../src/core/report/reportJson';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import {
  cliMain,
  environmentWithoutRuntimes,
  libraryOf,
  libraryPathVariable,
} from '../support/builtEngines';
import { outcomeOf, type Ran } from '../support/commandLine';
import { writeEngine } from '../support/engineFiles';
import { describeUnless, onWindows } from '../support/leaveOut';
import { newest } from '../support/releases';

/** Makes $1 a read-only mount that nobody else sees, and starts the rest there. */
const readOnly =
  'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd "$1" && shift && exec "$@"';

describeUnless(
  onWindows('its names and drives have tests of their own'),
  'engines anywhere',
  () => {
    let folder: TemporaryFolder;
    before(() => (folder = temporaryFolder()));
    after(() => folder.remove());
    const inFolder = (...parts: string[]) => path.join(folder.path, ...parts);

    const environment = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
      ...environmentWithoutRuntimes(),
      [libraryPathVariable]: path.dirname(libraryOf(newest)),
      ...more,
    });
    const run = (args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ran> =>
      outcomeOf(
        spawn(process.execPath, [cliMain, ...args], {
          cwd: folder.path,
          env: environment(more),
        }),
      );
    const nowhere = { HOME: undefined, XDG_CACHE_HOME: undefined, TMPDIR: '/no/such/folder' };
    /** In this folder, read-only as all that it holds, with neither home nor folder for temporary files. */
    const runReadOnly = (place: string, args: readonly string[]): Promise<Ran> =>
      outcomeOf(
        spawn(
          'unshare',
          [
            ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
            ...['--mount', 'sh', '-c', readOnly, 'sh', place, process.execPath, cliMain, ...args],
          ],
          { cwd: folder.path, env: environment(nowhere) },
        ),
      );

    const names = [
      'модель Ω ж.engine',
      '模型 モデル 모델.engine',
      'مدل נתונים.engine',
      'मॉडल ไทย.engine',
      '👩‍🔧🏳️‍🌈 net.engine',
      'e\u0301 and \u00e9.engine',
      '𝔐𝔬𝔡𝔢𝔩.engine',
      "it's #1 100% & $HOME `x` [a] {b}.engine",
      // 255 bytes, the longest.
      `${'長'.repeat(82)}ab.engine`,
    ];

    it('are named as they are, in text, JSON, SARIF and JUnit', async () => {
      const place = inFolder('names');
      fs.mkdirSync(place);
      for (const name of names) writeEngine(path.join(place, name), { version: newest });
      const json = await run(['check', '--json', 'names']);
      assert.equal(json.stderr, '');
      const reports = JSON.parse(json.stdout) as ReportJson[];
      assert.deepEqual(
        reports.map(({ file, header }) => [path.basename(file), header?.version]).sort(),
        names.map((name) => [name, newest]).sort(),
      );
      const text = await run([
        ...['check', 'names', '--target', 'gtx-1650', '--output', 'sarif=names.sarif'],
        ...['--output', 'junit=names.xml'],
      ]);
      for (const name of names) assert.ok(text.stdout.includes(name), `${name}\n${text.stdout}`);
      interface Sarif {
        runs: {
          results: {
            locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
          }[];
        }[];
      }
      const sarif = JSON.parse(fs.readFileSync(inFolder('names.sarif'), 'utf8')) as Sarif;
      const uris = sarif.runs.flatMap(({ results }) =>
        results.flatMap(({ locations }) =>
          locations.map(({ physicalLocation }) => physicalLocation.artifactLocation.uri),
        ),
      );
      assert.deepEqual(
        uris.map((uri) => path.basename(decodeURIComponent(uri))).sort(),
        [...names].sort(),
      );
      const junit = fs.readFileSync(inFolder('names.xml'), 'utf8');
      assert.ok(junit.includes('मॉडल ไทย.engine') && junit.includes('長'.repeat(82)));
    });

    it('are built from models of any name, with the recipe beside them, and built again', async () => {
      const place = inFolder('built');
      fs.mkdirSync(place);
      // The names of the recipe and of the old engine have up to nine bytes more.
      const longest = `${'長'.repeat(78)}.engine`;
      for (const name of [...names.filter((one) => /مدل|👩|it's/.test(one)), longest]) {
        const model = path.join(place, name.replace(/engine$/, 'onnx'));
        writeSampleModel(model, { fixedShape: true });
        const engine = path.join(place, name);
        const made = await run(['build', model, '-o', engine]);
        assert.equal(made.code, 0, `${name}\n${made.stderr}`);
        const again = await run(['build', '--recipe', `${engine}.json`]);
        assert.equal(again.code, 0, `${name}\n${again.stderr}`);
        const due = await run(['build', '--recipe', `${engine}.json`, '--check']);
        assert.equal(due.code, 0, `${name}\n${due.stdout}${due.stderr}`);
        for (const file of fs.readdirSync(place)) fs.rmSync(path.join(place, file));
      }
    });

    describe('on a read-only drive, without a home and a folder for temporary files', () => {
      let place: string;
      before(() => {
        place = inFolder('read-only');
        fs.mkdirSync(place);
        writeEngine(path.join(place, 'a.engine'), { version: newest });
        writeSampleModel(path.join(place, 'model.onnx'), { fixedShape: true });
      });

      it('are checked as elsewhere', async () => {
        const elsewhere = await run(['check', '--json', place]);
        const there = await runReadOnly(place, ['check', '--json', place]);
        assert.equal(there.stderr, '');
        assert.equal(there.code, elsewhere.code);
        const facts = ({ stdout }: Ran) =>
          (JSON.parse(stdout) as ReportJson[]).map(({ file, verdict, runtime }) => [
            file,
            verdict,
            runtime?.version,
          ]);
        assert.deepEqual(facts(there), facts(elsewhere));
        assert.equal(facts(there)[0]?.[2], newest);
      });

      it('are not built, and why is said; elsewhere they are', async () => {
        const before = fs.readdirSync(place);
        const refused = await runReadOnly(place, ['build', 'model.onnx', '-o', 'b.engine']);
        assert.notEqual(refused.code, 0);
        assert.match(refused.stderr, /b\.engine .*the drive is read-only/);
        assert.match(refused.stderr, /Choose a folder on another drive/);
        assert.deepEqual(fs.readdirSync(place), before);
        const made = await runReadOnly(place, ['build', 'model.onnx', '-o', inFolder('b.engine')]);
        assert.equal(made.code, 0, made.stderr);
        assert.ok(fs.existsSync(inFolder('b.engine.json')));
      });

      it('are tried on other GPUs', async () => {
        const elsewhere = await run(['trial', path.join(place, 'model.onnx')]);
        const there = await runReadOnly(place, ['trial', path.join(place, 'model.onnx')]);
        const answers = ({ stdout }: Ran) => stdout.replace(/[\d.]+ s$/gm, '');
        assert.equal(answers(there), answers(elsewhere));
        assert.match(there.stdout, /RTX 50 .* builds/);
        assert.equal(there.code, elsewhere.code);
      });

      it('leave doctor its report', async () => {
        const { stdout, stderr, code } = await runReadOnly(place, ['doctor', '--json']);
        assert.equal(stderr, '');
        assert.ok(code !== null && JSON.parse(stdout));
      });
    });
  },
);
