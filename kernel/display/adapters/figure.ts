// Plotly figures: { data: traces, layout }, as every Plotly binding writes them.
import type { MimeBundle } from "../../../lib/core/host.ts";

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
  return {
    [FIGURE_MIME]: { data, layout, ...(config ? { config } : {}), ...(Array.isArray(frames) ? { frames } : {}) },
    "text/plain": `Plotly figure: ${data.length} ${data.length === 1 ? "trace" : "traces"}${kinds.length > 0 ? ` (${kinds.join(", ")})` : ""}`,
  };
}

const TRACE_KEYS = ["type", "x", "y", "z", "values", "labels", "lat", "locations", "r", "header", "mode"];

function isTrace(trace: unknown): boolean {
  return typeof trace === "object" && trace !== null && TRACE_KEYS.some((key) => key in trace);
}
