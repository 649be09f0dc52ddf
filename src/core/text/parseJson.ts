/** The one way to parse JSON text: strict, of a bounded depth, with or without a byte order mark. */
import { isTooDeep, mostJsonLevels } from './jsonDepth';

/** Throws SyntaxError. How much text there is, its reader has bounded (host/files/readSmallFile.ts). */
export function parseJson(
  text: string,
  revive?: (key: string, value: unknown) => unknown,
): unknown {
  if (isTooDeep(text)) {
    throw new SyntaxError(`more than ${mostJsonLevels} lists and objects in each other`);
  }
  return JSON.parse(text.replace(/^\ufeff/, ''), revive);
}

/** undefined: not JSON. */
export function tryParseJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
