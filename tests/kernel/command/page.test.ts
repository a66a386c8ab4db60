import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notebookPage } from "../../../kernel/command/html/page.ts";
import { ansiToHtml } from "../../../kernel/command/html/ansi.ts";
import { type Notebook, type Output, parseNotebook } from "../../../kernel/command/run/notebook.ts";
import { rowsTable, tableBundle } from "../../../lib/core/table.ts";
import { ATTACKS } from "../../browser/attacks.ts";
import { chromiumPath, openBrowser } from "../../browser/chromium.ts";

const text = (source: string) => ({ cell_type: "markdown", metadata: {}, source });
const code = (source: string, outputs: Output[] = [], metadata: object = {}) => ({
  cell_type: "code",
  metadata,
  source,
  outputs,
  execution_count: 1,
});
const shown = (data: Record<string, unknown>): Output => ({ output_type: "display_data", data, metadata: {} });
const notebook = (cells: object[], metadata: object = {}): Notebook =>
  parseNotebook(JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells }), "test");
const chart = (title: string, y: number[] = [1, 3, 2]) =>
  shown({
    "application/vnd.plotly.v1+json": {
      data: [{ type: "scatter", name: title, x: [1, 2, 3], y, text: [title] }],
      layout: { title: { text: title } },
    },
    "text/plain": title,
  });

/** Every place of a page that takes text from a notebook, but HTML outputs. */
function everywhere(attack: string): object[] {
  const link = `[${attack}](javascript:alert(99)) ![x](javascript:alert(98)) <${attack}> | $${attack}$`;
  return [
    text(
      `## ${attack}\n\n${attack}\n\n${link}\n\n| ${attack} |\n|---|\n| ${attack} |\n\n\`\`\`${attack}\n${attack}\n\`\`\`\n`,
    ),
    text(`${attack}\n\n> ${attack}\n\n- ${attack}\n\n$$${attack}$$\n\n[a]: javascript:alert(97) "${attack}"\n[a]`),
    code(`// ${attack}\nconst x = \`${attack}\`;`, [
      { output_type: "stream", name: "stdout", text: `${attack}\u001b[31m${attack}\u001b[0m` },
      { output_type: "error", ename: attack, evalue: attack, traceback: [attack, `\u001b[1m${attack}`] },
      shown({ "text/plain": attack }),
      shown({ "text/markdown": attack }),
      shown({ "text/latex": attack }),
      shown({ "application/json": { [attack]: attack } }),
      shown({ "image/png": attack, "text/plain": attack }),
      shown({ "image/svg+xml": `<svg xmlns="http://www.w3.org/2000/svg">${attack}<script>alert(96)</script></svg>` }),
      shown({ [attack]: attack }),
      chart(attack),
    ]),
  ];
}

test("terminal colours become classes; other sequences vanish; text is escaped", () => {
  const esc = "\u001b";
  const out = ansiToHtml(
    `a${esc}[1;31mb${esc}[39mc${esc}[0m${esc}[2K${esc}]0;title\u0007d${esc}[38;5;2me${esc}[38;2;1;2;3mf<`,
  ).toString();
  expect(out).toBe(
    'a<span class="t-bold t-red">b</span><span class="t-bold">c</span>d<span class="t-green">e</span><span class="t-green">f&lt;</span>',
  );
});

test("a page without charts or mathematics carries neither; with them, each once", async () => {
  const plain = await notebookPage(notebook([text("# Only words"), code("1 + 1")]), { name: "x" });
  expect(plain.length).toBeLessThan(500_000);
  expect(plain).toContain("<title>Only words</title>");
  const rich = await notebookPage(notebook([text("$x$"), text("$y$"), code("1", [chart("a"), chart("b")])]), {
    name: "x",
  });
  expect(rich.split("plotly.js v").length - 1).toBeGreaterThan(0);
  expect(rich.length).toBeLessThan(6_500_000);
  expect(rich.split('font-family:"Page Math"').length).toBe(2);
});

const path = chromiumPath();
const SLOW_MS = 120_000;

