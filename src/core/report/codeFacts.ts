/**
 * Which GPUs of its header an engine holds no code for, and how that is known. NVIDIA's own check compares the GPU with
 * the list in the header; a builder that is not told GPUs by name writes that list whatever the model needs.
 */
import { compareComputeCapabilities, type ComputeCapability } from '../gpu/computeCapability';
import type { EngineHeader } from '../file/engineHeader';
import { familiesWithoutCode, type EngineText } from '../file/engineText';
import { joinWords } from '../text/formats';

/**
 * Strongest first. compiler: NVIDIA's compiler was asked to build the model for that GPU alone; inspection: seen when the
 * engine was loaded; engine-text: what the engine's own text names; recipe: what the model needs, recorded when it was built.
 */
export const codeEvidences = ['compiler', 'inspection', 'engine-text', 'recipe'] as const;
export type CodeEvidenceId = (typeof codeEvidences)[number];

/** What one source says of the families in the header. */
export interface CodeAnswer {
  evidence: CodeEvidenceId;
  /** There is no code for these. */
  without: readonly ComputeCapability[];
  /** There is code for these, for sure. */
  holds: readonly ComputeCapability[];
  /** Why, within a sentence: "FP8 values (MatMul /fc)"; empty: not known. */
  what: string;
}

/** All that is known of one engine. */
export interface CodeFacts {
  /** The strongest of the sources that say so. */
  evidence: CodeEvidenceId;
  /** Families that the header lists and that it holds no code for, ascending; never empty. */
  without: ComputeCapability[];
  /** The least of the listed families that is left; null: none is. */
  least: ComputeCapability | null;
  /** Why, within a sentence; empty: not known. */
  what: string;
}

/** null: nothing is wrong, as far as anybody said. */
export function codeFacts(
  header: EngineHeader | null,
  answers: readonly CodeAnswer[],
): CodeFacts | null {
  if (!header) return null;
  const sorted = [...answers].sort(
    (a, b) => codeEvidences.indexOf(a.evidence) - codeEvidences.indexOf(b.evidence),
  );
  const told = header.computeCapabilities.flatMap((family) => {
    const answer = sorted.find((a) => a.without.includes(family) || a.holds.includes(family));
    return answer?.without.includes(family) ? [{ family, answer }] : [];
  });
  const [first] = told;
  if (!first) return null;
  const without = told.map(({ family }) => family).sort(compareComputeCapabilities);
  const used = sorted.filter((answer) => told.some((one) => one.answer === answer));
  return {
    evidence: used[0]?.evidence ?? first.answer.evidence,
    without,
    least: leastOf(header, without),
    what: sorted.find(({ what }) => what !== '')?.what ?? '',
  };
}

function leastOf(
  header: EngineHeader,
  without: readonly ComputeCapability[],
): ComputeCapability | null {
  return (
    header.computeCapabilities
      .filter((family) => !without.includes(family))
      .sort(compareComputeCapabilities)[0] ?? null
  );
}

export function answerOfText(header: EngineHeader, text: EngineText): CodeAnswer {
  return {
    evidence: 'engine-text',
    without: familiesWithoutCode(header, text),
    holds: [],
    what: '',
  };
}

/**
 * Whether an engine's text can say more than its header: only a build without named GPUs lists families that it holds no
 * code for, and only such a build brings PTX (7,668 of 7,668 builds for named GPUs list exactly those).
 */
export function textMayDiffer(header: EngineHeader | null): header is EngineHeader {
  return header !== null && header.ptxForNewer && header.computeCapabilities.length > 0;
}

/** "…, though its header lists them: <this>." */
export function whyNoCode({ evidence, what, least }: CodeFacts): string {
  const needs = least === null ? '' : `, which need compute capability ${least} or newer`;
  switch (evidence) {
    case 'compiler':
      return `NVIDIA's compiler refuses its model there${what === '' ? '' : ` because of ${what}`}`;
    case 'inspection':
      return 'TensorRT-RTX found none when it loaded the engine';
    case 'engine-text':
      return (
        `its own text names ${least === null ? 'none of them' : `${least} as the first that it was compiled for`}` +
        (what === '' ? '' : `; its model has ${what}`)
      );
    case 'recipe':
      return what === '' ? 'its recipe says so' : `its model has ${what}${needs}`;
  }
}

/** "8.0 and 8.6" */
export function familiesText(families: readonly ComputeCapability[]): string {
  return joinWords([...families]);
}
