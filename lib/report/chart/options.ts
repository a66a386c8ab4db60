// What the charts of the grammar take beside their numbers.
import {
  checkOptions,
  either,
  flag,
  listOf,
  number,
  oneOf,
  required,
  type Rules,
  shaped,
  text,
  texts,
  without,
} from "../../core/options.ts";
import type { Axis, Heat, Reference } from "./spec.ts";

export interface ChartOptions {
  readonly title?: string;
  /** Axis names with their units, or an axis: `{ label: "k", scale: "log" }`. */
  readonly x?: string | Axis;
  readonly y?: string | Axis;
  /** Lines with names: `[{ y: 0.05, label: "chance" }]`, `[{ x: 8, label: "k*" }]`. */
  readonly references?: readonly Reference[];
  readonly note?: string;
}

export interface HeatOptions extends Omit<ChartOptions, "references">, Omit<Heat, "z" | "label"> {
  /** Names of the rows, from the top; left out: 1, 2, 3, … */
  readonly rows?: readonly string[];
  readonly columns?: readonly string[];
  /** What a colour means, with its unit. */
  readonly z?: string;
}

const PAIR = listOf(number, 2);
const AXIS = shaped<Axis>({
  label: required(text),
  scale: oneOf("linear", "log", "category"),
  categories: texts,
  range: PAIR,
  percent: flag,
  whole: flag,
  ticks: listOf(number, 0),
});
const NAME_OR_AXIS = either(text, AXIS);
const REFERENCE = shaped<Pick<Reference, "label" | "x" | "y">>({ x: number, y: number, label: required(text) });
const CHART: Rules<ChartOptions> = {
  title: text,
  x: NAME_OR_AXIS,
  y: NAME_OR_AXIS,
  references: listOf(REFERENCE, 0),
  note: text,
};
const HEAT: Rules<HeatOptions> = {
  ...without(CHART, "references"),
  percent: flag,
  diverging: flag,
  range: PAIR,
  rows: texts,
  columns: texts,
  z: text,
};

/** @throws OPTION_UNKNOWN, OPTION_INVALID */
export function checkChart(mark: string, options: ChartOptions | HeatOptions): void {
  checkOptions(`chart.${mark}`, options, mark === "heat" ? HEAT : CHART);
}
