// summarize(): what a frame holds, column by column, or the means of its groups with their intervals. For frames of Danfo, Arquero, Arrow and
// Polars, arrays of objects and objects of columns; a million rows take less than a second.
import { fault } from "../core/errors.ts";
import { DISPLAY_SYMBOL, type MimeBundle } from "../core/host.ts";
import { checkOptions, required, type Rules, text, texts } from "../core/options.ts";
import { Shown } from "../core/shown.ts";
import { type Column, type Table, tableBundle, tableOf } from "../core/table.ts";
import { numberFormat } from "../core/table/number.ts";
import { sparkline } from "../core/table/spark.ts";
import { CONFIDENCE } from "../eval/interval.ts";
import { type DataFrame, frameOf, type Row } from "./frame.ts";
import { type ColumnSummary, summarizeColumn } from "./summary/column.ts";
import { type GroupSummary, summarizeGroups } from "./summary/groups.ts";

/** The values of one column; read one by one where the frame has no column as a whole. */
function valuesOf(table: Table, column: number): ArrayLike<unknown> {
  return table.column?.(column) ?? Array.from({ length: table.rowCount }, (_, row) => table.cell(row, column));
}

const day = (ms: number): string =>
  Number.isFinite(ms) ? new Date(ms).toISOString().replace(/T00:00:00.000Z$/, "") : "–";
const STATISTICS = ["mean", "sd", "min", "q1", "median", "q3", "max"] as const;
const TITLES = { mean: "mean", sd: "sd", min: "min", q1: "25 %", median: "median", q3: "75 %", max: "max" } as const;

/** Four significant digits of each: columns of one frame are of all sizes. */
function statisticTexts({ type, numbers }: ColumnSummary): Record<string, string | null> {
  if (!numbers) return Object.fromEntries(STATISTICS.map((name) => [TITLES[name], null]));
  const write = (value: number): string => numberFormat([value])(value);
  const text = (name: (typeof STATISTICS)[number]): string =>
    type === "date" && name !== "sd"
      ? day(numbers[name])
      : type === "date"
        ? `${(numbers.sd / 86_400_000).toPrecision(3)} days`
        : write(numbers[name]);
  return Object.fromEntries(STATISTICS.map((name) => [TITLES[name], text(name)]));
}

/** A frame's columns in numbers. */
export class Summary extends Shown {
  /** Of the frame. */
  readonly rows: number;
  readonly columns: readonly ColumnSummary[];

  constructor(rows: number, columns: readonly ColumnSummary[]) {
    super();
    this.rows = rows;
    this.columns = columns;
  }

  /** @returns one row per column of the frame: type, count, missing, mean, sd, min, q1, median, q3, max, distinct, top */
  frame(): DataFrame {
    return frameOf(
      this.columns.map(({ column, type, count, missing, numbers, texts }): Row => {
        const none = Object.fromEntries(STATISTICS.map((name) => [name, Number.NaN]));
        return {
          column,
          type,
          count,
          missing,
          ...none,
          ...numbers,
          distinct: texts?.distinct ?? Number.NaN,
          top: texts?.top ?? null,
        };
      }),
    );
  }

  [DISPLAY_SYMBOL](): MimeBundle {
    const hasTexts = this.columns.some(({ texts }) => texts);
    const hasNumbers = this.columns.some(({ numbers }) => numbers);
    const rows = this.columns.map((summary): Record<string, unknown> => {
      const { column, type, count, missing, texts, histogram } = summary;
      return {
        column,
        type,
        count,
        missing,
        ...(hasNumbers ? statisticTexts(summary) : {}),
        distribution: sparkline(histogram, [0, Math.max(1, ...histogram)]),
        ...(hasTexts
          ? { distinct: texts?.distinct ?? null, "most frequent": texts ? `${texts.top} (${texts.topCount})` : null }
          : {}),
      };
    });
    const right = new Set<string>(Object.values(TITLES));
    const names = Object.keys(rows[0] ?? {});
    return tableBundle(
      {
        columns: names.map((name): Column => ({
          name,
          type: "",
          ...(right.has(name) ? { align: "right" } : {}),
          ...(name === "distribution" ? { draw: "spark" } : {}),
        })),
        rowCount: rows.length,
        cell: (row, column) => rows[row]?.[names[column] ?? ""],
        note: `${this.rows} rows. Missing: null, undefined and NaN; they count nowhere else.`,
      },
      { maxRows: 60, maxColumns: 20 },
    );
  }
}

