/** Measures an engine with several weight streaming budgets and prints latency against memory. */
import { randomUUID } from 'node:crypto';

import { printedJson } from '../core/text/printableJson';
import { runCsv } from '../core/run/runCsv';
import { runJson } from '../core/run/runJson';
import { runText } from '../core/run/runText';
import { ruleBudget, sweepBudgets } from '../core/run/weightBudget';
import { plainText } from '../core/text/plainText';
import { Failure, wrongUse } from '../core/wire/failure';
import { inEngineSession } from './engineSession';
import { print } from './output';
import { exitCodeOfRun, refuseImages } from './run';
import { resolveSweepBudgets, runChoices } from './runArguments';
import type { SweepArguments } from './commandArguments';

/** Resolves with the exit code. */
export function sweep(engine: string, args: SweepArguments): Promise<number> {
  return inEngineSession(args, 'Sweeping the budgets', async (session) => {
    if (args.json === true && args.csv === true) {
      throw wrongUse('sweep', '--json and --csv do not go together.');
    }
    refuseImages(args, 'sweep');
    const runtime = await session.open(engine);
    const { inspection } = await session.runner.inspect(
      { engine, runtime, layers: false },
      session.context,
    );
    const { streamable, automaticBudget, gpu } = inspection.facts;
    if (streamable <= 0) {
      throw new Failure(
        'invalid-argument',
        `${plainText(engine)} was built without weight streaming: it has no budget to change.`,
        'Rebuild it with weight streaming: engine-inspector build --weight-streaming.',
      );
    }
    const rule = ruleBudget(streamable, gpu.free);
    const budgets = args.budgets
      ? resolveSweepBudgets(args.budgets, { streamable, automaticBudget, ruleBudget: rule })
      : sweepBudgets(streamable, automaticBudget, gpu.free);
    const report = await session.runner.run(
      {
        engine,
        runtime,
        choices: runChoices(args, 'default', 0),
        kind: 'sweep',
        budgets,
        folder: await session.privateFolder(),
        id: randomUUID(),
        reference: null,
      },
      session.context,
    );
    session.progress.clear();
    if (session.isCancelled) throw new Failure('cancelled', 'Cancelled.', '');
    if (args.json === true) await print(printedJson(runJson(report)));
    else if (args.csv === true) await print(runCsv(report));
    else await print(`${runText(report, { layers: 0 })}\n`);
    return exitCodeOfRun(report);
  });
}
