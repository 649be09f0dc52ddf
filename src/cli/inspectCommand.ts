/** `engine-inspector inspect`: its options. inspect.ts does it. */
import { type Command, Option } from 'commander';

import { layerFormats, type InspectArguments } from './commandArguments';
import { addEngineOptions, engineExitCodes } from './engineArguments';

const help = `
Without --layers: inputs and outputs, optimization profiles, GPU memory, weight streaming budgets and a summary of the
layers. --layers json prints what TensorRT-RTX itself says, unchanged.
${engineExitCodes}

Examples:
  engine-inspector inspect model.engine
  engine-inspector inspect model.engine --layers csv --output layers.csv
  engine-inspector inspect model.engine --layers --filter "gemm float16"
  engine-inspector inspect old.engine --compare new.engine
  engine-inspector inspect --import layers.json --profile profile.json`;

export function addInspectCommand(program: Command, ended: (code: number) => void): void {
  const command = program
    .command('inspect')
    .description('load an engine and show its tensors, memory and layers')
    .argument('[engine]', 'the engine; left out with --import')
    .addOption(
      new Option('--layers [format]', 'print the layers: table, json or csv').choices(layerFormats),
    )
    .option('--filter <text>', 'only layers with all these words, in a table or CSV')
    .option('--output <file>', 'write to this file instead of standard output')
    .option('--compare <engine>', 'show the differences from another engine')
    .option(
      '--import <file>',
      'read layers from a JSON file of trtexec --exportLayerInfo instead of an engine',
    )
    .option('--profile <file>', 'times of layers from a JSON file of trtexec --exportProfile');
  addEngineOptions(command)
    .addHelpText('after', help)
    .action(async (engine: string | undefined, args: InspectArguments) => {
      const { inspect } = await import('./inspect');
      ended(await inspect(engine, args));
    });
}
