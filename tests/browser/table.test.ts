import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { rowsTable, tableBundle } from "../../lib/core/table.ts";
import { ATTACKS } from "./attacks.ts";
import { chromiumPath, openBrowser, visit } from "./chromium.ts";

const path = chromiumPath();
const rows = Array.from({ length: 120 }, (_, i) => ({
  step: (i * 37) % 120,
  model: i % 3 === 0 ? "blank" : "twin",
  loss: i === 5 ? Number.NaN : Math.cos(i) * 3,
  accuracy: { value: i / 120, low: i / 120 - 0.01, high: i / 120 + 0.01 },
}));
const markup = (value: readonly Readonly<Record<string, unknown>>[]): string =>
  String(tableBundle(rowsTable(value))["text/html"]);
const column = (page: Page, n: number): Promise<string[]> =>
  page.locator(`.bl-frame tbody tr td:nth-child(${n})`).allInnerTexts();

describe.skipIf(path === undefined)("a table's tools, in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser(path ?? "");
  });
  afterAll(() => browser.close());

  test("120 rows are paged by 20, sorted by keyboard both ways with missing values last, and found by text, without a request", async () => {
    const { page, requests, errors } = await visit(browser, markup(rows));
    expect(await page.locator(".bl-tools span").innerText()).toBe("1–20 of 120 rows");
    await page.getByRole("button", { name: "next rows" }).click();
    expect(await page.locator(".bl-tools span").innerText()).toBe("21–40 of 120 rows");
    await page.getByRole("button", { name: "sort by step" }).focus();
    await page.keyboard.press("Enter");
    expect((await column(page, 1)).slice(0, 3)).toEqual(["0", "1", "2"]);
    await page.keyboard.press("Space");
    expect((await column(page, 1)).slice(0, 3)).toEqual(["119", "118", "117"]);
    expect(await page.locator('th[aria-sort="descending"]').innerText()).toContain("step");
    for (const times of [1, 2]) {
      await page.getByRole("button", { name: "sort by loss" }).click({ clickCount: 1 });
      for (let i = 0; i < 5; i++) await page.getByRole("button", { name: "next rows" }).click();
      expect((await column(page, 3)).at(-1), `sorted ${times} times`).toBe("NaN");
    }
    await page.getByRole("searchbox").fill("blank");
    expect(await page.locator(".bl-tools span").innerText()).toMatch(/of 40 found$/);
    await page.getByRole("searchbox").fill("");
    await page.getByRole("button", { name: "sort by loss" }).click();
    expect(await column(page, 1)).toEqual(rows.slice(0, 20).map((row) => String(row.step)));
    expect({ requests, errors }).toEqual({ requests: [], errors: [] });
  });

  test("rows drawn by the script look as those that came with the page: same cells, classes and widths", async () => {
    const { page } = await visit(browser, markup(rows));
    const drawn = await page.locator(".bl-frame tbody tr").nth(0).innerHTML();
    const came = /<tbody>\s*<tr>(.*?)<\/tr>/s.exec(markup(rows))?.[1] ?? "";
    const tidy = (text: string): string =>
      text
        .replaceAll(/\s+/g, " ")
        .replaceAll("> <", "><")
        .replaceAll(/: |;/g, (c) => (c === ";" ? "" : ":"))
        .trim();
    expect(tidy(drawn)).toBe(
      tidy(came)
        .replaceAll(/<td class="bl-r" >/g, '<td class="bl-r">')
        .replaceAll("<td>", '<td class="">'),
    );
  });

  test("the copy button gives TSV with plain minus signs, in the order that is shown", async () => {
    const { page } = await visit(browser, markup(rows.slice(0, 5)));
    await page.evaluate("document.execCommand = () => (window.copied = document.querySelector('textarea').value)");
    await page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
    await page.getByRole("button", { name: "sort by step" }).click();
    await page.getByRole("button", { name: /^copy/ }).click();
    const lines = String(await page.evaluate("window.copied")).split("\n");
    expect(lines[0]).toBe("step\tmodel\tloss\taccuracy");
    expect(lines.slice(1).map((line) => line.split("\t")[0])).toEqual(["0", "28", "37", "74", "111"]);
    expect(lines[5]).toBe("111\tblank\t-2.970\t0.025 ± 0.010");
  });

  test("without scripts the table is whole, shows its first and last rows and its true shape, and no dead button", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.setContent(`<body>${markup(rows)}</body>`);
    expect(await page.locator(".bl-frame button").count()).toBe(0);
    expect(await page.locator(".bl-frame tbody tr").count()).toBe(21);
    expect(await page.locator(".bl-foot").innerText()).toBe("120 rows × 4 columns");
    await context.close();
  });

  test("40 attacks in names, cells and labels, sorted, found and leafed through, run 0 scripts and make 0 requests", async () => {
    const bad = Array.from({ length: 60 }, (_, i) => ({
      [ATTACKS[1] ?? ""]: ATTACKS[i % 40],
      [ATTACKS[2] ?? ""]: ATTACKS[(i * 7) % 40],
      n: i,
    }));
    const table = rowsTable(bad, {
      label: (row) => ATTACKS[row % 40],
      caption: ATTACKS[5] ?? "",
      note: ATTACKS[6] ?? "",
    });
    const { page, alerts, requests, errors } = await visit(browser, String(tableBundle(table)["text/html"]));
    for (const n of [0, 1, 2, 0, 1]) await page.locator(".bl-frame thead button").nth(n).click();
    for (let i = 0; i < 2; i++) await page.getByRole("button", { name: "next rows" }).click();
    await page.getByRole("searchbox").fill("<img");
    await page.waitForTimeout(200);
    expect({ alerts, requests, errors }).toEqual({ alerts: [], requests: [], errors: [] });
    expect(await page.locator(".bl-frame tbody tr").first().innerText()).toContain("<");
  });
});
