/** `engine-inspector completion`: a script for the user's shell, and the hidden command that such a script asks. */
import { Argument, type Command } from 'commander';

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof shells)[number];

const help = `
Put the line of your shell where it reads it at its start:
  bash        source <(engine-inspector completion bash)                 in ~/.bashrc
  zsh         source <(engine-inspector completion zsh)                  in ~/.zshrc, after compinit
  fish        engine-inspector completion fish | source                  in ~/.config/fish/config.fish
  PowerShell  engine-inspector completion powershell | Out-String | Invoke-Expression    in $PROFILE

Exit codes: 0 printed, 2 wrong use.`;

export function addCompletionCommand(program: Command, ended: (code: number) => void): void {
  program
    .command('completion')
    .description('print a script with which your shell completes commands, options and boards')
    .addArgument(new Argument('<shell>', 'your shell').choices(shells))
    .addHelpText('after', help)
    .action(async (shell: Shell) => {
      const { completionScript } = await import('./completionScripts');
      const { print } = await import('./output');
      await print(completionScript(shell));
      ended(0);
    });
  program
    .command('complete', { hidden: true })
    .description(
      'print what can stand where a word is being typed; the scripts of completion ask this',
    )
    .option('--word <word>', 'what is typed of the word', '')
    .argument('[words...]', 'the words before it')
    .action(async (words: string[], { word }: { word: string }) => {
      const { completions } = await import('./completions');
      const { print } = await import('./output');
      const lines = await completions(program, words, word);
      await print(lines.map(([value, about]) => `${value}\t${about}\n`).join(''));
      ended(0);
    });
}
