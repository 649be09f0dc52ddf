/** Measures an engine with several weight streaming budgets and prints latency against memory. */
import { randomUUID } from 'node:crypto';

import { printedJson } from '../core/text/printableJson';
import { budgetCode, type CodeLanguage, measuredBudget } from '../core/run/budgetCode';
import { runCsv } from '../core/run/runCsv';
import { runJson } from '../core/run/runJson';
import type { Goal, RunReport } from '../core/run/runReport';
import { runText } from '../core/run/runText';
import { ruleBudget, sweepBudgets } from '../core/run/weightBudget';
import { plainText } from '../core/text/plainText';
import { Failure, wrongUse } from '../core/wire/failure';
import { inEngineSession } from './engineSession';
import { exitCodes } from './exitCodes';
import { complain, print } from './output';
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
    const goal = goalOf(args);
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
    const request = {
      engine,
      runtime,
      choices: runChoices(args, 'default', 0),
      folder: session.privateFolder(),
      id: randomUUID(),
    };
    const report = goal
      ? await session.runner.search({ ...request, goal, streamable }, session.context)
      : await session.runner.run(
          { ...request, kind: 'sweep', budgets, reference: null },
          session.context,
        );
    session.progress.clear();
    if (session.isCancelled) throw new Failure('cancelled', 'Cancelled.', '');
    const { code: language } = args;
    if (language !== undefined) await printCode(report, language);
    else if (args.json === true) await print(printedJson(runJson(report)));
    else if (args.csv === true) await print(runCsv(report));
    else await print(`${runText(report, { layers: 0 })}\n`);
    return report.sweep?.goal?.budget === null ? exitCodes.failed : exitCodeOfRun(report);
  });
}

function goalOf({ budgets, fitsIn, under, json, csv, code }: SweepArguments): Goal | null {
  if ([budgets, fitsIn, under].filter((one) => one !== undefined).length > 1) {
    throw wrongUse('sweep', '--budgets, --fits-in and --under do not go together.');
  }
  if (code !== undefined && (json === true || csv === true)) {
    throw wrongUse('sweep', '--code goes with neither --json nor --csv.');
  }
  if (fitsIn !== undefined) return { kind: 'memory', bytes: fitsIn };
  return under === undefined ? null : { kind: 'latency', ms: under };
}

/** Code alone is printed: what is no code belongs beside it. */
async function printCode(report: RunReport, language: CodeLanguage): Promise<void> {
  const measured = measuredBudget(report);
  if (measured) await print(budgetCode(language, measured));
  else complain(report.headline);
}
