// A laid-out table as HTML. Colours come from the page (JupyterLab's variables where they exist, else the page's own text colour
// mixed thinner), so the table is right in light and dark themes, in VS Code, in exported pages and in print. What the reader can do with
// it (sort, find, leaf through, copy) is added by tools.ts where scripts run; without them the table is whole.
import { html, type Html } from "../html.ts";
import type { CellText, LaidColumn, Layout } from "./layout.ts";
import { sampleJson, TOOLS } from "./tools.ts";

// The class is tripled because JupyterLab styles `td`, `tr:nth-child(odd)` and `th` inside outputs with three-part selectors.
const STYLE = html`<style>
  .bl-frame.bl-frame.bl-frame {
    --bl-line: color-mix(in srgb, currentColor 16%, transparent);
    --bl-soft: color-mix(in srgb, currentColor 60%, transparent);
    color: var(--jp-content-font-color1, inherit);
    font: 13px/1.45 var(--jp-ui-font-family, system-ui, sans-serif);
    max-width: 100%;
    overflow-x: auto;
    position: relative;
    margin: 0.4em 0;
    text-align: left;
  }
  .bl-frame.bl-frame.bl-frame table {
    border-collapse: collapse;
    border: 0;
    margin: 0;
    table-layout: auto;
    font: inherit;
    font-variant-numeric: tabular-nums lining-nums;
    width: auto;
    display: table;
  }
  .bl-frame.bl-frame.bl-frame caption {
    caption-side: top;
    text-align: left;
    font-weight: 600;
    padding: 0 0 0.5em;
    color: inherit;
  }
  .bl-frame.bl-frame.bl-frame :is(thead, tr) {
    background: none;
    border: 0;
  }
  .bl-frame.bl-frame.bl-frame :is(th, td) {
    padding: 0.28em 1.1em 0.28em 0;
    border: 0;
    text-align: left;
    vertical-align: baseline;
    white-space: nowrap;
    max-width: 42em;
    overflow: hidden;
    text-overflow: ellipsis;
    font-weight: 400;
    background: none;
  }
  .bl-frame.bl-frame.bl-frame :is(th, td):last-child {
    padding-right: 0.3em;
  }
  .bl-frame.bl-frame.bl-frame .bl-wrap tbody td:last-child {
    white-space: normal;
    min-width: 12em;
  }
  .bl-frame.bl-frame.bl-frame thead th {
    vertical-align: bottom;
    font-weight: 600;
    overflow: visible;
    border-bottom: 1px solid var(--bl-soft);
    padding-bottom: 0.35em;
  }
  .bl-frame.bl-frame.bl-frame .bl-type {
    font-size: 0.82em;
    font-weight: 400;
    color: var(--bl-soft);
  }
  .bl-frame.bl-frame.bl-frame tbody tr + tr :is(th, td) {
    border-top: 1px solid var(--bl-line);
  }
  .bl-frame.bl-frame.bl-frame tbody tr:hover {
    background: color-mix(in srgb, currentColor 6%, transparent);
  }
  .bl-frame.bl-frame.bl-frame .bl-r {
    text-align: right;
  }
  .bl-frame.bl-frame.bl-frame :is(.bl-s, .bl-m, tbody th, .bl-foot) {
    color: var(--bl-soft);
  }
  .bl-frame.bl-frame.bl-frame .bl-bar {
    background: linear-gradient(color-mix(in srgb, #2f7fd1 34%, transparent) 0 0) 0 50% / calc(var(--bl-w) * 1%) 1.25em
      no-repeat content-box;
    min-width: 6em;
  }
  .bl-frame.bl-frame.bl-frame .bl-spark {
    font-family: var(--jp-code-font-family, "DejaVu Sans Mono", monospace);
    color: #2f7fd1;
  }
  .bl-frame.bl-frame.bl-frame thead button {
    all: unset;
    cursor: pointer;
    font: inherit;
    border-radius: 2px;
    position: relative;
  }
  .bl-frame.bl-frame.bl-frame :is(button, input):focus-visible {
    outline: 2px solid #2f7fd1;
    outline-offset: 1px;
  }
  .bl-frame.bl-frame.bl-frame thead button::after {
    content: "↕";
    opacity: 0;
    position: absolute;
    left: calc(100% + 0.1em);
    font-weight: 400;
  }
  .bl-frame.bl-frame.bl-frame thead th:is(:hover, :focus-within) button::after {
    opacity: 0.5;
  }
  .bl-frame.bl-frame.bl-frame thead th[aria-sort="ascending"] button::after {
    content: "↑";
    opacity: 1;
  }
  .bl-frame.bl-frame.bl-frame thead th[aria-sort="descending"] button::after {
    content: "↓";
    opacity: 1;
  }
  .bl-frame.bl-frame.bl-frame .bl-tools {
    display: flex;
    flex-wrap: wrap;
    gap: 0.2em 0.7em;
    align-items: center;
    font-size: 0.88em;
    color: var(--bl-soft);
    padding-top: 0.5em;
  }
  .bl-frame.bl-frame.bl-frame .bl-tools :is(button, input) {
    font: inherit;
    color: inherit;
    background: none;
    border: 1px solid var(--bl-line);
    border-radius: 3px;
    padding: 0.1em 0.6em;
    margin: 0;
    height: auto;
    cursor: pointer;
  }
  .bl-frame.bl-frame.bl-frame .bl-tools input {
    cursor: text;
    width: 9em;
  }
  .bl-frame.bl-frame.bl-frame .bl-tools button:hover:enabled {
    color: inherit;
    border-color: currentColor;
  }
  .bl-frame.bl-frame.bl-frame .bl-tools button:disabled {
    opacity: 0.4;
    cursor: default;
  }
  .bl-frame.bl-frame.bl-frame .bl-only {
    position: absolute;
    top: 0;
    right: 0;
    padding: 0;
    opacity: 0;
    background: var(--jp-layout-color0, Canvas);
  }
  .bl-frame.bl-frame.bl-frame:is(:hover, :focus-within) .bl-only {
    opacity: 1;
  }
  @media print {
    .bl-frame.bl-frame.bl-frame .bl-tools {
      display: none;
    }
  }
  .bl-frame.bl-frame.bl-frame .bl-s {
    font-size: 0.92em;
    padding-left: 0.1em;
    display: inline-block;
    text-align: left;
  }
  .bl-frame.bl-frame.bl-frame .bl-d {
    margin-left: 0.18em;
  }
  .bl-frame.bl-frame.bl-frame .bl-foot {
    font-size: 0.88em;
    padding-top: 0.5em;
    max-width: 60em;
  }
</style>`;

