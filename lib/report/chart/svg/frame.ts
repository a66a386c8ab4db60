// The drawing area of an SVG chart: sizes, places, and the small shapes that several kinds of charts share. Estimates text without a font.
import { html, type Html } from "../../../core/html.ts";
import { DASHES } from "../palette.ts";
import type { Scale } from "../scale.ts";

export const WIDTH = 720;
export const HEIGHT = 380;
export const FONT = 12.5;
export const RIGHT = 24;
export const BOTTOM = 46;

export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly x: Scale;
  readonly y: Scale;
}

export const px = (value: number): string => String(Math.round(value * 10) / 10);

/** Near enough for laying out legends and margins without a font: the mean advance of common sans-serif faces. */
export function textWidth(text: string, size: number): number {
  let em = 0;
  for (const c of text)
    em += /[iljtf.,:;'|! ()[\]]/.test(c)
      ? 0.31
      : /[mwMW@%—]/.test(c)
        ? 0.88
        : /[A-Z0-9]/.test(c)
          ? 0.64
          : c > "\u2e80"
            ? 1
            : 0.54;
  return em * size;
}

export const dashOf = (index: number): string => DASHES[index % DASHES.length] ?? "";

/** Shapes differ as colours do: circle, square, triangle, diamond, then again. */
export function marker(x: number, y: number, index: number, colour: string): Html {
  const [a, b] = [px(x), px(y)];
  if (index % 4 === 1)
    return html`<rect x="${px(x - 3.2)}" y="${px(y - 3.2)}" width="6.4" height="6.4" fill="${colour}" />`;
  if (index % 4 === 2) return html`<path d="M${a} ${px(y - 4.2)}l4.2 7.4h-8.4z" fill="${colour}" />`;
  if (index % 4 === 3) return html`<path d="M${a} ${px(y - 4.6)}l4.6 4.6l-4.6 4.6l-4.6 -4.6z" fill="${colour}" />`;
  return html`<circle cx="${a}" cy="${b}" r="3.5" fill="${colour}" />`;
}

export function place(frame: Frame, x: number, y: number): [number, number] {
  return [frame.left + frame.x.at(x) * frame.width, frame.top + (1 - frame.y.at(y)) * frame.height];
}

export function whisker(
  frame: Frame,
  x: number,
  offset: number,
  low: number,
  high: number,
  colour: string,
): Html | string {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return "";
  const [a, b] = place(frame, x, low);
  const [, c] = place(frame, x, high);
  const m = a + offset;
  const d = `M${px(m)} ${px(b)}V${px(c)}M${px(m - 4)} ${px(b)}h8M${px(m - 4)} ${px(c)}h8`;
  return html`<path d="${d}" stroke="${colour}" stroke-width="1.4" fill="none" />`;
}
