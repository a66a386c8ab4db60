// From a table of values to a table of texts: which rows and columns are shown, how each cell is written. The HTML and the plain
// form are made from this, so they never disagree. Nothing here escapes: that is the writers' work.
import { intervalFormat, isInterval, numberFormat } from "./number.ts";

export interface Column {
  readonly name: string;
  /** Written under the header, e.g. "float32", "string"; "" for none. Inferred from the shown cells when left out. */
  readonly type?: string;
}

/** Any frame: cells are asked for one by one, so a frame of a million rows costs what is shown of it. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  readonly cell: (row: number, column: number) => unknown;
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
}

export interface LaidColumn {
  readonly name: string;
  readonly type: string;
  readonly align: "left" | "right";
  readonly cells: readonly CellText[];
}

/** Columns and rows that are shown; `gap` is the place of the "…" (before that shown row or column), or -1. */
export interface Layout {
  readonly columns: readonly LaidColumn[];
  readonly labels: readonly string[] | undefined;
  readonly rows: number;
  readonly rowGap: number;
  readonly columnGap: number;
  readonly caption: string | undefined;
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

function layColumn(column: Column, cells: readonly unknown[]): LaidColumn {
  const present = cells.filter((c) => c !== null && c !== undefined);
  const numbers = present.filter((c) => typeof c === "number");
  const intervals = present.filter(isInterval);
  const writeNumber = numberFormat(numbers);
  const writeInterval = intervalFormat(intervals);
  const numeric = numbers.length + intervals.length + present.filter((c) => typeof c === "bigint").length;
  return {
    name: oneLine(column.name),
    type: oneLine(column.type ?? inferType(present)),
    align: present.length > 0 && numeric === present.length ? "right" : "left",
    cells: cells.map((cell): CellText => {
      if (cell === null || cell === undefined) return { text: "–", missing: true };
      if (typeof cell === "number")
        return { text: writeNumber(cell), ...(Number.isNaN(cell) ? { missing: true as const } : {}) };
      if (!isInterval(cell)) return { text: otherText(cell) };
      const { value, spread } = writeInterval(cell);
      return { text: value, spread };
    }),
  };
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;

/** @returns what is shown of a table; asks for the shown cells only */
export function layOut(table: Table, limits: Limits = DEFAULT_LIMITS): Layout {
  const rows = pick(table.rowCount, limits.maxRows);
  const columns = pick(table.columns.length, limits.maxColumns);
  const laid = columns.shown.map((c) =>
    layColumn(
      table.columns[c] ?? { name: "" },
      rows.shown.map((r) => table.cell(r, c)),
    ),
  );
  const shape = `${plural(table.rowCount, "row")} × ${plural(table.columns.length, "column")}`;
  const whole = rows.gap < 0 && columns.gap < 0 && table.rowCount > 0;
  const label = table.label;
  return {
    columns: laid,
    labels: label ? rows.shown.map((r) => otherText(label(r))) : undefined,
    rows: rows.shown.length,
    rowGap: rows.gap,
    columnGap: columns.gap,
    caption: table.caption === undefined ? undefined : oneLine(table.caption),
    footer: [...(whole ? [] : [shape]), ...(table.note === undefined ? [] : [oneLine(table.note)])],
  };
}
