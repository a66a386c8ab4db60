// Headless Chromium for tests that look at pages: no network, every request counted.
import { existsSync } from "node:fs";
import { type Browser, type Page, chromium } from "playwright-core";

const CANDIDATES = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-default-apps",
  "--no-first-run",
];

/** @returns Chromium's path, or undefined when it is not installed; with CI set it must be there */
export function chromiumPath(): string | undefined {
  const found = CANDIDATES.find((path) => path !== undefined && existsSync(path));
  if (found === undefined && process.env["CI"]) throw new Error("CI must have Chromium: tests/browser look at pages");
  return found;
}

export function openBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: FLAGS });
}

export interface Visit {
  readonly page: Page;
  /** Requests other than the page itself. */
  readonly requests: string[];
  readonly errors: string[];
  /** Arguments of every alert. */
  readonly alerts: string[];
}

/** Opens markup as a page of its own origin; anything it asks the network for is refused and noted. */
export async function visit(browser: Browser, markup: string, colorScheme: "light" | "dark" = "light"): Promise<Visit> {
  const page = await browser.newPage({ colorScheme, viewport: { width: 900, height: 700 } });
  const [requests, errors, alerts]: string[][] = [[], [], []];
  page.on("pageerror", (error) => errors?.push(error.message));
  page.on("dialog", (dialog) => {
    alerts?.push(dialog.message());
    void dialog.dismiss();
  });
  await page.route("**/*", (route) => {
    const url = route.request().url();
    if (url === "http://blankslate.test/")
      return route.fulfill({
        contentType: "text/html; charset=utf-8",
        body: `<!doctype html><title>test</title><body>${markup}</body>`,
      });
    requests?.push(url);
    return route.abort();
  });
  // A page of 40 attacks in all places is drawn for half a minute on a crowded machine.
  await page.goto("http://blankslate.test/", { timeout: 120_000 });
  return { page, requests: requests ?? [], errors: errors ?? [], alerts: alerts ?? [] };
}
