/** `engine-inspector trial`: its options. trial.ts does it. */
import type { Command } from 'commander';

import type { TrialArguments } from './commandArguments';

export function addTrialCommand(program: Command, ended: (code: number) => void): void {
  program
    .command('trial')
    .description(
      "ask NVIDIA's compiler which GPUs it can build a model for; none of them is needed",
    )
    .argument('[file]', 'ONNX model, engine with a recipe (NAME.engine.json) beside it, or recipe')
    .option('--compute-capability <list...>', 'GPU families to try: 7.5, 8.0, 8.6, 8.9, 12.0, 12.1')
    .option('--target <names...>', 'the families of these targets or boards, such as rtx-4060')
    .option(
      '--profile <input:min:opt:max...>',
      'the range of a dynamic input; made up where it is left out and no recipe has one',
    )
    .option('--again', 'ask again even if the recipe has the answers')
    .option('--no-save', 'do not keep the answers in the recipe')
    .option('-o, --output <file>', 'also write the answers as JSON')
    .option('--runtime <library>', 'TensorRT-RTX to ask: library, folder or version')
    .option(
      '--config <file>',
      'use this file, not the engine-inspector.json in this folder or above it',
    )
    .option('--no-config', 'ignore engine-inspector.json')
    .option('--json', 'print an object (docs/cli-json.md)')
    .addHelpText(
      'after',
      `
Without families those of the targets in engine-inspector.json are tried, else all that this TensorRT-RTX can build for.
The model is built for one family at a time, on the CPU; the engines are not kept.

Exit codes:
  0    built for all of them
  1    refused for some
  2    not known for some, and refused for none; wrong use, or nothing could be tried
  130  cancelled with Ctrl+C

Examples:
  engine-inspector trial model.onnx
  engine-inspector trial model.engine --target rtx-4060 --json
  engine-inspector trial model.onnx --compute-capability 8.9 12.0`,
    )
    .action(async (file: string | undefined, args: TrialArguments) => {
      const { trial } = await import('./trial');
      ended(await trial(file, args));
    });
}
