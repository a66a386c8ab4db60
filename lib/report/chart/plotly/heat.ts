// A heat map as a Plotly trace. Rows and columns are numbered, not named: Plotly would merge equal names (the token "the" twice).
import { heatRange, stopsOf } from "../colours.ts";
import { NEUTRAL_TEXT } from "../palette.ts";
import type { ChartSpec, Heat } from "../spec.ts";
import { heatTexts } from "../words.ts";
import { plain, quiet } from "./text.ts";

/** More written values than this are unreadable. */
const MAX_TEXTS = 400;

export function heatTrace(spec: ChartSpec, heat: Heat): Record<string, unknown> {
  const [zmin, zmax] = heatRange(heat);
  const stops = stopsOf(heat.diverging === true);
  const [rows, columns] = [spec.y.categories ?? [], spec.x.categories ?? []];
  const cells = heat.z.reduce((sum, row) => sum + row.length, 0);
  const texts = heatTexts(heat);
  return {
    type: "heatmap",
    z: heat.z.map(plain),
    zmin,
    zmax,
    colorscale: stops.map((stop, i) => [i / (stops.length - 1), stop]),
    xgap: 1,
    ygap: 1,
    text: heat.z.map((row, r) =>
      row.map((_, c) => `${quiet(rows[r] ?? "")}, ${quiet(columns[c] ?? "")}: ${quiet(texts[r]?.[c] ?? "")}`),
    ),
    hovertemplate: "%{text}<extra></extra>",
    ...(cells <= MAX_TEXTS ? { customdata: texts, texttemplate: "%{customdata}" } : {}),
    colorbar: {
      title: { text: quiet(heat.label), side: "right" },
      thickness: 12,
      outlinewidth: 0,
      tickfont: { color: NEUTRAL_TEXT },
      ...(heat.percent ? { tickformat: ".0~%" } : {}),
    },
  };
}
