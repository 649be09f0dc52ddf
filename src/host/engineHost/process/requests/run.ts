/** run: deserializes an engine and runs it once for each budget. Runs code from the file. */
import { decodeBytes } from '../../../../core/text/plainText';
import { runReport } from '../../../../core/wire/shimReports';
import type { RequestParams, RunResult } from '../../protocol';
import type { HostContext } from '../context';
import { parseReport, withPhases } from './inspect';

/** es_run_result and es_run_sample. */
const headSize = 24;
const sampleSize = 32;

export async function run(
  context: HostContext,
  { token, ...options }: RequestParams<'run'>,
  signal: AbortSignal,
): Promise<RunResult> {
  const nextStep = `Check ${options.engine} and the GPU; the log holds the library's own words.`;
  const { result, lines } = await withPhases(context, token, signal, nextStep, (session, onJob) =>
    session.run(options, onJob),
  );
  const reportLength = Number(result.readBigUInt64LE(0));
  const samplesAt = Number(result.readBigUInt64LE(8));
  const sampleCount = Number(result.readBigUInt64LE(16));
  return {
    report: parseReport(runReport, result.subarray(headSize, headSize + reportLength)),
    samples: result.subarray(samplesAt, samplesAt + sampleCount * sampleSize),
    lines: lines.map(({ severity, bytes }) => ({ severity, text: decodeBytes(bytes) })),
  };
}
