// Finds the answer in a response. Strict: an answer that is not finished is no answer. A lenient reader rewards a model for stopping early
// and has been seen to inflate an accuracy from 0.27 to 0.45.

/**
 * The inside of the last \boxed{...}, braces matched; undefined when there is none, or when the last one is never closed. Of a box in a
 * box it is the inner one.
 * @example lastBoxed("first \\boxed{1}, then \\boxed{\\frac{1}{2}}.") // "\\frac{1}{2}"
 */
export function lastBoxed(response: string): string | undefined {
  const start = [...response.matchAll(/\\boxed\s*\{/gu)].at(-1);
  return start ? bracedAt(response, start.index + start[0].length - 1) : undefined;
}

/** The text between the brace at `open` and its partner; escaped braces do not count. */
function bracedAt(text: string, open: number): string | undefined {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    const c = text[i];
    if (c === "\\") i += 1;
    else if (c === "{") depth += 1;
    else if (c === "}") {
      depth -= 1;
      if (depth === 0) return text.slice(open + 1, i);
    }
  }
  return undefined;
}

/**
 * GSM8K's form: what follows the last "####" on its line.
 * @example afterHashes("2 + 2 = 4\n#### 1,004") // "1,004"
 */
export function afterHashes(response: string): string | undefined {
  const start = response.lastIndexOf("####");
  if (start < 0) return undefined;
  const line = (response.slice(start + 4).split("\n")[0] as string).trim();
  return line === "" ? undefined : line;
}
