// What a probe found, as the user holds it: the numbers, a table of them, a figure, and one sentence that says no more than they carry.
import { DISPLAY_SYMBOL, type MimeBundle } from "../core/host.ts";
import { Shown } from "../core/shown.ts";
import { html } from "../core/html.ts";
import { type Interval, rowsTable, tableBundle } from "../core/table.ts";
import { Figure } from "./chart/figure.ts";
import type { ChartSpec } from "./chart/spec.ts";
import { type DataFrame, frameOf } from "./frame.ts";

export type Cell = string | number | boolean | null | Interval;

export interface Presentation {
  readonly title: string;
  /** As the table and the frame have them; in a frame an interval takes three columns (`x`, `x_low`, `x_high`). */
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  readonly chart: ChartSpec;
  readonly sentence: string;
  /** Under the table: what the intervals are about. */
  readonly note: string;
  /** A shorter table that stands first, where the rows are many; they then come last. */
  readonly summary?: { readonly title: string; readonly rows: readonly Readonly<Record<string, Cell>>[] };
}

const isInterval = (cell: Cell): cell is Interval => typeof cell === "object" && cell !== null;

const spread = (row: Readonly<Record<string, Cell>>) =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, cell]): (readonly [string, string | number | boolean | null])[] =>
      isInterval(cell)
        ? [
            [name, cell.value],
            [`${name}_low`, cell.low],
            [`${name}_high`, cell.high],
          ]
        : [[name, cell]],
    ),
  );

/** @typeParam Result the numbers, as the probe computed them */
export class Finding<Result> extends Shown {
  readonly result: Result;
  /** One sentence, made from the intervals. */
  readonly sentence: string;
  readonly #shown: Presentation;

  constructor(result: Result, shown: Presentation) {
    super();
    this.result = result;
    this.sentence = shown.sentence;
    this.#shown = shown;
  }

  /** @returns the table as a Danfo DataFrame; an interval takes three columns (`x`, `x_low`, `x_high`) */
  frame(): DataFrame {
    return frameOf(this.#shown.rows.map(spread));
  }

  /** @returns the probe's figure */
  chart(): Figure {
    return new Figure(this.#shown.chart);
  }

  [DISPLAY_SYMBOL](): MimeBundle {
    const { title, rows, note, chart, sentence, summary } = this.#shown;
    const limits = { maxRows: 80, maxColumns: 20 };
    const table = tableBundle(rowsTable(rows, { typed: false, caption: title, note }), limits);
    const figure = new Figure(chart)[DISPLAY_SYMBOL]();
    const paragraph = {
      "text/html": html`<p style="max-width:46em;margin:.6em 0">${sentence}</p>`.toString(),
      "text/plain": sentence,
    };
    const first = summary && tableBundle(rowsTable(summary.rows, { typed: false, caption: summary.title }), limits);
    const parts: readonly MimeBundle[] = first ? [first, figure, paragraph, table] : [table, figure, paragraph];
    return {
      "text/html": parts.map((part) => String(part["text/html"])).join(""),
      // For pages that show no HTML, and for papers.
      "image/png": figure["image/png"],
      "text/latex": table["text/latex"],
      "text/plain": parts.map((part) => String(part["text/plain"])).join("\n\n"),
    };
  }
}
