/** checkFiles, checkHeaders: the raw records of the shim, split from the text behind them. */
import { checkRecordSize } from '../../../check/checkRecordSize';
import type { CheckResult, RequestParams } from '../../protocol';
import { finish, type HostContext } from '../context';

const nextStep = 'Try again; if it fails again, report it with the log.';

export async function checkFiles(
  context: HostContext,
  { paths, count }: RequestParams<'checkFiles'>,
  signal: AbortSignal,
): Promise<CheckResult> {
  if (count === 0) return { count, records: new Uint8Array(), text: new Uint8Array() };
  const result = await finish(context.session().checkFiles(paths, count), signal, nextStep);
  return split(result, count);
}

export async function checkHeaders(
  context: HostContext,
  { headers, stride, lengths }: RequestParams<'checkHeaders'>,
  signal: AbortSignal,
): Promise<CheckResult> {
  const count = lengths.length;
  if (count === 0) return { count, records: new Uint8Array(), text: new Uint8Array() };
  if (headers.byteLength < stride * count) throw new RangeError('fewer headers than lengths');
  const job = context.session().checkHeaders(headers, stride, Uint32Array.from(lengths));
  return split(await finish(job, signal, nextStep), count);
}

function split(result: Buffer, count: number): CheckResult {
  const end = count * checkRecordSize;
  return { count, records: result.subarray(0, end), text: result.subarray(end) };
}
