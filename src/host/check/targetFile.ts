/** What a check on targets reads of a file. This machine is not asked. */
import { codeFacts, type CodeFacts } from '../../core/report/codeFacts';
import type { FileFacts } from '../../core/report/engineReport';
import type { RecipeFacts } from '../../core/report/reasons';
import type { FilePath } from './checkRecords';
import { codeAnswers, engineStart, type EngineTexts } from './engineText';
import { readFactsAndStart } from './fileFacts';
import { hasRecipe, recipeBeside } from './recipeBeside';

interface TargetFile {
  facts: FileFacts;
  /** Which GPUs of its header it holds no code for, by its own text and its recipe. */
  code: CodeFacts | null;
  /** One lies beside it. */
  hasRecipe: boolean;
  /** That one, where it can be read. */
  recipe: RecipeFacts | null;
}

/** mayHaveRecipe false: its folder was read, and there is none. */
export async function readTargetFile(
  file: FilePath,
  texts: EngineTexts,
  { limitMs, mayHaveRecipe = true }: { limitMs: number; mayHaveRecipe?: boolean },
): Promise<TargetFile> {
  const { facts, start } = await readFactsAndStart(file, engineStart, limitMs);
  const isThere = mayHaveRecipe && (await hasRecipe(facts.file));
  const [ofText, beside] = await Promise.all([
    codeAnswers(file, facts, texts, true, start),
    isThere ? recipeBeside(file, facts) : null,
  ]);
  const code = codeFacts(facts.header, [...ofText, ...(beside?.answers ?? [])]);
  return { facts, code, hasRecipe: isThere, recipe: beside?.recipe ?? null };
}
