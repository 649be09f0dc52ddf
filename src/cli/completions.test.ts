import * as assert from 'node:assert/strict';
import { completions } from './completions';
import { shells } from './completionCommand';
import { completionScript } from './completionScripts';
import { makeProgram } from './program';

const program = makeProgram('1.2.3', () => undefined);
const values = async (line: string): Promise<string[]> => {
  const words = line.split(' ');
  const word = words.pop() ?? '';
  return (await completions(program, words, word)).map(([value]) => value);
};

describe('completion of the command line', () => {
  it('knows every sub-command, and shows no hidden one', async () => {
    const shown = program.commands.map((command) => command.name());
    const found = await values('');
    assert.deepEqual(found.sort(), [...shown.filter((name) => name !== 'complete'), 'help'].sort());
    assert.deepEqual(await values('ch'), ['check']);
    assert.deepEqual(await values('help in'), ['inspect']);
  });

  it('knows the options of the sub-command, also behind values that look like one', async () => {
    assert.deepEqual(await values('check --ma'), ['--machine', '--match-version']);
    assert.deepEqual(await values('check --machine build --mat'), ['--match-version']);
    assert.ok((await values('build --')).includes('--weight-streaming'));
    assert.deepEqual(await values('--v'), ['--version']);
  });

  it('knows values: choices, formats and boards, also behind a comma and an equals sign', async () => {
    assert.deepEqual(await values('build --verbosity d'), ['detailed']);
    assert.deepEqual(await values('check --format s'), ['sarif']);
    assert.ok((await values('check --target rtx-5')).includes('rtx-5090'));
    assert.ok((await values('check --target rtx-4090,rtx-5')).includes('rtx-4090,rtx-5090'));
    assert.ok((await values('check --target=rtx-5')).includes('--target=rtx-5090'));
    assert.ok((await values('check --target = rtx-5')).includes('rtx-5090'));
    assert.ok((await values('targets rtx-5')).includes('rtx-5090'));
    assert.deepEqual(await values('completion z'), ['zsh']);
  });

  it('leaves file names to the shell', async () => {
    for (const line of ['check mod', 'build --recipe mo', 'inspect ', 'check a.engine b']) {
      assert.deepEqual(await values(line), [], line);
    }
  });

  it('has a script for each shell, which asks the hidden command', () => {
    for (const shell of shells) {
      assert.match(completionScript(shell), /engine-inspector complete/);
      assert.doesNotMatch(completionScript(shell), /\beval\b/);
    }
  });
});

describe('the help', () => {
  const textOf = (command: (typeof program.commands)[number]): string => {
    let text = '';
    command.configureOutput({ writeOut: (part) => (text += part) });
    command.outputHelp();
    return text;
  };
  // Scripts call the one, assistants the other.
  const others = ['complete', 'mcp'];
  for (const command of program.commands.filter((one) => !others.includes(one.name()))) {
    it(`of ${command.name()} tells exit codes and shows how it is called`, () => {
      const text = textOf(command);
      assert.match(text, /Exit codes/);
      const called = [...text.matchAll(/engine-inspector ([a-z]+).*/g)].slice(1);
      assert.ok(called.length > 0, 'no example');
      for (const [line, name] of called) {
        const named = program.commands.find((one) => one.name() === name);
        assert.ok(named, line);
        const options = new Set(named.options.flatMap(({ long, short }) => [long, short]));
        for (const [option] of line.matchAll(/(?<= )--?[a-z][\w-]*/g)) {
          assert.ok(options.has(option), `${line}: there is no ${option}`);
        }
      }
    });
  }
});
