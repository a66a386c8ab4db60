// A chart as HTML: its SVG, and where there is Plotly the interactive figure in its place.
import type { Html } from "../../core/html.ts";
import { toXml } from "../../core/raster.ts";
import { livePlot, stillPlot } from "../../core/plotly-page.ts";
import { plotlyFigure } from "./plotly.ts";
import { pngChart } from "./png.ts";
import type { ChartSpec } from "./spec.ts";
import { svgChart } from "./svg.ts";

/** @returns the chart that stands still: for live updates and previews */
export const stillChart = (spec: ChartSpec): Html => stillPlot(svgChart(spec), spec.note);

/** @returns the chart that becomes interactive where it can */
export const liveableChart = (spec: ChartSpec): Html =>
  livePlot(plotlyFigure(spec), svgChart(spec), spec.note, { alt: spec.title, src: pictureOf(spec) });

/** Characters: a PNG has 40,000 to 150,000, and the SVG of a large heat map a million. */
const MAX_SVG = 100_000;

function pictureOf(spec: ChartSpec): string {
  const svg = toXml(svgChart(spec, "#ffffff").toString());
  return svg.length > MAX_SVG ? dataUrl("image/png", pngChart(spec)) : dataUrl("image/svg+xml", Buffer.from(svg));
}

const dataUrl = (mime: string, content: Uint8Array): string =>
  `data:${mime};base64,${Buffer.from(content).toString("base64")}`;
