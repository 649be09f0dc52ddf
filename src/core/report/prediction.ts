/** A predicted verdict in words: for a machine that is not at hand, by the first 64 bytes alone. */
import { supportOf } from '../gpu/computeCapability';
import { targetsText } from '../file/engineHeader';
import type { FileFacts, ReasonId } from './engineReport';
import { formatBytes, formatBytesPair, formatCudaVersion } from '../text/formats';
import { whyNoCode, type CodeFacts } from './codeFacts';
import { plainText } from '../text/plainText';
import { reasonTable } from './reasonTable';
import { fileReasons } from './reasons';
import {
  driverStartsLibrary,
  libraryDoesNotStart,
  predictVerdict,
  type MachineProfile,
  type PredictedVerdict,
} from './verdictRule';
import {
  diagnosticBit,
  diagnostics,
  type DiagnosticReasonId,
  engineValidity,
  hasBit,
  validityName,
} from './validity';

export interface PredictedReason {
  id: ReasonId;
  /** Empty where the rule does not say so. */
  enumName: string;
  sentence: string;
}

export interface Prediction {
  predicted: PredictedVerdict;
  machine: MachineProfile;
  /** The profile's file, printable. */
  profileName: string;
  reasons: PredictedReason[];
  /** It holds no code for that GPU, which the rule cannot see. */
  noCode: boolean;
  /** The driver there is too old for the library, which the rule cannot see either. */
  libraryStops: boolean;
  /** "On the machine of rtx4060.json it would run." */
  headline: string;
  /** "compute capability 8.9, 8.0 GiB, CUDA driver 13.0, TensorRT-RTX 1.7.1 (CUDA runtime 13.4)" */
  machineText: string;
}

export function makePrediction(
  facts: FileFacts,
  machine: MachineProfile,
  profileName: string,
  code: CodeFacts | null = null,
): Prediction {
  if (facts.kind === 'epcontext' && facts.engines.length > 0) {
    return contextPrediction(facts, machine, profileName);
  }
  if (facts.kind === 'model-package') {
    const best = packagePrediction(facts, machine, profileName);
    if (best) return best;
  }
  const predicted = predictVerdict(facts.headerBytes, machine);
  const name = plainText(profileName, 120);
  const noCode =
    code !== null &&
    code.without.includes(machine.computeCapability) &&
    !hasBit(predicted.diagnostics, diagnosticBit.kUNSUPPORTED_CC);
  const ofFile = fileReasons(facts).filter(({ id }) => reasonTable[id].proves === 'unusable');
  const libraryStops = !driverStartsLibrary(machine);
  // What is proved unusable runs nowhere, and what its header says may be nobody's word.
  const headline =
    ofFile.length > 0 || noCode || libraryStops
      ? outcome(engineValidity.kINVALID)
      : outcome(predicted.validity);
  return {
    predicted,
    machine,
    profileName: name,
    reasons: [
      ...ofFile.map(({ id, sentence }) => ({ id, enumName: '', sentence })),
      ...(facts.damage?.headerHolds === false
        ? []
        : predictedReasons(predicted, facts, machine)
      ).filter(({ id }) => ofFile.length === 0 || id !== 'malformed-engine'),
      ...(noCode && ofFile.length === 0 ? [noCodeReason(code, machine)] : []),
      ...(libraryStops ? [libraryReason(machine)] : []),
    ],
    noCode,
    libraryStops,
    headline: `On the machine of ${name} ${headline}`,
    machineText:
      `compute capability ${machine.computeCapability}, ${formatBytes(machine.totalGpuMemory)}, ` +
      `CUDA driver ${formatCudaVersion(machine.driverVersion)}, TensorRT-RTX ${machine.tensorrtRtx} ` +
      `(CUDA runtime ${formatCudaVersion(machine.cudaRuntimeVersion)})`,
  };
}

/** A package runs where one of its variants does; what is written wrong in another one stays said. */
function packagePrediction(
  facts: FileFacts,
  machine: MachineProfile,
  profileName: string,
): Prediction | null {
  const stops = ({ libraryStops, reasons }: Prediction) =>
    libraryStops || reasons.some(({ id }) => reasonTable[id].proves === 'unusable') ? 1 : 0;
  const [best] = facts.engines
    .flatMap((engine) =>
      engine.facts === null ? [] : [makePrediction(engine.facts, machine, profileName)],
    )
    .sort((a, b) => stops(a) - stops(b) || a.predicted.validity - b.predicted.validity);
  return best ?? null;
}

