/**
 * Text for places where VS Code looks for links and icons: it makes [x](command:…), [x](https:…) and [x](file:…) in
 * notifications, progress and the questions of input boxes clickable, and $(name) an icon in quick picks and in the
 * status bar. Names of files get there, so no part of such a text may be one.
 */

/** U+2060, the word joiner: takes no room, and what it stands between is no link any more. */
const joiner = '\u2060';
/** The pages that sentences of our own name: theirs stay whole, for whoever copies them. */
const ownPages =
  /^https:\/\/(?:www\.python\.org|www\.nvidia\.com|docs\.nvidia\.com)(?![\w.@:-]*[\w@:-])/;

const scheme =
  /(?:https?|command|file|vscode[a-z-]{0,40}|ftp|mailto|javascript|data):(?=[^\s\u2060])/gi;

/** Looks the same, and nothing of it can be clicked. */
export function inertText(text: string): string {
  return text
    .replace(/\]\(/g, `]${joiner}(`)
    .replace(/\$\(/g, `$${joiner}(`)
    .replace(scheme, (found, at: number, all: string) =>
      ownPages.test(all.slice(at, at + 100)) ? found : `${found}${joiner}`,
    );
}
