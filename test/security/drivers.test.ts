/**
 * A workspace that holds libraries with the names of NVIDIA's: with an empty or relative folder in LD_LIBRARY_PATH the
 * system would take them from the folder that a program is started in.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import { libraryOf, startSupervisor } from '../support/builtEngines';
import { writeEngine } from '../support/engineFiles';
import { describeUnless, onWindows } from '../support/leaveOut';
import { newest } from '../support/releases';
import { runCli } from './support/runCli';

const names = ['libcuda.so.1', 'libnvidia-ml.so.1', 'libtensorrt_rtx.so.1', 'libnvrtc.so.13'];

describeUnless(
  onWindows('it searches libraries otherwise: test/windows'),
  "libraries of the current folder with NVIDIA's names",
  () => {
    let workspace: TemporaryFolder;
    let mark: string;
    const cwd = process.cwd();
    const searched = process.env['LD_LIBRARY_PATH'];
    const runtime = path.dirname(libraryOf(newest));

    before(() => {
      workspace = temporaryFolder();
      mark = path.join(workspace.path, 'it-ran');
      const source = path.join(workspace.path, 'fake.c');
      fs.writeFileSync(
        source,
        `#include <stdio.h>
         __attribute__((constructor)) static void ran(void) {
           FILE *mark = fopen(${JSON.stringify(mark)}, "a");
           if (mark != NULL) { fputs(NAME "\\n", mark); fclose(mark); }
         }`,
      );
      fs.mkdirSync(path.join(workspace.path, 'lib'));
      for (const name of names) {
        const file = path.join(workspace.path, name);
        execFileSync(process.env['CC'] ?? 'cc', [
          ...['-shared', '-fPIC', `-DNAME="${name}"`, '-o', file, source],
        ]);
        fs.copyFileSync(file, path.join(workspace.path, 'lib', name));
      }
      writeEngine(path.join(workspace.path, 'm.engine'), { version: newest });
    });
    beforeEach(() => fs.rmSync(mark, { force: true }));
    afterEach(() => {
      process.chdir(cwd);
      if (searched === undefined) delete process.env['LD_LIBRARY_PATH'];
      else process.env['LD_LIBRARY_PATH'] = searched;
    });
    after(() => workspace.remove());

    const ran = (): string => (fs.existsSync(mark) ? fs.readFileSync(mark, 'utf8') : '');
    const lists = [`:${runtime}`, `${runtime}:`, `.:${runtime}`, `lib;${runtime}`];

    for (const args of [['check', '.'], ['check', 'm.engine'], ['gpu'], ['runtimes'], ['doctor']]) {
      it(`are not loaded by ${args.join(' ')}`, async () => {
        for (const LD_LIBRARY_PATH of lists) {
          const { code, stderr } = await runCli(args, {
            cwd: workspace.path,
            env: { LD_LIBRARY_PATH },
          });
          assert.ok(code !== null && code <= 2, stderr);
          assert.equal(ran(), '', `LD_LIBRARY_PATH=${LD_LIBRARY_PATH}`);
        }
      });
    }

    it('are not loaded by an engine host', async () => {
      process.chdir(workspace.path);
      for (const list of lists) {
        process.env['LD_LIBRARY_PATH'] = list;
        const supervisor = startSupervisor();
        try {
          await supervisor.gpus();
          await supervisor.load(libraryOf(newest));
        } finally {
          await supervisor.dispose();
        }
        assert.equal(ran(), '', `LD_LIBRARY_PATH=${list}`);
      }
    });

    it('would have been: where the user names that folder, they are', async () => {
      const env = { LD_LIBRARY_PATH: workspace.path };
      await runCli(['gpu'], { cwd: workspace.path, env });
      assert.match(ran(), /libnvidia-ml\.so\.1/);
    });
  },
);
