/** What the page of two engines says, parsed: a webview is another world, and nothing it sends is taken for granted. */
import * as v from 'valibot';
import type { FromComparePage } from '../../core/pages/comparePageMessages';

const schema = v.variant('type', [
  v.object({ type: v.literal('openEngine'), side: v.picklist(['first', 'second']) }),
  ...(['ready', 'swap', 'chooseOther', 'cancel'] as const).map((type) =>
    v.object({ type: v.literal(type) }),
  ),
]);

/** undefined: not a message of ours. */
export function parseFromComparePage(message: unknown): FromComparePage | undefined {
  const parsed = v.safeParse(schema, message);
  return parsed.success ? parsed.output : undefined;
}
