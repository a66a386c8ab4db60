import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import { DISPLAY_SYMBOL } from "../../lib/core/host.ts";
import { html } from "../../lib/core/html.ts";
import { rowsTable, tableBundle } from "../../lib/core/table.ts";
import { attention } from "../../lib/report/attention.ts";
import { plotly as byHand } from "../../lib/report/chart/by-hand.ts";
import { bar, box, heat, line, scatter, violin } from "../../lib/report/chart/generic.ts";
import { summarize } from "../../lib/report/summarize.ts";
import { errorBundleOf } from "../../kernel/display/adapters/error.ts";
import { treeOf } from "../../kernel/display/tree.ts";
import { progressHtml } from "../../lib/report/progress.ts";
import { ATTACKS } from "./attacks.ts";
import { chromiumPath, openBrowser, visit } from "./chromium.ts";

const path = chromiumPath();
const plotly = (): string => readFileSync(createRequire(import.meta.url).resolve("plotly.js/plotly.min.js"), "utf8");

/** Every place of a table, a chart and a progress line that takes text from data. */
function everyPlace(attack: string): string {
  const rows = [
    { [attack]: attack, n: 1, nested: { [attack]: attack }, interval: { value: 0.5, low: 0.4, high: 0.6 } },
  ];
  const table = tableBundle({
    ...rowsTable(rows, { caption: attack, note: attack, label: () => attack }),
    columns: [{ name: attack, type: attack }, { name: "n" }, { name: "nested" }, { name: "interval" }],
  });
  const text = { title: attack, x: attack, y: attack, note: attack, references: [{ y: 1, label: attack }] };
  const charts = [
    line({ [attack]: { y: [1, 2], low: [0, 1], high: [2, 3] }, other: { y: [1] } }, text),
    bar([attack, "b"], { [attack]: { y: [1, 2] }, other: { y: [2, 1] } }, text),
  ];
  const marked = charts.map((c) => c.toString()).join("");
  const summary = summarize([{ [attack]: attack, x: 1 }]);
  const groups = summarize([{ [attack]: attack, x: 1 }], { by: attack });
  const progress = progressHtml({
    title: attack,
    unit: attack,
    step: 1,
    steps: 2,
    seconds: 1,
    firstSeconds: 1,
    tokens: 1,
    state: "running",
    metrics: { [attack]: 1 },
    trace: [],
  });
  const error = html`<pre>${String(errorBundleOf(new Error(attack))?.["text/plain"])}</pre>`;
  const tree = treeOf({ [attack]: { [attack]: [attack, { a: attack }] } }, "line\n".repeat(20));
  const shown = [...charts, summary, groups].map((value) => value[DISPLAY_SYMBOL]()["text/html"]);
  return [table["text/html"], ...shown, progress, tree, error, html`<pre>${marked}</pre>`].join("\n");
}

/** Every kind of chart with all attacks at once: as names of series, categories, rows, columns and reference lines. */
function everyKind(): string {
  const [first = "", second = "", third = ""] = ATTACKS.slice(1);
  const plain = { title: first, x: second, y: third, note: first };
  const text = { ...plain, references: [{ x: 1, label: second }] };
  const all = <T>(values: (i: number) => T): Readonly<Record<string, T>> =>
    Object.fromEntries(ATTACKS.map((attack, i) => [attack, values(i)]));
  const square = ATTACKS.map((_, r) => ATTACKS.map((_c, c) => r * c));
  const kinds = [
    line(
      all((i) => ({ y: [i, 1], low: [i - 1, 0], high: [i + 1, 2] })),
      text,
    ),
    line(
      all((i) => ({ seeds: [[i], [2], [3], [4]] })),
      text,
    ),
    scatter(
      all((i) => ({ y: [i, 2] })),
      text,
    ),
    bar(
      ATTACKS,
      all(() => ({ y: ATTACKS.map((_, i) => i) })),
      text,
    ),
    box(
      all((i) => [1, 2, i]),
      text,
    ),
    violin(
      all((i) => [1, 2, 9, i]),
      text,
    ),
    heat(square, { ...plain, rows: ATTACKS, columns: ATTACKS, z: third }),
    heat(square.slice(0, 2), { ...plain, rows: ATTACKS.slice(0, 2), columns: ATTACKS, z: third }),
    attention(square, ATTACKS, { title: first }),
    byHand([{ type: "bar", x: ["a"], y: [1] }], { title: { text: "</script><script>alert(1)</script>" } }),
  ];
  const told = kinds.map((kind) => html`<pre>${String(kind[DISPLAY_SYMBOL]()["text/plain"])}</pre>`);
  return [...kinds.map((kind) => kind[DISPLAY_SYMBOL]()["text/html"]), ...told].join("\n");
}
const KINDS = 10;

/** All attacks in all places: drawn once, for the page without Plotly and for the one with it. */
let attacked = "";

describe.skipIf(path === undefined)("escaping, in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser(path ?? "");
    attacked = [...ATTACKS.map(everyPlace), everyKind()].join("\n");
  });
  afterAll(() => browser.close());

  test("the harness sees an attack that works, so silence below means something", async () => {
    const { page, alerts, requests } = await visit(browser, `<img src=x onerror="alert('seen')">`);
    await expect.poll(() => alerts).toEqual(["seen"]);
    expect(requests).toEqual(["http://blankslate.test/x"]);
    await page.close();
  });

  test("S6: 40 attacks through every text of tables, summaries, all kinds of charts, trees, errors and progress run 0 scripts and make 0 requests; the pages still show them as text", async () => {
    expect(ATTACKS).toHaveLength(40);
    const { page, alerts, requests, errors } = await visit(browser, attacked);
    await page.waitForTimeout(500);
    expect({ alerts, requests, errors }).toEqual({ alerts: [], requests: [], errors: [] });
    expect(await page.locator(".bl-frame caption").first().innerText()).toBe(ATTACKS[0]);
    expect(await page.locator(".bl-chart > svg").count()).toBe(80 + KINDS - 1);
  }, 240_000);

  test("S6: the same attacks in interactive Plotly figures, hovered, run 0 scripts and make 0 requests", async () => {
    const { page, alerts, requests, errors } = await visit(browser, `<script>${plotly()}</script>${attacked}`);
    await expect
      .poll(() => page.locator(".bl-chart .js-plotly-plot .main-svg").count(), { timeout: 60_000 })
      .toBeGreaterThanOrEqual(80 + KINDS);
    const plots = page.locator(".bl-chart .js-plotly-plot");
    for (const i of [0, 1, 20, 79, 80, 82, 83, 84, 85, 86, 87, 88, 89]) {
      await plots.nth(i).scrollIntoViewIfNeeded();
      const box = await plots.nth(i).boundingBox();
      if (box) await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2);
    }
    await page.waitForTimeout(300);
    expect({ alerts, requests, errors }).toEqual({ alerts: [], requests: [], errors: [] });
    expect(await plots.count()).toBe(80 + KINDS);
  }, 240_000);
});
