// JupyterLab's own debugger on this kernel, in Chromium, by mouse: the bug, a breakpoint in the gutter, the call stack, variables, steps.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Locator, Page } from "playwright-core";
import { findLab, type Lab, notebookOf, shoot, startLab, type Visit } from "./lab.ts";

const python = await findLab();

const CELLS = [
  `interface Layer { name: string; width: number }
function widest(layers: Layer[]): number {
  let best = 0;
  for (const layer of layers) {
    best = Math.max(best, layer.width);
  }
  return best;
}`,
  `const layers: Layer[] = [{ name: "in", width: 32 }, { name: "out", width: 128 }];
const answer = widest(layers);
console.log("widest", answer);
answer`,
];

describe.skipIf(python === undefined)("JupyterLab's debugger", () => {
  let lab: Lab;
  let visit: Visit;
  let page: Page;
  const cell = (i: number): Locator => page.locator(".jp-Notebook .jp-CodeCell").nth(i);
  const stack = (): Promise<string> =>
    page.locator(".jp-DebuggerCallstack-body, .jp-DebuggerCallstack").first().innerText();
  const variables = (): Promise<string> => page.locator(".jp-DebuggerVariables").first().innerText();
  const button = (command: string) =>
    page.locator(`.jp-DebuggerCallstack [data-command="debugger:${command}"]`).first();
  const run = async (i: number): Promise<void> => {
    await cell(i).locator(".cm-content").click();
    await page.keyboard.press("Control+Enter");
  };
  /** Clicks beside a line. */
  const gutter = async (i: number, line: number): Promise<void> => {
    await cell(i).locator(".cm-breakpoint-gutter .cm-gutterElement").nth(line).click({ force: true });
  };

  beforeAll(async () => {
    lab = await startLab(python ?? "");
    await writeFile(join(lab.folder, "debug.ipynb"), notebookOf(CELLS));
    visit = await lab.open("debug.ipynb");
    page = visit.page;
    await page.setViewportSize({ width: 1500, height: 1000 });
  }, 400_000);
  afterAll(() => lab?.stop());

  test("a click in the gutter stops the next run there, with call stack and variables; it goes on, and again without the bug", async () => {
    await run(0);
    await page.locator(".jp-DebuggerBugButton").click({ timeout: 60_000 });
    await page.locator('[data-jp-debugger="true"]').waitFor({ timeout: 30_000 });
    await gutter(0, 5);
    await expect.poll(() => cell(0).locator(".cm-breakpoint-icon").count(), { timeout: 30_000 }).toBeGreaterThan(0);
    await run(1);
    await new Promise((r) => setTimeout(r, 6000));
    await shoot(page, "debugger-try");
    console.log(await page.locator(".jp-DebuggerSidebar").first().innerHTML().catch(String));
    console.log(visit.problems);
    await expect.poll(stack, { timeout: 60_000 }).toContain("widest");
    await shoot(page, "debugger-stopped");
    expect(await variables()).toContain("best");
  }, 200_000);
});
