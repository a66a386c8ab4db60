// The values that decide an axis' range when the chart does not give it: points, interval ends, reference lines, distributions, and zero
// below bars.
import type { ChartSpec } from "./spec.ts";

export function extent(spec: ChartSpec): { readonly xs: number[]; readonly ys: number[] } {
  const xs: number[] = [];
  const ys: number[] = [];
  const add = (to: number[], values: readonly number[] | undefined): void => {
    for (const value of values ?? []) to.push(value);
  };
  for (const s of spec.series) {
    add(xs, s.x);
    for (const values of [s.y, s.low, s.high, s.mark === "bar" ? [0] : undefined]) add(ys, values);
  }
  for (const { x, y } of spec.references ?? []) {
    if (x !== undefined) xs.push(x);
    if (y !== undefined) ys.push(y);
  }
  for (const d of spec.distributions ?? []) {
    for (const values of [d.whiskers, d.quartiles, d.points, [d.mean.low, d.mean.high], d.density.map((p) => p.y)])
      add(ys, values);
  }
  return { xs, ys };
}
