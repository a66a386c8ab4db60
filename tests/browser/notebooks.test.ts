// Every notebook in the real JupyterLab, in Chromium, on its small budget: all cells run, every chart and every table that the committed
// one shows is drawn. BLANKSLATE_SCREENSHOTS keeps what it looks like from top to bottom, in light, dark and narrow.
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findLab, type Lab, shoot, startLab } from "./lab.ts";
import { smallCopy } from "./small-copy.ts";

const FOLDER = join(import.meta.dirname, "../../notebooks");
const python = await findLab();
const names = (await readdir(FOLDER)).filter((name) => name.endsWith(".ipynb"));
const LOOKS = [
  { name: "light", colorScheme: "light", width: 1200 },
  { name: "dark", colorScheme: "dark", width: 1200 },
  { name: "narrow", colorScheme: "light", width: 700 },
] as const;
/** Of a screen of 1,000, what the notebook has less a few lines, so that nothing falls between two pictures. */
const STEP = 850;

/** How many charts and tables the committed notebook shows. */
async function shown(path: string): Promise<{ cells: number; charts: number; tables: number }> {
  const { cells } = JSON.parse(await readFile(path, "utf8")) as {
    cells: readonly { cell_type: string; outputs?: readonly { data?: { "text/html"?: readonly string[] } }[] }[];
  };
  const code = cells.filter((cell) => cell.cell_type === "code");
  const pages = code.flatMap((cell) => (cell.outputs ?? []).flatMap(({ data }) => data?.["text/html"] ?? []));
  const count = (mark: string): number => pages.join("").split(mark).length - 1;
  return { cells: code.length, charts: count('class="bl-chart'), tables: count('class="bl-frame') };
}

async function runAll(page: Page, cells: number): Promise<void> {
  await page.getByRole("menuitem", { name: "Run", exact: true }).click();
  await page.getByText("Run All Cells", { exact: true }).click();
  const ran = async (): Promise<number> =>
    (await page.locator(".jp-InputPrompt").allTextContents()).filter((prompt) => /\[\d+\]/u.test(prompt)).length;
  await expect.poll(ran, { timeout: 400_000, interval: 1000 }).toBe(cells);
}

/** Outputs are drawn as they come into view. */
async function scrollThrough(page: Page, look: string): Promise<void> {
  const notebook = page.locator(".jp-WindowedPanel-outer").first();
  const bottom = () => notebook.evaluate((element) => element.scrollHeight - element.clientHeight);
  for (let y = 0, i = 0; y === 0 || y < (await bottom()) + STEP; y += STEP, i++) {
    await notebook.evaluate((element, top) => element.scrollTo({ top }), y);
    await page.waitForTimeout(process.env["BLANKSLATE_SCREENSHOTS"] === undefined ? 100 : 1_000);
    await shoot(page, `${look}-${String(i).padStart(2, "0")}`);
  }
}

describe.skipIf(python === undefined)("in JupyterLab", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab(python as string);
  }, 400_000);
  afterAll(() => lab?.stop());

  test.each(names)(
    "%s runs, draws every chart and table in light, dark and narrow, without a console error or a request to anywhere else",
    async (name) => {
      await writeFile(join(lab.folder, name), await smallCopy(join(FOLDER, name)));
      const { cells, charts, tables } = await shown(join(FOLDER, name));
      const { page, problems } = await lab.open(name);
      await runAll(page, cells);
      for (const look of LOOKS) {
        await page.emulateMedia({ colorScheme: look.colorScheme });
        await page.setViewportSize({ width: look.width, height: 1000 });
        await scrollThrough(page, `${name.replace(".ipynb", "")}-${look.name}`);
        await expect
          .poll(() => page.locator(".bl-chart .js-plotly-plot .main-svg").count(), { timeout: 60_000, interval: 500 })
          .toBeGreaterThanOrEqual(charts);
        expect(await page.locator(".bl-chart").count()).toBe(charts);
        expect(await page.locator(".bl-frame table").count()).toBe(tables);
        // A table that is too wide scrolls by itself; the page does not.
        expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      }
      expect(await page.locator('[data-mime-type="application/vnd.jupyter.error"]').count()).toBe(0);
      expect(problems).toEqual([]);
      await page.close();
    },
    480_000,
  );

  test("a notebook that JupyterLab does not trust shows each chart as one picture and none of its words as text; trusted, the picture is gone", async () => {
    const name = "untrusted.ipynb";
    await copyFile(join(FOLDER, "quickstart.ipynb"), join(lab.folder, name));
    const { charts } = await shown(join(FOLDER, "quickstart.ipynb"));
    const { page, problems } = await lab.open(name);
    await page.setViewportSize({ width: 1200, height: 12_000 });
    const pictures = page.locator("img.bl-picture");
    await expect.poll(() => pictures.count(), { timeout: 60_000 }).toBe(charts);
    for (const picture of await pictures.all()) expect((await picture.boundingBox())?.height).toBeGreaterThan(200);
    expect(await page.locator(".jp-OutputArea").getByText("optimizer step").filter({ visible: true }).count()).toBe(0);
    await page.evaluate("void jupyterapp.commands.execute('notebook:trust')");
    await page.locator(".jp-Dialog .jp-mod-accept").click();
    await expect
      .poll(() => page.locator(".bl-chart .js-plotly-plot .main-svg").count(), { timeout: 60_000 })
      .toBeGreaterThanOrEqual(charts);
    expect(await pictures.filter({ visible: true }).count()).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  }, 180_000);
});
