/** Reading the facts of an ONNX file of 1 GB beside onnx.load, each in a process of its own. */
import * as path from 'node:path';

import { temporaryFolder } from '../harness';
import { inRoot, interleaved, median, megabytes, ms, outputOf, ratioRow } from './measure';
import { bundleScript } from './bundleScript';
import type { Row } from './measure';
import { pythonWithOnnx } from './python';

const weightBytes = 1e9;
const rounds = 5;
const mostMegabytes = 50;

interface Reading {
  ms: number;
  growth: number;
  inputs: number;
  nodes: number;
}

export async function onnxFacts(): Promise<Row[]> {
  const python = await pythonWithOnnx();
  const folder = temporaryFolder();
  try {
    // NVIDIA's users have files that onnx itself wrote, so that one writes this.
    const model = path.join(folder.path, 'large.onnx');
    const script = inRoot('test/bench/onnxLoad.py');
    await outputOf(python.command, [script, 'make', model, String(weightBytes)], python.env);
    const ourScript = await bundleScript('factsProcess.ts', folder.path);
    const read = async (...call: Parameters<typeof outputOf>): Promise<Reading> =>
      JSON.parse(await outputOf(...call)) as Reading;
    const readings = await interleaved(rounds, {
      ours: () => read(process.execPath, [ourScript, model]),
      onnx: () => read(python.command, [script, 'load', model], python.env),
    });
    const [ours, theirs] = [readings.ours[0], readings.onnx[0]];
    if (ours?.nodes !== theirs?.nodes || ours?.inputs !== theirs?.inputs) {
      throw new Error(`the facts differ: ${JSON.stringify([ours, theirs])}`);
    }
    const times = (all: Reading[]): number[] => all.map((reading) => reading.ms);
    const growth = (all: Reading[]): number => median(all.map((reading) => reading.growth));
    return [
      ratioRow(
        'Facts of an ONNX file with 1 GB of weights: time',
        times(readings.ours),
        { name: 'onnx.load', values: times(readings.onnx) },
        0.2,
        ms,
      ),
      {
        what: 'Facts of an ONNX file with 1 GB of weights: memory it takes',
        ours: megabytes(growth(readings.ours)),
        yardstick: `onnx.load: ${megabytes(growth(readings.onnx))}`,
        result: megabytes(growth(readings.ours)),
        target: `< ${mostMegabytes} MB`,
        ok: growth(readings.ours) < mostMegabytes * 1e6,
      },
    ];
  } finally {
    folder.remove();
  }
}
