/**
 * The engine host's child process: owns koffi and the shim, answers the requests of protocol.ts, and ends when its
 * parent does. argv[2] is the folder of the shims. What native code prints goes to stdout and stderr, which the parent
 * logs.
 */
import * as v from 'valibot';
import { type CancellationToken, createMessageConnection, ResponseError } from 'vscode-jsonrpc';
import { IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { asFailure, Failure } from '../../../core/wire/failure';
import { type RequestName, type RequestResult, requests } from '../protocol';
import { listShims, noNativePart } from '../../runtimes/shims';
import type { Notify } from './context';

const shimFolder = process.argv[2] ?? '';
// A package without shims has no koffi either: then every request is answered with that.
const native = listShims(shimFolder).size === 0 ? null : startNative();

async function startNative() {
  const { handlers, hardExit, HostContext } = await import('./native');
  return { handlers, hardExit, context: new HostContext(shimFolder, notify) };
}

async function endNow(code: number): Promise<void> {
  const loaded = await native?.catch(() => null);
  (loaded?.hardExit ?? process.exit)(code);
}

// A parent that dies closes the channel. A build gets a moment to remove its unfinished file; nothing else is waited for.
process.on('disconnect', () => {
  for (const abort of underWay) abort.abort();
  void Promise.resolve(native).then(
    (loaded) =>
      setTimeout(() => void endNow(0), (loaded?.context.buildOutputs.size ?? 0) > 0 ? 1_000 : 0),
    () => endNow(0),
  );
});
process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  void endNow(70);
});

const connection = createMessageConnection(
  new IPCMessageReader(process),
  new IPCMessageWriter(process),
);
function notify(...[name, params]: Parameters<Notify>): void {
  // A parent that is gone ends this process by itself.
  connection.sendNotification(name, params).catch(() => undefined);
}

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

async function answer<N extends RequestName>(
  name: N,
  received: unknown,
  signal: AbortSignal,
): Promise<RequestResult<N>> {
  const parsed = v.safeParse(requests[name].params, received);
  if (!parsed.success) {
    throw new Failure(
      'bad-message',
      `The request "${name}" could not be read: ${parsed.issues[0].message}`,
      'Reload the window; if that does not help, reinstall the extension.',
    );
  }
  if (native === null) throw noNativePart(shimFolder);
  const { handlers, context } = await native;
  return handlers[name](context, parsed.output, signal);
}
