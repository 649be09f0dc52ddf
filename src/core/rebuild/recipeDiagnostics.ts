/**
 * What a recipe open in an editor should underline: what does not parse, what this version does not know, what changed
 * since the engine was built. Each with the range in the text that it is about.
 */
import type { OnnxFacts } from './onnxFacts';
import {
  parseRecipe,
  rebuildDue,
  type DueReasonId,
  type RecipeSurroundings,
  type TextRange,
} from './recipe';
import { checkOptions, type BuildSurroundings } from './rebuildOptions';
import { checkProfiles } from './rebuildProfiles';

export type RecipeDiagnosticId =
  | 'syntax'
  | 'shape'
  | 'newer-schema'
  | 'unknown-option'
  | 'needs-gpu'
  | 'impossible'
  | 'profile'
  | 'model'
  | DueReasonId;

export interface RecipeDiagnostic {
  id: RecipeDiagnosticId;
  severity: 'error' | 'warning' | 'information';
  /** A whole sentence. */
  sentence: string;
  range: TextRange;
  /** A rebuild would cure it. */
  curedByRebuild: boolean;
}

export function recipeDiagnostics(
  source: string,
  around: RecipeSurroundings & Partial<BuildSurroundings> & { facts?: OnnxFacts | null },
): RecipeDiagnostic[] {
  const parsed = parseRecipe(source);
  if (!parsed.ok) {
    return parsed.problems.map((problem) => ({
      ...problem,
      severity: 'error',
      curedByRebuild: false,
    }));
  }
  const { recipe, locate } = parsed;
  const surroundings = {
    runtimeVersion: around.runtimeVersion ?? null,
    hasGpu: around.hasGpu ?? null,
  };
  const problems = [
    ...checkOptions(recipe.options, surroundings),
    ...(around.facts ? checkProfiles(recipe.options.profiles, around.facts.inputs) : []),
  ];
  return [
    ...problems.map(({ id, severity, sentence, path }): RecipeDiagnostic => ({
      id,
      severity,
      sentence,
      range: locate(['options', ...path]),
      curedByRebuild: false,
    })),
    ...rebuildDue(recipe, around).reasons.map(({ id, sentence, path }): RecipeDiagnostic => ({
      id,
      severity: severityOf(id),
      sentence,
      range: locate(path),
      curedByRebuild: id !== 'model-missing' && id !== 'model-foreign',
    })),
  ];
}

function severityOf(id: DueReasonId): RecipeDiagnostic['severity'] {
  switch (id) {
    case 'model-missing':
    case 'model-foreign':
    case 'engine-missing':
    case 'model-changed':
    case 'engine-changed':
      return 'warning';
    case 'never-built':
    case 'options-changed':
    case 'runtime-changed':
      return 'information';
  }
}
