/** inspect: deserializes an engine and tells what is inside. Runs code from the file. */
import * as v from 'valibot';
import { Failure } from '../../../../core/wire/failure';
import { inspectReport } from '../../../../core/wire/shimReports';
import type { RequestParams, RequestResult } from '../../protocol';
import { finish, fromShim, type HostContext } from '../context';
import { RunPhases } from '../runPhases';
import { ShimError } from '../binding';
import type { ShimJob } from '../session';
import { parseJson } from '../../../../core/text/parseJson';

/** es_inspect_result. */
const headSize = 16;

export async function inspect(
  context: HostContext,
  { token, engine, layers, budgets }: RequestParams<'inspect'>,
  signal: AbortSignal,
): Promise<RequestResult<'inspect'>> {
  const nextStep = `Check ${engine} and the GPU; the log holds the library's own words.`;
  const { result } = await withPhases(context, token, signal, nextStep, (session, onJob) =>
    session.inspect({ engine, layers, budgets }, onJob),
  );
  const reportLength = Number(result.readBigUInt64LE(0));
  const layersLength = Number(result.readBigUInt64LE(8));
  const layersAt = headSize + reportLength;
  return {
    report: parseReport(inspectReport, result.subarray(headSize, layersAt)),
    layers: result.subarray(layersAt, layersAt + layersLength),
  };
}

type Session = ReturnType<HostContext['runtimeSession']>;

/** Submits a job whose stages are told under this token, and waits for it. */
export async function withPhases(
  context: HostContext,
  token: string,
  signal: AbortSignal,
  nextStep: string,
  submit: (session: Session, onJob: (job: bigint) => void) => ShimJob<Buffer>,
): Promise<{ result: Buffer; lines: ShimJob<Buffer>['lines'] }> {
  const session = context.runtimeSession('Loading an engine');
  let number: bigint | undefined;
  try {
    const job = submit(session, (jobNumber) => {
      number = jobNumber;
      context.runs.set(jobNumber, new RunPhases(token));
    });
    return { result: await finish(job, signal, nextStep), lines: job.lines };
  } catch (error) {
    throw error instanceof ShimError ? fromShim(error, nextStep) : error;
  } finally {
    if (number !== undefined) context.runs.delete(number);
  }
}

/** The shim's JSON, in the shape that the protocol promises. */
export function parseReport<S extends v.GenericSchema>(schema: S, json: Buffer): v.InferOutput<S> {
  let cause: string;
  try {
    const parsed = v.safeParse(schema, parseJson(json.toString('utf8')));
    if (parsed.success) return parsed.output;
    const [issue] = parsed.issues;
    cause = `${v.getDotPath(issue) ?? ''}: ${issue.message}`;
  } catch (error) {
    cause = error instanceof Error ? error.message : String(error);
  }
  throw new Failure(
    'internal',
    `The engine shim's report could not be read: ${cause}`,
    'Reinstall the extension; if it fails again, report it with the log.',
    json.toString('utf8', 0, 2000),
  );
}
