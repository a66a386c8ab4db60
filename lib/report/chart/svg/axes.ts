// Axes of an SVG chart: grid, ticks, names. Names on a category axis that do not fit side by side are turned.
import { html, type Html } from "../../../core/html.ts";
import type { ChartSpec } from "../spec.ts";
import { type Frame, BOTTOM, FONT, place, px, textWidth } from "./frame.ts";

/** Characters of a category's name that are drawn; the rest is in the chart's words and in Plotly's hover. */
const MAX_NAME = 28;
const TURNED = Math.PI / 4;

const cut = (text: string): string =>
  text.length > MAX_NAME ? `${text.slice(0, MAX_NAME - 1).toWellFormed()}…` : text;

export interface Slant {
  readonly turned: boolean;
  /** Room below the plot and to the left of it. */
  readonly bottom: number;
  readonly left: number;
}

/** @returns whether names along x stand slanted, and the room that they take */
export function slantOf(names: readonly string[] | undefined, width: number): Slant {
  const widths = (names ?? []).map((name) => nameWidth(name));
  const widest = Math.max(0, ...widths);
  const slot = width / Math.max(1, widths.length);
  if (widest + 8 <= slot) return { turned: false, bottom: BOTTOM, left: 0 };
  const long = Math.sin(TURNED) * widest;
  return { turned: true, bottom: BOTTOM + long - 6, left: Math.sin(TURNED) * (widths[0] ?? 0) - slot / 2 + 8 };
}

/** Of a category's name as it is drawn: fonts differ, and a name that runs out of the picture is worse than a gap. */
export const nameWidth = (name: string): number => 1.12 * textWidth(cut(name), FONT);

function columns(spec: ChartSpec, frame: Frame, turned: boolean): (Html | string)[] {
  const bottom = frame.top + frame.height;
  const { ticks } = frame.x;
  const widest = turned ? 14 : Math.max(...ticks.map((t) => textWidth(cut(t.text), FONT)), 1) + 10;
  const every = Math.max(1, Math.ceil((widest * ticks.length) / frame.width - 1e-9));
  return ticks.map(({ value, text }, i) => {
    if (i % every !== 0) return "";
    const x = frame.left + frame.x.at(value) * frame.width;
    const tick =
      spec.x.scale === "category"
        ? ""
        : html`<path d="M${px(x)} ${px(bottom)}v4" stroke="currentColor" stroke-opacity="0.5" />`;
    const at = turned
      ? html`transform="translate(${px(x + 4)} ${px(bottom + 14)}) rotate(-45)" text-anchor="end"`
      : html`x="${px(x)}" y="${px(bottom + 18)}" text-anchor="middle"`;
    return html`${tick}<text ${at} fill-opacity="0.75">${cut(text)}</text>`;
  });
}

export function axes(spec: ChartSpec, frame: Frame, slant: Slant): Html {
  const bottom = frame.top + frame.height;
  const rows = frame.y.ticks.map(({ value, text }) => {
    const y = px(place(frame, 0, value)[1]);
    const line =
      spec.y.scale === "category"
        ? ""
        : html`<path d="M${px(frame.left)} ${y}h${px(frame.width)}" stroke="currentColor" stroke-opacity="0.13" />`;
    return html`${line}<text x="${px(frame.left - 8)}" y="${px(Number(y) + 4)}" text-anchor="end" fill-opacity="0.75"
        >${cut(text)}</text
      >`;
  });
  const baseline = spec.heat
    ? ""
    : html`<path d="M${px(frame.left)} ${px(bottom)}h${px(frame.width)}" stroke="currentColor" stroke-opacity="0.5" />`;
  const below = html`<text
    x="${px(frame.left + frame.width / 2)}"
    y="${px(bottom + slant.bottom - 8)}"
    text-anchor="middle"
    >${spec.x.label}</text
  >`;
  const beside = html`<text
    transform="translate(14 ${px(frame.top + frame.height / 2)}) rotate(-90)"
    text-anchor="middle"
    >${spec.y.label}</text
  >`;
  return html`<g>${rows}${columns(spec, frame, slant.turned)}${baseline}${below}${beside}</g>`;
}
