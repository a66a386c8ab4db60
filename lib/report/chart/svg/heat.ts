// The cells of a heat map in SVG, their values where there is room, and the scale of colours beside them.
import { html, type Html } from "../../../core/html.ts";
import { heatColour, heatRange, inkOn } from "../colours.ts";
import { scaleOf } from "../scale.ts";
import type { Heat } from "../spec.ts";
import { heatTexts } from "../words.ts";
import { type Frame, FONT, px, textWidth } from "./frame.ts";

/** Room on the right for the scale of colours. */
export const SCALE_ROOM = 84;
const STEPS = 48;

export function heatMarks(heat: Heat, frame: Frame): Html {
  const [low, high] = heatRange(heat);
  const diverging = heat.diverging === true;
  const rows = heat.z.length;
  const columns = Math.max(1, ...heat.z.map((row) => row.length));
  const [w, h] = [frame.width / columns, frame.height / Math.max(1, rows)];
  const texts = heatTexts(heat);
  const widest = Math.max(...texts.flat().map((t) => textWidth(t, FONT - 1)), 0);
  const written = widest + 6 <= w && h >= 15;
  // Cells touch; a hair of overlap hides the seams that anti-aliasing leaves.
  const overlap = w > 12 && h > 12 ? -1.5 : 0.4;
  const cells = heat.z.flatMap((row, r) =>
    row.map((value, c) => {
      if (!Number.isFinite(value)) return "";
      const share = (value - low) / (high - low);
      const [x, y] = [frame.left + c * w, frame.top + r * h];
      const label = written
        ? html`<text
            x="${px(x + w / 2)}"
            y="${px(y + h / 2 + 4)}"
            text-anchor="middle"
            font-size="${FONT - 1}"
            fill="${inkOn(share, diverging)}"
            >${texts[r]?.[c] ?? ""}</text
          >`
        : "";
      return html`${cellMark(x, y, w + overlap, h + overlap, heatColour(share, diverging))}${label}`;
    }),
  );
  return html`<g>${cells}${colourScale(heat, frame, [low, high])}</g>`;
}

/** There may be ten thousand of them: a path is a third of a `rect`. */
const cellMark = (x: number, y: number, w: number, h: number, colour: string): Html =>
  html`<path d="M${px(x)} ${px(y)}h${px(w)}v${px(h)}h${px(-w)}z" fill="${colour}" />`;

function colourScale(heat: Heat, frame: Frame, range: readonly [number, number]): Html {
  const x = frame.left + frame.width + 14;
  const step = frame.height / STEPS;
  const bars = Array.from(
    { length: STEPS },
    (_, i) =>
      html`<rect
        x="${px(x)}"
        y="${px(frame.top + frame.height - (i + 1) * step)}"
        width="12"
        height="${px(step + 0.5)}"
        fill="${heatColour((i + 0.5) / STEPS, heat.diverging === true)}"
      />`,
  );
  const axis = { label: heat.label, range, ...(heat.percent ? { percent: true as const } : {}) };
  const scale = scaleOf(axis, [], 0);
  const every = Math.ceil((15 * scale.ticks.length) / frame.height);
  const shown = scale.ticks.filter((_, i) => i % every === 0);
  const ticks = shown.map(
    ({ value, text }) =>
      html`<text x="${px(x + 17)}" y="${px(frame.top + (1 - scale.at(value)) * frame.height + 4)}" fill-opacity="0.75"
        >${text}</text
      >`,
  );
  const middle = frame.top + frame.height / 2;
  return html`${bars}${ticks}<text
      transform="translate(${px(x + SCALE_ROOM - 18)} ${px(middle)}) rotate(90)"
      text-anchor="middle"
      >${heat.label}</text
    >`;
}
