// The figures of an executed notebook as files for a paper: SVG as the chart has it, PNG made from that (or, of a figure that is no SVG,
// as the notebook has it). A figure of a library that left neither in the notebook cannot be drawn here without a browser and is counted.
import { PLOTLY_MIME } from "../../../../lib/core/plotly-page.ts";
import { svgToPng, toXml } from "../../../../lib/core/raster.ts";
import type { MimeBundle } from "../../../../lib/core/host.ts";
import type { Notebook } from "../notebook.ts";
import { outputFiles, type OutputFile } from "./names.ts";

/** Pixels: 300 dpi on a column 16 cm wide. */
const PNG_WIDTH = 1_900;

export interface Figures {
  readonly files: readonly OutputFile[];
  readonly count: number;
  /** Figures without a picture in the notebook. */
  readonly missing: number;
}

export function figuresOf(notebook: Notebook): Figures {
  let missing = 0;
  let count = 0;
  const files = outputFiles(notebook, (bundle) => {
    const svg = svgOf(bundle);
    const png = bundle["image/png"];
    if (svg !== undefined) {
      count++;
      const title = /<svg\b[^>]*\baria-label="([^"]*)"/.exec(svg)?.[1] ?? "figure";
      const whole = toXml(
        svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"'),
      );
      return { title, contents: { svg: `${whole}\n`, png: svgToPng(whole, PNG_WIDTH) } };
    }
    if (typeof png === "string") {
      count++;
      return { title: titleOf(bundle) ?? "figure", contents: { png: Buffer.from(png, "base64") } };
    }
    if (PLOTLY_MIME in bundle) missing++;
    return undefined;
  });
  return { files, count, missing };
}

/** What a Plotly figure calls itself. */
function titleOf(bundle: MimeBundle): string | undefined {
  const figure = bundle[PLOTLY_MIME] as { layout?: { title?: { text?: unknown } | string } } | undefined;
  const title = figure?.layout?.title;
  const text = typeof title === "object" ? title.text : title;
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** An SVG output, or the still picture that our charts' HTML begins with. */
function svgOf(bundle: MimeBundle): string | undefined {
  const { "image/svg+xml": svg, "text/html": html } = bundle;
  if (typeof svg === "string") return svg.slice(Math.max(0, svg.indexOf("<svg")));
  if (typeof html !== "string") return undefined;
  return /<div class="bl-chart"[^>]*>\s*(<svg\b.*?<\/svg>)/s.exec(html)?.[1];
}
