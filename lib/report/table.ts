// table(): any frame or rows shown as one likes them: which columns, bars behind numbers, small curves, a caption; and the same as text, Markdown,
// LaTeX and TSV.
import { DISPLAY_SYMBOL, type MimeBundle } from "../core/host.ts";
import { checkOptions, type Rules, text, texts, whole } from "../core/options.ts";
import { Shown } from "../core/shown.ts";
import { type Column, type Table, tableBundle, tableOf } from "../core/table.ts";
import { fault } from "../core/errors.ts";

export interface TableOptions {
  readonly caption?: string;
  /** Said under the table, e.g. how intervals were made. */
  readonly note?: string;
  /** Which columns, in this order; default all. */
  readonly columns?: readonly string[];
  /** Columns of numbers that get a bar behind them, from 0 to the largest. */
  readonly bars?: readonly string[];
  /** Columns of lists of numbers that are drawn as small curves. */
  readonly curves?: readonly string[];
  /** Rows shown at once; default 20. */
  readonly rows?: number;
}

const RULES: Rules<TableOptions> = {
  caption: text,
  note: text,
  columns: texts,
  bars: texts,
  curves: texts,
  rows: whole(1),
};

/** A table as a value: a cell shows it, its methods give it as text. */
export class TableView extends Shown {
  readonly #table: Table;
  readonly #rows: number;

  constructor(table: Table, rows: number) {
    super();
    this.#table = table;
    this.#rows = rows;
  }

  #as(mime: string): string {
    return String(this[DISPLAY_SYMBOL]()[mime]);
  }

  /** @returns GitHub-flavoured Markdown */
  markdown(): string {
    return this.#as("text/markdown");
  }

  /** @returns a tabular environment with booktabs' rules */
  latex(): string {
    return this.#as("text/latex");
  }

  /** @returns every row, values as they are, for a spreadsheet */
  tsv(): string {
    const { columns, rowCount, cell } = this.#table;
    const text = (value: unknown): string => {
      if (value === null || value === undefined) return "";
      if (typeof value === "string") return value.replaceAll(/[\t\r\n]+/g, " ");
      const whole = typeof value === "object" ? JSON.stringify(value) : `${value as number | boolean | bigint}`;
      return whole.replaceAll(/[\t\r\n]+/g, " ");
    };
    const rows = Array.from({ length: rowCount }, (_, r) => columns.map((_c, c) => text(cell(r, c))).join("\t"));
    return [columns.map(({ name }) => text(name)).join("\t"), ...rows].join("\n");
  }

  [DISPLAY_SYMBOL](): MimeBundle {
    return tableBundle(this.#table, { maxRows: this.#rows, maxColumns: 20 });
  }
}

/**
 * Any frame (Danfo, Arquero, Arrow, Polars), array of plain objects or object of columns as a table.
 * @throws NOT_A_FRAME for other values; NO_SUCH_COLUMN
 * @example String(table([{ model: "blank", accuracy: 0.5 }], { columns: ["accuracy"] })) // "accuracy\n  number\n     0.5"
 */
export function table(value: unknown, options: TableOptions = {}): TableView {
  const given = tableOf(value);
  const names = given.columns.map(({ name }) => name);
  const { columns = names, bars = [], curves = [], caption, note, rows = 20 } = checkOptions("table", options, RULES);
  const wrong = [...columns, ...bars, ...curves].find((name) => !names.includes(name));
  if (wrong !== undefined)
    throw fault("NO_SUCH_COLUMN", `there is no column “${wrong}”.`, `there are: ${names.slice(0, 20).join(", ")}.`);
  const places = columns.map((name) => names.indexOf(name));
  const shown = places.map((at, i): Column => {
    const name = columns[i] as string;
    const draw = bars.includes(name) ? "bar" : curves.includes(name) ? "spark" : undefined;
    return { ...(given.columns[at] as Column), ...(draw ? { draw } : {}) };
  });
  const chosen: Table = {
    columns: shown,
    rowCount: given.rowCount,
    cell: (row, column) => given.cell(row, places[column] ?? -1),
    ...(given.label ? { label: given.label } : {}),
    ...(caption === undefined ? {} : { caption }),
    ...(note === undefined ? {} : { note }),
  };
  return new TableView(chosen, rows);
}
