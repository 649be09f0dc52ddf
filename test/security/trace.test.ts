/** The command line in a hostile checkout, watched from outside: nothing of the checkout is started or loaded. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';

import { temporaryFolder, type TemporaryFolder } from '../harness/workspace';
import { cliMain, environmentWithoutRuntimes, libraryOf } from '../support/builtEngines';
import { makeHostile } from '../support/hostileWorkspace';
import { describeUnless, onWindows } from '../support/leaveOut';
import { newest, older } from '../support/releases';
import { below, readTrace, underStrace, type Traced } from '../support/strace';

describeUnless(
  onWindows('it has no strace'),
  'the command line in a hostile checkout, under strace',
  () => {
    let checkout: TemporaryFolder;
    let elsewhere: TemporaryFolder;
    let library: string;

    before(() => {
      checkout = temporaryFolder();
      elsewhere = temporaryFolder();
      ({ library } = makeHostile(checkout.path));
    });
    after(() => {
      checkout.remove();
      elsewhere.remove();
    });

    function trace(...args: string[]): Traced {
      const output = path.join(elsewhere.path, 'trace');
      const [strace = '', ...options] = underStrace(output);
      const { error, status, stderr } = spawnSync(
        strace,
        [...options, process.execPath, cliMain, ...args],
        {
          cwd: checkout.path,
          env: {
            ...environmentWithoutRuntimes(),
            LD_LIBRARY_PATH: `:${path.dirname(libraryOf(older))}:lib`,
            PATH: `:.:bin:${process.env['PATH']}`,
          },
          encoding: 'utf8',
        },
      );
      assert.equal(error, undefined);
      assert.ok(status !== null && status <= 2, stderr);
      return readTrace(output);
    }

    for (const args of [
      ['check', '.'],
      ['check', '--deep', 'old.engine'],
      ['check', '--json', 'old.engine'],
      ['gpu'],
      ['runtimes'],
      ['doctor'],
      ['targets'],
      ['build', '--recipe', 'old.engine.json', '--check'],
    ]) {
      it(`${args.join(' ')} executes no program and loads no library of it`, () => {
        const { programs, code } = trace(...args);
        assert.deepEqual(below(checkout.path, programs), []);
        assert.deepEqual(below(checkout.path, code), []);
        // It was watched.
        assert.ok(programs.length > 0 && code.some((file) => file.includes('libc.so')));
      });
    }

    it('sees the library that a user names', () => {
      const { code } = trace('check', '--runtime', library, 'old.engine');
      assert.deepEqual(below(checkout.path, code).length, 1, newest);
    });
  },
);
