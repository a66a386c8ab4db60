// The key of an SVG chart: series, then reference lines with their values, in rows under the title.
import { html, type Html } from "../../../core/html.ts";
import { colourOf } from "../palette.ts";
import { type ChartSpec, hasKey, keyed } from "../spec.ts";
import { referenceName } from "../words.ts";
import { FONT, WIDTH, dashOf, marker, px, textWidth } from "./frame.ts";

export const REFERENCE_DASH = "3 4";

/** Legend entries in rows under the title: the series, then the reference lines with their values. */
export function legend(spec: ChartSpec, top: number): { rows: number; marks: Html[] } {
  if (!hasKey(spec)) return { rows: 0, marks: [] };
  const shown = keyed(spec);
  const references = (spec.references ?? []).map((r) => referenceName(spec, r));
  let [x, row] = [0, 0];
  const next = (name: string): [number, number] => {
    const width = textWidth(name, FONT) + 48;
    if (x > 0 && x + width > WIDTH - 20) [x, row] = [0, row + 1];
    x += width;
    return [x - width + 4, top + row * 19];
  };
  const text = (name: string, a: number, y: number): Html =>
    html`<text x="${px(a + 28)}" y="${px(y + 4)}">${name}</text>`;
  const marks = shown.map(({ s, index }) => {
    const [a, y] = next(s.name);
    const colour = colourOf(index);
    const key =
      s.mark === "bar"
        ? html`<rect
            x="${px(a + 4)}"
            y="${px(y - 5)}"
            width="14"
            height="10"
            rx="2"
            fill="${colour}"
            fill-opacity="0.82"
          />`
        : html`<path
              d="M${px(a)} ${px(y)}h22"
              stroke="${colour}"
              stroke-width="2"
              stroke-dasharray="${dashOf(index)}"
              fill="none"
            />${marker(a + 11, y, index, colour)}`;
    return html`${key}${text(s.name, a, y)}`;
  });
  const lines = references.map((name) => {
    const [a, y] = next(name);
    return html`<path
        d="M${px(a)} ${px(y)}h22"
        stroke="currentColor"
        stroke-dasharray="${REFERENCE_DASH}"
      />${text(name, a, y)}`;
  });
  return { rows: row + 1, marks: [...marks, ...lines] };
}
