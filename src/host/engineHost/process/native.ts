/** All of the engine host that needs koffi: loaded where there are shims, and only then is koffi there as well. */
import type { RequestName, RequestParams, RequestResult } from '../protocol';
import type { HostContext } from './context';
import { build } from './requests/build';
import { checkFiles, checkHeaders } from './requests/check';
import { fileUsers } from './requests/fileUsers';
import { gpuMemory } from './requests/gpuMemory';
import { gpus } from './requests/gpus';
import { inspect } from './requests/inspect';
import { load } from './requests/load';
import { run } from './requests/run';

export { HostContext } from './context';
export { hardExit } from './hardExit';

type Handlers = {
  [N in RequestName]: (
    context: HostContext,
    params: RequestParams<N>,
    signal: AbortSignal,
  ) => Promise<RequestResult<N>>;
};
export const handlers: Handlers = {
  load,
  gpus,
  gpuMemory,
  fileUsers,
  checkFiles,
  checkHeaders,
  build,
  inspect,
  run,
};
