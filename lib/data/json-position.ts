// Where a text stops being JSON. V8's own message gives no position for short texts, and its wording is no interface.
// It is asked only after JSON.parse has refused; an explicit stack, because such a text may be a million open brackets.

const SPACE = /[ \t\n\r]*/uy;
const LITERAL = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/uy;

/** @returns where a string that begins at `start` ends or stops being one, and whether it is whole; a loop, because it may have 16 MB */
function stringEnd(text: string, start: number): { readonly at: number; readonly whole: boolean } {
  let at = start + 1;
  while (at < text.length) {
    const character = text[at] as string;
    if (character === '"') return { at: at + 1, whole: true };
    if (character < " ") break;
    if (character === "\\") {
      ESCAPE.lastIndex = at;
      if (!ESCAPE.test(text)) break;
      at = ESCAPE.lastIndex;
    } else at += 1;
  }
  return { at, whole: false };
}

/**
 * @returns the index of the first character that cannot belong to a JSON text; the length when it ends too early
 * @example jsonErrorAt('{"a": x}') // 6
 */
export function jsonErrorAt(text: string): number {
  /** What closes the open brackets. */
  const open: ("}" | "]")[] = [];
  let at = 0;
  const skip = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const matched = pattern.test(text);
    if (matched) at = pattern.lastIndex;
    return matched;
  };
  const string = () => {
    if (text[at] !== '"') return false;
    const end = stringEnd(text, at);
    at = end.at;
    return end.whole;
  };
  const eat = (character: string) => {
    skip(SPACE);
    if (text[at] !== character) return false;
    at += 1;
    return true;
  };
  const key = () => {
    skip(SPACE);
    return string() && eat(":");
  };
  for (;;) {
    // A value begins here.
    if (eat("{")) {
      if (!eat("}")) {
        if (!key()) return at;
        open.push("}");
        continue;
      }
    } else if (eat("[")) {
      if (!eat("]")) {
        open.push("]");
        continue;
      }
    } else if (!string() && !skip(LITERAL)) return at;
    // A value has ended: close what it ends, or go on to the next one.
    for (;;) {
      const closing = open.at(-1);
      if (closing === undefined) {
        skip(SPACE);
        return at;
      }
      if (eat(",")) {
        if (closing === "}" && !key()) return at;
        break;
      }
      if (!eat(closing)) return at;
      open.pop();
    }
  }
}