describe.skipIf(path === undefined)("the page, in Chromium", { timeout: 2 * SLOW_MS }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser(path ?? "");
  });
  afterAll(() => browser.close());

  async function open(markup: string, colorScheme: "light" | "dark" = "light") {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1000, height: 800 } });
    const trouble: string[] = [];
    page.on("pageerror", (error) => trouble.push(error.message));
    page.on("console", (message) => trouble.push(message.text()));
    page.on("dialog", (dialog) => {
      trouble.push(`alert ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.route("**/*", (route) => {
      const url = route.request().url();
      if (url === "http://page.test/") return route.fulfill({ contentType: "text/html; charset=utf-8", body: markup });
      if (!url.startsWith("data:")) trouble.push(`request ${url}`);
      return route.abort();
    });
    // Plotly is 4.5 MB of script: on a crowded machine that takes its time.
    await page.goto("http://page.test/", { timeout: SLOW_MS });
    return { page, trouble };
  }

  test("40 attacks through every text of a notebook run 0 scripts and make 0 requests; the page still draws its charts", async () => {
    const cells = ATTACKS.flatMap(everywhere);
    const metadata = {
      language_info: { name: ATTACKS[0], version: ATTACKS[1] },
      blankslate: { version: ATTACKS[2], node: ATTACKS[3] },
    };
    const markup = await notebookPage(notebook([text(`# ${ATTACKS[4]}`), ...cells], metadata), {
      name: ATTACKS[5] ?? "",
    });
    const { page, trouble } = await open(markup);
    await expect
      .poll(() => page.locator("figure.chart .main-svg").count(), { timeout: 30_000 })
      .toBeGreaterThanOrEqual(80);
    await page.mouse.move(500, 400);
    // Chromium says itself when a base64 picture is none; nothing else may be said.
    expect(trouble.filter((line) => !/data:image|Failed to load resource: net::ERR_INVALID_URL/.test(line))).toEqual(
      [],
    );
    expect(await page.locator("pre.stdout", { hasText: "<script>alert(1)</script>" }).count()).toBeGreaterThan(0);
    await page.close();
  });

  test("charts, tables, mathematics and code are drawn offline in light and dark; the theme button redraws, printing gives white pages and charts that fit them", async () => {
    const markup = await notebookPage(
      notebook([
        text("# T\n\n$$\\sum_i x_i$$\n\n## One\n## Two\n## Three"),
        code("const a: number = 1;", [chart("first")]),
      ]),
      { name: "x" },
    );
    for (const scheme of ["light", "dark"] as const) {
      const { page, trouble } = await open(markup, scheme);
      await expect.poll(() => page.locator("figure.chart .scatterlayer path.js-line").count()).toBe(1);
      const colour = "getComputedStyle(document.querySelector('figure.chart .gtitle')).fill";
      const brightness = async () => Number(/\d+/.exec(await page.evaluate<string>(colour))?.[0]);
      expect((await brightness()) > 128).toBe(scheme === "dark");
      await page.locator("[data-tool=theme]").click();
      await expect.poll(async () => (await brightness()) > 128).toBe(scheme === "light");
      const width = () => page.locator("figure.chart .main-svg").first().getAttribute("width");
      const wide = await width();
      await page.evaluate("dispatchEvent(new Event('beforeprint'))");
      expect([await width(), (await brightness()) > 128]).toEqual(["660", false]);
      await page.evaluate("dispatchEvent(new Event('afterprint'))");
      await expect.poll(width).toBe(wide);
      expect(await page.locator("math").count()).toBe(1);
      expect(await page.locator("nav a").count()).toBe(3);
      expect(await page.locator(".c-keyword").first().textContent()).toBe("const");
      await page.locator("[data-tool=code]").click();
      expect(await page.locator("pre.source").isVisible()).toBe(false);
      expect(trouble).toEqual([]);
      await page.close();
    }
  });

  test("a table wider than paper is printed whole: every cell within 660 pixels, and as wide as before afterwards", async () => {
    const row = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`column ${i}`, "0.000 [0.000, 0.023]"]));
    const narrow = tableBundle(rowsTable([{ a: 1 }]));
    const cells = [code("x", [shown(tableBundle(rowsTable([row, row]))), shown(narrow)])];
    const { page } = await open(await notebookPage(notebook(cells), { name: "x" }));
    const edge = () =>
      page.evaluate<number>(
        "(() => { const frame = document.querySelector('.bl-frame').getBoundingClientRect(); const cells = [...document.querySelectorAll('.bl-frame td')];" +
          " return Math.max(...cells.map((cell) => cell.getBoundingClientRect().right)) - frame.left })()",
      );
    const before = await edge();
    expect(before).toBeGreaterThan(1_000);
    await page.emulateMedia({ media: "print" });
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await edge()).toBeLessThanOrEqual(661);
    expect(await page.evaluate("getComputedStyle(document.querySelectorAll('.bl-frame')[1]).zoom")).toBe("1");
    await page.emulateMedia({ media: "screen" });
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await edge()).toBe(before);
    await page.close();
  });

  test("the page keeps to its width on a phone: only code, tables and figures scroll inside themselves", async () => {
    const wide = `<table><tr>${"<td>wide wide wide</td>".repeat(20)}</tr></table>`;
    const cells = [
      text("# A long title that wraps\n\n$$a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q+r+s+t+u+v$$"),
      code("x".repeat(300), [shown({ "text/html": wide }), chart("c")]),
    ];
    const { page } = await open(await notebookPage(notebook(cells), { name: "x" }));
    await page.setViewportSize({ width: 360, height: 700 });
    await expect.poll(() => page.locator("figure.chart .main-svg").count()).toBeGreaterThan(0);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    await page.close();
  });
});
