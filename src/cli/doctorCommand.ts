/** `engine-inspector doctor`: its options. doctor.ts does it. */
import type { Command } from 'commander';
import type { DoctorOptions } from './commandArguments';

export function addDoctorCommand(program: Command, ended: (code: number) => void): void {
  program
    .command('doctor')
    .description('say what is installed on this machine, what works with it, and what to do')
    .option('--json', 'print an object')
    .option(
      '--full',
      'also try everything once in a temporary folder: make a sample, build, check, inspect, run, sweep, compare',
    )
    .option('--runtime <path>', 'this TensorRT-RTX library, or the folder that holds it')
    .addHelpText(
      'after',
      `
The report names no person and no file of yours: paste it into an issue. With --full each line says whether what this tool
claims holds on this machine ("held"), does not ("failed") or could not be tried here ("not tried").

Exit codes: 0 nothing to do; 1 something to do, or a claim failed; 2 wrong use.

Examples:
  engine-inspector doctor
  engine-inspector doctor --json > doctor.json
  engine-inspector doctor --full > report.txt`,
    )
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('./doctor');
      ended(await doctor(options));
    });
}
