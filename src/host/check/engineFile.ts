/**
 * What can be told of an engine before it is deserialized: that it is one, that it is whole, that it is of the version
 * at hand, and that it has a chance to fit. The library's own words for these are hard to understand, or come late.
 */
import * as os from 'node:os';

import { headerSize, type EngineHeader } from '../../core/file/engineHeader';
import type { FileKind } from '../../core/file/fileKind';
import {
  formatBytes,
  formatBytesPair,
  formatExactBytes,
  threeParts,
} from '../../core/text/formats';
import { plainText } from '../../core/text/plainText';
import { factsOfHead, readHead } from './fileFacts';
import { Failure } from '../../core/wire/failure';
import { quoteHere } from '../quoteHere';

export interface EngineFile {
  /** As it was given. */
  path: string;
  /** Printable. */
  name: string;
  /** Bytes. */
  size: number;
  /** ms since 1970 */
  modified: number;
  /** null: the layout of a release that is not known yet. */
  header: EngineHeader | null;
}

/** Throws a Failure where it cannot be read, is no engine of TensorRT-RTX or not a whole one. */
export async function readEngineFile(file: string): Promise<EngineFile> {
  const name = plainText(file);
  const head = await readHead(file, 64);
  const facts = await factsOfHead(file, head);
  const at = { stage: 'check', cuda: 0 };
  if (facts.kind !== 'tensorrt-rtx') {
    const sentence = facts.kindSentence === '' ? 'It is not an engine.' : facts.kindSentence;
    throw new Failure(
      'invalid-argument',
      `${name} is not a TensorRT-RTX engine. ${sentence}`,
      facts.engines.some(({ facts: inside }) => inside !== null)
        ? wrappedStep(facts.kind, name)
        : 'Choose an engine that TensorRT-RTX built, or build one.',
      '',
      at,
    );
  }
  const { header, damage } = facts;
  const notWhole = (what: string) =>
    new Failure(
      'file-error',
      `${name} ${what}`,
      'Copy or download it again, or build it again.',
      '',
      at,
    );
  if (damage !== null) throw notWhole(`is damaged. ${damage.sentence}`);
  if (head.size < headerSize) {
    throw notWhole(
      `is cut short: it has ${formatExactBytes(head.size)}; an engine's header alone has ${headerSize}.`,
    );
  }
  if (header !== null && header.fileSize !== head.size) {
    const lengths = `it has ${formatExactBytes(head.size)}, its header speaks of ${formatExactBytes(header.fileSize)}.`;
    throw notWhole(`is ${header.fileSize > head.size ? 'cut short' : 'too long'}: ${lengths}`);
  }
  return { path: file, name, size: head.size, modified: head.modified, header };
}

/** Of what holds an engine that could be loaded if it lay in a file of its own. */
function wrappedStep(kind: FileKind, name: string): string {
  return kind === 'epcontext' || kind === 'model-package'
    ? 'Run it with ONNX Runtime, or build an engine from the original model.'
    : `Take the engine out: engine-inspector check ${quoteHere(name)} prints the command.`;
}

/** Major, minor and patch are what TensorRT-RTX compares. */
export function refuseOtherVersion(engine: EngineFile, runtime: { version: string }): void {
  const { header, name } = engine;
  if (header === null || threeParts(header.version) === threeParts(runtime.version)) return;
  throw new Failure(
    'unsupported-version',
    `${name} was built by TensorRT-RTX ${header.version} and cannot be loaded by ${runtime.version}: an engine runs with the version that built it only.`,
    `Choose or install TensorRT-RTX ${threeParts(header.version)}, or rebuild the engine with ${threeParts(runtime.version)}.`,
    '',
    { stage: 'check', cuda: 0 },
  );
}

/** Whether TensorRT-RTX can load an engine without its weights (IRuntime::setDeferredWeightsLoading). */
export function canDeferWeights(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 6);
}

/** gpuTotal: bytes, null: not known. hostTotal: this machine's memory. */
export function refuseTooLarge(
  engine: EngineFile,
  gpuTotal: number | null,
  hostTotal = os.totalmem(),
): void {
  const { header, name, size } = engine;
  const at = { stage: 'check', cuda: 0 };
  const weights = header?.weightBytes ?? 0;
  if (gpuTotal !== null && weights > gpuTotal) {
    const [needs, has] = formatBytesPair(weights, gpuTotal);
    throw new Failure(
      'gpu-out-of-memory',
      `${name} cannot be loaded: its weights need ${needs} of GPU memory, the GPU has ${has} in all.`,
      'Rebuild it with weight streaming, or use a GPU with more memory.',
      '',
      at,
    );
  }
  // With weight streaming the weights stay in this machine's memory.
  if (header !== null && weights === 0 && size > hostTotal) {
    throw new Failure(
      'out-of-memory',
      `${name} cannot be loaded: it has ${formatBytes(size)} and streams its weights from memory, of which this machine has ${formatBytes(hostTotal)}.`,
      'Use a machine with more memory, or a smaller model.',
      '',
      at,
    );
  }
}
