// Plotly figures: { data: traces, layout }, as every Plotly binding writes them.
import type { MimeBundle } from "../../../lib/core/host.ts";
import { plotlyBundle } from "../../../lib/core/plotly-page.ts";

export function figureBundleOf(value: object): MimeBundle | undefined {
  const { data, layout, config, frames } = value as {
    data?: unknown;
    layout?: unknown;
    config?: unknown;
    frames?: unknown;
  };
  if (!Array.isArray(data) || typeof layout !== "object" || layout === null || !data.every(isTrace)) return undefined;
  return plotlyBundle({
    data,
    layout: { ...layout },
    ...(config ? { config: { ...config } } : {}),
    ...(Array.isArray(frames) ? { frames } : {}),
  });
}

const TRACE_KEYS = ["type", "x", "y", "z", "values", "labels", "lat", "locations", "r", "header", "mode"];

function isTrace(trace: unknown): boolean {
  return typeof trace === "object" && trace !== null && TRACE_KEYS.some((key) => key in trace);
}
