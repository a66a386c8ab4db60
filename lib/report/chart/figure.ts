// A chart as a value: what `chart.*` returns, a cell shows and a script can write to a file.
import { DISPLAY_SYMBOL, type MimeBundle } from "../../core/host.ts";
import { Shown } from "../../core/shown.ts";
import { liveableChart } from "./page.ts";
import { plotlyFigure } from "./plotly.ts";
import { pngChart } from "./png.ts";
import { type ChartSpec, reduceSpec } from "./spec.ts";
import { svgChart } from "./svg.ts";
import { chartWords } from "./words.ts";

/** Shown by a cell as an interactive Plotly figure, as SVG where there is no Plotly, as words in a terminal. */
export class Figure extends Shown {
  /** What is drawn; change a copy and make `new Figure(copy)` for a variant. */
  readonly spec: ChartSpec;
  /** Plotly's traces and layout, so that the figure also goes into Plotly's own functions. */
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly layout: Readonly<Record<string, unknown>>;

  constructor(spec: ChartSpec) {
    super();
    this.spec = reduceSpec(spec);
    const figure = plotlyFigure(this.spec);
    this.data = figure.data;
    this.layout = figure.layout;
  }

  /** @returns a standalone SVG document of the chart */
  svg(): string {
    return svgChart(this.spec).toString();
  }

  /** @returns a PNG file, e.g. for `writeFile("loss.png", figure.png())` */
  png(): Uint8Array {
    return pngChart(this.spec);
  }

  override toString(): string {
    return chartWords(this.spec);
  }

  [DISPLAY_SYMBOL](): MimeBundle {
    const figure = plotlyFigure(this.spec);
    return {
      "application/vnd.plotly.v1+json": { data: figure.data, layout: figure.layout, config: figure.config },
      "text/html": liveableChart(this.spec).toString(),
      "image/png": Buffer.from(this.png()).toString("base64"),
      "text/plain": chartWords(this.spec),
    };
  }
}
