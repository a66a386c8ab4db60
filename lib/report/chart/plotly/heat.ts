// A heat map as a Plotly trace. Rows and columns are numbered, not named: Plotly would merge equal names (the token "the" twice).
import { heatRange, stopsOf } from "../colours.ts";
import { NEUTRAL_TEXT } from "../palette.ts";
import type { ChartSpec, Heat } from "../spec.ts";
import { heatTexts } from "../words.ts";
import { plain, quiet } from "./text.ts";

/** More written values than this are unreadable. */
const MAX_TEXTS = 400;

/** What stands in each cell, and what hovering says of it. */
function written(spec: ChartSpec, heat: Heat): Record<string, unknown> {
  const texts = heatTexts(heat);
  const [rows, columns] = [spec.y.categories ?? [], spec.x.categories ?? []];
  const name = (r: number, c: number): string => `${quiet(rows[r] ?? "")}, ${quiet(columns[c] ?? "")}`;
  return {
    text: texts.map((row) => row.map((t) => (t === "–" ? "" : t))),
    texttemplate: "%{text}",
    hovertext: texts.map((row, r) => row.map((t, c) => `${name(r, c)}: ${t}`)),
    hovertemplate: "%{hovertext}<extra></extra>",
  };
}

export function heatTrace(spec: ChartSpec, heat: Heat): Record<string, unknown> {
  const [zmin, zmax] = heatRange(heat);
  const stops = stopsOf(heat.diverging === true);
  const cells = heat.z.reduce((sum, row) => sum + row.length, 0);
  return {
    type: "heatmap",
    z: heat.z.map((row) => plain(row.map((v) => Number(v.toPrecision(6))))),
    zmin,
    zmax,
    colorscale: stops.map((stop, i) => [i / (stops.length - 1), stop]),
    xgap: 1,
    ygap: 1,
    ...(cells <= MAX_TEXTS ? written(spec, heat) : { hovertemplate: "%{z:.4~g}<extra></extra>" }),
    colorbar: {
      title: { text: quiet(heat.label), side: "right", font: { size: 13 } },
      thickness: 12,
      outlinewidth: 0,
      tickfont: { color: NEUTRAL_TEXT },
      ...(heat.percent ? { tickformat: ".0~%" } : {}),
    },
  };
}
