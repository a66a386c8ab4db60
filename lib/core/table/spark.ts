// A course of numbers in one line of text: what a table's cell, a progress line and a chart in words show.

export const BLOCKS = "▁▂▃▄▅▆▇█";
const SPARK_WIDTH = 24;

/**
 * @param range lowest and highest value of the scale; left out: the values' own
 * @example sparkline([0, 1, 2, 3]) // "▁▃▆█"
 */
export function sparkline(values: readonly number[], range?: readonly [number, number]): string {
  const width = Math.min(SPARK_WIDTH, values.length);
  const means = Array.from({ length: width }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / width), Math.floor(((i + 1) * values.length) / width));
    const finite = part.filter(Number.isFinite);
    return finite.reduce((sum, v) => sum + v, 0) / finite.length;
  });
  const finite = means.filter(Number.isFinite);
  const [low, high] = range ?? [Math.min(...finite), Math.max(...finite)];
  const level = (v: number): number => (high > low ? Math.round(((v - low) / (high - low)) * 7) : 0);
  return means.map((v) => (Number.isFinite(v) ? BLOCKS[Math.min(7, Math.max(0, level(v)))] : " ")).join("");
}
