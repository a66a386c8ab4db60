// SVG to PNG without a browser: resvg with a font of our own, so that a picture looks the same on a machine without fonts. Runs no
// scripts and fetches nothing.
import { createRequire } from "node:module";

const load = createRequire(import.meta.url);
const FONT = "DejaVu Sans";
/** What an HTML page takes and XML refuses: names in a chart come from data. */
const NOT_XML = /[\ufffe\uffff]|(?![\n\t\r])\p{Cc}/gu;

/** @returns the markup with every character replaced that would make it no XML */
export function toXml(svg: string): string {
  return svg.toWellFormed().replace(NOT_XML, "\ufffd");
}

/**
 * @param svg a whole document
 * @param width of the picture in pixels; its height follows
 * @returns a PNG file, on white
 * @throws resvg's error for what is no SVG
 */
export function svgToPng(svg: string, width: number): Uint8Array {
  const { Resvg } = load("@resvg/resvg-js") as typeof import("@resvg/resvg-js");
  const fontFiles = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((file) =>
    load.resolve(`dejavu-fonts-ttf/ttf/${file}`),
  );
  const font = { loadSystemFonts: false, fontFiles, defaultFontFamily: FONT };
  return new Resvg(toXml(svg), { font, background: "#ffffff", fitTo: { mode: "width", value: width } })
    .render()
    .asPng();
}
