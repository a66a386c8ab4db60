// A chart as HTML: its SVG, and where there is Plotly the interactive figure in its place.
import type { Html } from "../../core/html.ts";
import { livePlot, stillPlot } from "../../core/plotly-page.ts";
import { plotlyFigure } from "./plotly.ts";
import type { ChartSpec } from "./spec.ts";
import { svgChart } from "./svg.ts";

/** @returns the chart that stands still: for live updates and previews */
export const stillChart = (spec: ChartSpec): Html => stillPlot(svgChart(spec), spec.note);

/** @returns the chart that becomes interactive where it can */
export const liveableChart = (spec: ChartSpec): Html => livePlot(plotlyFigure(spec), svgChart(spec), spec.note);
