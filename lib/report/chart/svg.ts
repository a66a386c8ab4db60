// A chart as inline SVG: what a page without scripts, a preview and a live update show. Text and lines take the page's own colour,
// so it is right in light and dark themes; series take the palette. No fonts, no scripts, no references to anything outside.
import { html, type Html } from "../../core/html.ts";
import { extent } from "./extent.ts";
import { type Scale, scaleOf } from "./scale.ts";
import type { ChartSpec } from "./spec.ts";
import { axes, nameWidth, slantOf } from "./svg/axes.ts";
import { distributionMark } from "./svg/boxes.ts";
import { type Frame, FONT, HEIGHT, RIGHT, WIDTH, place, px } from "./svg/frame.ts";
import { heatMarks, SCALE_ROOM } from "./svg/heat.ts";
import { legend, REFERENCE_DASH } from "./svg/legend.ts";
import { barSeries, lineSeries } from "./svg/series.ts";

/** Pixels of one row of a heat map: few rows are tall, many are thin, and the whole stays on a screen. */
const rowHeight = (rows: number): number => Math.min(60, Math.max(9, 420 / rows));

function references(spec: ChartSpec, frame: Frame): Html[] {
  return (spec.references ?? []).map(({ x, y }) => {
    const d =
      y === undefined
        ? `M${px(place(frame, x, 0)[0])} ${px(frame.top)}v${px(frame.height)}`
        : `M${px(frame.left)} ${px(place(frame, 0, y)[1])}h${px(frame.width)}`;
    return html`<path d="${d}" stroke="currentColor" stroke-opacity="0.7" stroke-dasharray="${REFERENCE_DASH}" />`;
  });
}

/** Bars, boxes and cells below; faint companions next, so that the lines they belong to lie above them. */
function marks(spec: ChartSpec, frame: Frame): (Html | string)[] {
  const bars = spec.series.filter((s) => s.mark === "bar");
  const drawn = spec.series.map((s, i) =>
    s.mark === "bar" ? barSeries(frame, s, i, bars.length, bars.indexOf(s)) : lineSeries(frame, s, i),
  );
  return [
    ...(spec.heat ? [heatMarks(spec.heat, frame)] : []),
    ...(spec.distributions ?? []).map((d) => distributionMark(frame, d)),
    ...drawn.filter((_, i) => spec.series[i]?.faint),
    ...drawn.filter((_, i) => !spec.series[i]?.faint),
  ];
}

const flipped = (scale: Scale): Scale => ({ ...scale, at: (value) => 1 - scale.at(value) });

/** Where everything stands; a heat map is as tall as its rows want. */
function layOut(spec: ChartSpec) {
  const { xs, ys } = extent(spec);
  const scale = scaleOf(spec.y, ys, 0.05);
  const y = spec.heat ? flipped(scale) : scale;
  const x = scaleOf(spec.x, xs, 0.02);
  const key = legend(spec, 44);
  const top = 36 + key.rows * 19 + (key.rows > 0 ? 8 : 0);
  const right = RIGHT + (spec.heat ? SCALE_ROOM : 0);
  const beside = 34 + Math.max(...y.ticks.map((t) => nameWidth(t.text)), 10);
  const slant = slantOf(spec.x.categories, WIDTH - beside - right);
  const left = Math.max(beside, slant.left);
  const width = WIDTH - left - right;
  const height = spec.heat ? rowHeight(spec.heat.z.length) * spec.heat.z.length : HEIGHT - top - slant.bottom;
  const frame: Frame = { left, top, width, height, x, y };
  return { frame, key, slant, whole: Math.round(top + height + slant.bottom) };
}

/** @returns the height that goes with WIDTH */
export const svgHeight = (spec: ChartSpec): number => layOut(spec).whole;

/**
 * @param background for a place whose colours it cannot take: text and lines are black there
 * @returns an `svg` element of WIDTH × its height that scales with its place; the chart's title is its accessible name
 */
export function svgChart(spec: ChartSpec, background?: string): Html {
  const { frame, key, slant, whole } = layOut(spec);
  const title = html`<text x="4" y="20" font-size="15" font-weight="600">${spec.title}</text>`;
  const ground = background === undefined ? "" : html`<rect width="100%" height="100%" fill="${background}" />`;
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 ${WIDTH} ${whole}"
    role="img"
    aria-label="${spec.title}"
    font-family="system-ui,'Segoe UI','Noto Sans','DejaVu Sans',sans-serif"
    font-size="${FONT}"
    fill="currentColor"
  >
    ${ground}${title}${key.marks}${axes(spec, frame, slant)}${marks(spec, frame)}${references(spec, frame)}
  </svg>`;
}
