import * as assert from 'node:assert/strict';

import fc from 'fast-check';

import { goalReport, nextBudgets } from './goal';
import { joinSearch, makeRunReport } from './makeRunReport';
import { defaultRunChoices, type AttemptReport, type Goal, type RunReport } from './runReport';

const gib = 1024 ** 3;
const streamable = 8 * gib;

interface Machine {
  /** Bytes that the engine takes with this budget. */
  memory: (budget: number) => number | null;
  /** Milliseconds, the n-th time. */
  p95: (budget: number, time: number) => number;
  total?: number;
}

/** Weights that are kept beside 2 GiB, 0.5 GiB of scratch while streaming; from 10 ms up to 50 ms. */
const machine: Machine = {
  memory: (budget) => 2 * gib + budget + (budget < streamable ? gib / 2 : 0),
  p95: (budget) => 10 + 40 * (1 - budget / streamable),
};

function attemptAt(budget: number, { memory, p95, total }: Machine, time: number): AttemptReport {
  const taken = memory(budget);
  const tooMuch = taken !== null && total !== undefined && taken > total;
  const ms = p95(budget, time);
  const failure = {
    ...{ stage: 'context', code: 'gpu-out-of-memory', sentence: 'The GPU has too little memory.' },
    ...{ nextStep: '', cuda: 2, lines: [] },
  };
  const latency = {
    ...{ count: 200, mean: ms, median: ms * 0.9, p90: ms, p95: ms, p99: ms, min: ms, max: ms },
    standardDeviation: 0,
  };
  return {
    ...{ budgetAsked: budget, budget, scratch: 0, deviceMemory: 0, contextMs: 1, firstRunMs: 1 },
    ...{ gpuTime: null, enqueueTime: null, throughput: null, histogram: null, timeline: null },
    ...{ cudaGraph: null, layers: null, outputs: [] },
    memory: {
      ...{ total: 24 * gib, before: gib, loaded: null, ready: null, after: null },
      peak: taken === null ? null : gib + taken,
    },
    latency: tooMuch ? null : latency,
    failure: tooMuch ? failure : null,
  };
}

function search(goal: Goal, on: Machine = machine) {
  const attempts: AttemptReport[] = [];
  for (;;) {
    const budgets = nextBudgets(goal, streamable, attempts);
    if (budgets.length === 0) break;
    for (const budget of budgets) attempts.push(attemptAt(budget, on, attempts.length));
  }
  return { attempts, report: goalReport(goal, streamable, attempts) };
}

const memory = (bytes: number): Goal => ({ kind: 'memory', bytes });
const latency = (ms: number): Goal => ({ kind: 'latency', ms });
const near = (budget: number | null, wanted: number) =>
  assert.ok(
    budget !== null && Math.abs(budget - wanted) <= streamable / 32,
    `${budget} is not near ${wanted}`,
  );

