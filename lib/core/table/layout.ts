// From a table of values to a table of texts: which rows and columns are shown, how each cell is written. The HTML and the plain
// form are made from this, so they never disagree. Nothing here escapes: that is the writers' work.
import { intervalFormat, isInterval, numberFormat } from "./number.ts";
import { sparkline } from "./spark.ts";

export interface Column {
  readonly name: string;
  /** "bar": numbers with a bar behind them, from 0 to the largest; "spark": lists of numbers as small curves. */
  readonly draw?: "bar" | "spark";
  /** Left out: numbers right, all else left. */
  readonly align?: "left" | "right";
  /** Written under the header, e.g. "float32", "string"; "" for none. Inferred from the shown cells when left out. */
  readonly type?: string;
}

/** Any frame: cells are asked for one by one, so a frame of a million rows costs what is shown of it. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  readonly cell: (row: number, column: number) => unknown;
  /** A whole column at once, where the frame has it so: for statistics over a million rows. */
  readonly column?: (column: number) => ArrayLike<unknown>;
  /** Row labels; left out when they would only count. */
  readonly label?: (row: number) => unknown;
  readonly caption?: string;
  /** Said under the table, e.g. how the intervals were made. */
  readonly note?: string;
}

export interface Limits {
  readonly maxRows: number;
  readonly maxColumns: number;
}
export const DEFAULT_LIMITS: Limits = { maxRows: 20, maxColumns: 20 };
const MAX_CELL_CHARS = 200;

export interface CellText {
  readonly text: string;
  /** The second, quieter part of an interval cell. */
  readonly spread?: string;
  readonly missing?: true;
  /** Length of the bar behind a number, 0 to 1. */
  readonly share?: number;
}

export interface LaidColumn {
  readonly name: string;
  readonly type: string;
  readonly align: "left" | "right";
  /** Its texts are small curves. */
  readonly spark?: true;
  readonly cells: readonly CellText[];
}

/** Rows beyond the shown ones that a page can sort and leaf through: cells per column, and labels. */
export interface Sample {
  readonly columns: readonly (readonly CellText[])[];
  readonly labels: readonly string[] | undefined;
  readonly rows: number;
}

/** Columns and rows that are shown; `gap` is the place of the "…" (before that shown row or column), or -1. */
export interface Layout {
  readonly columns: readonly LaidColumn[];
  readonly labels: readonly string[] | undefined;
  readonly rows: number;
  readonly rowGap: number;
  readonly columnGap: number;
  readonly caption: string | undefined;
  /** Of the table. */
  readonly rowCount: number;
  /** undefined: everything is shown. */
  readonly sample: Sample | undefined;
  /** "512 rows × 6 columns" when not everything is shown, and the note. */
  readonly footer: readonly string[];
}

/** First two thirds and last third, when there are too many. */
function pick(count: number, max: number): { shown: number[]; gap: number } {
  if (count <= max) return { shown: Array.from({ length: count }, (_, i) => i), gap: -1 };
  const head = Math.ceil((max * 2) / 3);
  const tail = max - head;
  return { shown: Array.from({ length: max }, (_, i) => (i < head ? i : count - tail + (i - head))), gap: head };
}

const ESCAPES: Readonly<Record<string, string>> = { "\n": "⏎", "\t": "→", "\r": "" };

/** One line without control characters: a cell can neither break a terminal nor colour it. */
export function oneLine(text: string): string {
  const flat = text
    .replace(/[\n\r\t]/g, (c) => ESCAPES[c] ?? "")
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
  return flat.length > MAX_CELL_CHARS ? `${flat.slice(0, MAX_CELL_CHARS - 1).toWellFormed()}…` : flat;
}

function otherText(value: unknown): string {
  if (typeof value === "string") return oneLine(value);
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString().replace("T00:00:00.000Z", "");
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return oneLine(`[${Array.from((value as Float32Array).subarray(0, 64)).join(", ")}]`);
  if (typeof value === "object" && value !== null) {
    try {
      return oneLine(JSON.stringify(value) ?? "");
    } catch {
      // Cycles, throwing getters, bigints inside: the class name says what stands here, the value itself can be displayed alone.
      return oneLine(Object.prototype.toString.call(value));
    }
  }
  return oneLine(String(value));
}

function inferType(cells: readonly unknown[]): string {
  const kinds = new Set(
    cells.map((c) => {
      if (isInterval(c)) return "interval";
      if (c instanceof Date) return "date";
      if (typeof c === "number") return Number.isInteger(c) ? "integer" : "number";
      return typeof c;
    }),
  );
  if (kinds.has("number")) kinds.delete("integer");
  return kinds.size === 0 ? "" : kinds.size === 1 ? ([...kinds][0] ?? "") : "mixed";
}

const isNumbers = (cell: unknown): cell is ArrayLike<number> =>
  (Array.isArray(cell) || (ArrayBuffer.isView(cell) && !(cell instanceof DataView))) &&
  Array.from(cell as ArrayLike<unknown>).every((v) => typeof v === "number");

