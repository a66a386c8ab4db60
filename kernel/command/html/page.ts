// An executed notebook as one HTML file: a paper's appendix. Fonts, charts and pictures are inside; a content policy forbids every
// request, so that the file shows the same on a plane and in ten years. Works without scripts but for the charts.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { html, type Html } from "../../../lib/core/html.ts";
import { PLOTLY_MIME } from "../../../lib/core/plotly-page.ts";
import type { Cell, CodeCell, Notebook } from "../run/notebook.ts";
import { hasTag } from "../run/parameters.ts";
import { duration } from "../terminal.ts";
import { createHighlight, type Highlight } from "./code.ts";
import { type Heading, MarkdownRenderer } from "./markdown.ts";
import { outputHtml } from "./outputs.ts";
import { trusted } from "./trusted.ts";

export interface PageOptions {
  /** The notebook's file name, shown when it has no heading. */
  readonly name: string;
  /** Its folder: where relative pictures lie. */
  readonly folder?: string;
  /** A field that hides the sections without the words typed in it: for a page of many. */
  readonly search?: true;
}

const POLICY = [
  "default-src 'none'",
  "img-src data: blob:",
  "font-src data:",
  "style-src 'unsafe-inline'",
  // Plotly compiles the shaders of its 3-D and large scatter traces from strings.
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  "worker-src blob:",
  "form-action 'none'",
  "base-uri 'none'",
].join("; ");

/** Family, style, file, descriptors. */
const FONTS: readonly (readonly [string, string, string, string])[] = [
  [
    "Page Serif",
    "normal",
    import.meta.resolve("@fontsource-variable/source-serif-4/files/source-serif-4-latin-opsz-normal.woff2"),
    "",
  ],
  [
    "Page Serif",
    "italic",
    import.meta.resolve("@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-italic.woff2"),
    "",
  ],
  [
    "Page Serif",
    "normal",
    import.meta.resolve("@fontsource-variable/source-serif-4/files/source-serif-4-greek-wght-normal.woff2"),
    "unicode-range:U+0370-03FF;",
  ],
  [
    "Page Mono",
    "normal",
    import.meta.resolve("@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2"),
    "",
  ],
];

/** Ten times as large as a text font, so only where there is mathematics. */
const MATH_FONT = [
  "Page Math",
  "normal",
  import.meta.resolve("@fontsource/stix-two-math/files/stix-two-math-latin-400-normal.woff2"),
  "",
] as const;

const SEARCH = html`<input type="search" data-search placeholder="search" aria-label="search this page" />`;

/** @returns the whole page */
export async function notebookPage(notebook: Notebook, options: PageOptions): Promise<string> {
  const language = languageOf(notebook);
  const highlight = await createHighlight([language, ...fencedLanguages(notebook)]);
  const markdown = new MarkdownRenderer(highlight);
  const texts = notebook.cells.filter((cell) => cell.cell_type === "markdown").map((cell) => cell.source);
  await markdown.loadImages(texts, options.folder);
  const { title, cells } = takeTitle(notebook.cells, options.name);
  const body = cells.map((cell) => cellHtml(cell, { markdown, highlight, language }));
  const hasCharts = notebook.cells.some(
    (cell) =>
      cell.cell_type === "code" && cell.outputs.some((output) => "data" in output && PLOTLY_MIME in output.data),
  );
  const hasMath = body.some((part) => part.toString().includes("<math"));
  const plotly = hasCharts ? await asset("plotly.js/plotly.min.js") : "";
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="Blankslate" />
        <title>${plainTitle(title)}</title>
        <style>
          ${trusted(await fontFaces(hasMath))}${trusted(await readFile(new URL("page.css", import.meta.url), "utf8"))}
        </style>
      </head>
      <body>
        ${contents(markdown.headings)}
        <main>
          <header>
            <div class="tools">
              <button type="button" data-tool="code" aria-pressed="true">Code</button
              ><button type="button" data-tool="theme" aria-label="light or dark">◐</button>
            </div>
            <h1>${markdown.inline(title)}</h1>
            ${byline(notebook)}
          </header>
          ${options.search ? SEARCH : ""} ${body}
          <footer>
            Made from <span class="file">${options.name}</span> by Blankslate. Charts are interactive; the page needs no
            network.
          </footer>
        </main>
        ${
          hasCharts
            ? html`<script>
                ${trusted(plotly.replaceAll("</script", "<\\/script"))};
              </script>`
            : ""
        }
        <script>
          ${trusted(await readFile(new URL("page.js", import.meta.url), "utf8"))};
        </script>
      </body>
    </html> `;
  return page.toString();
}

interface Tools {
  readonly markdown: MarkdownRenderer;
  readonly highlight: Highlight;
  readonly language: string;
}

function cellHtml(cell: Cell, { markdown, highlight, language }: Tools): Html {
  if (cell.cell_type !== "code") {
    if (cell.cell_type === "raw") return html``;
    return html`<section class="text">${markdown.render(cell.source, cell.attachments ?? {})}</section> `;
  }
  if (cell.source.trim() === "" && cell.outputs.length === 0) return html``;
  const outputs = isHidden(cell, "outputs", "hide-output") ? [] : cell.outputs;
  const code = html`<pre class="source"><code>${highlight(cell.source, language)}</code></pre>`;
  const input = isHidden(cell, "source", "hide-input")
    ? html`<details class="input">
        <summary>code</summary>
        ${code}
      </details>`
    : html`<div class="input">${code}</div>`;
  const label = hasTag(cell, "injected-parameters") ? html`<div class="label">parameters of this run</div>` : "";
  const number = html`<div class="number" aria-hidden="true">${cell.execution_count ?? ""}</div>`;
  const time = timeOf(cell);
  const note = time !== undefined && time >= 1000 ? html`<div class="time">${duration(time)}</div>` : "";
  const shown = outputs.map((output) => html`<div class="output">${outputHtml(output, markdown)}</div> `);
  return html`<section class="cell">${number}${label}${input}${note}${shown}</section> `;
}

function isHidden(cell: CodeCell, part: "source" | "outputs", tag: string): boolean {
  const jupyter = cell.metadata["jupyter"] as Record<string, unknown> | undefined;
  return jupyter?.[`${part}_hidden`] === true || hasTag(cell, tag);
}

/** The first heading of level 1 at the top is the page's title and not repeated below. */
function takeTitle(cells: readonly Cell[], name: string): { title: string; cells: readonly Cell[] } {
  const [first, ...rest] = cells;
  const match = first?.cell_type === "markdown" ? /^\s*#\s+(.+?)\s*#*\s*(\n|$)/.exec(first.source) : null;
  if (!first || !match) return { title: name, cells };
  return { title: match[1] ?? name, cells: [{ ...first, source: first.source.slice(match[0].length) }, ...rest] };
}

const plainTitle = (title: string) => title.replaceAll(/[*_`$]/g, "");

