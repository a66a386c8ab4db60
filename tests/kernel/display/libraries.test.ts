// Values of real libraries show themselves with no glue. DuckDB, polars and ECharts together unpack to 250 MB, which is no dependency for a
// test: with BLANKSLATE_LONG=1 they are installed into a temporary folder and asked themselves, else what they gave on such a run stands
// for them.
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as Plot from "@observablehq/plot";
import * as arrow from "apache-arrow";
import * as aq from "arquero";
import { parseHTML } from "linkedom";
import { expect, test } from "vitest";
import { bundleOf } from "../../../kernel/display/bundle.ts";

const evil = "<img src=x onerror=alert(1)>";
const { document } = parseHTML("<p></p>");

test("Arquero: a table, a grouped and a filtered one, escaped, with types", async () => {
  const table = aq.table({ score: [1, 2.5, 3], name: [evil, "y", "z"] });
  for (const value of [table, table.groupby("name"), table.filter((row: { score: number }) => row.score < 3)]) {
    const bundle = await bundleOf(value);
    expect(bundle["text/html"]).toContain("<table");
    expect(bundle["text/html"]).not.toContain("<img");
    expect(bundle["text/plain"]).toContain(evil);
    expect(bundle["text/latex"]).toContain("tabular");
  }
  expect((await bundleOf(table.filter((row: { score: number }) => row.score < 3)))["text/plain"]).not.toContain("z");
});

test("Arrow: a table, a batch, a column", async () => {
  const table = arrow.tableFromArrays({ score: Float64Array.of(1, 2.5), name: ["x", evil] });
  for (const value of [table, table.batches[0], table.getChild("name")]) {
    const bundle = await bundleOf(value);
    expect(bundle["text/html"]).toContain("&lt;img");
    expect(bundle["text/html"]).not.toContain("<img");
    expect(bundle["text/plain"]).toContain("Utf8");
  }
  expect((await bundleOf(arrow.vectorFromArray([7, 8])))["text/plain"]).toMatch(/Float64\n +7\n +8$/);
});

test("Observable Plot and DOM nodes are shown as what they are", async () => {
  const rows = [
    { x: 1, y: 2 },
    { x: 2, y: 3 },
  ];
  const plain = await bundleOf(Plot.plot({ document, marks: [Plot.line(rows, { x: "x", y: "y" })] }));
  expect(plain["text/html"]).toMatch(/^<svg [^]*<path /);
  const titled = await bundleOf(Plot.plot({ document, title: evil, marks: [Plot.dot(rows, { x: "x", y: "y" })] }));
  expect(titled["text/html"]).toMatch(/^<figure [^]*<svg /);
  expect(titled["text/html"]).not.toContain("<img");
  expect((await bundleOf(parseHTML("<div><b>x</b></div>").document))["text/html"]).toBe("<div><b>x</b></div>");
});

test("Vega and Vega-Lite of any version have a form that JupyterLab draws", async () => {
  const spec = (version: string) => ({ $schema: `https://vega.github.io/schema/${version}.json`, mark: "bar" });
  expect(Object.keys(await bundleOf(spec("vega-lite/v6")))).toEqual([
    "application/vnd.vegalite.v6+json",
    "application/vnd.vegalite.v5+json",
    "text/plain",
  ]);
  expect(Object.keys(await bundleOf(spec("vega/v5.2")))).toEqual(["application/vnd.vega.v5+json", "text/plain"]);
  expect(await bundleOf({ toSpec: () => spec("vega-lite/v5") })).toMatchObject({ "text/plain": "Vega-Lite chart" });
});

test("DuckDB's reader, as @duckdb/node-api 1.5.6 gave it", async () => {
  class DuckDBDateValue {
    toString() {
      return "2020-01-01";
    }
  }
  const columns = [
    [0, 1],
    [1 / 3, null],
    [new DuckDBDateValue(), new DuckDBDateValue()],
    [evil, "b"],
  ];
  const described = {
    deduplicatedColumnNames: () => ["n", "f", "d", "t"],
    columnTypes: () => ["BIGINT", "DOUBLE", "DATE", "VARCHAR"].map((name) => ({ toString: () => name })),
  };
  const reader = {
    ...described,
    currentRowCount: 2,
    done: true,
    value: (column: number, row: number) => columns[column]?.[row],
  };
  const chunk = (row: number) => ({
    rowCount: 1,
    getColumnVector: (column: number) => ({ getItem: (at: number) => columns[column]?.[row + at] }),
  });
  const result = { ...described, rowCount: 2, chunkCount: 2, getChunk: chunk };
  for (const value of [reader, result]) {
    const bundle = await bundleOf(value);
    expect(bundle["text/plain"]).toMatch(
      /^ +n +f +d +t *\nbigint +double +date +varchar *\n +0 +0\.3333 +2020-01-01 +<img/,
    );
    expect(bundle["text/html"]).not.toContain("<img");
  }
});

const LONG = process.env["BLANKSLATE_LONG"] === "1";

test.runIf(LONG)("DuckDB, polars and ECharts themselves", { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "blankslate-libraries-"));
  const packages = [
    "@duckdb/node-api@1.5.6-r.1",
    "nodejs-polars@0.26.0",
    "nodejs-polars-linux-x64-gnu@0.26.0",
    "echarts@6.1.0",
  ];
  const quiet = ["--no-audit", "--no-fund", "--ignore-scripts"];
  execFileSync("npm", ["install", "--prefix", folder, ...quiet, ...packages], { cwd: folder });
  const load = createRequire(join(folder, "cell"));
  const { DuckDBInstance } = load("@duckdb/node-api") as { DuckDBInstance: { create(): Promise<DuckDB> } };
  const connection = await (await DuckDBInstance.create()).connect();
  const query = `select range as n, date '2020-01-01' as d, [range] as l, '${evil}' as t, 1.25::decimal(4,2) as c from range(3)`;
  for (const value of [await connection.runAndReadAll(query), await connection.run(query)]) {
    const bundle = await bundleOf(value);
    expect(bundle["text/plain"]).toMatch(
      /bigint +date +bigint\[\] +varchar +decimal\(4,2\)\n +0 +2020-01-01 +\[0\] +<img.* 1\.25\n/,
    );
    expect(bundle["text/html"]).not.toContain("<img");
  }
  const pl = load("nodejs-polars") as { DataFrame(columns: object): object };
  const frame = await bundleOf(pl.DataFrame({ a: [1, null], b: [evil, "x"] }));
  expect(frame["text/html"]).toContain("<table");
  expect(frame["text/html"]).not.toContain("<img");
  expect(frame["application/vnd.dataresource+json"]).toBeDefined();
  const here = process.cwd();
  try {
    process.chdir(folder);
    const option = {
      title: { text: evil },
      xAxis: { data: ["a", "b"] },
      yAxis: {},
      series: [{ type: "bar", data: [1, 2] }],
    };
    const chart = await bundleOf(option);
    expect(chart["text/html"]).toMatch(/^<svg [^]*<path /);
    expect(chart["text/html"]).not.toContain("<img");
    expect(chart["text/plain"]).toBe("ECharts chart (bar)");
  } finally {
    process.chdir(here);
  }
});

interface DuckDB {
  connect(): Promise<{ run(sql: string): Promise<object>; runAndReadAll(sql: string): Promise<object> }>;
}
