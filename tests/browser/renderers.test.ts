// What other front ends make of our outputs: those of the committed quickstart, shown as Colab shows them (a sandboxed frame for each
// output, scripts without origin) and as VS Code does (its order of types, HTML put into a page of its own whose scripts are run again,
// Plotly's type drawn by an extension). Neither has JupyterLab's variables, nor a server that has Plotly. No network.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, Frame, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromiumPath, openBrowser, visit } from "./chromium.ts";

const path = chromiumPath();
const PLOTLY = "application/vnd.plotly.v1+json";
/** The first that an output has is shown; the extension for Plotly's type is ms-toolsai.jupyter-renderers. */
const VSCODE_ORDER = [PLOTLY, "text/html", "image/svg+xml", "image/png", "text/markdown", "text/plain"];

type Bundle = Readonly<Record<string, unknown>>;

async function bundles(): Promise<Bundle[]> {
  const file = join(import.meta.dirname, "../../notebooks/quickstart.ipynb");
  const { cells } = JSON.parse(await readFile(file, "utf8")) as {
    cells: readonly { outputs?: readonly { data?: Bundle }[] }[];
  };
  const all = cells.flatMap((cell) => (cell.outputs ?? []).flatMap(({ data }) => (data ? [data] : [])));
  const joined = (value: unknown): unknown => (Array.isArray(value) ? value.join("") : value);
  return all.map((one) => Object.fromEntries(Object.entries(one).map(([mime, value]) => [mime, joined(value)])));
}

const htmlOf = (output: Bundle): string => {
  const markup = output["text/html"];
  return typeof markup === "string" ? markup : "";
};
const count = (outputs: readonly Bundle[], mark: string): number =>
  outputs.map((output) => htmlOf(output).split(mark).length - 1).reduce((a, b) => a + b, 0);

/** What stands there and takes room. */
const drawn = async (place: Page | Frame, selector: string): Promise<number> => {
  const boxes = await Promise.all((await place.locator(selector).all()).map((one) => one.boundingBox()));
  return boxes.filter((box) => box !== null && box.width > 100 && box.height > 20).length;
};

/** As VS Code's own renderer for text/html: the markup, then each of its scripts once more, so that it runs. */
const SHOW = `(place, markup) => {
  place.innerHTML = markup;
  for (const old of place.querySelectorAll("script")) {
    const script = document.createElement("script");
    for (const { name, value } of old.attributes) script.setAttribute(name, value);
    script.textContent = old.textContent;
    old.replaceWith(script);
  }
}`;

describe.skipIf(path === undefined)("in other front ends", () => {
  let browser: Browser;
  let outputs: Bundle[];
  beforeAll(async () => {
    browser = await openBrowser(path ?? "");
    outputs = await bundles();
  });
  afterAll(() => browser.close());

  test("Colab: in a sandboxed frame each of the charts and tables is there, tables are sorted, and nothing is asked for", async () => {
    const { page, requests, errors } = await visit(browser, "");
    const markups = outputs.map(htmlOf).filter((markup) => markup !== "");
    await page.evaluate(`for (const markup of ${JSON.stringify(markups)}) {
      const frame = document.createElement("iframe");
      frame.sandbox.add("allow-scripts");
      Object.assign(frame, { width: 880, height: 600, srcdoc: markup });
      document.body.append(frame);
    }`);
    const all = async (selector: string): Promise<number> => {
      const counts = await Promise.all(page.frames().map((frame) => drawn(frame, selector)));
      return counts.reduce((a, b) => a + b, 0);
    };
    await expect.poll(() => all(".bl-chart > svg"), { timeout: 30_000 }).toBe(count(outputs, 'class="bl-chart'));
    await expect.poll(() => all(".bl-frame table"), { timeout: 30_000 }).toBe(count(outputs, 'class="bl-frame'));
    const frames = page.frames().slice(1);
    const sortable = [];
    for (const frame of frames) if ((await frame.locator(".bl-frame thead button").count()) > 0) sortable.push(frame);
    const button = sortable[0]?.locator(".bl-frame thead button").first();
    await button?.click();
    expect(await sortable[0]?.locator('th[aria-sort="ascending"]').count()).toBe(1);
    expect({ requests, errors }).toEqual({ requests: [], errors: [] });
    await page.close();
  }, 120_000);

  test("VS Code: Plotly's type is drawn by its extension, tables and live charts as HTML in the page's colours; an update takes the place of what was there", async () => {
    const { page, requests, errors } = await visit(
      browser,
      `<style>body { color: rgb(204, 204, 204); background: rgb(31, 31, 31) }</style>`,
    );
    const source = await readFile(createRequire(import.meta.url).resolve("plotly.js/plotly.min.js"), "utf8");
    // The extension's Plotly is its own: nobody else on the page finds it.
    await page.addScriptTag({
      content: `{ const before = window.Plotly; ${source}; window.extension = window.Plotly; window.Plotly = before; }`,
    });
    const chosen = outputs.map((output) => {
      const mime = VSCODE_ORDER.find((one) => one in output) ?? "text/plain";
      return { mime, data: output[mime] };
    });
    await page.evaluate(`window.show = ${SHOW}`);
    await page.evaluate(`(async () => {
      for (const { mime, data } of ${JSON.stringify(chosen)}) {
        const place = document.createElement("div");
        document.body.append(place);
        if (mime === "${PLOTLY}") await extension.newPlot(place, data.data, data.layout, data.config);
        else if (mime === "text/html") show(place, data);
        else place.textContent = data;
      }
    })()`);
    const figures = chosen.filter(({ mime }) => mime === PLOTLY).length;
    expect(figures).toBeGreaterThanOrEqual(4);
    expect(await drawn(page, ".js-plotly-plot")).toBe(figures);
    const pages = outputs.filter((output) => !(PLOTLY in output));
    expect(await drawn(page, ".bl-chart > svg")).toBe(count(pages, 'class="bl-chart'));
    expect(await drawn(page, ".bl-frame table")).toBe(count(pages, 'class="bl-frame'));
    const colour = (selector: string) => page.evaluate(`getComputedStyle(document.querySelector("${selector}")).color`);
    expect([await colour(".bl-frame table"), await colour(".bl-chart")]).toEqual(Array(2).fill("rgb(204, 204, 204)"));

    const live = pages.map(htmlOf).find((one) => one.includes('class="bl-chart')) ?? "";
    const before = await page.locator(".bl-chart").count();
    await page.evaluate(`{
      const place = document.createElement("div");
      document.body.append(place);
      for (let update = 0; update < 20; update++) show(place, ${JSON.stringify(live)});
    }`);
    const added = count([{ "text/html": live }], 'class="bl-chart');
    expect(await page.locator(".bl-chart").count()).toBe(before + added);
    expect({ requests, errors }).toEqual({ requests: [], errors: [] });
    await page.close();
  }, 120_000);
});
