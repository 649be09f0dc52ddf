/** What the GPU page says, parsed: a webview is another world, and nothing it sends is taken for granted. */
import * as v from 'valibot';
import type { FromGpuPage } from '../../core/pages/gpuMemoryView';

const schema = v.variant('type', [
  v.object({ type: v.literal('useGpu'), id: v.pipe(v.string(), v.maxLength(200)) }),
  ...(['ready', 'refresh', 'chooseGpu', 'openSettings', 'showLog'] as const).map((type) =>
    v.object({ type: v.literal(type) }),
  ),
]);

/** undefined: not a message of ours. */
export function parseFromGpuPage(message: unknown): FromGpuPage | undefined {
  const parsed = v.safeParse(schema, message);
  return parsed.success ? parsed.output : undefined;
}