function byline(notebook: Notebook): Html {
  const codes = notebook.cells.filter((cell) => cell.cell_type === "code");
  const info = notebook.metadata["language_info"] as { name?: unknown; version?: unknown } | undefined;
  const times = codes.map(timeOf).filter((time) => time !== undefined);
  const began = codes.map((cell) => stamp(cell, "iopub.status.busy")).find((date) => date !== undefined);
  const own = notebook.metadata["blankslate"] as { version?: unknown; node?: unknown } | undefined;
  const parts = [
    began &&
      html`executed
        <time datetime="${began.toISOString()}">${began.toISOString().slice(0, 16).replace("T", " ")} UTC</time>`,
    times.length > 0 && html`${duration(times.reduce((sum, time) => sum + time, 0))} of computing`,
    typeof info?.version === "string" && html`${languageName(info.name)} ${info.version}`,
    typeof own?.version === "string" && html`Blankslate ${own.version}`,
    typeof own?.node === "string" && html`Node ${own.node}`,
  ].filter((part) => part instanceof Object);
  return html`<p class="byline">
    ${parts.map((part, i) => (i === 0 ? part : html`<span class="dot"> · </span>${part}`))}
  </p>`;
}

function languageName(name: unknown): string {
  if (typeof name !== "string") return "language";
  return name.toLowerCase() === "typescript" ? "TypeScript" : name;
}

function stamp(cell: CodeCell, name: string): Date | undefined {
  const value = (cell.metadata["execution"] as Record<string, unknown> | undefined)?.[name];
  const date = typeof value === "string" ? new Date(value) : undefined;
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}

function timeOf(cell: CodeCell): number | undefined {
  const [from, to] = [stamp(cell, "iopub.status.busy"), stamp(cell, "iopub.status.idle")];
  return from && to ? to.getTime() - from.getTime() : undefined;
}

function contents(headings: readonly Heading[]): Html {
  const shown = headings.filter(({ level }) => level <= 3);
  if (shown.length < 3) return html``;
  const items = shown.map(({ level, text, id }) => html`<li class="level-${level}"><a href="#${id}">${text}</a></li> `);
  return html`<nav aria-label="Contents">
    <ol>
      ${items}
    </ol>
  </nav>`;
}

function languageOf(notebook: Notebook): string {
  const info = notebook.metadata["language_info"] as { name?: unknown } | undefined;
  return typeof info?.name === "string" ? info.name : "typescript";
}

function* fencedLanguages(notebook: Notebook): Generator<string> {
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "markdown") continue;
    for (const [, name] of cell.source.matchAll(/^\s*(?:```|~~~)\s*([\w+-]+)/gm)) if (name) yield name;
  }
}

async function asset(specifier: string): Promise<string> {
  return readFile(createRequire(import.meta.url).resolve(specifier), "utf8");
}

async function fontFaces(hasMath: boolean): Promise<string> {
  const faces = [...FONTS, ...(hasMath ? [MATH_FONT] : [])].map(async ([family, style, file, range]) => {
    const bytes = await readFile(new URL(file));
    const source = `url(data:font/woff2;base64,${bytes.toString("base64")}) format("woff2")`;
    return `@font-face{font-family:"${family}";font-style:${style};font-weight:200 900;${range}src:${source}}`;
  });
  return (await Promise.all(faces)).join("\n");
}
