/**
 * How deep the lists and objects of a JSON text are in each other, without recursion: asked before a parser that calls
 * itself for each level, or that makes something of every bracket. Comments and texts are passed over; what is no JSON
 * gets a number too, which its parser then refuses for its own reason.
 */

/** Deeper than anything that a recipe, a profile or a configuration needs. */
export const mostJsonLevels = 100;

export function isTooDeep(text: string, most = mostJsonLevels): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = endOfText(text, at);
        break;
      case 0x2f: // a comment, where another slash or * follows
        if (text[at + 1] === '/') at = endOf(text, '\n', at + 2);
        else if (text[at + 1] === '*') at = endOf(text, '*/', at + 2) + 1;
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > most) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (depth > 0) depth--;
        break;
    }
  }
  return false;
}

/** Of the quote that ends it, or the end of the line: jsonc-parser goes on there. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22 || code === 0x0a || code === 0x0d) return at;
  }
  return text.length;
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at;
}
