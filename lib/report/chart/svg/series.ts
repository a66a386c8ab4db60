// Lines, points and bars of an SVG chart, with their intervals as bands and whiskers.
import { html, type Html } from "../../../core/html.ts";
import { colourOf } from "../palette.ts";
import type { Series } from "../spec.ts";
import { type Frame, dashOf, marker, place, px, whisker } from "./frame.ts";

/** Path through the finite points; a gap where a value is missing. */
function path(frame: Frame, xs: readonly number[], ys: readonly number[]): string {
  let d = "";
  let pen = false;
  xs.forEach((x, i) => {
    const y = ys[i] ?? Number.NaN;
    const there = Number.isFinite(x) && Number.isFinite(y);
    if (there) d += `${pen ? "L" : "M"}${place(frame, x, y).map(px).join(" ")}`;
    pen = there;
  });
  return d;
}

/** The interval as a band; points without a finite interval are left out of it. */
function band(frame: Frame, s: Series, colour: string): Html | string {
  const at = s.x.flatMap((x, i) => {
    const [low, high] = [s.low?.[i] ?? Number.NaN, s.high?.[i] ?? Number.NaN];
    return Number.isFinite(x) && Number.isFinite(low) && Number.isFinite(high) ? [{ x, low, high }] : [];
  });
  if (at.length < 2) return "";
  const there = at.map((p) => place(frame, p.x, p.high).map(px).join(" "));
  const back = at.toReversed().map((p) => place(frame, p.x, p.low).map(px).join(" "));
  return html`<path d="M${[...there, ...back].join("L")}Z" fill="${colour}" fill-opacity="0.17" />`;
}

export function lineSeries(frame: Frame, s: Series, at: number): Html {
  const index = s.colour ?? at;
  const colour = colourOf(index);
  const d = path(frame, s.x, s.y);
  if (s.faint) return html`<path d="${d}" fill="none" stroke="${colour}" stroke-width="1" stroke-opacity="0.35" />`;
  // Many points make a curve; few are measurements and get their marks.
  const marks = s.mark === "points" || s.x.length <= 24;
  const points = marks
    ? s.x.map((x, i) => {
        const y = s.y[i] ?? Number.NaN;
        if (!Number.isFinite(y)) return "";
        const [a, b] = place(frame, x, y);
        const bar =
          s.low && s.high && (s.mark === "points" || s.whiskers)
            ? whisker(frame, x, 0, s.low[i] ?? Number.NaN, s.high[i] ?? Number.NaN, colour)
            : "";
        return html`${bar}${marker(a, b, index, colour)}`;
      })
    : "";
  const line =
    s.mark === "line"
      ? html`<path
          d="${d}"
          fill="none"
          stroke="${colour}"
          stroke-width="2"
          stroke-linejoin="round"
          stroke-dasharray="${dashOf(index)}"
        />`
      : "";
  return html`<g>${s.mark === "line" && !s.whiskers ? band(frame, s, colour) : ""}${line}${points}</g>`;
}

export function barSeries(frame: Frame, s: Series, at: number, bars: number, slot: number): Html {
  const index = s.colour ?? at;
  const colour = colourOf(index);
  const step = (frame.width / Math.max(1, frame.x.ticks.length)) * 0.8;
  const width = step / bars;
  const zero = place(frame, 0, Math.max(0, frame.y.range[0]))[1];
  const shapes = s.x.map((x, i) => {
    const y = s.y[i] ?? Number.NaN;
    if (!Number.isFinite(y)) return "";
    const [a, b] = place(frame, x, y);
    const from = a - step / 2 + slot * width;
    const rect = html`<rect
      x="${px(from + 1.5)}"
      y="${px(Math.min(b, zero))}"
      width="${px(width - 3)}"
      height="${px(Math.max(1, Math.abs(zero - b)))}"
      rx="2"
      fill="${colour}"
      fill-opacity="0.82"
    />`;
    return html`${rect}${whisker(frame, x, from + width / 2 - a, s.low?.[i] ?? Number.NaN, s.high?.[i] ?? Number.NaN, "currentColor")}`;
  });
  return html`<g>${shapes}</g>`;
}
