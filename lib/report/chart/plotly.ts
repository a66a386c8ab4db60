// A chart as a Plotly figure: plain JSON arrays (front ends with older Plotly cannot read binary ones), no attribute newer than
// Plotly 2, transparent background and text that is readable on light and dark, because the front end's theme is not known here.
import { DASHES, NEUTRAL_GRID, NEUTRAL_TEXT, colourOf, withAlpha } from "./palette.ts";
import { type Scale, scaleOf } from "./scale.ts";
import type { Axis, ChartSpec, Series } from "./spec.ts";
import { referenceName } from "./words.ts";

export interface PlotlyFigure {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly layout: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
}

const SYMBOLS = ["circle", "square", "triangle-up", "diamond"];
const dashOf = (index: number): string =>
  (DASHES[index % DASHES.length] ?? "").replaceAll(/(\d+)/g, "$1px").replaceAll(" ", ",") || "solid";

/** JSON has no NaN: a missing value is null, which Plotly draws as a gap. */
const plain = (values: readonly number[]): (number | null)[] => values.map((v) => (Number.isFinite(v) ? v : null));

/** Places on the axis: names on a category axis. */
const places = (axis: Axis, xs: readonly number[]): unknown[] =>
  axis.categories ? xs.map((x) => axis.categories?.[x] ?? "") : plain(xs);

/** What hovering says, with the interval when there is one; Plotly escapes nothing, so names pass through `quiet`. */
function hover(spec: ChartSpec, s: Series): Record<string, unknown> {
  const format = spec.y.percent ? ".1%" : ".4~g";
  const interval = s.low && s.high ? ` [%{customdata[0]:${format}}, %{customdata[1]:${format}}]` : "";
  return {
    hovertemplate: `%{y:${format}}${interval}<extra>${quiet(s.name)}</extra>`,
    ...(s.low && s.high ? { customdata: plain(s.low).map((low, i) => [low, plain(s.high ?? [])[i] ?? null]) } : {}),
  };
}

/** Plotly reads a few tags (`<b>`, `<a href>`) and `%{…}` in texts: neither may come from data. */
function quiet(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("%{", "% {");
}

function lineTraces(spec: ChartSpec, s: Series, at: number): Record<string, unknown>[] {
  const index = s.colour ?? at;
  const colour = colourOf(index);
  const x = places(spec.x, s.x);
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
    s.mark === "line" && s.low && s.high
      ? [
          { ...edge, y: plain(s.low) },
          { ...edge, y: plain(s.high), fill: "tonexty", fillcolor: withAlpha(colour, 0.17) },
        ]
      : [];
  const error = s.mark === "points" ? errorBars(s, colour) : {};
  const marked = s.mark === "points" || s.x.length <= 24;
  const main = {
    ...common,
    ...hover(spec, s),
    ...error,
    y: plain(s.y),
    mode: s.mark === "points" ? "markers" : marked ? "lines+markers" : "lines",
    line: { color: colour, width: 2, dash: dashOf(index) },
    marker: { color: colour, size: 8, symbol: SYMBOLS[index % SYMBOLS.length] },
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

function barTrace(spec: ChartSpec, s: Series, at: number): Record<string, unknown> {
  const colour = withAlpha(colourOf(s.colour ?? at), 0.82);
  return {
    type: "bar",
    name: quiet(s.name),
    x: places(spec.x, s.x),
    y: plain(s.y),
    marker: { color: colour },
    ...errorBars(s, NEUTRAL_TEXT),
    ...hover(spec, s),
  };
}

function axis(a: Axis, scale: Scale): Record<string, unknown> {
  const common = {
    title: { text: quiet(a.label), font: { size: 13 } },
    gridcolor: NEUTRAL_GRID,
    zeroline: false,
    linecolor: NEUTRAL_TEXT,
    automargin: true,
  };
  if (a.scale === "category") return { ...common, type: "category", showgrid: false };
  const range = a.scale === "log" ? scale.range.map((v) => Math.log10(v)) : [...scale.range];
  const ticks =
    a.scale === "log" || a.ticks
      ? { tickvals: scale.ticks.map((t) => t.value), ticktext: scale.ticks.map((t) => t.text) }
      : {};
  return {
    ...common,
    type: a.scale === "log" ? "log" : "linear",
    range,
    ...ticks,
    // Plotly would count 1, 1.2, 1.4 steps.
    ...(a.whole && scale.range[1] - scale.range[0] < 8 ? { dtick: 1 } : {}),
    ...(a.percent && !a.ticks ? { tickformat: ".0~%" } : {}),
  };
}

/** @returns JSON-safe data and layout; `title` is `{ text }` as every Plotly since 2 reads it */
export function plotlyFigure(spec: ChartSpec): PlotlyFigure {
  const ys = spec.series.flatMap((s) => [
    ...s.y,
    ...(s.low ?? []),
    ...(s.high ?? []),
    ...(s.mark === "bar" ? [0] : []),
  ]);
  const y = scaleOf(spec.y, [...ys, ...(spec.references ?? []).map((r) => r.y)], 0.05);
  const x = scaleOf(
    spec.x,
    spec.series.flatMap((s) => [...s.x]),
    0.02,
  );
  const references = spec.references ?? [];
  const line = { color: NEUTRAL_TEXT, width: 1.3, dash: "dot" };
  return {
    data: [
      ...spec.series.flatMap((s, i) => (s.mark === "bar" ? [barTrace(spec, s, i)] : lineTraces(spec, s, i))),
      // The line itself is a shape, right across the plot; this empty trace is its legend entry.
      ...references.map((r) => ({
        type: "scatter",
        mode: "lines",
        x: [null],
        y: [null],
        line,
        name: quiet(referenceName(spec, r)),
      })),
    ],
    layout: {
      title: { text: `<b>${quiet(spec.title)}</b>`, x: 0.01, xanchor: "left", font: { size: 16 } },
      font: { color: NEUTRAL_TEXT, size: 13, family: "system-ui, sans-serif" },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      height: 400,
      margin: { l: 60, r: 20, t: 70, b: 50 },
      // One series needs no key: the title names it.
      showlegend: spec.series.filter((s) => !s.faint && s.name !== "").length + references.length > 1,
      legend: { orientation: "h", x: 0, y: 1.02, xanchor: "left", yanchor: "bottom" },
      hovermode: spec.x.scale === "category" ? "closest" : "x unified",
      barmode: "group",
      xaxis: { ...axis(spec.x, x), showgrid: false },
      yaxis: axis(spec.y, y),
      shapes: references.map((r) => ({ type: "line", xref: "paper", x0: 0, x1: 1, y0: r.y, y1: r.y, line })),
    },
    config: { responsive: true, displaylogo: false },
  };
}