/** Digits in groups of three from five digits on; the gap is a margin, so copied text stays a plain number. */
function grouped(text: string): Html | string {
  const [, sign = "", digits = ""] = /^(−?)(\d{5,15})$/.exec(text) ?? [];
  if (digits === "") return text;
  const head = digits.slice(0, digits.length % 3 || 3);
  const rest = digits.slice(head.length).match(/\d{3}/g) ?? [];
  return html`${sign}${head}${rest.map((three) => html`<span class="bl-d">${three}</span>`)}`;
}

/** @param spreadWidth characters of the widest spread in the column: the estimates' digits then stand under each other */
function cell(text: CellText, column: LaidColumn, spreadWidth: number): Html {
  const classes = [
    ...(column.align === "right" ? ["bl-r"] : []),
    ...(text.missing ? ["bl-m"] : []),
    ...(text.share === undefined ? [] : ["bl-bar"]),
    ...(column.spark ? ["bl-spark"] : []),
  ].join(" ");
  // The blank keeps the two parts apart in copied text.
  const spread =
    spreadWidth > 0 ? html` <span class="bl-s" style="min-width:${spreadWidth}ch">${text.spread ?? ""}</span>` : "";
  const body = html`${column.align === "right" ? grouped(text.text) : text.text}${spread}`;
  const style = text.share === undefined ? "" : html` style="--bl-w:${(text.share * 100).toFixed(1)}"`;
  return classes === "" ? html`<td>${body}</td>` : html`<td class="${classes}" ${style}>${body}</td>`;
}

function header(column: LaidColumn): Html {
  const type = column.type === "" ? "" : html`<div class="bl-type">${column.type}</div>`;
  const name = html`<span class="bl-n">${column.name}</span>${type}`;
  return column.align === "right"
    ? html`<th scope="col" class="bl-r">${name}</th>`
    : html`<th scope="col">${name}</th>`;
}

/** Fewer rows are sorted by looking at them. */
const FEWEST_SORTED = 3;

/** Puts `dots` before the shown item `at`. */
function withGap(items: readonly Html[], at: number, dots: Html): readonly Html[] {
  return at < 0 ? items : items.toSpliced(at, 0, dots);
}

/** Characters of a sentence: its column is broken between words instead of making the table wider. */
const LONG_TEXT = 36;

/** @returns one `div` with its own style; scrolls sideways by itself, by keyboard too */
export function htmlTable(layout: Layout): Html {
  const { columns, labels, columnGap, rowGap } = layout;
  const widths = columns.map((c) => Math.max(0, ...c.cells.map((x) => x.spread?.length ?? 0)));
  const corner = labels ? html`<th></th>` : "";
  const head = withGap(columns.map(header), columnGap, html`<th class="bl-m">…</th>`);
  const rows = Array.from({ length: layout.rows }, (_, r) => {
    const cells = columns.map((c, i) => cell(c.cells[r] ?? { text: "" }, c, widths[i] ?? 0));
    const label = labels ? html`<th scope="row">${labels[r] ?? ""}</th>` : "";
    return html`<tr>
      ${label}${withGap(cells, columnGap, html`<td class="bl-m">…</td>`)}
    </tr>`;
  });
  const span = columns.length + (labels ? 1 : 0) + (columnGap >= 0 ? 1 : 0);
  const body = withGap(
    rows,
    rowGap,
    html`<tr>
      <td class="bl-m" colspan="${span}">…</td>
    </tr>`,
  );
  const caption = layout.caption
    ? html`<caption>
        ${layout.caption}
      </caption>`
    : "";
  const footer = layout.footer.map((line) => html`<div class="bl-foot">${line}</div>`);
  const last = columns.at(-1);
  const isLong = last?.align === "left" && last.cells.some(({ text }) => text.length > LONG_TEXT);
  const inner = html`<table ${isLong ? html`class="bl-wrap"` : ""}>
    ${caption}
    <thead>
      <tr>
        ${corner}${head}
      </tr>
    </thead>
    <tbody>
      ${body}
    </tbody>
  </table>`;
  const sample = layout.sample ? sampleJson(layout, layout.sample, widths) : "";
  return html`${STYLE}
    <div class="bl-frame" tabindex="0" role="region" aria-label="${layout.caption ?? "table"}">
      ${inner}${footer}${sample}
    </div>
    ${layout.rows >= FEWEST_SORTED ? TOOLS : ""}`;
}
