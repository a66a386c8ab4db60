// Every notebook in the real JupyterLab, in Chromium, on its small budget: all cells run, every chart is drawn, every table is there.
// BLANKSLATE_SCREENSHOTS keeps what it looks like, in light, dark and narrow.
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findLab, type Lab, shoot, startLab } from "./lab.ts";
import { smallCopy } from "./small-copy.ts";

const FOLDER = join(import.meta.dirname, "../../notebooks");
const python = await findLab();
const names = (await readdir(FOLDER)).filter((name) => /^\d\d-.*\.ipynb$/u.test(name));

async function runAll(page: Page, cells: number): Promise<void> {
  await page.getByRole("menuitem", { name: "Run", exact: true }).click();
  await page.getByText("Run All Cells", { exact: true }).click();
  const ran = async (): Promise<number> =>
    (await page.locator(".jp-InputPrompt").allTextContents()).filter((prompt) => /\[\d+\]/u.test(prompt)).length;
  await expect.poll(ran, { timeout: 400_000, interval: 1000 }).toBe(cells);
}

/** Outputs are drawn as they come into view. */
async function scrollThrough(page: Page): Promise<void> {
  const notebook = page.locator(".jp-WindowedPanel-outer").first();
  const height = await notebook.evaluate((element) => element.scrollHeight);
  for (let y = 0; y < height; y += 800) {
    await notebook.evaluate((element, top) => element.scrollTo({ top }), y);
    await page.waitForTimeout(150);
  }
}

describe.skipIf(python === undefined)("in JupyterLab", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab(python as string);
  }, 400_000);
  afterAll(() => lab?.stop());

  test.each(names)(
    "%s runs, draws every chart and table, without a console error or a request to anywhere else",
    async (name) => {
      const small = await smallCopy(join(FOLDER, name));
      await writeFile(join(lab.folder, name), small);
      const cells = small.split('"cell_type":"code"').length - 1;
      const { page, problems } = await lab.open(name, name.startsWith("05") ? "dark" : "light");
      await runAll(page, cells);
      await scrollThrough(page);
      const charts = await page.locator(".bl-chart").count();
      expect(charts).toBeGreaterThanOrEqual(2);
      await expect
        .poll(() => page.locator(".bl-chart .js-plotly-plot .main-svg").count(), { timeout: 60_000, interval: 500 })
        .toBeGreaterThanOrEqual(charts);
      expect(await page.locator(".bl-frame table").count()).toBeGreaterThanOrEqual(1);
      expect(await page.locator('[data-mime-type="application/vnd.jupyter.error"]').count()).toBe(0);
      expect(problems).toEqual([]);
      const stem = name.replace(".ipynb", "");
      await shoot(page, `${stem}-wide`);
      await page.setViewportSize({ width: 700, height: 1000 });
      await page.waitForTimeout(500);
      await shoot(page, `${stem}-narrow`);
      await page.close();
    },
    480_000,
  );
});
