import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { frameBundle, isFrameLike, rowsTable, tableBundle, tableOf } from "../../../lib/core/table.ts";
import { intervalFormat, numberFormat } from "../../../lib/core/table/number.ts";
import { displayWidth } from "../../../lib/core/table/plain.ts";

const danfo = createRequire(import.meta.url)("danfojs-node") as typeof import("danfojs-node");
const text = (bundle: Readonly<Record<string, unknown>>): string => String(bundle["text/plain"]);
const page = (bundle: Readonly<Record<string, unknown>>): string => String(bundle["text/html"]);

test("numbers of a column share their decimals: four digits of the largest, two of the smallest, none invented", () => {
  const write = (values: number[]): string[] => values.map(numberFormat(values));
  expect(write([1.25, 10, 0.031])).toEqual(["1.250", "10.000", "0.031"]);
  expect(write([0.5, 2.5])).toEqual(["0.5", "2.5"]);
  expect(write([3, -20])).toEqual(["3", "−20"]);
  expect(write([0.10000000149011612, 0.3])).toEqual(["0.1", "0.3"]);
  expect(write([1e-5, 3.14159e-7])).toEqual(["1e-5", "3.142e-7"]);
  expect(write([Number.NaN, Infinity, -Infinity, 0])).toEqual(["NaN", "∞", "−∞", "0"]);
});

test("an interval is ± where both arms agree within 15 %, else [low, high] for its whole column", () => {
  const even = { value: 0.8731, low: 0.852, high: 0.894 };
  const lopsided = { value: 0, low: 0, high: 0.007 };
  expect(intervalFormat([even])(even)).toEqual({ value: "0.873", spread: "± 0.021" });
  expect(intervalFormat([even, lopsided])(lopsided)).toEqual({ value: "0.000", spread: "[0.000, 0.007]" });
  expect(intervalFormat([even, lopsided])(even).spread).toBe("[0.852, 0.894]");
});

test("plain text lines up by terminal cells, also with wide characters, and shows both parts of intervals", () => {
  const rows = [
    { model: "空白の模型", accuracy: { value: 0.8731, low: 0.852, high: 0.894 } },
    { model: "twin", accuracy: { value: 0.03, low: 0.02, high: 0.04 } },
  ];
  const lines = text(tableBundle(rowsTable(rows))).split("\n");
  expect(lines).toHaveLength(4);
  expect(new Set(lines.map(displayWidth))).toEqual(new Set([25]));
  expect(lines[2]).toContain("0.873 ± 0.021");
});

test("a Danfo frame of 100,000 rows shows 20 of them and its true shape, and at most 520 cells of a column are read", () => {
  const frame = new danfo.DataFrame({
    step: Array.from({ length: 100_000 }, (_, i) => i),
    loss: Array.from({ length: 100_000 }, () => 0.5),
  });
  expect(isFrameLike(frame)).toBe(true);
  expect(isFrameLike(frame.column("loss"))).toBe(true);
  const bundle = frameBundle(frame);
  expect(text(bundle)).toContain("100000 rows × 2 columns");
  expect(page(bundle).match(/<tr>/g)).toHaveLength(22);
  expect(page(bundle).length).toBeLessThan(60_000);
  let asked = 0;
  const counted = { columns: [{ name: "x" }], rowCount: 1e6, cell: (row: number) => (asked++, row) };
  expect(text(tableBundle(counted))).toContain("1000000 rows × 1 column");
  expect(asked).toBeLessThanOrEqual(520);
});

test("a summary without types has no line for them, with labels, gaps and all", () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({ n: i }));
  const lines = text(tableBundle(rowsTable(rows, { typed: false, label: (i) => `row ${i}` }))).split("\n");
  expect(lines.slice(0, 2)).toEqual(["         n", "row 0    0"]);
  expect(lines[15]).toBe("…");
  expect(lines.at(-1)).toBe("40 rows × 1 column");
});

