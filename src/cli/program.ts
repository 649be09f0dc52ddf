/** The table of sub-commands. Each has a file for its arguments and help, and one for its work, loaded when called. */
import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import { addBuildCommand } from './buildCommand';
import { addCheckCommand } from './checkCommand';
import { addCompletionCommand } from './completionCommand';
import { addDoctorCommand } from './doctorCommand';
import { addGpuCommand } from './gpuCommand';
import { addInspectCommand } from './inspectCommand';
import { setDistFolder } from './distFolder';
import { endWith } from './endWith';
import { stderr } from './output';
import { addRunCommand, addSweepCommand } from './runCommand';
import { addMcpCommand } from './mcpCommand';
import { addMergeCommand } from './mergeCommand';
import { addRuntimesCommand } from './runtimesCommand';
import { addTargetsCommand } from './targetsCommand';
import { addTrialCommand } from './trialCommand';

const commands = [
  addCheckCommand,
  addInspectCommand,
  addRunCommand,
  addSweepCommand,
  addBuildCommand,
  addTrialCommand,
  addRuntimesCommand,
  addTargetsCommand,
  addMergeCommand,
  addMcpCommand,
  addGpuCommand,
  addDoctorCommand,
  addCompletionCommand,
];

const wrongUse = 2;

/** dist: where the entry lies. The bundle's own beginning: main.ts shares no state with it. */
export function startProgram(argv: readonly string[], dist: string): void {
  setDistFolder(dist);
  endWith(runProgram(argv));
}

/** Resolves with the exit code. */
async function runProgram(argv: readonly string[]): Promise<number> {
  let code = 0;
  const program = makeProgram(await versionText(argv), (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv);
    return code;
  } catch (error) {
    // commander has said what was wrong; help and version are no failures.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : wrongUse;
    throw error;
  }
}

/** What is inside takes reading folders, so only who asks for it gets it. */
async function versionText(argv: readonly string[]): Promise<string> {
  if (!argv.some((argument) => argument === '--version' || argument === '-V')) return version;
  const { whatIsInside } = await import('./whatIsInside');
  return [version, ...whatIsInside()].join('\n');
}

/** ended: is told the exit code of the sub-command that was called. */
export function makeProgram(versionShown: string, ended: (code: number) => void): Command {
  const program = new Command('engine-inspector')
    .description(
      'Checks whether this machine can run TensorRT-RTX engines, and says why not and what to do.',
    )
    .version(versionShown)
    .exitOverride()
    .showHelpAfterError('(see engine-inspector --help)')
    .configureOutput({
      writeErr: (text) => void stderr().write(text),
      outputError: (text, write) => write(text.replace(/^error: /, '')),
    });
  for (const add of commands) add(program, ended);
  for (const command of program.commands) {
    command.showHelpAfterError(`(see engine-inspector ${command.name()} --help)`);
  }
  return program;
}
