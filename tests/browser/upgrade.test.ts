import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import { DISPLAY_SYMBOL } from "../../lib/core/host.ts";
import { line } from "../../lib/report/chart/generic.ts";
import { chromiumPath, openBrowser, visit } from "./chromium.ts";

const path = chromiumPath();
const chart = (): string =>
  String(line({ loss: { y: [3, 2, 1] } }, { title: "loss", x: "step", y: "nats" })[DISPLAY_SYMBOL]()["text/html"]);

describe.skipIf(path === undefined)("a chart's page, in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser(path ?? "");
  });
  afterAll(() => browser.close());

  test("without Plotly and without a server the SVG stays, and nothing is asked for", async () => {
    const { page, requests, errors } = await visit(browser, chart());
    expect(await page.locator(".bl-chart > svg").count()).toBe(1);
    expect(await page.locator('svg[role="img"][aria-label="loss"]').isVisible()).toBe(true);
    expect({ requests, errors }).toEqual({ requests: [], errors: [] });
  });

  test("on a Jupyter server two charts load plotly.min.js once from our kernel, whatever its name, and become interactive in the page's text colour; a change of theme changes it", async () => {
    const config = `<script id="jupyter-config-data" type="application/json">{"baseUrl":"/user/ada/"}</script>`;
    const { page, requests, errors } = await visit(browser, `<p>before</p>`);
    const source = readFileSync(createRequire(import.meta.url).resolve("plotly.js/plotly.min.js"), "utf8");
    const asked: string[] = [];
    const specs = {
      kernelspecs: {
        python3: { name: "python3", spec: { metadata: {} } },
        mine: { name: "my-ts", spec: { metadata: { blankslate: { version: "0" } } } },
      },
    };
    await page.route("**/kernelspecs**", (route) => {
      asked.push(new URL(route.request().url()).pathname);
      return route.fulfill({ contentType: "application/json", body: JSON.stringify(specs) });
    });
    await page.route("**/plotly.min.js", (route) => {
      asked.push(new URL(route.request().url()).pathname);
      return route.fulfill({ contentType: "text/javascript", body: source });
    });
    await page.setContent(`<body style="color:rgb(10, 200, 30)">${config}${chart()}${chart()}</body>`);
    await expect.poll(() => page.locator(".bl-chart .js-plotly-plot").count(), { timeout: 30_000 }).toBe(2);
    expect(asked).toEqual(["/user/ada/api/kernelspecs", "/user/ada/kernelspecs/my-ts/plotly.min.js"]);
    expect(await page.locator(".bl-chart > svg").count()).toBe(0);
    const titleColour = (): Promise<unknown> =>
      page.evaluate("getComputedStyle(document.querySelector('.gtitle')).fill");
    expect(await titleColour()).toBe("rgb(10, 200, 30)");
    await page.evaluate(
      "document.body.style.color = 'rgb(1, 2, 3)'; document.body.setAttribute('data-jp-theme-light', 'true')",
    );
    await expect.poll(titleColour).toBe("rgb(1, 2, 3)");
    expect({ requests, errors }).toEqual({ requests: [], errors: [] });
  });

  test("a server without that file leaves the SVG and says so once, as information", async () => {
    const { page, errors } = await visit(browser, `<p>before</p>`);
    const said: string[] = [];
    page.on("console", (message) => void (message.type() === "info" && said.push(message.text())));
    await page.setContent(
      `<script id="jupyter-config-data" type="application/json">{"baseUrl":"/"}</script>${chart()}`,
    );
    await expect.poll(() => said).toEqual(["Blankslate: no Plotly on this server, charts stay static."]);
    expect(await page.locator(".bl-chart > svg").count()).toBe(1);
    expect(errors).toEqual([]);
  });
});
