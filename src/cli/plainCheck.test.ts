import assert from 'node:assert/strict';
import { Command } from 'commander';
import fc from 'fast-check';
import { addCheckCommand } from './checkCommand';
import type { CheckOptions } from './checkOptions';
import { plainCheck } from './plainCheck';

/** What the argument parser makes of the same arguments; null: it refuses them. */
function parsed(args: string[]): { paths: string[]; options: CheckOptions } | null {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  addCheckCommand(program, () => undefined);
  let found: ReturnType<typeof parsed> = null;
  program.commands
    .find((command) => command.name() === 'check')
    ?.exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
    .action((paths: string[], options: CheckOptions) => {
      found = { paths, options: { ...options } };
    });
  try {
    program.parse(args, { from: 'user' });
  } catch {
    return null;
  }
  return found;
}

describe('plainCheck', () => {
  it('agrees with the argument parser on all that it understands', () => {
    const word = fc.oneof(
      fc.constantFrom('--json', '--verbose', '--match-version', '--ext', '--machine', '--runtime'),
      fc.constantFrom('--', '-', '-h', '--help', '--jso', '--timeout', '--json=1', 'check', 'help'),
      fc.constantFrom('--format', '--format', 'csv', 'ndjson', 'json', 'sarif'),
      fc.constantFrom('a.engine', 'models/', '.plan', '5', '', ' '),
    );
    let understood = 0;
    fc.assert(
      fc.property(
        fc.constantFrom('check', 'runtimes', 'a.engine'),
        fc.array(word),
        (first, rest) => {
          const plain = plainCheck([first, ...rest]);
          if (!plain) return;
          understood++;
          assert.deepEqual(plain, parsed([first, ...rest]));
        },
      ),
      { numRuns: 2000 },
    );
    assert.ok(understood > 20, `only ${understood} were understood`);
  });

  it('understands the formats that have a line for each file', () => {
    for (const format of ['csv', 'ndjson']) {
      const args = ['check', '--format', format, 'x'];
      assert.equal(plainCheck(args)?.options.format, format);
      assert.deepEqual(plainCheck(args), parsed(args));
    }
  });

  it('leaves options with values, help and mistakes to the parser', () => {
    for (const args of [
      [],
      ['check'],
      ['check', '--help'],
      ['check', '--ext', '.plan', 'x'],
      ['check', '--jsno', 'x'],
      ['check', '--format', 'sarif', 'x'],
      ['check', '--format', 'csv', '--json', 'x'],
      ['check', 'x', '--format'],
      ['check', '--', '-x.engine'],
      ['runtimes'],
    ]) {
      assert.equal(plainCheck(args), null);
    }
  });
});
