import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import { DISPLAY_SYMBOL } from "../../lib/core/host.ts";
import { rowsTable, tableBundle } from "../../lib/core/table.ts";
import { bar, line } from "../../lib/report/chart/generic.ts";
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
  return [table["text/html"], ...charts.map((c) => c[DISPLAY_SYMBOL]()["text/html"]), progress].join("\n");
}

describe.skipIf(path === undefined)("escaping, in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser(path ?? "");
  });
  afterAll(() => browser.close());

  test("the harness sees an attack that works, so silence below means something", async () => {
    const { page, alerts, requests } = await visit(browser, `<img src=x onerror="alert('seen')">`);
    await expect.poll(() => alerts).toEqual(["seen"]);
    expect(requests).toEqual(["http://blankslate.test/x"]);
    await page.close();
  });

  test("40 attacks through every text of tables, charts and progress run 0 scripts and make 0 requests; the pages still show them as text", async () => {
    expect(ATTACKS).toHaveLength(40);
    const { page, alerts, requests, errors } = await visit(browser, ATTACKS.map(everyPlace).join("\n"));
    await page.waitForTimeout(500);
    expect({ alerts, requests, errors }).toEqual({ alerts: [], requests: [], errors: [] });
    expect(await page.locator(".bl-frame caption").first().innerText()).toBe(ATTACKS[0]);
    expect(await page.locator(".bl-chart > svg").count()).toBe(80);
  }, 240_000);

  test("the same attacks in interactive Plotly figures, hovered, run 0 scripts and make 0 requests", async () => {
    const { page, alerts, requests, errors } = await visit(
      browser,
      `<script>${plotly()}</script>${ATTACKS.map(everyPlace).join("\n")}`,
    );
    await expect
      .poll(() => page.locator(".bl-chart .js-plotly-plot .main-svg").count(), { timeout: 30_000 })
      .toBeGreaterThanOrEqual(80);
    const plots = page.locator(".bl-chart .js-plotly-plot");
    for (const i of [0, 1, 20, 21, 76, 77, 78, 79]) {
      await plots.nth(i).scrollIntoViewIfNeeded();
      const box = await plots.nth(i).boundingBox();
      if (box) await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2);
    }
    await page.waitForTimeout(300);
    expect({ alerts, requests, errors }).toEqual({ alerts: [], requests: [], errors: [] });
    expect(await plots.count()).toBe(80);
  }, 240_000);
});
