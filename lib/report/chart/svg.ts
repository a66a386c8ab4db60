// A chart as inline SVG: what a page without scripts, a preview and a live update show. Text and lines take the page's own colour,
// so it is right in light and dark themes; series take the palette. No fonts, no scripts, no references to anything outside.
import { html, type Html } from "../../core/html.ts";
import { DASHES, colourOf } from "./palette.ts";
import { type Scale, scaleOf } from "./scale.ts";
import type { ChartSpec, Series } from "./spec.ts";
import { referenceName } from "./words.ts";

export const WIDTH = 720;
const HEIGHT = 380;
const FONT = 12.5;
const RIGHT = 18;
const BOTTOM = 46;

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly x: Scale;
  readonly y: Scale;
}

const px = (value: number): string => String(Math.round(value * 10) / 10);

/** Near enough for laying out legends and margins without a font: the mean advance of common sans-serif faces. */
function textWidth(text: string, size: number): number {
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

const dashOf = (index: number): string => DASHES[index % DASHES.length] ?? "";

/** Shapes differ as colours do: circle, square, triangle, diamond, then again. */
function marker(x: number, y: number, index: number, colour: string): Html {
  const [a, b] = [px(x), px(y)];
  if (index % 4 === 1)
    return html`<rect x="${px(x - 3.2)}" y="${px(y - 3.2)}" width="6.4" height="6.4" fill="${colour}" />`;
  if (index % 4 === 2) return html`<path d="M${a} ${px(y - 4.2)}l4.2 7.4h-8.4z" fill="${colour}" />`;
  if (index % 4 === 3) return html`<path d="M${a} ${px(y - 4.6)}l4.6 4.6l-4.6 4.6l-4.6 -4.6z" fill="${colour}" />`;
  return html`<circle cx="${a}" cy="${b}" r="3.5" fill="${colour}" />`;
}

function place(frame: Frame, x: number, y: number): [number, number] {
  return [frame.left + frame.x.at(x) * frame.width, frame.top + (1 - frame.y.at(y)) * frame.height];
}

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

function whisker(frame: Frame, x: number, offset: number, low: number, high: number, colour: string): Html | string {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return "";
  const [a, b] = place(frame, x, low);
  const [, c] = place(frame, x, high);
  const m = a + offset;
  const d = `M${px(m)} ${px(b)}V${px(c)}M${px(m - 4)} ${px(b)}h8M${px(m - 4)} ${px(c)}h8`;
  return html`<path d="${d}" stroke="${colour}" stroke-width="1.4" fill="none" />`;
}

function lineSeries(frame: Frame, s: Series, at: number): Html {
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
          s.low && s.high && s.mark === "points"
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
  return html`<g>${s.mark === "line" ? band(frame, s, colour) : ""}${line}${points}</g>`;
}

function barSeries(frame: Frame, s: Series, at: number, bars: number, slot: number): Html {
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

const REFERENCE_DASH = "3 4";

/** Legend entries in rows under the title: the series, then the reference lines with their values. */
function legend(spec: ChartSpec, top: number): { rows: number; marks: Html[] } {
  const shown = spec.series.map((s, i) => ({ s, index: s.colour ?? i })).filter(({ s }) => !s.faint && s.name !== "");
  const references = (spec.references ?? []).map((r) => referenceName(spec, r));
  if (shown.length + references.length < 2) return { rows: 0, marks: [] };
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

function axes(spec: ChartSpec, frame: Frame): Html {
  const bottom = frame.top + frame.height;
  const rows = frame.y.ticks.map(({ value, text }) => {
    const y = px(place(frame, 0, value)[1]);
    const line = html`<path
      d="M${px(frame.left)} ${y}h${px(frame.width)}"
      stroke="currentColor"
      stroke-opacity="0.13"
    />`;
    return html`${line}<text x="${px(frame.left - 8)}" y="${px(Number(y) + 4)}" text-anchor="end" fill-opacity="0.75"
        >${text}</text
      >`;
  });
  const widest = Math.max(...frame.x.ticks.map((t) => textWidth(t.text, FONT)), 1);
  const every = Math.max(1, Math.ceil(((widest + 10) * frame.x.ticks.length) / frame.width));
  const columns = frame.x.ticks.map(({ value, text }, i) => {
    if (i % every !== 0) return "";
    const x = px(frame.left + frame.x.at(value) * frame.width);
    const tick =
      spec.x.scale === "category"
        ? ""
        : html`<path d="M${x} ${px(bottom)}v4" stroke="currentColor" stroke-opacity="0.5" />`;
    return html`${tick}<text x="${x}" y="${px(bottom + 18)}" text-anchor="middle" fill-opacity="0.75">${text}</text>`;
  });
  const baseline = html`<path
    d="M${px(frame.left)} ${px(bottom)}h${px(frame.width)}"
    stroke="currentColor"
    stroke-opacity="0.5"
  />`;
  const below = html`<text x="${px(frame.left + frame.width / 2)}" y="${px(bottom + 38)}" text-anchor="middle"
    >${spec.x.label}</text
  >`;
  const beside = html`<text
    transform="translate(14 ${px(frame.top + frame.height / 2)}) rotate(-90)"
    text-anchor="middle"
    >${spec.y.label}</text
  >`;
  return html`<g>${rows}${columns}${baseline}${below}${beside}</g>`;
}

function references(spec: ChartSpec, frame: Frame): Html[] {
  return (spec.references ?? []).map(({ y }) => {
    const at = px(place(frame, 0, y)[1]);
    return html`<path
      d="M${px(frame.left)} ${at}h${px(frame.width)}"
      stroke="currentColor"
      stroke-opacity="0.7"
      stroke-dasharray="${REFERENCE_DASH}"
    />`;
  });
}

/** @returns the values that decide an axis' range: points, interval ends, reference lines, and zero below bars */
function extent(spec: ChartSpec): { xs: number[]; ys: number[] } {
  const xs = spec.series.flatMap((s) => [...s.x]);
  const ys = spec.series.flatMap((s) => [
    ...s.y,
    ...(s.low ?? []),
    ...(s.high ?? []),
    ...(s.mark === "bar" ? [0] : []),
  ]);
  return { xs, ys: [...ys, ...(spec.references ?? []).map((r) => r.y)] };
}

/** @returns an `svg` element of WIDTH × HEIGHT that scales with its place; the chart's title is its accessible name */
export function svgChart(spec: ChartSpec): Html {
  const { xs, ys } = extent(spec);
  const y = scaleOf(spec.y, ys, 0.05);
  const x = scaleOf(spec.x, xs, 0.02);
  const { rows, marks } = legend(spec, 44);
  const top = 36 + rows * 19 + (rows > 0 ? 8 : 0);
  const left = 34 + Math.max(...y.ticks.map((t) => textWidth(t.text, FONT)), 10);
  const frame: Frame = { left, top, width: WIDTH - left - RIGHT, height: HEIGHT - top - BOTTOM, x, y };
  const bars = spec.series.filter((s) => s.mark === "bar");
  const drawn = spec.series.map((s, i) =>
    s.mark === "bar" ? barSeries(frame, s, i, bars.length, bars.indexOf(s)) : lineSeries(frame, s, i),
  );
  // Faint companions first, so that the series they belong to lie above them.
  const order = [...drawn.filter((_, i) => spec.series[i]?.faint), ...drawn.filter((_, i) => !spec.series[i]?.faint)];
  const title = html`<text x="4" y="20" font-size="15" font-weight="600">${spec.title}</text>`;
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    role="img"
    aria-label="${spec.title}"
    font-family="system-ui,'Segoe UI','Noto Sans','DejaVu Sans',sans-serif"
    font-size="${FONT}"
    fill="currentColor"
  >
    ${title}${marks}${axes(spec, frame)}${references(spec, frame)}${order}
  </svg>`;
}
