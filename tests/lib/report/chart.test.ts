import { expect, test } from "vitest";
import { DISPLAY_SYMBOL } from "../../../lib/core/host.ts";
import { Figure } from "../../../lib/report/chart/figure.ts";
import { bar, line } from "../../../lib/report/chart/generic.ts";
import { scaleOf } from "../../../lib/report/chart/scale.ts";
import { MAX_POINTS } from "../../../lib/report/chart/spec.ts";
import { sparkline } from "../../../lib/core/table/spark.ts";

const passAtK = new Figure({
  title: "pass@k",
  x: { label: "k (samples)", scale: "log" },
  y: { label: "pass@k", percent: true },
  series: [
    { name: "blank", x: [1, 8, 64], y: [0.1, 0.5, 0.9], low: [0.05, 0.4, 0.8], high: [0.15, 0.6, 0.95], mark: "line" },
  ],
  references: [{ y: 0.05, label: "chance" }],
});

test("an interval that is given is drawn: a band in the SVG, a filled trace in Plotly, numbers in words", () => {
  expect(passAtK.svg()).toContain('fill-opacity="0.17"');
  expect(passAtK.data.filter((trace) => trace["fill"] === "tonexty")).toHaveLength(1);
  expect(String(passAtK)).toContain("[80.0, 95.0] %");
  const bars = bar(["test"], { blank: { y: [0.5], low: [0.4], high: [0.6] } });
  expect(bars.data[0]?.["error_y"]).toMatchObject({
    symmetric: false,
    array: [expect.closeTo(0.1)],
    arrayminus: [expect.closeTo(0.1)],
  });
});

test("the bundle has Plotly's JSON, offline HTML with the SVG in it, and words; nothing points outside", () => {
  const bundle = passAtK[DISPLAY_SYMBOL]();
  expect(Object.keys(bundle)).toEqual(["application/vnd.plotly.v1+json", "text/html", "image/png", "text/plain"]);
  const json = JSON.stringify(bundle["application/vnd.plotly.v1+json"]);
  expect(json).not.toMatch(/bdata|NaN|Infinity/);
  expect(JSON.parse(json)).toEqual(bundle["application/vnd.plotly.v1+json"]);
  expect(bundle).toHaveProperty(["application/vnd.plotly.v1+json", "layout", "title", "text"], "<b>pass@k</b>");
  const page = String(bundle["text/html"]);
  expect(page).toContain("<svg");
  expect(page.replace("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:\/\//);
});

test("the PNG is made without a browser and without system fonts: 1080 pixels wide, below 150 kB, and its text is drawn", () => {
  const png = Buffer.from(passAtK.png());
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1080, 570]);
  expect(png.length).toBeLessThan(150_000);
  const untitled = new Figure({ ...passAtK.spec, title: "" });
  expect(Buffer.from(untitled.png()).equals(png)).toBe(false);
  const odd = new Figure({ ...passAtK.spec, title: "\u0000\u001b[31m \ud800 \uffff <&\"'`" });
  expect(odd.png().length).toBeGreaterThan(1000);
});

test("a log axis of k has ticks at powers of two, a linear one at round numbers without float dust", () => {
  expect(scaleOf({ label: "k", scale: "log" }, [1, 64], 0).ticks.map((t) => t.text)).toEqual([
    "1",
    "2",
    "4",
    "8",
    "16",
    "32",
    "64",
  ]);
  expect(scaleOf({ label: "p" }, [0, 0.7], 0).ticks.map((t) => t.value)).toEqual([0, 0.2, 0.4, 0.6]);
  expect(scaleOf({ label: "p", percent: true }, [0, 1], 0).ticks.map((t) => t.text)).toEqual([
    "0 %",
    "20 %",
    "40 %",
    "60 %",
    "80 %",
    "100 %",
  ]);
  expect(scaleOf({ label: "step", whole: true }, [1, 3], 0).ticks.map((t) => t.text)).toEqual(["1", "2", "3"]);
  expect(scaleOf({ label: "one value" }, [3], 0).at(3)).toBeCloseTo(0.5);
});

test("a missing value is a gap: null in Plotly, a new stroke in the SVG, no NaN anywhere", () => {
  const gap = line({ loss: { y: [3, Number.NaN, 2, 1] } });
  const ends = line({ loss: { y: [Number.NaN, 3, 2, Number.NaN] }, none: { y: [Number.NaN] } });
  const words = String(ends[DISPLAY_SYMBOL]()["text/plain"]);
  expect(words).toMatch(/3 → 2$/mu);
  expect(words).toMatch(/no values$/mu);
  expect(words).not.toContain("NaN");
  expect(gap.data[0]?.["y"]).toEqual([3, null, 2, 1]);
  expect(gap.svg()).not.toContain("NaN");
  expect(line({ none: { y: [Number.NaN] } }).svg()).not.toContain("NaN");
  expect(line({ none: { y: [] } }).svg()).toContain("<svg");
});

test("a million points become 4,000 that keep the extremes, and the chart says so; HTML and JSON stay under 1 MB", () => {
  const y = Float64Array.from({ length: 1_000_000 }, (_, i) => (i === 654_321 ? 99 : Math.sin(i / 1e4)));
  const figure = line({ noisy: { y } });
  expect(figure.spec.series[0]?.y.length).toBeLessThanOrEqual(MAX_POINTS);
  expect(Math.max(...(figure.spec.series[0]?.y ?? []))).toBe(99);
  expect(figure.spec.note).toContain("4000 of 1000000 points");
  expect(JSON.stringify(figure[DISPLAY_SYMBOL]()).length).toBeLessThan(1e6);
});

test("names from data stay text in every form", () => {
  const evil = "</script><script>alert(1)</script><b>%{y}";
  const figure = line(
    { [evil]: { y: [1, 2] }, b: { y: [1] } },
    { title: evil, x: evil, y: evil, note: evil, references: [{ y: 1, label: evil }] },
  );
  const page = String(figure[DISPLAY_SYMBOL]()["text/html"]);
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page).not.toContain("<b>%");
  expect(JSON.stringify(figure.layout) + JSON.stringify(figure.data)).not.toContain("<script");
});

test("a sparkline has one block per stretch and keeps its scale", () => {
  expect(sparkline([0, 1, 2, 3])).toBe("▁▃▆█");
  expect(sparkline([1, 1])).toBe("▁▁");
  expect(sparkline([0.5, Number.NaN, 1], [0, 1])).toBe("▅ █");
  expect(sparkline(Array.from({ length: 100 }, (_, i) => i))).toHaveLength(24);
});
