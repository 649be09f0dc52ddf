/**
 * JSON as tools really write it. What JSON.parse takes is taken as it is. What it refuses is walked once: control
 * characters that stand unescaped in texts, backslashes that escape nothing, trailing commas, and NaN or infinity written
 * as bare words are mended; anything else is an error that knows where it is, which JSON.parse does not always tell.
 *
 * The walk keeps its own stack, so depth costs memory and never the call stack.
 */

export class JsonError extends Error {
  constructor(
    /** Completes "At line 3, column 7 …": "there is no value after the comma". */
    readonly what: string,
    /** In characters, from 0. */
    readonly offset: number,
    /** From 1. */
    readonly line: number,
    readonly column: number,
  ) {
    super(`Line ${line}, column ${column}: ${what}`);
    this.name = 'JsonError';
  }
}

export function parseTolerantJson(text: string): { value: unknown; mended: boolean } {
  try {
    return { value: JSON.parse(text) as unknown, mended: false };
  } catch {
    return { value: JSON.parse(mendJson(text)) as unknown, mended: true };
  }
}

const maxDepth = 1000;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const bareWord = /[-+]?[A-Za-z_][A-Za-z0-9_.]*/y;
const nonFinite = /^[-+]?(?:nan|inf|infinity)$/i;

type Expected = 'value' | 'valueOrEnd' | 'keyOrEnd' | 'key' | 'colon' | 'commaOrEnd' | 'end';

/** Valid JSON of the same meaning; throws JsonError. */
function mendJson(text: string): string {
  const pieces: string[] = [];
  const stack: ('{' | '[')[] = [];
  let at = 0;
  /** Up to where the text has been taken over. */
  let taken = 0;
  /** What may come next. */
  let expect = 'value' as Expected;
  let lastComma = -1;

  const replace = (from: number, to: number, by: string): void => {
    pieces.push(text.slice(taken, from), by);
    taken = to;
  };
  const fail = (what: string, where = at): JsonError => {
    const before = text.slice(0, where);
    const line = before.split('\n').length;
    return new JsonError(what, where, line, where - before.lastIndexOf('\n'));
  };
  const afterValue = (): void => {
    expect = stack.length === 0 ? 'end' : 'commaOrEnd';
  };
  const close = (): void => {
    stack.pop();
    at += 1;
    afterValue();
  };
  const readText = (): void => {
    const start = at;
    at += 1;
    for (;;) {
      if (at >= text.length) throw fail('the text that begins here does not end', start);
      const code = text.charCodeAt(at);
      if (code === 0x22) break;
      if (code < 0x20) {
        replace(at, at + 1, `\\u${code.toString(16).padStart(4, '0')}`);
        at += 1;
      } else if (code === 0x5c) {
        if (/^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(text.slice(at, at + 6))) at += 2;
        else {
          replace(at, at + 1, '\\\\');
          at += 1;
        }
      } else at += 1;
    }
    at += 1;
  };
  const readScalar = (): void => {
    number.lastIndex = at;
    const digits = number.exec(text);
    bareWord.lastIndex = at;
    const word = bareWord.exec(text)?.[0];
    if (digits && (word === undefined || digits[0].length >= word.length)) {
      at += digits[0].length;
    } else if (word === 'true' || word === 'false' || word === 'null') {
      at += word.length;
    } else if (word !== undefined && nonFinite.test(word)) {
      replace(at, at + word.length, 'null');
      at += word.length;
    } else throw fail('there is no value here');
  };

  if (text.charCodeAt(0) === 0xfeff) {
    taken = 1;
    at = 1;
  }
  for (;;) {
    while (at < text.length && ' \t\n\r'.includes(text[at]!)) at += 1;
    const character = text[at];
    if (character === undefined) break;
    switch (expect) {
      case 'end':
        throw fail('something follows the end of the document');
      case 'colon':
        if (character !== ':') throw fail('there is no colon after the name');
        at += 1;
        expect = 'value';
        break;
      case 'commaOrEnd':
        if (character === ',') {
          lastComma = at;
          at += 1;
          expect = stack.at(-1) === '{' ? 'key' : 'value';
        } else if (character === (stack.at(-1) === '{' ? '}' : ']')) close();
        else throw fail('there is neither a comma nor the end of the list');
        break;
      case 'key':
      case 'keyOrEnd':
        if (character === '}') {
          if (expect === 'key') replace(lastComma, lastComma + 1, '');
          close();
        } else if (character === '"') {
          readText();
          expect = 'colon';
        } else throw fail('there is no name in quotes');
        break;
      case 'value':
      case 'valueOrEnd':
        if (character === '{' || character === '[') {
          if (stack.length >= maxDepth) throw fail(`more than ${maxDepth} lists are in each other`);
          stack.push(character);
          at += 1;
          expect = character === '{' ? 'keyOrEnd' : 'valueOrEnd';
        } else if (character === ']' && stack.at(-1) === '[') {
          if (expect === 'value') replace(lastComma, lastComma + 1, '');
          close();
        } else {
          if (character === '"') readText();
          else readScalar();
          afterValue();
        }
        break;
    }
  }
  if (expect !== 'end') throw fail('the document ends too early');
  pieces.push(text.slice(taken));
  return pieces.join('');
}
