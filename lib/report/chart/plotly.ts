// A chart as a Plotly figure: plain JSON arrays (front ends with older Plotly cannot read binary ones), no attribute newer than
// Plotly 2, transparent background and text that is readable on light and dark, because the front end's theme is not known here.
import type { PlotlyJson } from "../../core/plotly-page.ts";
import { extent } from "./extent.ts";
import { NEUTRAL_GRID, NEUTRAL_TEXT } from "./palette.ts";
import { plotlyAxis } from "./plotly/axis.ts";
import { distributionTraces } from "./plotly/boxes.ts";
import { heatTrace } from "./plotly/heat.ts";
import { barTrace, lineTraces } from "./plotly/series.ts";
import { quiet } from "./plotly/text.ts";
import { scaleOf } from "./scale.ts";
import { type ChartSpec, hasKey, type Reference } from "./spec.ts";
import { svgHeight } from "./svg.ts";
import { referenceName } from "./words.ts";

interface PlotlyFigure extends PlotlyJson {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly layout: Readonly<Record<string, unknown>>;
}

const CLEAR = "rgba(0,0,0,0)";
/** What people use; Plotly's own ten buttons hide the title on a narrow page. */
const BUTTONS = ["toImage", "zoom2d", "pan2d", "resetScale2d"];
const CONFIG = { responsive: true, displaylogo: false, modeBarButtons: [BUTTONS] } as const;

/** Right across the plot: a shape, because a trace would end with the data. */
function referenceShape({ x, y }: Reference, line: object): Record<string, unknown> {
  return y === undefined
    ? { type: "line", yref: "paper", y0: 0, y1: 1, x0: x, x1: x, line }
    : { type: "line", xref: "paper", x0: 0, x1: 1, y0: y, y1: y, line };
}

/** @returns JSON-safe data and layout; `title` is `{ text }` as every Plotly since 2 reads it */
export function plotlyFigure(spec: ChartSpec): PlotlyFigure {
  const { xs, ys } = extent(spec);
  const y = scaleOf(spec.y, ys, 0.05);
  const x = scaleOf(spec.x, xs, 0.02);
  const references = spec.references ?? [];
  const line = { color: NEUTRAL_TEXT, width: 1.3, dash: "dot" };
  // Hovering speaks of one point where points of one x do not belong together.
  const isSingle = spec.x.scale === "category" || spec.series.some((s) => s.whiskers);
  return {
    data: [
      ...(spec.heat ? [heatTrace(spec, spec.heat)] : []),
      ...(spec.distributions ?? []).flatMap((d) => distributionTraces(spec, d)),
      ...spec.series.flatMap((s, i) => (s.mark === "bar" ? [barTrace(spec, s, i)] : lineTraces(spec, s, i))),
      // The empty trace of a reference line is its entry in the legend.
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
      paper_bgcolor: CLEAR,
      plot_bgcolor: CLEAR,
      height: spec.heat ? svgHeight(spec) + 40 : 400,
      margin: { l: 60, r: 20, t: 70, b: 50 },
      showlegend: hasKey(spec),
      legend: { orientation: "h", x: 0, y: 1.02, xanchor: "left", yanchor: "bottom" },
      hovermode: isSingle ? "closest" : "x unified",
      // Bare, in the colour of quiet text: the default is a grey slab over the title.
      modebar: { bgcolor: CLEAR, color: NEUTRAL_GRID, activecolor: NEUTRAL_TEXT },
      barmode: "group",
      xaxis: {
        ...plotlyAxis(spec.x, x),
        showgrid: false,
        hoverformat: ".6~g",
        ...(isSingle ? {} : { spikecolor: NEUTRAL_TEXT, spikethickness: 1, spikedash: "dot" }),
      },
      yaxis: plotlyAxis(spec.y, y, spec.heat !== undefined),
      shapes: references.map((r) => referenceShape(r, line)),
    },
    config: CONFIG,
  };
}
