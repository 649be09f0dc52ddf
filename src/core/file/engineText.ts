/**
 * What an engine's own text names as the GPUs that it was compiled for. Every engine holds the compiler's settings as
 * text, some kilobytes from its start (further back the larger its graph is):
 *
 *     hardware_forward_compatibility=1
 *     …
 *     accelerators={sm89 }
 *
 * An engine built for named GPUs lists exactly those. One built without names lists the least family that the compiler
 * had code for: families below it stay in the header's mask, though the same compiler refuses them when they are named
 * (8,343 builds of 1.4 to 1.7, no exception). `accelerators={*}` belongs to graphs that only prepare weights. NVIDIA does
 * not document this text, so it is evidence of its own kind and never the verdict of a runtime.
 *
 * Pure: the caller reads (src/host/check/engineText.ts).
 */
import { compareComputeCapabilities, type ComputeCapability } from '../gpu/computeCapability';
import type { EngineHeader } from './engineHeader';

export interface EngineText {
  /** Ascending; never empty. */
  compiledFor: ComputeCapability[];
}

/** More than any list of all GPUs there are; what is longer is not this setting. */
const maxListLength = 256;
/**
 * A line of its own, as the compiler writes it: names of tensors and layers stand in quotes or behind other words, so that
 * none of them is taken for it.
 */
const settingPattern = /\n[ \t]*accelerators=\{([^{}\n]{0,256})\}[ \t]*(?=[\n\0])/g;
const overlap = 'accelerators={}'.length + maxListLength + 64;

/** Takes an engine's bytes piece by piece, in order, each a character (latin1); any are harmless. */
export class EngineTextScanner {
  private readonly named = new Set<ComputeCapability>();
  private tail = '';

  push(latin1: string): void {
    const text = this.tail + latin1;
    for (const [, list = ''] of text.matchAll(settingPattern)) {
      for (const family of familiesOf(list)) this.named.add(family);
    }
    this.tail = text.slice(-overlap);
  }

  /** null: not seen yet. */
  get found(): EngineText | null {
    return this.named.size === 0
      ? null
      : { compiledFor: [...this.named].sort(compareComputeCapabilities) };
  }
}

/** "sm89 sm120 " → 8.9, 12.0; nothing for "*", and nothing for a list that holds anything else. */
function familiesOf(list: string): ComputeCapability[] {
  const words = list.trim().split(/\s+/);
  const families = words.map((word): ComputeCapability | null => {
    const match = /^sm_?(\d{1,2})(\d)[af]?$/.exec(word);
    return match ? `${Number(match[1])}.${Number(match[2])}` : null;
  });
  return families.every((family) => family !== null) ? families : [];
}

/**
 * The families that the header lists although the compiler had no code for them: those below the least one that the text
 * names. Empty where text and header agree.
 */
export function familiesWithoutCode(header: EngineHeader, text: EngineText): ComputeCapability[] {
  const [least] = text.compiledFor;
  if (least === undefined) return [];
  return header.computeCapabilities.filter((cc) => compareComputeCapabilities(cc, least) < 0);
}
