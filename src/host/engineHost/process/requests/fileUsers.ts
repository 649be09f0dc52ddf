/** fileUsers: the programs that have a file open, as Windows tells. */
import type { RequestParams } from '../../protocol';
import type { HostContext } from '../context';

export function fileUsers(
  context: HostContext,
  { path }: RequestParams<'fileUsers'>,
): Promise<string> {
  return Promise.resolve(context.session().fileUsers(path));
}
