// A chart as PNG without a browser, from our own SVG. What nbconvert to PDF, GitHub and a paper show.
import { svgToPng } from "../../core/raster.ts";
import type { ChartSpec } from "./spec.ts";
import { svgChart } from "./svg.ts";
import { WIDTH } from "./svg/frame.ts";

/** Pixels per unit of the SVG: readable in print, about 40 kB. */
const SCALE = 1.5;

/** @returns a PNG file of 1.5 × the SVG's size, dark on white */
export function pngChart(spec: ChartSpec): Uint8Array {
  return svgToPng(svgChart(spec).toString(), WIDTH * SCALE);
}
