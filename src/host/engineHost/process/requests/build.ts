/** build: an engine from an ONNX model, into a file that must not exist yet, or into nothing. */
import type { BuildResult, RequestParams } from '../../protocol';
import { finish, fromShim, type HostContext } from '../context';
import { ShimError } from '../binding';
import type { ShimJob } from '../session';

/** ProfilingVerbosity's numbers. */
const verbosities = { 'layer-names-only': 0, none: 1, detailed: 2 } as const;

export async function build(
  context: HostContext,
  params: RequestParams<'build'>,
  signal: AbortSignal,
): Promise<BuildResult> {
  const nextStep = `Correct the options or the model ${params.model} and build again; the log holds the library's own words.`;
  let jobNumber: bigint | undefined;
  let job: ShimJob<Buffer>;
  try {
    job = context
      .runtimeSession('Building an engine')
      .build(
        { ...params, profilingVerbosity: verbosities[params.profilingVerbosity] },
        (number) => {
          jobNumber = number;
          context.buildOutputs.set(number, params.output ?? '');
        },
      );
  } catch (error) {
    throw error instanceof ShimError ? fromShim(error, nextStep) : error;
  }
  try {
    const result = await finish(job, signal, nextStep);
    return {
      engineSize: Number(result.readBigUInt64LE(0)),
      parseMs: Number(result.readBigInt64LE(8)) / 1e6,
      buildMs: Number(result.readBigInt64LE(16)) / 1e6,
      sha256: result.toString('hex', 24, 56),
    };
  } finally {
    context.tellBuildPhases();
    if (jobNumber !== undefined) context.buildOutputs.delete(jobNumber);
  }
}
