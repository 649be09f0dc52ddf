/** The one error type: a stable code, what happened, what to do next. Imports nothing. */

/** Stable. What the command line prints, and what a failed request carries in ResponseError.data.code. */
export const failureCodes = [
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
  // made by the command line
  'wrong-use',
] as const;
export type FailureCode = (typeof failureCodes)[number];

/** es_status of engine_shim.h by number. */
const shimCodes: readonly (FailureCode | 'ok')[] = [
  'ok',
  'invalid-argument',
  'library-not-loaded',
  'not-tensorrt-rtx',
  'unsupported-version',
  'runtime-failed',
  'cancelled',
  'internal', // ES_BUFFER_TOO_SMALL: buffers are made as large as DONE says
  'internal', // ES_NO_SUCH_JOB
  'no-driver',
  'file-error',
  'model-rejected',
  'out-of-memory',
  'internal',
  'cuda-failed',
  'gpu-out-of-memory',
];

/** status: an es_status that is not ES_OK. */
export function failureCodeOf(status: number): FailureCode {
  const code = shimCodes[status] ?? 'internal';
  return code === 'ok' ? 'internal' : code;
}

export class Failure extends Error {
  constructor(
    readonly code: FailureCode,
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
    this.name = 'Failure';
  }
}

/** Options or arguments of the command line that do not make sense: nothing was tried. */
export function wrongUse(command: string, message: string): Failure {
  return new Failure(
    'wrong-use',
    message,
    `engine-inspector ${command} --help shows how it is used.`,
  );
}

/** Also one of another bundle, whose class is its own: the assistants' server is one. */
function isFailure(thrown: unknown): thrown is Failure {
  return (
    thrown instanceof Failure ||
    (thrown instanceof Error &&
      thrown.name === 'Failure' &&
      'code' in thrown &&
      'nextStep' in thrown)
  );
}

/** The same error whatever was thrown, so that a caller has one type to handle. */
export function asFailure(thrown: unknown, doing: string): Failure {
  if (isFailure(thrown)) return thrown;
  const detail = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  const cause = thrown instanceof Error ? thrown.message : String(thrown);
  return new Failure(
    'internal',
    `${doing} failed: ${cause}`,
    'Try again; if it fails again, report it with the log.',
    detail,
  );
}
