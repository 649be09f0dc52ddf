/**
 * The engine host's child process: owns koffi and the shim, answers the requests of protocol.ts, and ends when its
 * parent does. argv[2] is the folder of the shims. What native code prints goes to stdout and stderr, which the parent
 * logs.
 */
import * as v from 'valibot';
import { type CancellationToken, createMessageConnection, ResponseError } from 'vscode-jsonrpc';
import { IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { asFailure, Failure } from '../../../core/wire/failure';
import { type RequestName, type RequestParams, type RequestResult, requests } from '../protocol';
import { HostContext, type Notify } from './context';
import { hardExit } from './hardExit';
import { build } from './requests/build';
import { checkFiles, checkHeaders } from './requests/check';
import { gpuMemory } from './requests/gpuMemory';
import { gpus } from './requests/gpus';
import { inspect } from './requests/inspect';
import { load } from './requests/load';
import { run } from './requests/run';

type Handlers = {
  [N in RequestName]: (
    context: HostContext,
    params: RequestParams<N>,
    signal: AbortSignal,
  ) => Promise<RequestResult<N>>;
};
const handlers: Handlers = { load, gpus, gpuMemory, checkFiles, checkHeaders, build, inspect, run };

// A parent that dies closes the channel. A build gets a moment to remove its unfinished file; nothing else is waited for.
process.on('disconnect', () => {
  for (const abort of underWay) abort.abort();
  setTimeout(() => hardExit(0), context.buildOutputs.size > 0 ? 1_000 : 0);
});
process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  hardExit(70);
});

const connection = createMessageConnection(
  new IPCMessageReader(process),
  new IPCMessageWriter(process),
);
const notify: Notify = (name, params) => {
  // A parent that is gone ends this process by itself.
  connection.sendNotification(name, params).catch(() => undefined);
};
const context = new HostContext(process.argv[2] ?? '', notify);

const underWay = new Set<AbortController>();

for (const name of Object.keys(requests) as RequestName[]) {
  connection.onRequest(name, async (received: unknown, token: CancellationToken) => {
    const abort = new AbortController();
    underWay.add(abort);
    token.onCancellationRequested(() => abort.abort());
    try {
      return await answer(name, received, abort.signal);
    } catch (error) {
      const { code, message, nextStep, detail, at } = asFailure(error, `The request "${name}"`);
      return new ResponseError(1, message, { code, nextStep, detail, at });
    } finally {
      underWay.delete(abort);
    }
  });
}
connection.listen();

function answer<N extends RequestName>(
  name: N,
  received: unknown,
  signal: AbortSignal,
): Promise<RequestResult<N>> {
  const parsed = v.safeParse(requests[name].params, received);
  if (!parsed.success) {
    throw new Failure(
      'bad-message',
      `The request "${name}" could not be read: ${parsed.issues[0].message}`,
      'Reload the window; if it stays, reinstall the extension.',
    );
  }
  return handlers[name](context, parsed.output, signal);
}
