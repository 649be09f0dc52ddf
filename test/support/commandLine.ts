import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface Ran {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** What a process says until it ends; asked for at once after its start, or its first words are lost. */
export function outcomeOf(
  child: ChildProcess & { stdout: Readable; stderr: Readable },
): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
