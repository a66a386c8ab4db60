// ECharts: options as its examples write them, and charts made for drawing on a server. Drawn by the notebook's own copy of echarts into
// an SVG in the page; where there is none, options are shown as any object is.
import { createRequire } from "node:module";
import { join } from "node:path";
import type { MimeBundle } from "../../../lib/core/host.ts";

const SIZE = { width: 700, height: 400 } as const;
const TYPES = new Set(
  "line bar pie scatter effectScatter radar tree treemap sunburst boxplot candlestick heatmap map parallel lines graph sankey funnel gauge pictorialBar themeRiver custom".split(
    " ",
  ),
);

interface Chart {
  setOption(option: object): void;
  renderToSVGString(): string;
  dispose(): void;
}
interface Echarts {
  init(element: null, theme: null, options: object): Chart;
}

export function echartsBundleOf(value: object): MimeBundle | undefined {
  const { renderToSVGString: render, getOption } = value as { renderToSVGString?: unknown; getOption?: unknown };
  if (typeof render === "function" && typeof getOption === "function") {
    return bundle(String(render.call(value)), kindsOf(getOption.call(value) as object));
  }
  const kinds = kindsOf(value);
  // Plotly and plain objects have a series or a type too, but not all of one of these with an ECharts name.
  if (kinds.length === 0 || !("xAxis" in value || "tooltip" in value || "title" in value || "legend" in value)) {
    return undefined;
  }
  const echarts = notebookEcharts();
  if (!echarts) return undefined;
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, ...SIZE });
  try {
    // Its texts are dark: they need a light ground in dark pages.
    chart.setOption({ animation: false, backgroundColor: "#fff", ...value });
    return bundle(chart.renderToSVGString(), kinds);
  } finally {
    chart.dispose();
  }
}

function kindsOf(option: object): string[] {
  const { series } = option as { series?: unknown };
  const all: unknown[] = Array.isArray(series) ? series : series === undefined ? [] : [series];
  const kinds = all.map((one) => (one as { type?: unknown } | null)?.type);
  return kinds.every((kind): kind is string => typeof kind === "string" && TYPES.has(kind)) ? [...new Set(kinds)] : [];
}

function bundle(svg: string, kinds: readonly string[]): MimeBundle {
  return { "text/html": svg, "text/plain": `ECharts chart (${kinds.join(", ")})` };
}

function notebookEcharts(): Echarts | undefined {
  try {
    return createRequire(join(process.cwd(), "[cell]"))("echarts") as Echarts;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
