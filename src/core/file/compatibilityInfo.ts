/**
 * `ep_compatibility_info`: by it ONNX Runtime asks whether a compiled model fits a machine, before it looks at what is
 * compiled. For NvTensorRTRTX it is an engine's first 64 bytes as 128 hexadecimal digits. ONNX Runtime takes the text as
 * it stands: with a space or a 0x it is refused.
 */
import type { FileFacts, InfoProblem } from '../report/engineReport';
import { formatCount } from '../text/formats';
import type { ContainedEngine } from './containedEngines';
import { hasRtxTag, readEngineHeader, targetsText, type EngineHeader } from './engineHeader';
import { isRtxProvider } from './epContext';
import { makeFileFacts } from './fileFacts';

const hexHeader = /^[0-9a-f]{128}$/i;

/** The 64 bytes; null: it is none. */
export function headerOfCompatibilityInfo(info: string): Uint8Array | null {
  if (!hexHeader.test(info)) return null;
  return Uint8Array.from(info.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

/** Facts of the engine that it speaks of, which is not looked at: its length is what the header says. */
export function factsOfInfo(file: string, bytes: Uint8Array): FileFacts {
  const size = readEngineHeader(bytes)?.fileSize ?? bytes.length;
  return makeFileFacts({ file, prefix: bytes, size, modified: null });
}

/** Of a text that is none: "it has 130 characters and begins with 0x". */
export function whyNoInfo(info: string): string {
  const clean = info.replace(/^\s*0x/i, '').replaceAll(/[\s"']/g, '');
  const found = [
    ...(/^\s*0x/i.test(info) ? ['begins with 0x'] : []),
    ...(/\s/.test(info) ? ['has spaces or line breaks in it'] : []),
    ...(/["']/.test(info) ? ['has quotes in it'] : []),
    ...(/[^0-9a-f]/i.test(clean) ? ['has characters that are no such digits'] : []),
  ];
  const length = info.length === 128 ? [] : [`has ${formatCount(info.length)} characters`];
  return `it ${[...length, ...found].join(' and ')}`;
}

/** What is wrong with that of an EPContext model, beside the engines that it has; null: nothing. */
export function infoProblem(
  infos: readonly { provider: string; info: string }[],
  engines: readonly ContainedEngine[],
): InfoProblem | null {
  const ours = engines.flatMap(({ facts }) => (facts?.kind === 'tensorrt-rtx' ? [facts] : []));
  for (const { provider, info } of infos) {
    // Without one ONNX Runtime does not ask.
    if (!isRtxProvider(provider) || info === '') continue;
    const bytes = headerOfCompatibilityInfo(info);
    if (bytes === null || !hasRtxTag(bytes)) {
      const what =
        bytes === null ? `128 hexadecimal digits: ${whyNoInfo(info)}` : 'those of an engine';
      return {
        sentence: `The model's ep_compatibility_info, an engine's first 64 bytes in its metadata, is not ${what}. A version of ONNX Runtime that looks at it refuses the model, whatever its engine is.`,
        speaksOf: null,
      };
    }
    if (ours.length === 0 || ours.some((one) => isSame(one.headerBytes, bytes))) continue;
    const facts = factsOfInfo('ep_compatibility_info', bytes);
    const [first] = ours;
    const which = ours.length > 1 ? 'any engine of the model' : 'its engine';
    const differs =
      ours.length === 1 && first ? differences(facts.header, first.header) : 'another engine';
    return {
      sentence: `The model's ep_compatibility_info is not that of ${which}: it speaks of ${differs}. ONNX Runtime asks by that info alone whether the model fits a machine, so it may refuse what would run, or take what will not.`,
      speaksOf: facts,
    };
  }
  return null;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** "TensorRT-RTX 1.6.1.120, the engine is of 1.7.1.116" */
function differences(said: EngineHeader | null, is: EngineHeader | null): string {
  if (said === null || is === null) return 'another engine';
  if (said.version !== is.version) {
    return `TensorRT-RTX ${said.version}, the engine is of ${is.version}`;
  }
  if (said.targets !== is.targets) {
    return `${targetsText(said)}, the engine is for ${targetsText(is)}`;
  }
  return 'another engine of that version and for the same GPUs';
}
