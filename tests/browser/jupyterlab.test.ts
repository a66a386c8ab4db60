// The quickstart in the real JupyterLab, in Chromium: what a user sees after "Run All Cells".
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import { findPython, type Installed, installKernel } from "../conformance/python.ts";
import { chromiumPath, openBrowser } from "./chromium.ts";
import { smallCopy } from "./small-copy.ts";

const path = chromiumPath();
// 4.6.4 throws "No active debugger session" at every cell of a kernel without a debugger; 4.6.6 does not.
const python = path === undefined ? undefined : await findPython(["jupyterlab==4.6.6"]);
const quickstart = fileURLToPath(new URL("../../notebooks/quickstart.ipynb", import.meta.url));
const CELLS = 12;

/** Where the server listens, from its log; it hides a token that it was given. */
function originOf(server: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    let log = "";
    server.stderr?.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      const origin = /(http:\/\/127\.0\.0\.1:\d+)\/lab/.exec(log)?.[1];
      if (origin) found(origin);
    });
    server.once("exit", () => failed(new Error(`JupyterLab ended: ${log}`)));
  });
}

describe.skipIf(python === undefined)("the quickstart in JupyterLab", () => {
  let kernel: Installed;
  let folder: string;
  let server: ChildProcess;
  let browser: Browser;
  beforeAll(async () => {
    kernel = await installKernel();
    folder = await mkdtemp(join(tmpdir(), "blankslate-lab-"));
    await writeFile(join(folder, "quick.ipynb"), await smallCopy(quickstart));
    const args = [
      "-m",
      "jupyterlab",
      "--no-browser",
      "--allow-root",
      "--port=0",
      "--ServerApp.ip=127.0.0.1",
      "--IdentityProvider.token=t0ken",
      `--ServerApp.root_dir=${folder}`,
    ];
    const env = { ...kernel.env, BLANKSLATE_ENGINE: "wasm", PATH: `${dirname(python ?? "")}:${process.env["PATH"]}` };
    server = spawn(python ?? "", args, { env, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    browser = await openBrowser(path ?? "");
  }, 400_000);
  afterAll(async () => {
    await browser?.close();
    server?.kill("SIGTERM");
    await kernel?.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  test("Run All executes 12 cells, draws 8 interactive charts and 5 tables, without a console error or a request to anywhere else", async () => {
    const origin = await originOf(server);
    const page = await browser.newPage({ viewport: { width: 1300, height: 1000 } });
    const problems: string[] = [];
    page.on("console", (message) => void (message.type() === "error" && problems.push(message.text())));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on(
      "request",
      (request) =>
        void (
          /^(data|blob):/.test(request.url()) ||
          new URL(request.url()).origin === origin ||
          problems.push(request.url())
        ),
    );
    await page.goto(`${origin}/lab/tree/quick.ipynb?token=t0ken&reset`);
    await page.waitForSelector(".jp-Notebook .jp-CodeCell", { timeout: 90_000 });
    await page.waitForSelector("text=TypeScript (Blankslate)", { timeout: 90_000 });
    // "Run All" asked for before the kernel is connected runs nothing, and says nothing.
    await page.waitForSelector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', { timeout: 120_000 });
    await page.getByRole("menuitem", { name: "Run", exact: true }).click();
    await page.getByText("Run All Cells", { exact: true }).click();
    const ran = async (): Promise<number> =>
      (await page.locator(".jp-InputPrompt").allTextContents()).filter((prompt) => /\[\d+\]/.test(prompt)).length;
    await expect.poll(ran, { timeout: 240_000, interval: 1000 }).toBe(CELLS);
    await expect
      .poll(() => page.locator(".bl-chart .js-plotly-plot").count(), { timeout: 60_000, interval: 500 })
      .toBe(8);
    expect(await page.locator(".bl-frame table").count()).toBe(5);
    expect(await page.getByText("Scorecard: is post-training fitting a distribution?").count()).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  }, 480_000);
});
