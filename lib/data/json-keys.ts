// Finds a key that stands twice in one object of a JSON text. JSON.parse keeps the last one and says nothing, and two readers of one file
// that keep different ones see different files.

/**
 * @param text valid JSON
 * @returns the first repeated key, or undefined
 * @example duplicateKey('{"a": 1, "a": 2}') // "a"
 */
export function duplicateKey(text: string): string | undefined {
  // One set of keys per open object; undefined stands for an open array.
  const open: (Set<string> | undefined)[] = [];
  let literal: string | undefined;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/gsu)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token !== ":") literal = token;
    else {
      const key = JSON.parse(literal as string) as string;
      const keys = open.at(-1) as Set<string>;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