describe('a search for a goal', () => {
  it('finds the largest budget that fits, and measures it twice', () => {
    const { attempts, report } = search(memory(6 * gib));
    assert.ok(attempts.length <= 8, String(attempts.length));
    near(report.budget, 3.5 * gib);
    assert.ok((report.budget ?? 0) <= 3.5 * gib);
    assert.equal(report.confidence, 'twice');
    assert.match(
      report.sentence,
      /^Fits in 6\.0 GiB of GPU memory with 3\.5 GiB of 8\.0 GiB of weights on the GPU: it takes 6\.0 GiB of GPU memory, 29\.3 ms median\. Measured twice\. 256\.0 MiB more doesn't fit\.$/,
    );
  });

  it('finds the smallest budget that is fast enough', () => {
    const { report } = search(latency(20));
    near(report.budget, 6 * gib);
    assert.ok((report.budget ?? 0) >= 6 * gib);
    assert.match(
      report.sentence,
      /^Under 20 ms with 6\.0 GiB of 8\.0 GiB of weights on the GPU: 95 of 100 runs took at most 20 ms, and it takes 8\.5 GiB of GPU memory\. Measured twice\. With 256\.0 MiB less it is not under 20 ms\.$/,
    );
  });

  it('needs no halving where an end meets the goal', () => {
    const all = search(memory(12 * gib));
    assert.deepEqual([all.attempts.length, all.report.budget], [3, streamable]);
    assert.match(all.report.sentence, /with all 8\.0 GiB of weights on the GPU/);
    const none = search(latency(60));
    assert.deepEqual([none.attempts.length, none.report.budget], [3, 0]);
  });

  it('says how near it comes where no budget meets the goal', () => {
    const small = search(memory(2 * gib));
    assert.deepEqual([small.attempts.length, small.report.budget], [2, null]);
    assert.equal(
      small.report.sentence,
      "It doesn't fit in 2.0 GiB at any budget: it takes at least 2.5 GiB of GPU memory.",
    );
    assert.equal(
      search(latency(5)).report.sentence,
      'It is not under 5 ms at any budget: at best 95 of 100 runs took at most 10 ms.',
    );
  });

  it('takes a budget that the GPU has no room for as one that is too large', () => {
    const { report } = search(memory(9 * gib), { ...machine, total: 5 * gib });
    near(report.budget, 2.5 * gib);
  });

  it('tells nothing where memory cannot be read', () => {
    const { report, attempts } = search(memory(6 * gib), { ...machine, memory: () => null });
    assert.deepEqual([report.budget, report.confidence, attempts.length], [null, 'none', 2]);
    assert.match(report.sentence, /can't be read/);
    assert.equal(
      search(latency(20), { ...machine, memory: () => null }).report.confidence,
      'twice',
    );
  });

  it('moves away from a budget that misses the goal when it is measured again', () => {
    const seen = new Map<number, number>();
    const { report } = search(latency(20), {
      ...machine,
      p95: (budget, time) => {
        const before = seen.get(budget) ?? 0;
        seen.set(budget, before + 1);
        return machine.p95(budget, time) + (before > 0 && budget < 6.5 * gib ? 3 : 0);
      },
    });
    assert.ok((report.budget ?? 0) >= 6.5 * gib, String(report.budget));
    assert.equal(report.confidence, 'twice');
  });

  it('ends, whatever is measured, and promises nothing that was not measured', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1, max: 100, noNaN: true }), { minLength: 20, maxLength: 20 }),
        fc.boolean(),
        (numbers, fits) => {
          const noisy: Machine = {
            memory: (budget) => (numbers[budget % 19] ?? 1) * 0.1 * gib,
            p95: (_, time) => numbers[time % 20] ?? 1,
          };
          const goal = fits ? memory(5 * gib) : latency(50);
          const { attempts, report } = search(goal, noisy);
          assert.ok(attempts.length <= 17);
          if (report.budget === null) return;
          const own = attempts.filter(({ budgetAsked }) => budgetAsked === report.budget);
          for (const one of own) {
            assert.ok(
              fits
                ? (one.memory.peak ?? 0) - gib <= 5 * gib
                : one.latency !== null && one.latency.p95 <= 50,
            );
          }
        },
      ),
    );
  });
});

describe('joinSearch', () => {
  const part = (budgets: number[]): RunReport => ({
    ...makeRunReport({
      ...{ id: 'r', kind: 'sweep', file: 'x.engine', startedAt: 0, endedAt: 1, runtime: null },
      ...{ choices: { ...defaultRunChoices, inputs: [] }, inputs: [], raw: null },
      ...{ samples: new Uint8Array(), outputs: [], lines: [], cachePath: null, failure: null },
      reference: null,
    }),
    streamable,
    attempts: budgets.map((budget) => attemptAt(budget, machine, 0)),
  });

  it('makes one sweep of all that was measured, whose headline is the answer', () => {
    const reports = [
      part([streamable, 0]),
      part([streamable / 2]),
      part([streamable / 2]),
    ] as const;
    const joined = joinSearch([...reports], memory(7 * gib));
    assert.deepEqual(
      joined.sweep?.points.map(({ budget }) => budget / gib),
      [8, 4, 4, 0],
    );
    assert.equal(joined.sweep?.goal?.budget, 4 * gib);
    assert.equal(joined.headline, joined.sweep?.goal?.sentence);
  });
});
