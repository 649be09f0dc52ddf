/** A text of which many others have most in common: those pieces are kept, and encoded once where they are written. */
export interface TextInPieces {
  /** The same list for all that have these in common. */
  pieces: readonly string[];
  /** What stands between them: one less. */
  values: readonly (string | number)[];
}

export function inOne({ pieces, values }: TextInPieces): string {
  let text = pieces[0] ?? '';
  for (let at = 1; at < pieces.length; at++) text += `${values[at - 1]}${pieces[at]}`;
  return text;
}
