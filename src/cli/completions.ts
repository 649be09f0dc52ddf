/**
 * What can stand where a word is being typed, from the table of sub-commands itself. Nothing where a file can stand: shells
 * complete those better. Own code, because the libraries there are (@bomb.sh/tab, omelette) complete no files, and have the
 * shell evaluate what is typed.
 */
import type { Command, Option } from 'commander';

export type Completion = readonly [value: string, about: string];

export async function completions(
  program: Command,
  words: readonly string[],
  word: string,
): Promise<Completion[]> {
  const { command, positional } = place(program, words);
  const found = await atPlace(program, command, positional, words, word);
  return found.filter(([value]) => value.startsWith(word) && value !== '');
}

async function atPlace(
  program: Command,
  command: Command,
  positional: number,
  words: readonly string[],
  word: string,
): Promise<Completion[]> {
  // --target=rtx is one word in some shells, and three in bash.
  const joined = /^(--[\w-]+)=/.exec(word);
  if (joined?.[1] !== undefined) {
    const values = await valuesOf(command, joined[1], word.slice(joined[0].length));
    return values.map(([value, about]) => [`${joined[0]}${value}`, about]);
  }
  const before = words.at(-1) ?? '';
  const name = before === '=' ? (words.at(-2) ?? '') : before;
  if (name.startsWith('-') && takesValue(optionOf(command, name))) {
    return valuesOf(command, name, word);
  }
  if (word.startsWith('-')) {
    return command
      .createHelp()
      .visibleOptions(command)
      .flatMap((option): Completion[] =>
        option.long === undefined ? [] : [[option.long, firstLine(option.description)]],
      );
  }
  if (command === program) {
    return program
      .createHelp()
      .visibleCommands(program)
      .map((sub) => [sub.name(), firstLine(sub.description())]);
  }
  if (command.name() === 'targets') return boards();
  const choices = command.registeredArguments[positional]?.argChoices ?? [];
  return choices.map((choice) => [choice, '']);
}

/** The command that these words call, and how many of its arguments they have. */
function place(
  program: Command,
  words: readonly string[],
): { command: Command; positional: number } {
  let command = program;
  let positional = 0;
  let skip = false;
  for (const word of words) {
    if (skip || word === '=') {
      skip = word === '=';
    } else if (word.startsWith('-')) {
      skip = !word.includes('=') && optionOf(command, word)?.required === true;
    } else if (command === program) {
      command = program.commands.find((sub) => sub.name() === word) ?? program;
      // `help NAME` is commander's own.
      if (word === 'help') return { command: program, positional: 0 };
    } else positional++;
  }
  return { command, positional };
}

const optionOf = (command: Command, word: string): Option | undefined =>
  command.options.find(({ long, short }) => word === long || word === short);

const takesValue = (option: Option | undefined): boolean =>
  option !== undefined && (option.required || option.optional);

async function valuesOf(command: Command, name: string, typed: string): Promise<Completion[]> {
  const option = optionOf(command, name);
  if (option?.argChoices !== undefined) return option.argChoices.map((choice) => [choice, '']);
  if (option?.long === '--target') {
    const first = typed.slice(0, typed.lastIndexOf(',') + 1);
    return (await boards()).map(([id, about]) => [first + id, about]);
  }
  if (option?.long === '--format') {
    const { gateFormats } = await import('../core/gate/gateFormats');
    return gateFormats.map((format) => [format, '']);
  }
  return [];
}

async function boards(): Promise<Completion[]> {
  const all = await import('../core/targets/boards');
  return all.boards.map((board) => [board.id, `${board.name}, ${all.memoryText(board)}`]);
}

const firstLine = (text: string): string => text.split('\n')[0] ?? '';
