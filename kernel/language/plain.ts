// Cells that a calculator would take: a number, numbers with operators between them, or a string. Nothing can be wrong with their types and
// they declare nothing, whatever other cells say, so they run without waiting for the type checker.

const NUMBER = String.raw`(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?`;
const PLAIN = new RegExp(String.raw`^(?:${NUMBER}(?:[ \t]*[-+*/][ \t]*${NUMBER})*|"[^"\\\r\n]*"|'[^'\\\r\n]*');?$`);

/**
 * @returns whether the cell is certain to have correct types and to declare nothing
 * @example isPlain("2 * 21") // true; `x` and `1 < "2"` are for the checker
 */
export function isPlain(code: string): boolean {
  return PLAIN.test(code);
}
