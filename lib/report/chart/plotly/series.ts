// Lines, points and bars as Plotly traces: a band or whiskers wherever there is an interval.
import { DASHES, NEUTRAL_TEXT, colourOf, withAlpha } from "../palette.ts";
import type { ChartSpec, Series } from "../spec.ts";
import { plain, quiet } from "./text.ts";

const SYMBOLS = ["circle", "square", "triangle-up", "diamond"];
const dashOf = (index: number): string =>
  (DASHES[index % DASHES.length] ?? "").replaceAll(/(\d+)/g, "$1px").replaceAll(" ", ",") || "solid";

/** What hovering says, with the interval when there is one; Plotly escapes nothing, so names pass through `quiet`. */
function hover(spec: ChartSpec, s: Series): Record<string, unknown> {
  const format = spec.y.percent ? ".1%" : ".4~g";
  const interval = s.low && s.high ? ` [%{customdata[0]:${format}}, %{customdata[1]:${format}}]` : "";
  const { categories } = spec.x;
  return {
    hovertemplate: `${categories ? "%{text}: " : ""}%{y:${format}}${interval}<extra>${quiet(s.name)}</extra>`,
    ...(categories ? { text: s.x.map((x) => quiet(categories[x] ?? "")) } : {}),
    ...(s.low && s.high ? { customdata: plain(s.low).map((low, i) => [low, plain(s.high ?? [])[i] ?? null]) } : {}),
  };
}

export function lineTraces(spec: ChartSpec, s: Series, at: number): Record<string, unknown>[] {
  const index = s.colour ?? at;
  const colour = colourOf(index);
  const x = plain(s.x);
  const name = quiet(s.name);
  const common = { type: "scatter", x, legendgroup: name, name };
  if (s.faint)
    return [
      {
        ...common,
        y: plain(s.y),
        mode: "lines",
        line: { color: withAlpha(colour, 0.35), width: 1 },
        showlegend: false,
        hoverinfo: "skip",
      },
    ];
  const edge = { ...common, mode: "lines", line: { width: 0, color: colour }, showlegend: false, hoverinfo: "skip" };
  const bands =
    s.mark === "line" && !s.whiskers && s.low && s.high
      ? [
          { ...edge, y: plain(s.low) },
          { ...edge, y: plain(s.high), fill: "tonexty", fillcolor: withAlpha(colour, 0.17) },
        ]
      : [];
  const error = s.mark === "points" || s.whiskers ? errorBars(s, colour) : {};
  const marked = s.mark === "points" || s.x.length <= 24;
  const main = {
    ...common,
    ...hover(spec, s),
    ...error,
    y: plain(s.y),
    mode: s.mark === "points" ? "markers" : marked ? "lines+markers" : "lines",
    line: { color: colour, width: 2, dash: dashOf(index) },
    marker: { color: colour, size: 8, symbol: SYMBOLS[index % SYMBOLS.length] },
    // A mark at 0 % lies over the axis instead of being cut in half by it.
    ...(marked && { cliponaxis: false }),
    showlegend: s.name !== "",
  };
  return [...bands, main];
}

function errorBars(s: Series, colour: string): Record<string, unknown> {
  const { low, high } = s;
  if (!low || !high) return {};
  const array = plain(high.map((h, i) => h - (s.y[i] ?? Number.NaN)));
  const arrayminus = plain(low.map((l, i) => (s.y[i] ?? Number.NaN) - l));
  return { error_y: { type: "data", symmetric: false, array, arrayminus, color: colour, thickness: 1.4, width: 4 } };
}

export function barTrace(spec: ChartSpec, s: Series, at: number): Record<string, unknown> {
  const colour = withAlpha(colourOf(s.colour ?? at), 0.82);
  return {
    type: "bar",
    textposition: "none",
    name: quiet(s.name),
    x: plain(s.x),
    y: plain(s.y),
    marker: { color: colour },
    ...errorBars(s, NEUTRAL_TEXT),
    ...hover(spec, s),
  };
}
