/** `engine-inspector check`: this machine is asked, or a gate is made of it. */
import { checkHere, mayBeGate, withSession } from './checkHere';
import type { CheckOptions } from './checkOptions';
import { complain } from './output';

export async function check(paths: readonly string[], options: CheckOptions): Promise<number> {
  if (!mayBeGate(options)) return checkHere(paths, options);
  const { asksForGate, whyConfigIsUnused } = await import('./gate/settings');
  if (!asksForGate(options)) {
    const unused = whyConfigIsUnused(options);
    if (unused !== null) complain(unused);
    return checkHere(paths, options);
  }
  const { gate } = await import('./gate/gate');
  return gate(paths, options, (files, each) =>
    withSession(options, async (session) => {
      const { askAboutFiles } = await import('./checkFiles');
      await askAboutFiles(files, options, session, each);
    }),
  );
}
