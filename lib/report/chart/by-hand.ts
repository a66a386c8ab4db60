// A Plotly figure that the user wrote, typed by Plotly's own declarations and shown like ours: the page's colours where it names none,
// no network. Its picture (PNG, SVG) needs a browser: `blankslate run` makes it where Chromium is found.
import type { Config, Data, Layout } from "plotly.js";
import { DISPLAY_SYMBOL, type MimeBundle } from "../../core/host.ts";
import { Shown } from "../../core/shown.ts";
import { plotlyBundle } from "../../core/plotly-page.ts";

export class PlotlyFigure extends Shown {
  readonly data: readonly Data[];
  readonly layout: Partial<Layout>;
  readonly config: Partial<Config>;

  constructor(data: readonly Data[], layout: Partial<Layout>, config: Partial<Config>) {
    super();
    this.data = data;
    this.layout = layout;
    this.config = config;
  }

  [DISPLAY_SYMBOL](): MimeBundle {
    return plotlyBundle({ data: this.data, layout: { ...this.layout }, config: { ...this.config } });
  }
}

/**
 * Any Plotly figure: traces, layout and config as Plotly.newPlot takes them. Typed arrays and NaN are welcome.
 * @example plotly([{ type: "bar", x: ["a", "b"], y: [1, 2] }], { title: { text: "counts" } }).data.length // 1
 */
export function plotly(
  data: readonly Data[],
  layout: Partial<Layout> = {},
  config: Partial<Config> = {},
): PlotlyFigure {
  return new PlotlyFigure(data, layout, config);
}
