/**
 * A machine profile: a JSON file that describes a machine which is not at hand, for a predicted verdict.
 *
 *   { "computeCapability": "8.9", "totalGpuMemory": 8585740288, "driverVersion": 13000,
 *     "tensorrtRtx": "1.7.1", "cudaRuntimeVersion": 13040 }
 *
 * Other keys are ignored, so that a profile may carry a name or a note.
 */
import * as v from 'valibot';
import { parseComputeCapability, type ComputeCapability } from '../gpu/computeCapability';
import { parseJson } from '../text/parseJson';
import { plainText } from '../text/plainText';
import { Failure } from '../wire/failure';
import type { MachineProfile } from './verdictRule';

const cuda = (what: string) => {
  const message = `must be a whole number such as 13000 for CUDA 13.0 (${what})`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(1000, message),
    v.maxValue(99_990, message),
  );
};
const capabilityMessage = 'must be text such as "8.9", in quotes';
const memoryMessage = 'must be a whole number of bytes, such as 8589934592 for 8 GiB';
const versionMessage = 'must be text such as "1.7.1" or "1.7.1.116", in quotes';

const schema = v.object({
  computeCapability: v.pipe(
    v.string(capabilityMessage),
    v.check((text) => parseComputeCapability(text) !== null, capabilityMessage),
    v.transform((text) => parseComputeCapability(text) as ComputeCapability),
  ),
  totalGpuMemory: v.pipe(
    v.number(memoryMessage),
    v.safeInteger(memoryMessage),
    // Bytes, where somebody wrote GiB or MiB.
    v.minValue(64 * 1024 ** 2, memoryMessage),
    v.maxValue(1024 ** 5, memoryMessage),
  ),
  driverVersion: cuda('what the driver supports, CUDA Version in nvidia-smi'),
  tensorrtRtx: v.pipe(
    v.string(versionMessage),
    v.regex(/^\d{1,3}\.\d{1,3}\.\d{1,3}(\.\d{1,6})?$/, versionMessage),
  ),
  cudaRuntimeVersion: cuda('the one inside the TensorRT-RTX library'),
});

export const machineProfileExample =
  'It must look like {"computeCapability": "8.9", "totalGpuMemory": 8589934592, "driverVersion": 13000, "tensorrtRtx": "1.7.1", "cudaRuntimeVersion": 13040}.';

/** problems: one sentence for each thing that is wrong, without the file's name. */
function refuse(problems: readonly string[], file: string): Failure {
  return new Failure(
    'wrong-use',
    `${plainText(file, 300)} is not a machine profile: ${problems.join('; ')}.`,
    machineProfileExample,
  );
}

/** Throws a Failure naming the file and everything that is wrong at once. */
export function parseMachineProfile(value: unknown, file: string): MachineProfile {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse([`it must hold one object with ${Object.keys(schema.entries).join(', ')}`], file);
  }
  const parsed = v.safeParse(schema, value);
  if (parsed.success) {
    return parsed.output;
  }
  const problems = new Map<string, string>();
  for (const issue of parsed.issues) {
    const key = v.getDotPath(issue) ?? '';
    if (!problems.has(key)) {
      const missing = !Object.hasOwn(value, key);
      problems.set(
        key,
        missing ? `${key} is missing, it ${expected(key)}` : `${key} ${issue.message}`,
      );
    }
  }
  throw refuse([...problems.values()], file);
}

/** The text of the file. A byte order mark is allowed. */
export function parseMachineProfileText(text: string, file: string): MachineProfile {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw refuse(
      [`it is not JSON (${plainText(error instanceof Error ? error.message : '', 200)})`],
      file,
    );
  }
  return parseMachineProfile(value, file);
}

/** The sentence for a key that is not there: what an empty value of it would be told. */
function expected(key: string): string {
  const entry = (schema.entries as Record<string, v.GenericSchema | undefined>)[key];
  const issue = entry ? v.safeParse(entry, null).issues?.[0] : undefined;
  return issue?.message ?? 'is needed';
}
