// One output of a cell as HTML: the richest form the page can show. Charts are drawn by the page's own copy of Plotly; pictures are data
// URIs (an SVG there runs no scripts); HTML is the notebook's own, as it is.
import { html, scriptJson, type Html } from "../../../lib/core/html.ts";
import type { MimeBundle } from "../../../lib/core/host.ts";
import { PLOTLY_MIME } from "../../../lib/core/plotly-page.ts";
import type { Output } from "../run/notebook.ts";
import { ansiToHtml } from "./ansi.ts";
import type { MarkdownRenderer } from "./markdown.ts";
import { toMathMl } from "./math.ts";
import { trusted } from "./trusted.ts";

/** Taller texts scroll in a box of their own. */
const LONG_LINES = 40;

type Show = (value: unknown, bundle: MimeBundle, markdown: MarkdownRenderer) => Html;

/** From richest to plainest. */
const SHOWN: readonly (readonly [string, Show])[] = [
  [PLOTLY_MIME, chart],
  ["text/html", (value) => html`<div class="html wide">${trusted(textOf(value))}</div>`],
  ["image/svg+xml", (value, bundle) => picture("image/svg+xml", Buffer.from(textOf(value)).toString("base64"), bundle)],
  ["image/png", (value, bundle) => picture("image/png", textOf(value), bundle)],
  ["image/jpeg", (value, bundle) => picture("image/jpeg", textOf(value), bundle)],
  ["image/webp", (value, bundle) => picture("image/webp", textOf(value), bundle)],
  ["image/gif", (value, bundle) => picture("image/gif", textOf(value), bundle)],
  ["text/markdown", (value, _, markdown) => markdown.render(textOf(value))],
  [
    "text/latex",
    (value) => html`<div class="equation">${trusted(toMathMl(textOf(value).replace(/^\$+|\$+$/g, ""), true))}</div>`,
  ],
  ["text/plain", (value) => text(textOf(value), "plain")],
  ["application/json", (value) => text(JSON.stringify(value, null, 2), "plain")],
];

export function outputHtml(output: Output, markdown: MarkdownRenderer): Html {
  if (output.output_type === "stream") return text(output.text.replace(/\n$/, ""), output.name);
  if (output.output_type === "error") {
    const trace = output.traceback.length > 0 ? output.traceback.join("\n") : `${output.ename}: ${output.evalue}`;
    return html`<div class="error" role="alert">
      <div class="error-name">${output.ename}</div>
      ${text(trace, "trace")}
    </div>`;
  }
  const found = SHOWN.find(([mime]) => output.data[mime] !== undefined);
  if (!found)
    return html`<p class="unshown">
      An output of type ${Object.keys(output.data).join(", ")}, which a page cannot show.
    </p>`;
  const [mime, show] = found;
  return show(output.data[mime], output.data, markdown);
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function text(content: string, kind: string): Html {
  const isLong = content.split("\n", LONG_LINES + 1).length > LONG_LINES;
  const attributes = isLong ? html` tabindex="0"` : "";
  return html`<pre class="${kind}${isLong ? " long" : ""}" ${attributes}>${ansiToHtml(content)}</pre>`;
}

function picture(mime: string, base64: string, bundle: MimeBundle): Html {
  const words = bundle["text/plain"];
  const alt = typeof words === "string" ? words.slice(0, 300) : "";
  return html`<img src="data:${mime};base64,${base64.replaceAll(/\s/g, "")}" alt="${alt}" />`;
}

function chart(figure: unknown, bundle: MimeBundle): Html {
  const words = bundle["text/plain"];
  const height = (figure as { layout?: { height?: unknown } } | null)?.layout?.height;
  const label = typeof words === "string" ? words.slice(0, 300) : "chart";
  return html`<figure
    class="chart"
    role="img"
    aria-label="${label}"
    style="min-height:${typeof height === "number" ? height : 400}px"
  >
    <script type="application/json">
      ${scriptJson(figure)}
    </script>
  </figure>`;
}
