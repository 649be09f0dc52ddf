import { shellQuote } from '../core/rebuild/rebuildCommands';

/** One argument of a command to paste, as the shell of this system takes it. */
export function quoteHere(argument: string): string {
  return shellQuote(argument, process.platform === 'win32' ? 'powershell' : 'sh');
}
