// An axis as Plotly's layout has it. A category axis is a linear one with named ticks: equal names stay apart, and single values can
// stand beside the middle of their category.
import { NEUTRAL_GRID, NEUTRAL_TEXT } from "../palette.ts";
import type { Scale } from "../scale.ts";
import type { Axis } from "../spec.ts";
import { quiet } from "./text.ts";

/** Below it Plotly's prefixes would begin. */
const SMALL = 1e-3;

/** @param down the first category stands at the top */
export function plotlyAxis(a: Axis, scale: Scale, down = false): Record<string, unknown> {
  const common = {
    title: { text: quiet(a.label), font: { size: 13 } },
    gridcolor: NEUTRAL_GRID,
    zeroline: false,
    linecolor: NEUTRAL_TEXT,
    automargin: true,
  };
  const named = { tickvals: scale.ticks.map((t) => t.value), ticktext: scale.ticks.map((t) => quiet(t.text)) };
  if (a.scale === "category")
    return {
      ...common,
      type: "linear",
      showgrid: false,
      range: down ? scale.range.toReversed() : [...scale.range],
      ...named,
    };
  const largest = Math.max(...scale.range.map(Math.abs));
  const range = a.scale === "log" ? scale.range.map((v) => Math.log10(v)) : [...scale.range];
  return {
    ...common,
    type: a.scale === "log" ? "log" : "linear",
    range,
    ...(a.scale === "log" || a.ticks ? named : {}),
    // Plotly would count 1, 1.2, 1.4 steps.
    ...(a.whole && scale.range[1] - scale.range[0] < 8 ? { dtick: 1 } : {}),
    // Up to two decimals where they differ: a span of a percent point has ticks, too.
    ...(a.percent && !a.ticks ? { tickformat: ".2~%" } : {}),
    // Plotly would write 30μ for 3 × 10⁻⁵.
    ...(largest < SMALL ? { exponentformat: "power" } : {}),
  };
}
