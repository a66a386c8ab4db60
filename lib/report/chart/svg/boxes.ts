// Boxes and violins of an SVG chart: quartiles, whiskers, single values, and the mean with its interval as a diamond.
import { html, type Html } from "../../../core/html.ts";
import { type Distribution, jitter } from "../distribution.ts";
import { colourOf } from "../palette.ts";
import { type Frame, place, px, whisker } from "./frame.ts";

/** Half the width of a box or a violin, as a share of its slot. */
const HALF = 0.27;

function violin(frame: Frame, d: Distribution, x: number, half: number, colour: string): Html {
  const side = (sign: number) =>
    d.density.map(({ y, width }) => `${px(x + sign * half * width)} ${px(place(frame, 0, y)[1])}`);
  const outline = [...side(1), ...side(-1).toReversed()];
  return html`<path
    d="M${outline.join("L")}Z"
    fill="${colour}"
    fill-opacity="0.2"
    stroke="${colour}"
    stroke-width="1.5"
  />`;
}

export function distributionMark(frame: Frame, d: Distribution): Html | string {
  if (d.count === 0) return "";
  const colour = colourOf(d.at);
  const slot = frame.width / Math.max(1, frame.x.ticks.length);
  const half = Math.min(60, slot * HALF) * (d.mark === "violin" ? 1.3 : 1);
  const box = d.mark === "violin" ? Math.min(7, half / 3) : half;
  const x = place(frame, d.at, 0)[0];
  const y = (value: number): number => place(frame, 0, value)[1];
  const [q1, median, q3] = d.quartiles;
  const points = d.points.map(
    (value, i) =>
      html`<circle
        cx="${px(x + jitter(i) * half * (d.count > 80 ? 0 : 0.7))}"
        cy="${px(y(value))}"
        r="2"
        fill="${colour}"
        fill-opacity="0.55"
      />`,
  );
  const stem = `M${px(x)} ${px(y(d.whiskers[0]))}V${px(y(q1))}M${px(x)} ${px(y(q3))}V${px(y(d.whiskers[1]))}`;
  const caps = d.whiskers.map((value) => `M${px(x - box / 2)} ${px(y(value))}h${px(box)}`).join("");
  const mean = y(d.mean.value);
  return html`<g>
    ${d.mark === "violin" ? violin(frame, d, x, half, colour) : ""}
    <path d="${stem}${d.mark === "violin" ? "" : caps}" stroke="${colour}" stroke-width="1.5" fill="none" />
    <rect
      x="${px(x - box)}"
      y="${px(y(q3))}"
      width="${px(2 * box)}"
      height="${px(Math.max(1, y(q1) - y(q3)))}"
      fill="${colour}"
      fill-opacity="0.25"
      stroke="${colour}"
      stroke-width="1.5"
    />
    <path d="M${px(x - box)} ${px(y(median))}h${px(2 * box)}" stroke="${colour}" stroke-width="3" />
    ${points}${whisker(frame, d.at, 0, d.mean.low, d.mean.high, "currentColor")}
    <path d="M${px(x)} ${px(mean - 5)}l5 5l-5 5l-5 -5z" fill="currentColor" />
  </g>`;
}
