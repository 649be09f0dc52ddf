/** load: the one TensorRT-RTX library of this host. */
import type { RequestParams, RuntimeInfo } from '../../protocol';
import type { HostContext } from '../context';

export function load(
  context: HostContext,
  { libraryPath }: RequestParams<'load'>,
): Promise<RuntimeInfo> {
  return context.load(libraryPath);
}
