import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { summarize, table } from "blankslate";
import { frameBundle } from "../../../lib/core/table.ts";
import { DISPLAY_SYMBOL } from "../../../lib/core/host.ts";
import { quantiles } from "../../../lib/report/summary/select.ts";

const load = createRequire(import.meta.url);
const danfo = load("danfojs-node") as typeof import("danfojs-node");
const words = (value: { [DISPLAY_SYMBOL](): Readonly<Record<string, unknown>> }): string =>
  String(value[DISPLAY_SYMBOL]()["text/plain"]);

test("a column with a NaN, a null and an undefined has three missing values and the mean, sd and quartiles of the other five", () => {
  const rows = [1, Number.NaN, 2, null, 3, undefined, 4, 10].map((x) => ({ x }));
  const [x] = summarize(rows).columns;
  expect(x).toMatchObject({ type: "number", count: 5, missing: 3 });
  // R: c(mean(v), sd(v), quantile(v)) for v = c(1, 2, 3, 4, 10)
  expect(x?.numbers).toEqual({ mean: 4, sd: expect.closeTo(3.535534), min: 1, q1: 2, median: 3, q3: 4, max: 10 });
  const same = summarize(new danfo.DataFrame({ x: rows.map((row) => row.x ?? Number.NaN) })).columns[0];
  expect(same?.numbers).toEqual(x?.numbers);
});

test("texts, booleans, dates, mixed and empty columns are summarized as what they are", () => {
  const day = (n: number) => new Date(Date.UTC(2026, 0, n));
  const rows = [
    { word: "a", ok: true, when: day(1), mixed: 1, none: null, rate: { value: 0.5, low: 0, high: 1 } },
    { word: "b", ok: false, when: day(3), mixed: "1", none: null, rate: { value: 1.5, low: 1, high: 2 } },
    { word: "a", ok: true, when: null, mixed: {}, none: null, rate: null },
  ];
  const summary = summarize(rows);
  const of = Object.fromEntries(summary.columns.map((c) => [c.column, c]));
  expect(of["word"]).toMatchObject({
    type: "string",
    texts: { distinct: 2, top: "a", topCount: 2 },
    histogram: [2, 1],
  });
  expect(of["ok"]?.numbers?.mean).toBeCloseTo(2 / 3);
  expect(of["when"]).toMatchObject({ type: "date", missing: 1, numbers: { median: day(2).getTime() } });
  expect([of["mixed"]?.type, of["none"]?.type, of["rate"]?.numbers?.mean]).toEqual(["mixed", "empty", 1]);
  expect(words(summary)).toMatch(/^column +type +count +missing +mean +sd/);
  expect(words(summary)).toContain("2026-01-02");
  expect(summary.frame().shape).toEqual([6, 13]);
  expect(words(summarize([]))).toContain("0 rows");
});

test("groups have means with intervals: Student's as R gives them, Wilson's for booleans, none below four values", () => {
  const rows = [1, 2, 3, 4, 5, 6].map((x) => ({ model: x < 5 ? "blank" : "twin", x, ok: x > 1 }));
  const grouped = summarize([...rows, { model: "blank", x: Number.NaN, ok: null }], { by: "model" });
  const [blank, twin] = grouped.groups;
  expect([blank?.rows, blank?.means["x"]?.count]).toEqual([5, 4]);
  // R: t.test(1:4)$conf.int
  expect(blank?.means["x"]?.mean).toEqual({
    value: 2.5,
    low: expect.closeTo(0.446, 2),
    high: expect.closeTo(4.554, 2),
  });
  expect(blank?.means["ok"]?.mean).toMatchObject({
    value: 0.75,
    low: expect.closeTo(0.301, 2),
    high: expect.closeTo(0.954, 2),
  });
  expect(twin?.means["x"]?.mean).toEqual({ value: 5.5, low: Number.NaN, high: Number.NaN });
  expect(grouped.frame().columns).toEqual([
    "model",
    "rows",
    "x",
    "x_low",
    "x_high",
    "x_count",
    "ok",
    "ok_low",
    "ok_high",
    "ok_count",
  ]);
  expect(words(grouped)).toContain("blank");
  expect(() => summarize(rows, { by: "modle" })).toThrow(
    expect.objectContaining({ code: "NO_SUCH_COLUMN", hint: "there are: model, x, ok." }),
  );
  expect(summarize(rows, { by: ["model", "ok"] }).groups).toHaveLength(3);
});

test("quartiles without sorting are those of sorting, for 200 random samples with many equal values", () => {
  let state = 1;
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let n = 1; n <= 200; n++) {
    const values = Float64Array.from({ length: n }, () => (n % 3 === 0 ? Math.floor(random() * 4) : random()));
    const sorted = values.toSorted();
    const wanted = [0.25, 0.5, 0.75].map((p) => {
      const at = (n - 1) * p;
      const low = sorted[Math.floor(at)] ?? 0;
      return low + ((sorted[Math.ceil(at)] ?? 0) - low) * (at - Math.floor(at));
    });
    expect(quantiles(values, [0.25, 0.5, 0.75])).toEqual(wanted);
  }
});

test("a Danfo frame of a million rows and three columns is shown within 300 ms and summarized within 1 s, at the quarter of the machine", () => {
  const n = 1_000_000;
  const frame = new danfo.DataFrame({
    step: Array.from({ length: n }, (_, i) => i),
    loss: Array.from({ length: n }, (_, i) => (i % 97 === 0 ? Number.NaN : Math.sin(i))),
    model: Array.from({ length: n }, (_, i) => (i % 2 === 0 ? "blank" : "twin")),
  });
  const timed = <T>(work: () => T): readonly [T, number] => {
    const start = performance.now();
    const result = work();
    return [result, performance.now() - start];
  };
  const [bundle, shown] = timed(() => frameBundle(frame));
  const [summary, summarized] = timed(() => summarize(frame));
  expect(String(bundle["text/html"]).length).toBeLessThan(300_000);
  expect([summary.rows, summary.columns[1]?.missing]).toEqual([n, 10_310]);
  // Four times the figures: this machine is shared with other tests.
  expect(shown).toBeLessThan(4 * 300);
  expect(summarized).toBeLessThan(4 * 1000);
});

test("table() chooses columns, draws bars and curves, and is Markdown, LaTeX and TSV; a misspelt column is refused", () => {
  const rows = [
    { model: "blank", accuracy: 0.5, losses: [3, 2, 1] },
    { model: "twin", accuracy: 0.75, losses: [2, 1, 1] },
  ];
  const view = table(rows, { columns: ["accuracy", "losses"], bars: ["accuracy"], curves: ["losses"], caption: "Two" });
  expect(String(view).split("\n").slice(-2)).toEqual(["    0.50  █▅▁", "    0.75  █▁▁"]);
  expect(view.markdown()).toContain("| 0.50 | █▅▁ |");
  expect(view.latex()).toContain("\\bottomrule");
  expect(table([...rows, { model: "n\ta", accuracy: Number.NaN, losses: null }]).tsv()).toBe(
    "model\taccuracy\tlosses\nblank\t0.5\t[3,2,1]\ntwin\t0.75\t[2,1,1]\nn a\tNaN\t",
  );
  expect(() => table(rows, { bars: ["acuracy"] })).toThrow(expect.objectContaining({ code: "NO_SUCH_COLUMN" }));
  expect(() => table(3)).toThrow(expect.objectContaining({ code: "NOT_A_FRAME" }));
});
