/**
 * Windows tells no process from a later one of the same id without native code. What it does tell: whether a named pipe is
 * there, which goes with the process that made it. So whoever has a lock also holds a pipe that is called like it.
 */
import * as net from 'node:net';

import { errorCode } from '../files/fileError';

const nameOf = (token: string): string => `pipe ${token}`;
/** Nothing else that a file says is connected to: a name may lead to another machine. */
const ownName = /^pipe ([0-9a-f]{24})$/;
const pathOf = (token: string): string => `\\\\.\\pipe\\engine-inspector-${token}`;
const answerMs = 5_000;

export interface OwnerPipe {
  /** For `isPipeHeld`. */
  readonly name: string;
  close(): void;
}

/** null: none can be made. */
export async function holdPipe(token: string): Promise<OwnerPipe | null> {
  const server = net.createServer((socket) => socket.destroy()).unref();
  return new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(pathOf(token), () => {
      server.removeAllListeners('error').on('error', () => undefined);
      resolve({ name: nameOf(token), close: () => void server.close() });
    });
  });
}

/** Whether the process that made the pipe of this name lives. */
export async function isPipeHeld(name: string): Promise<boolean> {
  const token = ownName.exec(name)?.[1];
  if (token === undefined) return false;
  return new Promise((resolve) => {
    const socket = net.connect(pathOf(token)).setTimeout(answerMs);
    const end = (held: boolean): void => {
      socket.destroy();
      resolve(held);
    };
    socket.once('connect', () => end(true));
    // It is busy, or of another user: somebody is there.
    socket.once('timeout', () => end(true));
    socket.once('error', (error) => end(errorCode(error) !== 'ENOENT'));
  });
}
