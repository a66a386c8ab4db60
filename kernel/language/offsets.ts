// Jupyter counts the cursor in code points, JavaScript strings in UTF-16 units.

/** @example toUtf16("😀.", 2) // 3 */
export function toUtf16(text: string, codePoints: number): number {
  let units = 0;
  for (let n = 0; n < codePoints && units < text.length; n++) units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  return units;
}

/** @example toCodePoints("😀.", 3) // 2 */
export function toCodePoints(text: string, units: number): number {
  let points = 0;
  for (let at = 0; at < units; at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1) points++;
  return points;
}
