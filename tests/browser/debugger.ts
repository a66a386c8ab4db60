// JupyterLab's own debugger on this kernel, by mouse: the bug, a breakpoint in the gutter, the call stack, variables, steps, the stop button.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { Locator } from "playwright-core";
import { type Lab, notebookOf, shoot } from "./lab.ts";

const CELLS = [
  `interface Layer { name: string; width: number }
function widest(layers: Layer[]): number {
  let best = 0;
  for (const layer of layers) {
    best = Math.max(best, layer.width);
  }
  return best;
}`,
  `const stack: Layer[] = [{ name: "in", width: 32 }, { name: "out", width: 128 }];
const answer = widest(stack);
console.log("widest", answer);
answer`,
];

/** Runs the tour; the page has no console error at its end. */
export async function tourDebugger(lab: Lab): Promise<void> {
  await writeFile(join(lab.folder, "debug.ipynb"), notebookOf(CELLS));
  const { page, problems } = await lab.open("debug.ipynb");
  await page.setViewportSize({ width: 1500, height: 1000 });
  const cell = (i: number): Locator => page.locator(".jp-Notebook .jp-CodeCell").nth(i);
  const prompt = (i: number) => cell(i).locator(".jp-InputPrompt").first().innerText();
  const frames = async () =>
    (await page.locator(".jp-DebuggerCallstackFrame").allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " "));
  const highlighted = () => page.locator(".jp-DebuggerEditor-highlight").allInnerTexts();
  const variables = () => page.locator(".jp-DebuggerVariables").innerText();
  const press = (command: string) => page.locator(`[data-command="debugger:${command}"]`).first().click();
  const run = async (i: number): Promise<void> => {
    await cell(i).locator(".cm-content").click();
    await page.keyboard.press("Control+Enter");
  };

  await run(0);
  await expect.poll(() => prompt(0), { timeout: 60_000 }).toBe("[1]:");
  await page.locator(".jp-DebuggerBugButton").click();
  await page.locator('[data-jp-debugger="true"]').waitFor({ timeout: 30_000 });
  // The first element of the gutter is a spacer.
  await cell(0).locator(".cm-breakpoint-gutter .cm-gutterElement").nth(5).click({ force: true });
  await cell(0).locator(".cm-breakpoint-icon").first().waitFor({ timeout: 30_000, state: "attached" });

  await run(1);
  await expect.poll(frames, { timeout: 60_000 }).toEqual(["widest Cell [1]:5", "In[2] Cell [*]:2"]);
  await expect.poll(highlighted, { timeout: 30_000 }).toEqual(["    best = Math.max(best, layer.width);"]);
  await expect.poll(variables, { timeout: 30_000 }).toMatch(/layer\s+\{ name: "in", width: 32 \}[^]*best\s+0/);
  await page.locator(".jp-DebuggerVariables-name", { hasText: /^layers$/ }).click();
  await expect.poll(variables, { timeout: 30_000 }).toMatch(/0\s+\{ name: "in"[^]*1\s+\{ name: "out"/);
  await shoot(page, "debugger");

  await press("next");
  await expect.poll(highlighted, { timeout: 30_000 }).toEqual(["  for (const layer of layers) {"]);
  await press("continue");
  await expect.poll(variables, { timeout: 30_000 }).toMatch(/best\s+32/);
  await press("continue");
  await expect.poll(() => prompt(1), { timeout: 30_000 }).toBe("[2]:");
  expect(await cell(1).locator(".jp-Cell-outputArea").innerText()).toContain("widest 128");
  await expect.poll(variables, { timeout: 30_000 }).toMatch(/answer\s+128/);

  await run(1);
  await expect.poll(frames, { timeout: 30_000 }).toHaveLength(2);
  await page.locator('[data-command="notebook:interrupt-kernel"], [title^="Interrupt"]').first().click();
  await expect.poll(() => prompt(1), { timeout: 30_000 }).toBe("[3]:");
  expect(await cell(1).locator(".jp-Cell-outputArea").innerText()).toContain("Interrupted");
  await page.locator(".jp-DebuggerBugButton").click();
  await run(1);
  await expect.poll(() => prompt(1), { timeout: 30_000 }).toBe("[4]:");
  expect(problems).toEqual([]);
}
