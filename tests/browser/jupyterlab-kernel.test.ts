// The kernel in the real JupyterLab, in Chromium: what a user does with a notebook, by mouse and keyboard.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Locator, Page } from "playwright-core";
import { tourDebugger } from "./debugger.ts";
import { findLab, type Lab, notebookOf, shoot, startLab, type Visit } from "./lab.ts";

const python = await findLab();
const FAINTEST = await readFile(new URL("./contrast.js", import.meta.url), "utf8");

const CELLS = [
  `const greeting = "hello"; greeting`,
  `console.log("printed"); console.error("warned"); html\`<b class="bold-one">\${greeting}</b>\``,
  `[{ step: 1, loss: 2.5 }, { step: 2, loss: 1.25 }]`,
  `({ model: { layers: [{ heads: 4, width: 128 }, { heads: 4, width: 128 }], name: "blank", dropout: 0.1, tied: true }, optimizer: { kind: "adamw", betas: [0.9, 0.95], decay: 0.1 }, schedule: new Map([["warmup", 10], ["steps", 400]]), seed: 7, started: new Date(0), notes: ["first", "second"] })`,
  `import { chart } from "blankslate"; chart.line({ loss: { y: [3, 2, 1.5, 1.2] } }, { title: "Loss", x: "step", y: "nats" })`,
  `import { FloatProgress, IntSlider, Output, VBox, widget } from "blankslate/widgets";
const slider = new IntSlider({ value: 3, max: 10, description: "layers" });
const share = new FloatProgress({ value: 3, max: 10, description: "share", bar_style: "info" });
const heard = new Output();
slider.on("value", (value) => { share.value = value; heard.capture(() => console.log("now", value)); });
new VBox({ children: [slider, share, heard] })`,
  `const esm = \`export default { render({ model, el }) {
  const button = document.createElement("button");
  const show = () => { button.textContent = "count " + model.get("count"); };
  button.className = "counter";
  button.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
  model.on("change:count", show); show(); el.append(button);
} }\`;
const counter = widget({ esm, css: ".counter { font-weight: bold; }", state: { count: 0 } });
counter.on("count", (count) => console.log("counted", count));
counter`,
  `while (true) {}`,
];

