// A chart as PNG without a browser: our own SVG through resvg, with a font of our own, so that it looks the same on a machine without
// fonts. What nbconvert to PDF, GitHub and a paper show.
import { createRequire } from "node:module";
import type { ChartSpec } from "./spec.ts";
import { WIDTH, svgChart } from "./svg.ts";

const load = createRequire(import.meta.url);
const FONT = "DejaVu Sans";
/** What an HTML page takes and XML refuses: names come from data. */
const NOT_XML = /[\ufffe\uffff]|(?![\n\t\r])\p{Cc}/gu;
/** Pixels per unit of the SVG: readable in print, about 40 kB. */
const SCALE = 1.5;

/** @returns a PNG file of 1.5 × the SVG's size, dark on white */
export function pngChart(spec: ChartSpec): Uint8Array {
  const { Resvg } = load("@resvg/resvg-js") as typeof import("@resvg/resvg-js");
  const fontFiles = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((file) =>
    load.resolve(`dejavu-fonts-ttf/ttf/${file}`),
  );
  const svg = svgChart(spec).toString().toWellFormed().replace(NOT_XML, "\ufffd");
  const font = { loadSystemFonts: false, fontFiles, defaultFontFamily: FONT };
  return new Resvg(svg, { font, background: "#ffffff", fitTo: { mode: "width", value: WIDTH * SCALE } })
    .render()
    .asPng();
}
