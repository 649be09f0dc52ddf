/** es_status of engine_shim.h by number, under the names that failures have everywhere (host/hostError.ts). */
export const shimStatusNames = [
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
] as const;
