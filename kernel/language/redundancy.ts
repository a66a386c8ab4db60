// Signatures as a reader wants them: TypeScript writes of an optional parameter what its question mark says already.

const REDUNDANT = / \| undefined(?=[,)])/g;
/** A name, or a pattern, and the parenthesis that a union needs around other types. */
const OPTIONAL = /^\s*(?:\w+|[{[].*[}\]])\?: (\(?)/;

/** @example withoutRedundancy("f(a?: (A & B) | undefined, b: C | undefined): D") // "f(a?: A & B, b: C | undefined): D" */
export function withoutRedundancy(signature: string): string {
  let text = "";
  let done = 0;
  for (const { index } of signature.matchAll(REDUNDANT)) {
    const start = parameterStart(signature, index);
    const head = OPTIONAL.exec(signature.slice(start, index));
    if (start < done || head === null) continue;
    const isWrapped =
      head[1] === "(" &&
      signature[index - 1] === ")" &&
      parameterStart(signature, index - 1) === start + head[0].length;
    const [first, last] = isWrapped ? [start + head[0].length, index - 1] : [start, index];
    text += signature.slice(done, isWrapped ? first - 1 : start) + signature.slice(first, last);
    done = index + " | undefined".length;
  }
  return text + signature.slice(done);
}

/** @returns where the parameter begins whose type ends at a position */
function parameterStart(signature: string, end: number): number {
  let depth = 0;
  for (let at = end - 1; at >= 0; at--) {
    const letter = signature[at] ?? "";
    if (")]}".includes(letter) || (letter === ">" && signature[at - 1] !== "=")) depth++;
    else if (depth === 0 && "(,".includes(letter)) return at + 1;
    else if ("([{<".includes(letter)) depth--;
  }
  return 0;
}