/** A model runs where all of its engines do. */
function contextPrediction(
  facts: FileFacts,
  machine: MachineProfile,
  profileName: string,
): Prediction {
  const each = facts.engines.flatMap((engine) =>
    engine.facts === null ? [] : [makePrediction(engine.facts, machine, profileName)],
  );
  const [first = makePrediction({ ...facts, engines: [] }, machine, profileName)] = each;
  const missing = [
    ...fileReasons(facts).filter(({ id }) => id === 'engine-missing'),
    ...refusedByInfo(facts, machine, profileName),
  ];
  const validity = Math.max(...each.map(({ predicted }) => predicted.validity), 0);
  const stopped = each.find(({ reasons }) => reasons.some(({ id }) => id !== 'suboptimal'));
  const worst = missing.length > 0 ? engineValidity.kINVALID : validity;
  return {
    ...first,
    predicted: {
      validity: worst,
      diagnostics: each.reduce((bits, { predicted }) => bits | predicted.diagnostics, 0),
    },
    reasons: [
      ...missing.map(({ id, sentence }) => ({ id, enumName: '', sentence })),
      ...each.flatMap(({ reasons }) => reasons),
    ].filter((one, at, all) => all.findIndex(({ sentence }) => sentence === one.sentence) === at),
    headline:
      missing.length > 0
        ? `On the machine of ${first.profileName} ${outcome(engineValidity.kINVALID)}`
        : (stopped ?? first).headline,
  };
}

/** ONNX Runtime asks about the compatibility info, whatever the engines would do there. */
function refusedByInfo(
  { wrongInfo }: FileFacts,
  machine: MachineProfile,
  profileName: string,
): Pick<PredictedReason, 'id' | 'sentence'>[] {
  if (!wrongInfo) return [];
  const { speaksOf, sentence } = wrongInfo;
  if (speaksOf === null) return [{ id: 'compatibility-info', sentence }];
  const asked = makePrediction(speaksOf, machine, profileName);
  if (asked.predicted.validity !== engineValidity.kINVALID) return [];
  return [
    {
      id: 'compatibility-info',
      sentence: `ONNX Runtime would refuse it there by its ep_compatibility_info. ${asked.reasons.map((reason) => reason.sentence).join(' ')}`,
    },
  ];
}

/** One sentence for each bit. */
export function predictedReasons(
  predicted: PredictedVerdict,
  facts: FileFacts,
  machine: MachineProfile,
): PredictedReason[] {
  return diagnostics
    .filter(({ bit }) => hasBit(predicted.diagnostics, bit))
    .map(({ name: enumName, reason }) => ({
      id: reason,
      enumName,
      sentence: worded[reason](machine, facts),
    }));
}

function libraryReason(machine: MachineProfile): PredictedReason {
  return { id: 'old-cuda-driver', enumName: '', sentence: libraryDoesNotStart(machine) };
}

function noCodeReason(code: CodeFacts, { computeCapability }: MachineProfile): PredictedReason {
  return {
    id: 'no-code-for-gpu',
    enumName: '',
    sentence: `It holds no code for compute capability ${computeCapability}, though its header lists it: ${whyNoCode(code)}.`,
  };
}

function outcome(validity: number): string {
  switch (validity) {
    case engineValidity.kVALID:
      return 'it would run.';
    case engineValidity.kSUBOPTIMAL:
      return 'it would run, but slower than it could.';
    case engineValidity.kINVALID:
      return 'it would not run.';
    default:
      return `the answer would be ${validityName(validity)}.`;
  }
}

const worded: Readonly<
  Record<DiagnosticReasonId, (machine: MachineProfile, facts: FileFacts) => string>
> = {
  'version-mismatch': (machine, { header }) =>
    header
      ? `Built by TensorRT-RTX ${header.version}, that machine has ${machine.tensorrtRtx}.`
      : `Built by another version than ${machine.tensorrtRtx}.`,
  'unsupported-compute-capability': (machine, { header }) =>
    supportOf(machine.computeCapability, machine.tensorrtRtx) === 'never'
      ? `TensorRT-RTX ${machine.tensorrtRtx} does not run on compute capability ${machine.computeCapability}.`
      : `Not built for compute capability ${machine.computeCapability}${header ? `, only for ${targetsText(header)}` : ''}.`,
  'old-cuda-driver': (machine, { header }) =>
    `Built with a newer CUDA driver${header ? ` (${formatCudaVersion(header.cudaDriver)})` : ''} than ${formatCudaVersion(machine.driverVersion)}.`,
  'old-cuda-runtime': (machine, { header }) =>
    `Built with a newer CUDA runtime${header ? ` (${formatCudaVersion(header.cudaRuntime)})` : ''} than ${formatCudaVersion(machine.cudaRuntimeVersion)}.`,
  'insufficient-gpu-memory': (machine, { header }) => {
    if (!header) {
      return 'Its weights need more memory than that GPU has.';
    }
    const [needs, has] = formatBytesPair(header.weightBytes, machine.totalGpuMemory);
    return `Its weights need ${needs}, that GPU has ${has}.`;
  },
  'malformed-engine': (_, { kindSentence }) =>
    kindSentence || 'Its header is not one of a TensorRT-RTX engine.',
  // No header foretells it.
  'cuda-error': () => 'CUDA does not work there.',
};
