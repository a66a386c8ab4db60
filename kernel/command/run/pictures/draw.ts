// Pictures of Plotly figures that were written by hand: ours bring their PNG, these need a browser. Drawn by the Chromium or Chrome found here,
// one page per figure, without the network; put into the output, so that nbconvert, GitHub and papers show something. Where there is no
// browser, or a figure gives no picture, the output stays as it is and `--figures` counts it.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createPrivateTemporaryDirectory, removePath, writeFileAtomic } from "../../../../lib/core/files.ts";
import { html, scriptJson } from "../../../../lib/core/html.ts";
import { PLOTLY_MIME } from "../../../../lib/core/plotly-page.ts";
import { runTool } from "../../../execute/tool.ts";
import { browserFlags, findBrowser } from "../../html/pdf.ts";
import { trusted } from "../../html/trusted.ts";
import type { DisplayOutput, Notebook, ResultOutput } from "../notebook.ts";

/** Three times a chart's size on a page: sharp in print. */
const SIZE = { width: 720, height: 400, scale: 1.5 } as const;
const TIMEOUT_MS = 60_000;
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; style-src 'unsafe-inline'; img-src data: blob:";

function page(figure: unknown, plotly: string): string {
  return html`<!doctype html>
    <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
    <body>
      <div id="place"></div>
      <script type="application/json" id="figure">
        ${scriptJson(figure)}
      </script>
      <script>
        ${trusted(plotly.replaceAll("</script", "<\\/script"))};
      </script>
      <script>
        const { data, layout } = JSON.parse(document.getElementById("figure").textContent);
        Plotly.newPlot("place", data, {
          ...layout,
          width: ${SIZE.width},
          height: (layout && layout.height) || ${SIZE.height},
        })
          .then((plot) => Plotly.toImage(plot, { format: "png", width: null, height: null, scale: ${SIZE.scale} }))
          .then((picture) => (document.body.textContent = picture));
      </script>
    </body>`.toString();
}

async function draw(browser: string, content: string): Promise<string | undefined> {
  const folder = await createPrivateTemporaryDirectory("blankslate-figure");
  try {
    const source = join(folder, "figure.html");
    await writeFileAtomic(source, content);
    const flags = [...browserFlags(folder), "--dump-dom", pathToFileURL(source).href];
    const { stdout } = await runTool(browser, flags, { timeoutMs: TIMEOUT_MS });
    return /data:image\/png;base64,([\w+/=]+)/.exec(stdout)?.[1];
  } finally {
    await removePath(folder);
  }
}

/** Puts a PNG into every output that has a Plotly figure and no picture. */
export async function drawFigures(notebook: Notebook): Promise<void> {
  const outputs = notebook.cells.flatMap((cell) => (cell.cell_type === "code" ? cell.outputs : []));
  const bare = outputs.filter(
    (output): output is DisplayOutput | ResultOutput =>
      "data" in output && PLOTLY_MIME in output.data && !("image/png" in output.data),
  );
  const browser = bare.length > 0 ? await findBrowser() : undefined;
  if (browser === undefined) return;
  const plotly = await readFile(createRequire(import.meta.url).resolve("plotly.js/plotly.min.js"), "utf8");
  for (const output of bare) {
    const png = await draw(browser, page(output.data[PLOTLY_MIME], plotly));
    if (png !== undefined) output.data = { ...output.data, "image/png": png };
  }
}
