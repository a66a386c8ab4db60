// How deep a text is nested, before a parser that recurses in native code is given it: oxc's ends its process at some 15,000 levels, the
// kernel's own among them. Strings and comments are passed over, as far as that can be seen without parsing: after a regular expression
// with a quote in it, say, the rest may count as text.

/** Written by hand 20 is much, generated data reaches some hundreds; 8 MB of stack end at 15,000, and Windows has 1 MB. */
export const MAX_DEPTH = 1_000;
/** What opens a level without a bracket, in one line: `!!!!x`, `a ? b : c ? …`, `x => y => …`. */
const MAX_CHAIN = 8 * MAX_DEPTH;
/** Brackets; what may open a level without one; what ends such a row; strings and comments as a whole. */
const PART =
  /(?<open>[([{])|(?<close>[)\]}])|(?<chain>[!~+\-?=:<*])|[\n;,]|"(?:[^"\\\n]|\\[^])*"?|'(?:[^'\\\n]|\\[^])*'?|`(?:[^`\\$]|\\[^]|\$(?!\{))*`|\/\/.*|\/\*[^]*?(?:\*\/|$)/g;

/**
 * @returns where the first level beyond MAX_DEPTH begins, in UTF-16 units; undefined for a text that is shallow
 * @example tooDeepAt("f([1, 2])") // undefined
 */
export function tooDeepAt(text: string): number | undefined {
  // Nearly every text: a look at its parts takes a second for 10 MB.
  if (!mayBeDeep(text)) return undefined;
  let depth = 0;
  let chain = 0;
  for (const { 0: part, index, groups } of text.matchAll(PART)) {
    if (groups?.["open"]) depth++;
    else if (groups?.["close"]) depth = Math.max(0, depth - 1);
    else if (groups?.["chain"]) chain++;
    else if (part === "\n" || part === ";" || part === ",") chain = 0;
    if (depth > MAX_DEPTH || chain > MAX_CHAIN) return index;
  }
  return undefined;
}

function mayBeDeep(text: string): boolean {
  let openers = 0;
  for (let i = 0; i < text.length && openers <= MAX_DEPTH; i++) {
    const code = text.charCodeAt(i);
    // ! ( * + - : < = ? [ { ~
    if (code < 64 ? code === 33 || code === 40 || (code > 41 && code < 46) || code > 57 : code === 91 || code > 122)
      openers++;
  }
  return openers > MAX_DEPTH;
}
