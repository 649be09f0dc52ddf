/** What a failure comes to as an exit code: the same for every command that works for a while. */
import type { FailureCode } from '../core/wire/failure';

export const exitCodes = { done: 0, failed: 1, notTried: 2, cancelled: 130 } as const;

/**
 * notTried: what was given or what is installed stands in the way, and TensorRT-RTX did not have its say. docs/cli-json.md
 * lists the same.
 */
export const failureExits: Readonly<Record<FailureCode, Exclude<keyof typeof exitCodes, 'done'>>> =
  {
    'wrong-use': 'notTried',
    'invalid-argument': 'notTried',
    'library-not-loaded': 'notTried',
    'not-tensorrt-rtx': 'notTried',
    'unsupported-version': 'notTried',
    'file-error': 'notTried',
    'no-driver': 'notTried',
    'host-start-failed': 'notTried',
    'runtime-failed': 'failed',
    'model-rejected': 'failed',
    'out-of-memory': 'failed',
    'cuda-failed': 'failed',
    'gpu-out-of-memory': 'failed',
    'host-exited': 'failed',
    'host-timeout': 'failed',
    'host-crash-budget': 'failed',
    'bad-message': 'failed',
    internal: 'failed',
    cancelled: 'cancelled',
  };

/** code: a FailureCode, or one that only a run's report has. stage "check": before the engine was loaded. */
export function exitCodeOf({ code, stage }: { code: string; stage?: string | undefined }): number {
  const exit = Object.hasOwn(failureExits, code) ? failureExits[code as FailureCode] : 'failed';
  return exitCodes[exit === 'failed' && stage === 'check' ? 'notTried' : exit];
}
