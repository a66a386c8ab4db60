// JupyterLab as a user starts it, with the widget packages, and pages of it in Chromium: console errors and requests to anywhere but the
// server are noted.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { findPython, type Installed, installKernel } from "../conformance/python.ts";
import { chromiumPath, openBrowser } from "./chromium.ts";

// 4.6.4 throws "No active debugger session" at every cell of a kernel without a debugger; 4.6.6 does not.
const PACKAGES = ["jupyterlab==4.6.6", "ipywidgets==8.1.9", "anywidget==0.11.0"];

/** @returns the environment's python; undefined, with the reason on stderr, where it or Chromium is missing; throws in CI */
export async function findLab(): Promise<string | undefined> {
  return chromiumPath() === undefined ? undefined : findPython(PACKAGES);
}

export interface Visit {
  readonly page: Page;
  /** Console errors, and requests to other places. */
  readonly problems: string[];
}

export interface Lab {
  readonly folder: string;
  open(notebook: string, colorScheme?: "light" | "dark"): Promise<Visit>;
  stop(): Promise<void>;
}

export async function startLab(python: string): Promise<Lab> {
  const kernel = await installKernel();
  const folder = await mkdtemp(join(tmpdir(), "blankslate-lab-"));
  await settle(String(kernel.env["JUPYTER_CONFIG_DIR"]));
  const server = serve(python, kernel, folder);
  const browser = await openBrowser(chromiumPath() ?? "");
  const origin = await originOf(server);
  return {
    folder,
    open: (notebook, colorScheme = "light") => open(browser, origin, notebook, colorScheme),
    async stop() {
      await browser.close();
      server.kill("SIGTERM");
      await new Promise((resolve) => server.once("exit", resolve));
      await kernel.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** No question about news in the way, and the theme of the page's colour scheme. */
async function settle(config: string): Promise<void> {
  const folder = join(config, "lab", "user-settings", "@jupyterlab", "apputils-extension");
  await mkdir(folder, { recursive: true });
  const settings = {
    notification: { fetchNews: "false", checkForUpdates: false },
    themes: { "adaptive-theme": true },
  };
  for (const [name, values] of Object.entries(settings)) {
    await writeFile(join(folder, `${name}.jupyterlab-settings`), JSON.stringify(values));
  }
}

function serve(python: string, kernel: Installed, folder: string): ChildProcess {
  const options = [
    "--no-browser",
    "--allow-root",
    "--port=0",
    "--ServerApp.ip=127.0.0.1",
    "--expose-app-in-browser",
    "--IdentityProvider.token=",
    `--ServerApp.root_dir=${folder}`,
  ];
  const env = { ...kernel.env, BLANKSLATE_ENGINE: "wasm", PATH: `${dirname(python)}:${process.env["PATH"]}` };
  return spawn(python, ["-m", "jupyterlab", ...options], { env, cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
}

/** Where it listens, from its log. */
function originOf(server: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    let log = "";
    server.stderr?.on("data", (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-20_000);
      const origin = /(http:\/\/127\.0\.0\.1:\d+)\/lab/.exec(log)?.[1];
      if (origin) found(origin);
    });
    server.once("exit", () => failed(new Error(`JupyterLab ended: ${log}`)));
  });
}

async function open(browser: Browser, origin: string, notebook: string, scheme: "light" | "dark"): Promise<Visit> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 1000 }, colorScheme: scheme });
  const problems: string[] = [];
  page.on("console", (message) => void (message.type() === "error" && problems.push(message.text())));
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("request", (request) => {
    const url = request.url();
    if (!/^(?:data|blob):/.test(url) && !url.startsWith(origin)) problems.push(url);
  });
  await page.goto(`${origin}/lab/tree/${notebook}?reset`);
  await page.waitForSelector(".jp-Notebook .jp-CodeCell", { timeout: 120_000 });
  await page.waitForSelector('.jp-KernelName:has-text("Blankslate"), .jp-Toolbar-kernelName:has-text("Blankslate")', {
    timeout: 120_000,
  });
  // "Run All" asked for before the kernel is connected runs nothing, and says nothing.
  await page.waitForSelector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', { timeout: 120_000 });
  return { page, problems };
}

/** A notebook of this kernel, none of its cells executed. */
export function notebookOf(cells: readonly string[]): string {
  const kernelspec = { name: "blankslate", display_name: "TypeScript (Blankslate)", language: "typescript" };
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec, language_info: { name: "typescript" } },
    cells: cells.map((source, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      metadata: {},
      source,
      outputs: [],
      execution_count: null,
    })),
  });
}

/** Saves what the page shows where BLANKSLATE_SCREENSHOTS says, for people to look at. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env["BLANKSLATE_SCREENSHOTS"];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
