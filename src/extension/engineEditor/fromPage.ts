/** What the page says, parsed: a webview is another world, and nothing it sends is taken for granted. */
import * as v from 'valibot';
import type { FromPage } from '../../core/pageMessages';

const plain = (...types: Exclude<FromPage['type'], 'remedy'>[]) =>
  types.map((type) => v.object({ type: v.literal(type) }));

const schema = v.variant('type', [
  v.object({ type: v.literal('remedy'), id: v.pipe(v.string(), v.maxLength(100)) }),
  ...plain(
    'ready',
    'fix',
    'check',
    'copyReport',
    'showHeaderText',
    'showLog',
    'chooseRuntime',
    'manageTrust',
    'computeHash',
    'cancelHash',
  ),
]);

/** undefined: not a message of ours. */
export function parseFromPage(message: unknown): FromPage | undefined {
  const parsed = v.safeParse(schema, message);
  return parsed.success ? parsed.output : undefined;
}
