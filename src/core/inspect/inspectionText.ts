/** An inspection as plain text, for a terminal and for the clipboard. Does not end with a line feed. */
import { formatBytes, formatCount, formatDate, formatExactBytes, joinWords } from '../text/formats';
import { plainText } from '../text/plainText';
import { columns, section } from '../text/textBlocks';
import { formatMilliseconds, formatShape } from '../run/runFormats';
import type { Inspection, InspectionFacts, ProfileShape, TensorFacts } from './inspection';

export function inspectionText(inspection: Inspection): string {
  const { facts } = inspection;
  return [
    headline(inspection),
    ...section('Inputs', tensorLines(facts, 'input')),
    ...section('Outputs', tensorLines(facts, 'output')),
    ...section('Engine', engineLines(facts)),
    ...section('Weight streaming', streamingLines(facts)),
    ...section(
      'Worth knowing',
      inspection.notes.map(({ severity, sentence }) =>
        severity === 'warning' ? `warning: ${sentence}` : sentence,
      ),
    ),
    ...section(
      'What TensorRT-RTX said',
      inspection.libraryLines.filter(({ severity }) => severity <= 2).map(({ text }) => text),
    ),
    '',
    `Loaded by TensorRT-RTX ${inspection.runtime.version} on ${facts.gpu.name} (compute capability ${facts.gpu.computeCapability}) in ${formatMilliseconds(facts.loadMs)}, ${formatDate(inspection.inspectedAt)}.`,
  ].join('\n');
}

/** "model.engine: 2 inputs and 1 output, 1 profile, 123 layers." */
function headline({ file, facts }: Inspection): string {
  const count = (mode: TensorFacts['mode']): number =>
    facts.tensors.filter((tensor) => tensor.mode === mode).length;
  const parts = [
    `${plural(count('input'), 'input')} and ${plural(count('output'), 'output')}`,
    plural(facts.profileCount, 'profile'),
    ...(facts.layerCount === null ? [] : [plural(facts.layerCount, 'layer')]),
  ];
  // What the library calls a network that its model gave no name tells nothing.
  const known = /^(Unnamed Network \d+)?$/.test(facts.name) || facts.name === file;
  const name = known ? '' : ` ("${plainText(facts.name, 100)}")`;
  return `${file}${name}: ${parts.join(', ')}.`;
}

function tensorLines(facts: InspectionFacts, mode: TensorFacts['mode']): string[] {
  const tensors = facts.tensors.filter((tensor) => tensor.mode === mode);
  const table = tensors.map((tensor) => [
    plainText(tensor.name, 100),
    tensor.type,
    formatShape(tensor.shape),
    tensorRemarks(tensor),
  ]);
  const rows = columns(table);
  return tensors.flatMap((tensor, index) => [
    rows[index] ?? '',
    ...profileLines(tensor.profiles, ''),
    ...profileLines(tensor.profileValues, 'values '),
  ]);
}

function tensorRemarks(tensor: TensorFacts): string {
  const { linear, format, profileFormats, aliasOf, location, shapeTensor } = tensor;
  return [
    profileFormats !== undefined
      ? profileFormats.map((one, profile) => `profile ${profile}: ${one.format}`).join('; ')
      : linear
        ? ''
        : format,
    aliasOf === undefined ? '' : `shares the memory of ${plainText(aliasOf, 100)}`,
    location === 'host' ? 'in host memory' : '',
    shapeTensor ? 'its values are a shape' : '',
  ]
    .filter(Boolean)
    .join(', ');
}

/** Only what differs from one shape to the next is worth a line. */
function profileLines(profiles: readonly (ProfileShape | null)[], what: string): string[] {
  return profiles.flatMap((profile, index) => {
    if (profile === null) return [];
    const { min, opt, max } = profile;
    const [least, typical, most] = [min, opt, max].map(formatShape);
    if (least === most) return [];
    return [`  profile ${index}: ${what}${least} to ${most}, typically ${typical}`];
  });
}

function engineLines(facts: InspectionFacts): string[] {
  const perProfile =
    facts.deviceMemoryPerProfile.length > 1
      ? ` (by profile: ${joinWords(facts.deviceMemoryPerProfile.map(formatBytes))})`
      : '';
  return [
    `GPU memory to work in: ${formatBytes(facts.deviceMemory)}${perProfile}`,
    `GPU memory taken by loading${facts.weightsDeferred === true ? ' without weights' : ''}: ${formatBytes(facts.loadedMemory)} of ${formatBytes(facts.gpu.free)} free`,
    `Auxiliary streams: ${facts.auxStreams}`,
    `Profiling verbosity: ${facts.profilingVerbosity.replaceAll('-', ' ')}`,
    `Refittable: ${facts.refittable ? 'yes' : 'no'}`,
  ];
}

function streamingLines(facts: InspectionFacts): string[] {
  if (facts.streamable === 0) return [];
  const budget = (bytes: number | null): string =>
    bytes === null ? 'unknown' : `${formatBytes(bytes)} (${formatExactBytes(bytes)})`;
  return [
    `Streamable weights: ${budget(facts.streamable)}`,
    `Default budget: ${budget(facts.defaultBudget)}`,
    `Automatic budget: ${budget(facts.automaticBudget)}`,
    ...facts.budgets.map(
      ({ taken, scratch, deviceMemory }) =>
        `At ${formatBytes(taken)}: ${formatBytes(scratch)} of scratch, ${formatBytes(deviceMemory)} to work in`,
    ),
  ];
}

function plural(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;
}
