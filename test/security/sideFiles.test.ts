/**
 * Files that lie beside an engine or that an argument names: a huge one, one of 200,000 brackets, a pipe and a device stop
 * nobody. Each is refused, by name, within a second of the processor and 200 MB.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { parseLayers } from '../../src/core/inspect/layers';
import { parseMachineProfileText } from '../../src/core/report/machineProfile';
import { parseRecipe } from '../../src/core/rebuild/recipe';
import { parseConfig } from '../../src/core/targets/targetsConfig';
import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import { writeEngine } from '../support/engineFiles';
import { itUnless, onWindows } from '../support/leaveOut';
import { newest } from '../support/releases';
import { runCli, type Ran } from './support/runCli';

const deep = 200_000;
const brackets: Record<string, string> = {
  'square brackets': '['.repeat(deep) + ']'.repeat(deep),
  'curly brackets': '{"a":'.repeat(deep) + '1' + '}'.repeat(deep),
  'open brackets': '['.repeat(deep),
  'brackets after a comment': `/* " */ // "\n${'['.repeat(deep)}`,
};

describe('side files', () => {
  let folder: TemporaryFolder;
  before(() => (folder = temporaryFolder()));
  afterEach(() => {
    for (const { file } of Object.values(cases)) fs.rmSync(inFolder(file), { force: true });
  });
  after(() => folder.remove());
  const inFolder = (name: string): string => path.join(folder.path, name);

  interface Case {
    /** The side file. */
    file: string;
    args: readonly string[];
    /** A folder checks an engine all the same. */
    mayGoOn?: true;
  }
  const cases: Record<string, Case> = {
    'a recipe': {
      file: 'm.engine.json',
      args: ['build', '--recipe', 'm.engine.json', '--check'],
    },
    'the recipe of an engine that is checked': {
      file: 'c.engine.json',
      args: ['check', 'c.engine'],
      mayGoOn: true,
    },
    'a machine profile': {
      file: 'machine.json',
      args: ['check', '--machine', 'machine.json', 'c.engine'],
    },
    'layers to import': { file: 'layers.json', args: ['inspect', '--import', 'layers.json'] },
    'a profile of times': {
      file: 'times.json',
      args: ['inspect', '--import', 'good.json', '--profile', 'times.json'],
    },
    'a configuration': {
      file: 'engine-inspector.json',
      args: ['check', '--target', 'rtx-5090', '--rtx', '1.7.1', 'c.engine'],
    },
    'a baseline': {
      file: 'known.json',
      args: [
        ...['check', '--target', 'rtx-5090', '--rtx', '1.7.1'],
        ...['--baseline', 'known.json', 'c.engine'],
      ],
    },
    'metadata before an engine': {
      file: 'meta.engine',
      args: ['check', 'meta.engine'],
      mayGoOn: true,
    },
  };
  before(() => {
    writeEngine(inFolder('c.engine'), { version: newest });
    fs.writeFileSync(inFolder('good.json'), '{"Layers": ["one"]}');
  });

  const assertCheap = (ran: Ran, { file, mayGoOn }: Case): void => {
    assert.equal(ran.signal, null);
    assert.ok(ran.code === 1 || ran.code === 2 || mayGoOn === true, `${ran.code} ${ran.stderr}`);
    assert.ok(ran.cpuMs < 1000, `${ran.cpuMs} ms`);
    assert.ok(ran.peakBytes < 200e6, `${ran.peakBytes} bytes`);
    const told = ran.stdout + ran.stderr;
    assert.ok(told.includes(file) || mayGoOn === true, told);
    assert.doesNotMatch(told, /call stack|heap|invalid string length|\bat .*\.js:\d/i);
  };

  for (const [title, one] of Object.entries(cases)) {
    it(`${title} of 350 MB is refused within a second and 200 MB`, async () => {
      fs.writeFileSync(inFolder(one.file), one.file === 'meta.engine' ? '\0\0\0\x15{' : '{');
      fs.truncateSync(inFolder(one.file), 350 * 1024 * 1024);
      assertCheap(await runCli(one.args, { cwd: folder.path }), one);
      fs.rmSync(inFolder(one.file));
    });

    it(`${title} of ${deep} brackets is refused within a second and 200 MB`, async () => {
      for (const text of Object.values(brackets)) {
        const head = Buffer.alloc(one.file === 'meta.engine' ? 4 : 0);
        if (head.length > 0) head.writeUInt32LE(text.length);
        fs.writeFileSync(inFolder(one.file), Buffer.concat([head, Buffer.from(text)]));
        assertCheap(await runCli(one.args, { cwd: folder.path }), one);
      }
      fs.rmSync(inFolder(one.file));
    });

    itUnless(
      onWindows('it has no pipes and devices among files'),
      `${title} that is a pipe or a device is refused at once`,
      async () => {
        execFileSync('mkfifo', [inFolder(one.file)]);
        assertCheap(await runCli(one.args, { cwd: folder.path }), one);
        fs.rmSync(inFolder(one.file));
        for (const device of ['/dev/zero', '/dev/tty']) {
          fs.symlinkSync(device, inFolder(one.file));
          assertCheap(await runCli(one.args, { cwd: folder.path }), one);
          fs.rmSync(inFolder(one.file));
        }
      },
    );
  }

  for (const [title, text] of Object.entries(brackets)) {
    it(`${deep} ${title} end no parser`, () => {
      const parsed = parseRecipe(text);
      assert(!parsed.ok);
      assert.ok(parsed.problems.length < 100, `${parsed.problems.length} problems`);
      assert.equal(parseConfig(text).ok, false);
      assert.throws(() => parseMachineProfileText(text, 'machine.json'), /machine\.json/);
      assert.throws(() => parseLayers(Buffer.from(text)), { name: 'LayersError' });
    });
  }
});
