// A Plotly figure as HTML: a still picture at once, and a small script that replaces it by the interactive figure where Plotly is at hand:
// on the page already, or on the Jupyter server, where the installer puts it beside the kernel. Nothing is ever fetched from anywhere
// else; without Plotly, without scripts or without a server the picture stays. JupyterLab takes scripts, styles and SVG out of a notebook
// that it does not trust and leaves the SVG's words; so the box is hidden but for our style, and an image that our style hides stands beside it.
import type { MimeBundle } from "./host.ts";
import { html, scriptJson, type Html } from "./html.ts";

/** As Plotly.newPlot takes it; JSON. */
export interface PlotlyJson {
  readonly data: readonly unknown[];
  readonly layout?: Readonly<Record<string, unknown>> | undefined;
  readonly config?: Readonly<Record<string, unknown>> | undefined;
}

export const PLOTLY_MIME = "application/vnd.plotly.v1+json";

/** Numbers as every Plotly reads them: typed arrays are lists (older ones know no other), what is not finite is null, a gap. */
function plain(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "bigint") return Number(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return plain(Array.from(value as Float64Array));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, plain(held)]));
}

/** @returns how a figure that somebody wrote by hand is shown: Plotly's JSON, HTML that draws it where it can, and what it is in words */
export function plotlyBundle(given: PlotlyJson & { readonly frames?: readonly unknown[] }): MimeBundle {
  const figure = plain(given) as PlotlyJson;
  const kindOf = (trace: unknown): string => {
    const { type } = trace as { type?: unknown };
    return typeof type === "string" ? type : "scatter";
  };
  const kinds = [...new Set(figure.data.map(kindOf))];
  const count = `${figure.data.length} ${figure.data.length === 1 ? "trace" : "traces"}`;
  const words = `Plotly figure: ${count}${kinds.length > 0 ? ` (${kinds.join(", ")})` : ""}`;
  return {
    [PLOTLY_MIME]: figure,
    // JupyterLab itself draws no Plotly.
    "text/html": livePlot(figure, html`<div class="bl-note">${words}</div>`).toString(),
    "text/plain": words,
  };
}

/** Pixels: the still picture is never drawn wider. */
const MAX_WIDTH = 800;

const STYLE = html`<style>
  .bl-chart[hidden] {
    display: block;
  }
  .bl-picture.bl-picture.bl-picture {
    display: none;
  }
  .bl-chart {
    color: var(--jp-content-font-color1, inherit);
    max-width: ${MAX_WIDTH}px;
    margin: 0.4em 0;
    overflow-x: auto;
    font-variant-numeric: tabular-nums lining-nums;
  }
  .bl-chart > svg {
    display: block;
    width: 100%;
    min-width: 520px;
    height: auto;
  }
  .bl-note {
    max-width: ${MAX_WIDTH}px;
    font: 12px/1.4 var(--jp-ui-font-family, system-ui, sans-serif);
    opacity: 0.7;
    padding-left: 4px;
  }
</style>`;

