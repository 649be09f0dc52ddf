/** What the matrix page says, parsed: a webview is another world, and nothing it sends is taken for granted. */
import * as v from 'valibot';
import { matrixFormats, type FromMatrixPage } from '../../core/pages/matrixPageMessages';

const text = v.pipe(v.string(), v.maxLength(300));
const schema = v.variant('type', [
  v.object({ type: v.literal('openEngine'), engine: text }),
  v.object({ type: v.literal('fix'), engine: text, target: text }),
  v.object({ type: v.literal('fixAll'), cause: text }),
  v.object({ type: v.literal('export'), format: v.picklist(matrixFormats) }),
  ...(['ready', 'chooseTargets', 'editTargets', 'copyCommand', 'checkAll'] as const).map((type) =>
    v.object({ type: v.literal(type) }),
  ),
]);

/** undefined: not a message of ours. */
export function parseFromMatrixPage(message: unknown): FromMatrixPage | undefined {
  const parsed = v.safeParse(schema, message);
  return parsed.success ? parsed.output : undefined;
}
