// Plotly figures: { data: traces, layout }, as every Plotly binding writes them.
import type { MimeBundle } from "../../../lib/core/host.ts";
import { html } from "../../../lib/core/html.ts";
import { livePlot, type PlotlyJson } from "../../../lib/core/plotly-page.ts";

const FIGURE_MIME = "application/vnd.plotly.v1+json";

export function figureBundleOf(value: object): MimeBundle | undefined {
  const { data, layout, config, frames } = value as {
    data?: unknown;
    layout?: unknown;
    config?: unknown;
    frames?: unknown;
  };
  if (!Array.isArray(data) || typeof layout !== "object" || layout === null || !data.every(isTrace)) return undefined;
  const kinds = [
    ...new Set(data.map((trace: { type?: unknown }) => (typeof trace.type === "string" ? trace.type : "scatter"))),
  ];
  const words = `Plotly figure: ${data.length} ${data.length === 1 ? "trace" : "traces"}${kinds.length > 0 ? ` (${kinds.join(", ")})` : ""}`;
  const figure = { data, layout, ...(config ? { config } : {}), ...(Array.isArray(frames) ? { frames } : {}) };
  return {
    [FIGURE_MIME]: figure,
    // JupyterLab itself draws no Plotly.
    "text/html": livePlot(figure as unknown as PlotlyJson, html`<div class="bl-note">${words}</div>`).toString(),
    "text/plain": words,
  };
}

const TRACE_KEYS = ["type", "x", "y", "z", "values", "labels", "lat", "locations", "r", "header", "mode"];

function isTrace(trace: unknown): boolean {
  return typeof trace === "object" && trace !== null && TRACE_KEYS.some((key) => key in trace);
}
