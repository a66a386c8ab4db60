// Lines as V8 and TypeScript count them in what they say of a place.
const LINE_END = /\r\n|[\n\r\u2028\u2029]/;

/** @example linesOf("a\u2028b\r\n") // ["a", "b", ""] */
export function linesOf(text: string): string[] {
  return text.split(LINE_END);
}