// Once per output, small, and the same text everywhere. A chart drawn while Plotly is still loading waits for the same load. The kernel may
// be installed under any name, so the server is asked which of its kernels is ours. Colours that the figure leaves open are the page's,
// and follow when JupyterLab changes its theme. Where a legend above the plot would need a second row it would cover the title: there it
// stands below, and moves when the page is made narrower or wider. One of more than two rows would leave no plot below, and stays.
const UPGRADE = html`<script>
  (() => {
    const w = window;
    const clear = "rgba(0,0,0,0)";
    const palette = ["#2f7fd1", "#d9661f", "#17967a", "#c05aa8", "#8c5138", "#4d6666", "#7a6fe0", "#8c7a12"];
    const below = { orientation: "h", x: 0, xanchor: "left", yref: "container", y: 0.01, yanchor: "bottom" };
    const grid = { gridcolor: "rgba(128,128,128,0.22)", zerolinecolor: "rgba(128,128,128,0.4)", automargin: true };
    const own = (layout) => layout.paper_bgcolor !== undefined && layout.paper_bgcolor !== clear;
    const ground = (element) => {
      const { backgroundColor } = getComputedStyle(element);
      return backgroundColor !== "rgba(0, 0, 0, 0)" || !element.parentElement
        ? backgroundColor
        : ground(element.parentElement);
    };
    const colours = (box) => ({
      "font.color": getComputedStyle(box).color,
      "hoverlabel.bgcolor": ground(box),
      "hoverlabel.font.color": getComputedStyle(box).color,
    });
    const draw = (box) => {
      if (box.dataset.live || !w.Plotly || !box.isConnected) return;
      box.dataset.live = "1";
      const {
        data,
        layout = {},
        config,
      } = JSON.parse(box.querySelector('script[type="application/json"]').textContent);
      const place = document.createElement("div");
      if (layout.height) place.style.height = layout.height + "px";
      box.firstElementChild.replaceWith(place);
      if (!own(layout)) {
        Object.assign(layout, { paper_bgcolor: clear, plot_bgcolor: layout.plot_bgcolor ?? clear });
        layout.font = { ...layout.font, color: getComputedStyle(box).color };
        layout.template ??= { layout: { colorway: palette, xaxis: grid, yaxis: grid, modebar: { bgcolor: clear } } };
        layout.hoverlabel = {
          bgcolor: ground(box),
          font: { color: layout.font.color },
        };
        box.dataset.themed = "1";
      }
      const above = layout.legend;
      const names = data.filter(({ name, showlegend }) => name && showlegend !== false);
      const row = names.reduce((sum, { name }) => sum + 40 + 6.5 * name.length, 90);
      const legend = () => {
        const width = place.clientWidth;
        const fits = width >= Math.max(560, row) || (width >= 560 && row > 2 * width);
        return above?.orientation === "h" && !fits ? below : above;
      };
      if (above) layout.legend = { ...legend() };
      w.Plotly.newPlot(place, data, layout, { responsive: true, displaylogo: false, ...config });
      if (above?.orientation !== "h") return;
      let now = legend();
      new ResizeObserver(() => {
        if (now === legend() || place.clientWidth === 0) return;
        now = legend();
        w.Plotly.relayout(place, { legend: { ...now, ...(now === above ? { yref: "paper" } : {}) } });
      }).observe(place);
    };
    const all = () => document.querySelectorAll(".bl-chart").forEach(draw);
    w.blankslateTheme ??=
      new MutationObserver(() =>
        document
          .querySelectorAll(".bl-chart[data-themed] > .js-plotly-plot")
          .forEach((plot) => w.Plotly.relayout(plot, colours(plot.parentElement))),
      ).observe(document.body, { attributeFilter: ["data-jp-theme-light", "class"] }) ?? true;
    if (w.Plotly) return all();
    const page = document.getElementById("jupyter-config-data");
    if (!page) return;
    const base = JSON.parse(page.textContent).baseUrl;
    const load = (name) =>
      new Promise((done, failed) => {
        const script = document.createElement("script");
        script.src = base + "kernelspecs/" + encodeURIComponent(name) + "/plotly.min.js";
        script.onload = done;
        script.onerror = failed;
        document.head.append(script);
      });
    w.blankslatePlotly ??= fetch(base + "api/kernelspecs")
      .then((reply) => reply.json())
      .then(({ kernelspecs }) => Object.values(kernelspecs).filter(({ spec }) => spec.metadata?.blankslate))
      .then((ours) =>
        ours.reduce((tried, { name }) => tried.catch(() => load(name)), Promise.reject(new Error("none"))),
      );
    w.blankslatePlotly.then(all, () => console.info("Blankslate: no Plotly on this server, charts stay static."));
  })();
</script>`;

const noteOf = (note: string | undefined): Html | "" =>
  note === undefined ? "" : html`<div class="bl-note">${note}</div>`;

/** @returns a picture that stands still: for live updates and previews */
export function stillPlot(still: Html, note?: string): Html {
  return html`${STYLE}
    <div class="bl-chart" hidden="hidden" data-live="never">${still}</div>
    ${noteOf(note)}`;
}

/** A picture of the figure that needs neither scripts nor styles, in colours of its own. */
export interface SafePicture {
  readonly alt: string;
  /** A data URL. */
  readonly src: string;
}

/** @returns a picture that becomes the interactive figure where it can; `still` is one element, and what is left where there is no `safe` */
export function livePlot(figure: PlotlyJson, still: Html, note?: string, safe?: SafePicture): Html {
  const data = html`<script type="application/json">
    ${scriptJson(figure)}
  </script>`;
  const picture = safe ? html`<img class="bl-picture" alt="${safe.alt}" src="${safe.src}" />` : "";
  return html`${STYLE}
    <div class="bl-chart" ${safe ? html` hidden="hidden"` : ""}>${still}${data}</div>
    ${picture}${noteOf(note)} ${UPGRADE}`;
}