test("frames of NaN, null, dates, big integers, nested and cyclic cells are drawn, the empty frame too", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  const odd = [
    { a: Number.NaN, b: null, c: new Date(0), d: 2n ** 70n, e: { x: [1] }, f: cyclic, g: new Float32Array([1, 2]) },
  ];
  const shown = text(tableBundle(rowsTable(odd)));
  for (const part of ["NaN", "–", "1970-01-01", "1180591620717411303424", '{"x":[1]}', "[object Object]", "[1, 2]"])
    expect(shown).toContain(part);
  expect(text(frameBundle(new danfo.DataFrame()))).toBe("0 rows × 0 columns");
});

test("a cell can neither break out of the HTML nor colour a terminal", () => {
  const bundle = tableBundle(
    rowsTable([{ "<b>k</b>": "<img src=x onerror=alert(1)>", line: "a\nb\u001b[31mred\u202e" }]),
  );
  expect(page(bundle)).not.toMatch(/<img|<b>/);
  expect(text(bundle)).not.toContain("\u001b");
  expect(text(bundle)).not.toContain("\u202e");
  expect(text(bundle).split("\n")).toHaveLength(3);
});

test("what is no frame is refused with a code", () => {
  for (const value of [null, 3, "x", [], {}, { columns: [] }]) expect(isFrameLike(value)).toBe(false);
  expect(() => frameBundle({})).toThrow(expect.objectContaining({ code: "NOT_A_FRAME" }));
});

test("rows of long texts, 200 characters each, bring a smaller sample: 20 columns and a million rows stay below 300 kB", () => {
  const columns = Array.from({ length: 20 }, (_, i) => ({ name: `c${i}` }));
  const texts = {
    columns,
    rowCount: 1e6,
    cell: (row: number, column: number) => `${row} ${column} ${"x".repeat(300)}`,
  };
  expect(page(tableBundle(texts)).length).toBeLessThan(300_000);
  const numbers = { columns, rowCount: 1e6, cell: (row: number, column: number) => Math.sin(row) * 10 ** column };
  const bundle = tableBundle(numbers);
  expect(page(bundle).length).toBeLessThan(300_000);
  expect(text(bundle)).toContain("1000000 rows × 20 columns");
});

test("the same table as Markdown and as LaTeX with booktabs' rules; bars are numbers there, curves are rules", () => {
  const rows = [
    { "a|b": "x_y", n: 3, course: [1, 2, 3], rate: { value: 0.5, low: 0.4, high: 0.6 } },
    { "a|b": "<b>", n: 12, course: [3, 1], rate: { value: 0.25, low: 0.15, high: 0.35 } },
  ];
  const table = rowsTable(rows, { caption: "c", note: "n", typed: false });
  const drawn = table.columns.map((c) => ({
    ...c,
    ...(c.name === "course" ? { draw: "spark" as const } : {}),
    ...(c.name === "n" ? { draw: "bar" as const } : {}),
  }));
  const bundle = tableBundle({ ...table, columns: drawn });
  expect(bundle["text/markdown"]).toBe(
    "**c**\n\n| a\\|b | n | course | rate |\n| :-- | --: | :-- | --: |\n| x\\_y | 3 | ▁▅█ | 0.50 ± 0.10 |\n| &lt;b\\> | 12 | █▁ | 0.25 ± 0.10 |\n\nn",
  );
  expect(bundle["text/latex"]).toContain("x\\_y & 3 & \\rule{1.6pt}{0.8pt}");
  expect(bundle["text/latex"]).toContain("\\toprule");
  expect(text(bundle)).toContain("x_y   3  ▁▅█     0.50 ± 0.10");
  expect(page(bundle)).toMatch(/class="bl-r bl-bar"\s+style="--bl-w:25.0"/);
});

test("polars' frames and objects of columns are tables too", () => {
  const series = (values: unknown[]) => ({ get: (row: number) => values[row], toArray: () => values });
  const polars = { columns: ["x"], dtypes: ["Float64"], height: 2, getColumn: () => series([1.5, null]) };
  expect(text(frameBundle(polars))).toBe("      x\nFloat64\n    1.5\n      –");
  expect(tableOf({ step: Int32Array.of(1, 2), loss: [3, 2] }).rowCount).toBe(2);
  expect(() => tableOf({ step: [1, 2], loss: [3] })).toThrow(expect.objectContaining({ code: "NOT_A_FRAME" }));
});
