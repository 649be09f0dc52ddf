/** `engine-inspector mcp`: its options. The server is a bundle of its own (esbuild.js): nothing else needs what it needs. */
import type { Command } from 'commander';
import { distFolder } from './distFolder';

export interface McpOptions {
  folder?: string[];
  runtime?: string;
}

const help = `
An assistant starts it and talks to it over stdin and stdout (Model Context Protocol). Its tools: check_engines,
explain_engine, predict_targets and list_gpus_and_runtimes, which change nothing, and build_engine, which asks before it
builds. Files outside the folders are refused, whatever links lead there. Without --folder the folders are those that
the assistant's program names (its roots).

Example, in the program's configuration:
  {"command": "npx", "args": ["engine-inspector", "mcp", "--folder", "/home/me/models"]}`;

export function addMcpCommand(program: Command, ended: (code: number) => void): void {
  program
    .command('mcp')
    .description(
      'serve assistants (Model Context Protocol): check, explain, predict and build engines',
    )
    .option(
      '--folder <folder>',
      'a folder whose files it may use; may be given several times',
      (folder: string, before: string[] = []) => [...before, folder],
    )
    .option(
      '--runtime <library>',
      'TensorRT-RTX to ask and to build with: version, library or folder',
    )
    .addHelpText('after', help)
    .action(async (options: McpOptions) => {
      const { serve } = await import('./mcp/server');
      ended(await serve(options, distFolder()));
    });
}
