/** `engine-inspector build`: its options. build.ts does it. */
import { type Command, InvalidArgumentError, Option } from 'commander';

import { profilingVerbosities } from '../core/rebuild/rebuildOptions';
import type { BuildArguments } from './commandArguments';

const help = `
Exit codes:
  0    built; with --check: no rebuild is due
  1    the build failed; with --check: a rebuild is due
  2    nothing was built: wrong use, options that don't fit the model, no TensorRT-RTX, a file that can't be read or
       written; with --check: it could not be checked
  130  cancelled with Ctrl+C: the old engine is kept

Examples:
  engine-inspector build model.onnx -o model.engine --weight-streaming
  engine-inspector build model.onnx --profile image:1x3x64x64:1x3x224x224:4x3x512x512
  engine-inspector build model.onnx --compute-capability 8.9 12.0
  engine-inspector build --recipe model.engine.json
  engine-inspector build --recipe model.engine.json --check`;

export function addBuildCommand(program: Command, ended: (code: number) => void): void {
  program
    .command('build')
    .description('build an engine from an ONNX model, replacing an old one safely')
    .argument('[model]', 'the ONNX model; with --recipe the one that it names')
    .option('-o, --output <engine>', 'the engine to write; beside the model when left out')
    .option('--recipe <file>', 'build as NAME.engine.json says; other options override it')
    .option('--check', 'with --recipe: build nothing, say whether a rebuild is due')
    .option('--weight-streaming', 'allow weights to be streamed from main memory')
    .option(
      '--compute-capability <list...>',
      'build for 7.5, 8.0, 8.6, 8.9, 12.0, 12.1, or current alone; all but 7.5 when left out',
    )
    .option(
      '--profile <input:min:opt:max...>',
      'the range of a dynamic input, such as image:1x3x64x64:1x3x224x224:4x3x512x512; give it again for the same input to add a profile',
    )
    .option('--flag <name...>', 'builder flags by their names in NvInfer.h: kSPARSE_WEIGHTS')
    .option('--clear-flag <name...>', 'builder flags to switch off that are on by default: kTF32')
    .addOption(
      new Option('--verbosity <level>', 'how much detail the engine keeps of its layers').choices(
        profilingVerbosities,
      ),
    )
    .option('--memory-pool <name=bytes...>', 'limits by pool: kWORKSPACE=1073741824')
    .option('--runtime <library>', 'TensorRT-RTX to build with: library, folder or version')
    .option('--keep-backups <count>', 'how many old engines stay as .bak, .bak2, …', parseCount, 1)
    .option('--follow-links', "allow a link that leads out of the engine's folder")
    .option('--json', 'print the result as an object')
    .addHelpText('after', help)
    .action(async (model: string | undefined, args: BuildArguments) => {
      const { build } = await import('./build');
      ended(await build(model, args));
    });
}

function parseCount(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('It is a number from 0 to 999.');
  return Number(text);
}