describe.skipIf(python === undefined)("the kernel in JupyterLab", () => {
  let lab: Lab;
  let visit: Visit;
  let page: Page;
  const cell = (i: number): Locator => page.locator(".jp-Notebook .jp-CodeCell").nth(i);
  const output = (i: number): Locator => cell(i).locator(".jp-Cell-outputArea");
  const prompt = async (i: number): Promise<string> =>
    (await cell(i).locator(".jp-InputPrompt").first().textContent()) ?? "";
  const menu = async (name: string, item: string, on = page): Promise<void> => {
    await on.getByRole("menuitem", { name, exact: true }).click();
    await on.locator(".lm-Menu-itemLabel").getByText(item, { exact: true }).click();
  };
  /** Types into the cell, its text replaced. */
  async function write(i: number, text: string): Promise<void> {
    await cell(i).locator(".cm-content").click();
    await page.keyboard.press("Control+a");
    await page.keyboard.type(text);
  }

  beforeAll(async () => {
    lab = await startLab(python ?? "");
    await writeFile(join(lab.folder, "tour.ipynb"), notebookOf(CELLS));
    visit = await lab.open("tour.ipynb");
    page = visit.page;
  }, 400_000);
  afterAll(() => lab?.stop());

  test("Run All runs all cells, the stop button ends the endless one, and variables are kept", async () => {
    await menu("Run", "Run All Cells");
    const failures = page.locator('[data-mime-type="application/vnd.jupyter.error"]');
    const reached = async () => (await failures.allInnerTexts()).join("\n") || prompt(6);
    await expect.poll(reached, { timeout: 90_000, interval: 200 }).toBe("[7]:");
    await expect.poll(() => prompt(7), { timeout: 30_000 }).toBe("[*]:");
    expect(await output(0).innerText()).toContain("'hello'");
    expect(await output(1).innerText()).toContain("printed");
    expect(await output(1).locator("b.bold-one").innerText()).toBe("hello");
    expect(await output(2).locator("table tbody tr").count()).toBe(2);
    await shoot(page, "running");
    await page.locator('[data-command="notebook:interrupt-kernel"], [title^="Interrupt"]').first().click();
    await expect.poll(() => prompt(7), { timeout: 20_000 }).toBe("[8]:");
    expect(await output(7).innerText()).toContain("Interrupted");
    await write(7, "greeting.length");
    await page.keyboard.press("Control+Enter");
    await expect.poll(() => output(7).innerText(), { timeout: 30_000 }).toContain("5");
  }, 180_000);

  test("a chart becomes an interactive Plotly figure with the kernel's own copy of Plotly", async () => {
    await output(4).scrollIntoViewIfNeeded();
    await expect
      .poll(() => output(4).locator(".js-plotly-plot .main-svg").count(), { timeout: 60_000 })
      .toBeGreaterThan(0);
    await shoot(page, "plot");
  }, 90_000);

  test("a slider moved in the page moves the cell's value, which moves the bar and prints into the Output", async () => {
    await output(5).scrollIntoViewIfNeeded();
    await output(5).locator(".widget-readout, .jupyter-widgets .widget-readout").first().waitFor({ timeout: 60_000 });
    await output(5).locator(".noUi-handle").first().focus();
    for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
    await expect.poll(() => output(5).innerText(), { timeout: 30_000 }).toContain("now 7");
    const bar = output(5).locator(".progress-bar").first();
    await expect
      .poll(() => bar.evaluate((e) => (e as unknown as { style: { width: string } }).style.width))
      .toBe("70%");
    await write(7, "slider.value = 2; await null; slider.value + share.value");
    await page.keyboard.press("Control+Enter");
    await expect.poll(() => output(7).innerText(), { timeout: 30_000 }).toContain("4");
    await expect.poll(() => output(5).locator(".widget-readout").first().innerText(), { timeout: 30_000 }).toBe("2");
    await shoot(page, "widgets");
  }, 120_000);

  test("a front end of one's own counts clicks with the cell", async () => {
    const button = output(6).locator("button.counter");
    await button.scrollIntoViewIfNeeded();
    await button.click({ timeout: 60_000 });
    await expect.poll(() => output(6).innerText(), { timeout: 30_000 }).toContain("counted 1");
    expect(await button.innerText()).toBe("count 1");
    await write(7, "counter.count = 41");
    await page.keyboard.press("Control+Enter");
    await expect.poll(() => button.innerText(), { timeout: 30_000 }).toBe("count 41");
  }, 120_000);

  /** Tab at the end of a cell's text. JupyterLab drops an answer that took longer than a second, so on a slow machine Tab is pressed again. */
  async function complete(text: string, expected: string): Promise<void> {
    const completer = page.locator(".jp-Completer");
    const press = async () => {
      await page.keyboard.press("Escape");
      await write(7, text);
      await page.keyboard.press("Tab");
      await expect.poll(() => completer.innerText({ timeout: 5_000 }), { timeout: 5_000 }).toContain(expected);
    };
    await vi.waitFor(press, { timeout: 100_000, interval: 100 });
  }

  test("Tab completes from types and values, Shift-Tab shows a signature with its documentation", async () => {
    await complete("slider.readout_f", "readout_format");
    await page.keyboard.press("Enter");
    await expect
      .poll(() => cell(7).locator(".cm-content").innerText(), { timeout: 30_000 })
      .toBe("slider.readout_format");
    await complete("greeting.", "charAt");
    await shoot(page, "completion");
    await page.keyboard.press("Escape");
    await write(7, "parseInt");
    await page.keyboard.press("Shift+Tab");
    const tooltip = page.locator(".jp-Tooltip");
    const signature = "parseInt(string: string, radix?: number): number";
    await expect.poll(() => tooltip.innerText(), { timeout: 30_000 }).toContain(signature);
    await shoot(page, "hover");
    await page.keyboard.press("Escape");
  }, 300_000);

  test("Tab on a name that nobody imported writes its import above the cell's text, and the cell runs", async () => {
    // What could be imported is read while the kernel has nothing else to do: until then Tab finds none.
    await complete("createHas", "createHash");
    await page.keyboard.press("Enter");
    const text = () => cell(7).locator(".cm-content").innerText();
    await expect.poll(text, { timeout: 30_000 }).toMatch(/^import \{ createHash \} from "node:crypto";\n+createHash$/);
    await shoot(page, "import");
    await page.keyboard.type('("sha1").update("a").digest("hex")');
    await page.keyboard.press("Control+Enter");
    const digest = "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8";
    await expect.poll(() => output(7).innerText(), { timeout: 30_000 }).toContain(digest);
  }, 180_000);

  test("restart forgets variables and runs again; no console error, no request to anywhere else", async () => {
    await menu("Kernel", "Restart Kernel…");
    await page.locator(".jp-Dialog .jp-mod-accept").click();
    await page.locator(".jp-Dialog").waitFor({ state: "detached" });
    await write(7, "greeting");
    await page.keyboard.press("Control+Enter");
    await expect.poll(() => output(7).innerText(), { timeout: 60_000 }).toContain("Cannot find name 'greeting'");
    await shoot(page, "type-error");
    await write(7, "6 * 7");
    await page.keyboard.press("Control+Enter");
    await expect.poll(() => output(7).innerText(), { timeout: 60_000 }).toContain("42");
    expect(await prompt(7)).toBe("[2]:");
    expect(visit.problems).toEqual([]);
  }, 120_000);

  test("JupyterLab's debugger: a click beside a line stops there, with call stack and variables; steps, goes on, is interrupted, is off", async () => {
    await tourDebugger(lab);
  }, 300_000);

  test("in both themes every text of the outputs stands out from its ground, at least 2.5 : 1", async () => {
    const errors = `function outer() { inner(); }\nfunction inner() { JSON.parse("{"); }\nouter()`;
    await writeFile(join(lab.folder, "shown.ipynb"), notebookOf([...CELLS.slice(0, 4), errors]));
    const shown = await lab.open("shown.ipynb");
    await menu("Run", "Run All Cells", shown.page);
    const last = shown.page.locator(".jp-CodeCell").last();
    await expect.poll(() => last.innerText(), { timeout: 90_000 }).toContain("SyntaxError");
    for (const scheme of ["light", "dark"] as const) {
      await shown.page.emulateMedia({ colorScheme: scheme });
      await shown.page.waitForSelector(`body[data-jp-theme-light="${scheme === "light"}"]`, { state: "attached" });
      await shoot(shown.page, scheme);
      const { contrast, text } = await shown.page.evaluate<{ contrast: number; text: string }>(FAINTEST);
      expect(contrast, text).toBeGreaterThanOrEqual(2.5);
    }
    expect(shown.problems).toEqual([]);
  }, 180_000);
});
