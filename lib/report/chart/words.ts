// A chart in words: one line per series with a sparkline, its first and last value and its last interval. What a terminal, a screen
// reader and a search in the notebook file get.
import { intervalFormat, numberFormat } from "../../core/table/number.ts";
import { layOut, oneLine } from "../../core/table/layout.ts";
import { sparkline } from "../../core/table/spark.ts";
import { displayWidth, plainTable } from "../../core/table/plain.ts";
import type { Interval } from "../../core/table.ts";
import { heatRange } from "./colours.ts";
import type { Distribution } from "./distribution.ts";
import type { ChartSpec, Heat, Reference, Series } from "./spec.ts";

/** @returns one number, as the chart's axis writes it */
function valueText(spec: ChartSpec, value: number): string {
  return spec.y.percent
    ? `${numberFormat([Number((value * 100).toPrecision(3))])(Number((value * 100).toPrecision(3)))} %`
    : numberFormat([value])(value);
}

/** @returns a reference line's name with its value, as the legend has it: "chance (5 %)" */
export function referenceName(spec: ChartSpec, { x, y, label }: Reference): string {
  return `${label} (${y === undefined ? numberFormat([x])(x) : valueText(spec, y)})`;
}

/** @returns what stands in each cell of a heat map: two digits finer than its range */
export function heatTexts(heat: Heat): string[][] {
  const scale = heat.percent ? 100 : 1;
  const [low, high] = heatRange(heat).map((end) => end * scale) as [number, number];
  const decimals = Math.min(6, Math.max(0, 2 - Math.round(Math.log10(high - low))));
  const whole = heat.z.every((row) => row.every((v) => !Number.isFinite(v) || Number.isInteger(v * scale)));
  const write = (v: number): string => (v * scale).toFixed(whole ? 0 : decimals).replace(/^-/, "−");
  return heat.z.map((row) => row.map((v) => (Number.isFinite(v) ? write(v) : "–")));
}

/** Larger maps are told by their range alone. */
const MAX_HEAT = 16;

function heatLines(spec: ChartSpec, heat: Heat): string[] {
  const [low, high] = heatRange(heat);
  const unit = heat.percent ? " (%)" : "";
  const scale = heat.percent ? 100 : 1;
  const write = numberFormat([low * scale, high * scale]);
  const about = `${oneLine(heat.label)}${unit}: colours from ${write(low * scale)} to ${write(high * scale)}`;
  const [rows, columns] = [spec.y.categories ?? [], spec.x.categories ?? []];
  if (rows.length > MAX_HEAT || columns.length > MAX_HEAT) return [`${rows.length} × ${columns.length}`, about];
  const texts = heatTexts(heat);
  const layout = layOut({
    columns: columns.map((name) => ({ name, type: "" })),
    rowCount: rows.length,
    cell: (r, c) => texts[r]?.[c],
    label: (r) => rows[r],
  });
  return [plainTable(layout), about];
}

function distributionLines(spec: ChartSpec, all: readonly Distribution[]): string[] {
  const width = Math.max(0, ...all.map((d) => displayWidth(oneLine(d.name))));
  return all.map((d) => {
    const [q1, median, q3] = d.quartiles.map((v) => valueText(spec, v));
    const name = oneLine(d.name);
    return `${name}${" ".repeat(width - displayWidth(name))}  median ${median}, quartiles ${q1} to ${q3}, mean ${intervalText(spec, d.mean)}, n = ${d.count}`;
  });
}

function lastWithInterval(spec: ChartSpec, s: Series): string {
  // What was not measured has no value: a gap in the line.
  const i = s.y.findLastIndex(Number.isFinite);
  const [value, low, high] = [s.y[i], s.low?.[i], s.high?.[i]];
  if (value === undefined) return "no values";
  if (low === undefined || high === undefined) return valueText(spec, value);
  return intervalText(spec, { value, low, high });
}

function intervalText(spec: ChartSpec, { value, low, high }: Interval): string {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return valueText(spec, value);
  const scale = spec.y.percent ? 100 : 1;
  const cell = { value: value * scale, low: low * scale, high: high * scale };
  const text = intervalFormat([cell])(cell);
  return `${text.value} ${text.spread}${spec.y.percent ? " %" : ""}`;
}

/** @returns title, then a line per series */
export function chartWords(spec: ChartSpec): string {
  const shown = spec.series.filter((s) => !s.faint && s.y.length > 0);
  const width = Math.max(0, ...shown.map((s) => displayWidth(oneLine(s.name))));
  const all = shown.flatMap((s) => s.y).filter(Number.isFinite);
  const range = [Math.min(...all), Math.max(...all)] as const;
  const lines = shown.map((s) => {
    const name = oneLine(s.name);
    const known = Array.from(s.y).filter(Number.isFinite);
    const first = known.length > 1 ? `${valueText(spec, known[0] as number)} → ` : "";
    return `${name}${" ".repeat(width - displayWidth(name))}  ${sparkline(s.y, range)}  ${first}${lastWithInterval(spec, s)}`.trim();
  });
  const marks = (spec.references ?? []).map((r) => oneLine(referenceName(spec, r)));
  return [
    oneLine(spec.title),
    [spec.y.label, spec.x.label].filter(Boolean).map(oneLine).join(" over "),
    ...lines,
    ...distributionLines(spec, spec.distributions ?? []),
    ...(spec.heat ? heatLines(spec, spec.heat) : []),
    ...marks,
    ...(spec.note ? [oneLine(spec.note)] : []),
  ].join("\n");
}