/** A text in it is a curve that is drawn already. */
function sparkColumn(column: Column, cells: readonly unknown[]): LaidColumn {
  return {
    name: oneLine(column.name),
    type: oneLine(column.type ?? ""),
    align: "left",
    spark: true,
    cells: cells.map((cell): CellText => {
      if (typeof cell === "string") return { text: oneLine(cell) };
      return isNumbers(cell) ? { text: sparkline(Array.from(cell)) } : { text: "–", missing: true };
    }),
  };
}

function layColumn(column: Column, cells: readonly unknown[]): LaidColumn {
  if (column.draw === "spark") return sparkColumn(column, cells);
  const present = cells.filter((c) => c !== null && c !== undefined);
  const numbers = present.filter((c) => typeof c === "number");
  const intervals = present.filter(isInterval);
  const writeNumber = numberFormat(numbers);
  const writeInterval = intervalFormat(intervals);
  const sizeOf = (cell: unknown): number => (isInterval(cell) ? cell.value : typeof cell === "number" ? cell : 0);
  const largest = column.draw === "bar" ? Math.max(0, ...present.map(sizeOf).filter(Number.isFinite)) : 0;
  const bar = (cell: unknown): { readonly share?: number } =>
    largest > 0 ? { share: Math.min(1, Math.max(0, sizeOf(cell) / largest || 0)) } : {};
  const numeric = numbers.length + intervals.length + present.filter((c) => typeof c === "bigint").length;
  return {
    name: oneLine(column.name),
    type: oneLine(column.type ?? inferType(present)),
    align: column.align ?? (present.length > 0 && numeric === present.length ? "right" : "left"),
    cells: cells.map((cell): CellText => {
      if (cell === null || cell === undefined) return { text: "–", missing: true };
      if (typeof cell === "number")
        return { text: writeNumber(cell), ...bar(cell), ...(Number.isNaN(cell) ? { missing: true as const } : {}) };
      if (!isInterval(cell)) return { text: otherText(cell) };
      const { value, spread } = writeInterval(cell);
      return { text: value, spread, ...bar(cell) };
    }),
  };
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;

/** Rows that a page may sort and leaf through; more would make notebooks heavy. */
const SAMPLE_ROWS = 500;
/** Characters of them all: long texts mean fewer rows. */
const SAMPLE_CHARS = 150_000;

/** Rows in their order: as many as the budget allows, judged by the first of them. */
function sampleRows(table: Table, columns: readonly number[], maxRows: number): number[] {
  const few = Math.min(table.rowCount, maxRows);
  let chars = 0;
  for (let r = 0; r < few; r++)
    for (const c of columns) {
      const cell = table.cell(r, c);
      chars += typeof cell === "string" ? 4 + Math.min(MAX_CELL_CHARS, cell.length) : 14;
    }
  const affordable = Math.floor(SAMPLE_CHARS / Math.max(1, chars / few));
  return pick(table.rowCount, Math.max(maxRows, Math.min(SAMPLE_ROWS, affordable))).shown;
}

/** @returns what is shown of a table, and a sample to leaf through; asks for those cells only */
export function layOut(table: Table, limits: Limits = DEFAULT_LIMITS): Layout {
  const rows = pick(table.rowCount, limits.maxRows);
  const columns = pick(table.columns.length, limits.maxColumns);
  const all = rows.gap < 0 ? rows.shown : sampleRows(table, columns.shown, limits.maxRows);
  const wide = columns.shown.map((c) =>
    layColumn(
      table.columns[c] ?? { name: "" },
      all.map((r) => table.cell(r, c)),
    ),
  );
  // The shown rows are the sample's first and last ones: their numbers are written alike.
  const at = (i: number): number => (rows.gap < 0 || i < rows.gap ? i : all.length - rows.shown.length + i);
  const some = <T>(cells: readonly T[]): T[] => rows.shown.map((_, i) => cells[at(i)] as T);
  const label = table.label;
  const labels = label ? all.map((r) => otherText(label(r))) : undefined;
  const shape = `${plural(table.rowCount, "row")} × ${plural(table.columns.length, "column")}`;
  const whole = rows.gap < 0 && columns.gap < 0 && table.rowCount > 0;
  return {
    columns: wide.map((column) => ({ ...column, cells: some(column.cells) })),
    labels: labels && some(labels),
    rows: rows.shown.length,
    rowGap: rows.gap,
    columnGap: columns.gap,
    caption: table.caption === undefined ? undefined : oneLine(table.caption),
    rowCount: table.rowCount,
    sample: rows.gap < 0 ? undefined : { columns: wide.map((column) => column.cells), labels, rows: all.length },
    footer: [...(whole ? [] : [shape]), ...(table.note === undefined ? [] : [oneLine(table.note)])],
  };
}
