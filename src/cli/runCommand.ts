/** `engine-inspector run` and `sweep`: their options. run.ts and sweep.ts do it. */
import { type Command, Option } from 'commander';

import { codeLanguages } from '../core/run/budgetCode';
import { defaultRunChoices } from '../core/run/runReport';
import type { RunArguments, SweepArguments } from './commandArguments';
import { addEngineOptions, engineExitCodes } from './engineArguments';
import {
  parseBudget,
  parseBudgets,
  parseImage,
  parseInput,
  parseIterations,
  parseLatency,
  parseMemory,
  parseSeconds,
  parseShapeOf,
  wholeNumber,
} from './runArguments';

const inputs = `
SPEC of --input:
  random, random:SEED             floats from -1 to 1, small integers; the same for the same seed (0 without --input)
  zeros, ones, range:A..B[:SEED]
  FILE.npy, FILE.npz[:ENTRY]      NumPy arrays
  FILE.png, FILE.jpg              scaled to the input's height and width; --image says how it becomes numbers
  FILE                            any other: raw bytes, little endian, in C order

Sizes: bytes, or with a unit: 1.5GiB (1024), 200MB (1000).`;

const runHelp = `${inputs}

--budget: how much of the streamable weights stays on the GPU, for engines built with weight streaming
  default   all of them
  rule      NVIDIA's rule of thumb: min(free GPU memory / 2, streamable weights / 2)
  auto      what TensorRT-RTX proposes
  50%       of the streamable weights, or a size

Latency is from before enqueueV3 until the stream is idle; docs/inspect-and-run.md describes how it is measured.
${engineExitCodes}

Examples:
  engine-inspector run model.engine
  engine-inspector run model.engine --shape image=1x3x720x1280 --input image=photo.jpg --save-outputs out
  engine-inspector run model.engine --budget 50% --seconds 5 --layers 10
  engine-inspector run model.engine --compare            # with ONNX Runtime, from the recipe's model
  engine-inspector run model.engine --reference          # ONNX Runtime alone, needs no GPU`;

const sweepHelp = `
--budgets: a number of budgets, evenly from all weights on the GPU to none, or a list such as 100%,50%,1GiB,rule,0B;
left out: all, quarters, none, NVIDIA's rule and the automatic budget.

--fits-in and --under halve the range until it is known to a thirty-second of the weights, and measure what was found
again. Under: 95 of 100 runs take at most so long. Exit code 1: no budget meets the goal.
${inputs}
${engineExitCodes}

Examples:
  engine-inspector sweep model.engine
  engine-inspector sweep model.engine --budgets 5 --input image=photo.jpg
  engine-inspector sweep model.engine --fits-in 6GiB
  engine-inspector sweep model.engine --under 20ms --code cpp > weightBudget.h
  engine-inspector sweep model.engine --budgets 100%,50%,0B --csv > sweep.csv`;

export function addRunCommand(program: Command, ended: (code: number) => void): void {
  const command = program
    .command('run')
    .description('run an engine with sample inputs and measure it')
    .argument('[engine]', 'engine file');
  addRunOptions(command)
    .option('--budget <budget>', 'weight streaming budget', parseBudget, 'default')
    .option(
      '--layers [count]',
      'also time each layer, and show the slowest',
      wholeNumber(1, 100_000),
    )
    .option(
      '--compare [model]',
      "compare its outputs with ONNX Runtime's; the recipe's model when left out",
    )
    .option(
      '--reference [model]',
      'only run the model with ONNX Runtime on the CPU, not the engine',
    )
    .option('--save-outputs <folder>', 'write each output to this folder as .npy')
    .option('--csv', 'print the numbers as CSV; with --layers those of the layers');
  addEngineOptions(command)
    .addHelpText('after', runHelp)
    .action(async (engine: string | undefined, args: RunArguments) => {
      const { run } = await import('./run');
      ended(await run(engine, args));
    });
}

export function addSweepCommand(program: Command, ended: (code: number) => void): void {
  const command = program
    .command('sweep')
    .description('measure an engine with several weight streaming budgets: latency against memory')
    .argument('<engine>', 'engine file');
  addRunOptions(command)
    .option('--budgets <list>', 'number of budgets, or a list of them', parseBudgets)
    .option(
      '--fits-in <size>',
      'find the largest budget that fits in this much GPU memory',
      parseMemory,
    )
    .option('--under <time>', 'find the smallest budget that runs under this latency', parseLatency)
    .addOption(
      new Option('--code <language>', 'print code that sets the budget found').choices(
        codeLanguages,
      ),
    )
    .option('--csv', 'print the table as CSV');
  addEngineOptions(command)
    .addHelpText('after', sweepHelp)
    .action(async (engine: string, args: SweepArguments) => {
      const { sweep } = await import('./sweep');
      ended(await sweep(engine, args));
    });
}

function addRunOptions(command: Command): Command {
  const { profile, warmUp, streams } = defaultRunChoices;
  return command
    .option('--input <name=spec>', 'values of an input; again for the next one', parseInput)
    .option(
      '--shape <name=sizes>',
      'shape of a dynamic input, such as image=1x3x720x1280',
      parseShapeOf,
    )
    .option(
      '--image <name=words>',
      'how a picture becomes an input: nchw,bgr,scale:1,offset:0',
      parseImage,
    )
    .option('--profile <index>', 'optimization profile', wholeNumber(0, 9999), profile)
    .option(
      '--iterations <count>',
      'minimum number of measured iterations (200 without --seconds)',
      parseIterations,
    )
    .option('--seconds <seconds>', 'minimum measuring time', parseSeconds)
    .option(
      '--warm-up <count>',
      'iterations before the measured ones',
      wholeNumber(0, 100_000),
      warmUp,
    )
    .option(
      '--streams <count>',
      'number of CUDA streams to run at once',
      wholeNumber(1, 16),
      streams,
    )
    .option('--copies', 'include the copies of inputs and outputs in the latency')
    .option('--cuda-graph', 'let TensorRT-RTX capture CUDA graphs')
    .option(
      '--lazy-kernels',
      'compile kernels for dynamic shapes in the background, as TensorRT-RTX does by default',
    )
    .option(
      '--no-cache',
      'do not use the cache of compiled kernels, which is kept for each engine, GPU and user',
    );
}
