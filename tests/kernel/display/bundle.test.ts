import * as dfd from "danfojs-node";
import { anything, assert, asyncProperty } from "fast-check";
import { describe, expect, test } from "vitest";
import { bundleOf } from "../../../kernel/display/bundle.ts";

const MAX_BYTES = 256 * 2 ** 10;
const MAX_MS = 50;

function nest(depth: number): object {
  let value: object = {};
  for (let i = 0; i < depth; i++) value = { value };
  return value;
}
const circular: Record<string, unknown> = { name: "loop" };
circular["self"] = circular;

const NASTY: Record<string, () => unknown> = {
  "a circular object": () => circular,
  "an object 2,000 deep": () => nest(2_000),
  "1,000,000 rows": () => Array.from({ length: 1_000_000 }, (_, i) => ({ i, text: "row" })),
  "an object with 20,000 keys": () => Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key${i}`, i])),
  "wide objects inside an array": () =>
    Array.from({ length: 50 }, () => Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, i]))),
  "arrays of arrays of arrays of arrays": () =>
    Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => [1, 2, 3]))),
  "a Map of 100,000 Maps": () => new Map(Array.from({ length: 100_000 }, (_, i) => [i, new Map([[i, i]])])),
  "a string of 10 MB": () => "x".repeat(10_000_000),
  "lone surrogates": () => ["\ud800", "a\udc00b"],
  "bigints, NaN, -0 and symbols": () => [1n, Number.NaN, -0, Symbol("s"), undefined],
  "getters that throw": () => ({
    get bad() {
      throw new Error("no");
    },
    get [Symbol.toStringTag]() {
      throw new Error("no");
    },
  }),
  "a proxy whose traps throw": () =>
    new Proxy(
      {},
      {
        get() {
          throw new Error("no");
        },
        ownKeys() {
          throw new Error("no");
        },
        getPrototypeOf() {
          throw new Error("no");
        },
      },
    ),
  "a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  "a display method that throws": () => ({
    [Symbol.for("Jupyter.display")]() {
      throw new Error("no");
    },
  }),
  "a display method that answers nonsense": () => ({
    [Symbol.for("Jupyter.display")]: () => ({
      "text/html": {
        toString() {
          throw new Error("no");
        },
      },
      "application/json": circular,
      nonsense: 1,
    }),
  }),
  "a typed array of 10,000,000": () => new Float32Array(10_000_000),
  "a null-prototype object": () => Object.create(null) as unknown,
};

describe.each(Object.entries(NASTY))("%s", (_name, make) => {
  test(`C7: becomes valid JSON of at most 256 KiB within ${MAX_MS} ms, with text/plain`, async () => {
    const value = make();
    await bundleOf(value); // Compiled once: the figure is for the value, not for the first call.
    let ms = Infinity;
    // This thread's own time, the best of three: other work on the machine is not the value's fault.
    for (let n = 0; n < 3; n++) {
      const before = process.threadCpuUsage();
      await bundleOf(value);
      const { user, system } = process.threadCpuUsage(before);
      ms = Math.min(ms, (user + system) / 1000);
    }
    const bundle = await bundleOf(value);
    const json = JSON.stringify(bundle);
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(MAX_BYTES);
    expect(typeof bundle["text/plain"]).toBe("string");
    expect(ms).toBeLessThan(MAX_MS);
  });
});

test("5,000 arbitrary values: never throws, valid JSON, at most 256 KiB", async () => {
  await assert(
    asyncProperty(
      anything({
        withBigInt: true,
        withBoxedValues: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withNullPrototype: true,
        withObjectString: true,
        withSparseArray: true,
        withTypedArray: true,
      }),
      async (value) => {
        const json = JSON.stringify(await bundleOf(value));
        return (
          Buffer.byteLength(json) <= MAX_BYTES &&
          typeof (JSON.parse(json) as Record<string, unknown>)["text/plain"] === "string"
        );
      },
    ),
    { numRuns: 5_000, seed: 7 },
  );
});

test("plain values are readable text without colours", async () => {
  expect(await bundleOf({ a: [1, "two"], b: new Map([["k", 1n]]) })).toEqual({
    "text/plain": "{ a: [ 1, 'two' ], b: Map(1) { 'k' => 1n } }",
  });
  expect(await bundleOf("text")).toEqual({ "text/plain": "'text'" });
});

test("rows are a table, large nested objects a tree; data is escaped in both", async () => {
  const evil = "<img src=x onerror=alert(1)>";
  const rows = await bundleOf([
    { [evil]: evil, n: 1 },
    { [evil]: "b", n: 2 },
  ]);
  const nested = await bundleOf({
    [evil]: Array.from({ length: 30 }, (_, i) => ({ [evil]: new Map([[evil, [evil, i, { evil }]]]) })),
    text: evil.repeat(20),
  });
  for (const bundle of [rows, nested]) {
    expect(bundle["text/html"]).toContain("&lt;img");
    expect(bundle["text/html"]).not.toContain("<img");
  }
  expect(rows["text/html"]).toContain("<table");
  expect(nested["text/html"]).toContain("<details");
  expect(await bundleOf({ small: [1, 2] })).toEqual({ "text/plain": "{ small: [ 1, 2 ] }" });
  // What the text has no room for can be opened.
  const deep = await bundleOf({ a: [1, [2, [3, [4, [5, "found"]]]]] });
  expect(deep["text/plain"]).toContain("[Array]");
  expect(deep["text/html"]).toContain("found");
});

test("an error as a value shows its stack without Node's own frames", async () => {
  const { "text/plain": text } = await bundleOf(new RangeError("out"));
  expect(text).toContain("RangeError: out");
  expect(text).not.toContain("node:internal");
});

test("a value's own display method decides, sync or async; text/plain is added", async () => {
  const display = Symbol.for("Jupyter.display");
  expect(await bundleOf({ n: 1, [display]: () => ({ "text/html": "<b>1</b>" }) })).toMatchObject({
    "text/html": "<b>1</b>",
    "text/plain": expect.stringContaining("n: 1"),
  });
  expect(await bundleOf({ [display]: async () => ({ "text/markdown": "**1**", "text/plain": "1" }) })).toEqual({
    "text/markdown": "**1**",
    "text/plain": "1",
  });
});

test("a Danfo DataFrame and a Series become tables", async () => {
  const frame = new dfd.DataFrame({ name: ["blank", "twin"], score: [0.5, 0.75] });
  const bundle = await bundleOf(frame);
  expect(bundle["text/html"]).toContain("<table");
  expect(bundle["text/plain"]).toContain("twin");
  expect((await bundleOf(frame["score"]))["text/html"]).toContain("<table");
});

test("a Plotly figure keeps its data and says what it is", async () => {
  const figure = { data: [{ type: "bar", x: [1], y: [2] }], layout: { title: { text: "t" } } };
  const bundle = await bundleOf(figure);
  expect(bundle).toMatchObject({
    "application/vnd.plotly.v1+json": figure,
    "text/plain": "Plotly figure: 1 trace (bar)",
  });
  expect(String(bundle["text/html"])).toContain("Plotly figure: 1 trace (bar)</div>");
  expect(await bundleOf({ data: [1, 2], layout: {} })).not.toHaveProperty("application/vnd.plotly.v1+json");
});

test("images, Vega-Lite and DOM elements are shown as what they are", async () => {
  const png = Buffer.from("89504e470d0a1a0a00", "hex");
  expect(await bundleOf(png)).toMatchObject({ "image/png": png.toString("base64") });
  const spec = { $schema: "https://vega.github.io/schema/vega-lite/v5.json", mark: "bar" };
  expect(await bundleOf(spec)).toMatchObject({ "application/vnd.vegalite.v5+json": spec });
  const svg = { nodeName: "svg", outerHTML: '<svg xmlns="http://www.w3.org/2000/svg"></svg>' };
  expect(await bundleOf(svg)).toMatchObject({ "image/svg+xml": svg.outerHTML });
});

test("ECharts options without echarts in the notebook's folder, and objects that only look like them, read as any object", async () => {
  const option = { title: { text: "Loss" }, xAxis: {}, yAxis: {}, series: [{ type: "line", data: [1, 2] }] };
  expect((await bundleOf(option))["text/plain"]).toContain("Loss");
  expect(await bundleOf({ title: "no", series: [{ type: "loss" }] })).toEqual({
    "text/plain": "{ title: 'no', series: [ { type: 'loss' } ] }",
  });
});