/** A frame's groups: means with intervals. */
export class GroupedSummary extends Shown {
  readonly groups: readonly GroupSummary[];
  readonly confidence: number;

  constructor(groups: readonly GroupSummary[], confidence: number) {
    super();
    this.groups = groups;
    this.confidence = confidence;
  }

  /** @returns one row per group; an interval takes three columns (`x`, `x_low`, `x_high`) and its count a fourth (`x_count`) */
  frame(): DataFrame {
    return frameOf(
      this.groups.map(({ by, rows, means }): Row => {
        const keys = Object.entries(by).map(
          ([name, value]) => [name, typeof value === "number" ? value : String(value)] as const,
        );
        const parts = Object.entries(means).flatMap(([name, { mean, count }]): (readonly [string, number])[] => [
          [name, mean.value],
          [`${name}_low`, mean.low],
          [`${name}_high`, mean.high],
          [`${name}_count`, count],
        ]);
        return Object.fromEntries([...keys, ["rows", rows] as const, ...parts]);
      }),
    );
  }

  [DISPLAY_SYMBOL](): MimeBundle {
    const rows = this.groups.map(({ by, rows, means }): Record<string, unknown> => ({
      ...by,
      rows,
      ...Object.fromEntries(
        Object.entries(means).map(([name, { mean }]) => [name, Number.isFinite(mean.low) ? mean : mean.value]),
      ),
    }));
    const table = tableOf(rows);
    const note = `Means with their ${this.confidence * 100} % intervals (numbers: Student's, none below four values; booleans: Wilson's). Missing values are left out.`;
    return tableBundle(
      { ...table, columns: table.columns.map(({ name }) => ({ name, type: "" })), note },
      { maxRows: 60, maxColumns: 20 },
    );
  }
}

export interface GroupOptions {
  /** A column, or several, whose values make the groups. */
  readonly by: string | readonly string[];
  /** Which columns are summarized; default: every other one that holds numbers or booleans. */
  readonly columns?: readonly string[];
  /** Of the intervals; default 0.95. */
  readonly confidence?: number;
}

const RULES: Rules<GroupOptions> = {
  by: required({ may: "a column's name, or several", holds: (value) => text.holds(value) || texts.holds(value) }),
  columns: texts,
  confidence: CONFIDENCE,
};

/**
 * What a table-like value holds: per column how many values and how many are missing, mean, standard deviation, quartiles, a histogram,
 * and of texts the most frequent one; or, with `by`, the means of its groups with their intervals.
 * @param value a frame of Danfo, Arquero, Arrow or Polars, an array of plain objects, or an object of columns
 * @throws NOT_A_FRAME, NO_SUCH_COLUMN
 * @example summarize([{ x: 1 }, { x: NaN }, { x: 3 }]).columns[0]?.numbers?.mean // 2
 * @example summarize([{ m: "a", x: 1 }, { m: "a", x: 3 }], { by: "m" }).groups[0]?.means.x?.mean.value // 2
 */
export function summarize(value: unknown): Summary;
export function summarize(value: unknown, options: GroupOptions): GroupedSummary;
export function summarize(value: unknown, given?: GroupOptions): Summary | GroupedSummary {
  const table = tableOf(value);
  const names = table.columns.map(({ name }) => name);
  const place = (name: string): number => {
    const at = names.indexOf(name);
    if (at >= 0) return at;
    throw fault("NO_SUCH_COLUMN", `there is no column “${name}”.`, `there are: ${names.slice(0, 20).join(", ")}.`);
  };
  if (given === undefined)
    return new Summary(
      table.rowCount,
      names.map((name, i) => summarizeColumn(name, valuesOf(table, i))),
    );
  const options = checkOptions("summarize", given, RULES);
  const by = typeof options.by === "string" ? [options.by] : options.by;
  const keys = by.map((name) => [name, valuesOf(table, place(name))] as const);
  const wanted = (options.columns ?? names.filter((name) => !by.includes(name))).map(
    (name) => [name, valuesOf(table, place(name))] as const,
  );
  const columns = wanted.flatMap(([name, values]) => {
    const { type } = summarizeColumn(name, values);
    return type === "number" || type === "boolean" ? [[name, values, type] as const] : [];
  });
  const confidence = options.confidence ?? 0.95;
  return new GroupedSummary(summarizeGroups(keys, columns, confidence), confidence);
}
