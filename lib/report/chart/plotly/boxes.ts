// Boxes and violins as Plotly traces made from what we computed ourselves: Plotly's own would want every value, and would draw other
// quartiles than our SVG.
import { type Distribution, jitter } from "../distribution.ts";
import { NEUTRAL_TEXT, colourOf, withAlpha } from "../palette.ts";
import type { ChartSpec } from "../spec.ts";
import { plain, quiet } from "./text.ts";

const HALF = 0.27;

export function distributionTraces(spec: ChartSpec, d: Distribution): Record<string, unknown>[] {
  if (d.count === 0) return [];
  const colour = colourOf(d.at);
  const name = quiet(d.name);
  const common = { name, showlegend: false };
  const half = d.mark === "violin" ? HALF * 1.3 : HALF;
  const format = spec.y.percent ? ".1%" : ".4~g";
  const [q1, median, q3] = d.quartiles;
  const { value, low, high } = d.mean;
  const violin = [
    ...d.density.map((p) => [d.at + half * p.width, p.y] as const),
    ...d.density.toReversed().map((p) => [d.at - half * p.width, p.y] as const),
  ];
  return [
    ...(d.mark === "violin"
      ? [
          {
            ...common,
            type: "scatter",
            mode: "lines",
            x: violin.map(([x]) => x),
            y: violin.map(([, y]) => y),
            fill: "toself",
            fillcolor: withAlpha(colour, 0.2),
            line: { color: colour, width: 1.5 },
            hoverinfo: "skip",
          },
        ]
      : []),
    {
      ...common,
      type: "box",
      x: [d.at],
      q1: [q1],
      median: [median],
      q3: [q3],
      lowerfence: [d.whiskers[0]],
      upperfence: [d.whiskers[1]],
      width: d.mark === "violin" ? 0.06 : 2 * HALF,
      line: { color: colour, width: 1.5 },
      fillcolor: withAlpha(colour, 0.25),
    },
    {
      ...common,
      type: "scatter",
      mode: "markers",
      x: d.points.map((_, i) => d.at + jitter(i) * half * (d.count > 80 ? 0 : 0.7)),
      y: [...d.points],
      marker: { color: withAlpha(colour, 0.55), size: 4 },
      hovertemplate: `%{y:${format}}<extra>${name}</extra>`,
    },
    {
      ...common,
      type: "scatter",
      mode: "markers",
      x: [d.at],
      y: plain([value]),
      error_y: {
        type: "data",
        symmetric: false,
        array: plain([high - value]),
        arrayminus: plain([value - low]),
        color: NEUTRAL_TEXT,
        thickness: 1.4,
        width: 4,
      },
      marker: { color: NEUTRAL_TEXT, size: 9, symbol: "diamond" },
      customdata: [plain([low, high])],
      hovertemplate: `mean %{y:${format}} [%{customdata[0]:${format}}, %{customdata[1]:${format}}], n = ${d.count}<extra>${name}</extra>`,
    },
  ];
}
