/** The one error type of everything under src/host: a stable code, what happened, what to do next. Imports nothing. */

/** Error codes of every failed request (in ResponseError.data.code), stable. */
export const hostErrorCodes = [
  'invalid-argument',
  'library-not-loaded',
  'not-tensorrt-rtx',
  'unsupported-version',
  'runtime-failed',
  'cancelled',
  'no-driver',
  'file-error',
  'model-rejected',
  'out-of-memory',
  'internal',
  'cuda-failed',
  'gpu-out-of-memory',
  // made by the client and the supervisor
  'host-start-failed',
  'host-exited',
  'host-timeout',
  'host-crash-budget',
  'bad-message',
] as const;
export type HostErrorCode = (typeof hostErrorCodes)[number];

export class HostError extends Error {
  constructor(
    readonly code: HostErrorCode,
    /** What happened, naming the file. */
    message: string,
    /** What to do next, one sentence. */
    readonly nextStep: string,
    /** For the log: the system's or the library's own words. */
    readonly detail = '',
    /** Inspecting and running: how far it came (stages of engine_shim.h), and CUDA's own number, 0: none known. */
    readonly at?: { stage: string; cuda: number },
  ) {
    super(message);
    this.name = 'HostError';
  }
}

/** The same error whatever was thrown, so that a caller has one type to handle. */
export function asHostError(thrown: unknown, doing: string): HostError {
  if (thrown instanceof HostError) return thrown;
  const detail = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  const cause = thrown instanceof Error ? thrown.message : String(thrown);
  return new HostError(
    'internal',
    `${doing} failed: ${cause}`,
    'Try again; if it stays, report it with the log.',
    detail,
  );
}
