// A chart as HTML: the SVG at once, and a small script that replaces it by the interactive Plotly figure where Plotly is at hand: on
// the page already, or on the Jupyter server, where the installer puts it. Nothing is ever fetched from anywhere else; without
// Plotly, without scripts or without a server the SVG stays.
import { html, scriptJson, type Html } from "../../core/html.ts";
import { plotlyFigure } from "./plotly.ts";
import type { ChartSpec } from "./spec.ts";
import { svgChart } from "./svg.ts";
import { WIDTH } from "./svg/frame.ts";

const STYLE = html`<style>
  .bl-chart {
    color: var(--jp-content-font-color1, inherit);
    max-width: ${WIDTH + 80}px;
    margin: 0.4em 0;
    font-variant-numeric: tabular-nums lining-nums;
  }
  .bl-chart > svg {
    display: block;
    width: 100%;
    height: auto;
  }
  .bl-chart .bl-note {
    font: 12px/1.4 var(--jp-ui-font-family, system-ui, sans-serif);
    opacity: 0.7;
    padding-left: 4px;
  }
</style>`;

// Once per output, small, and the same text everywhere. A chart drawn while Plotly is still loading waits for the same load.
const UPGRADE = html`<script>
  (() => {
    const w = window;
    const draw = (box) => {
      if (box.dataset.live || !w.Plotly || !box.isConnected) return;
      box.dataset.live = "1";
      const figure = JSON.parse(box.querySelector('script[type="application/json"]').textContent);
      const colour = getComputedStyle(box).color;
      figure.layout.font.color = colour;
      figure.layout.hoverlabel = { bgcolor: getComputedStyle(document.body).backgroundColor, font: { color: colour } };
      const place = document.createElement("div");
      place.style.height = figure.layout.height + "px";
      box.querySelector("svg").replaceWith(place);
      w.Plotly.newPlot(place, figure.data, figure.layout, figure.config);
    };
    const all = () => document.querySelectorAll(".bl-chart").forEach(draw);
    if (w.Plotly) return all();
    const config = document.getElementById("jupyter-config-data");
    if (!config) return;
    w.blankslatePlotly ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = JSON.parse(config.textContent).baseUrl + "kernelspecs/blankslate/plotly.min.js";
      script.onload = done;
      script.onerror = failed;
      document.head.append(script);
    });
    w.blankslatePlotly.then(all, () => console.info("Blankslate: no Plotly on this server, charts stay static."));
  })();
</script>`;

/** @returns the chart that stands still: for live updates and previews */
export function stillChart(spec: ChartSpec): Html {
  const note = spec.note === undefined ? "" : html`<div class="bl-note">${spec.note}</div>`;
  return html`${STYLE}
    <div class="bl-chart" data-live="never">${svgChart(spec)}${note}</div>`;
}

/** @returns the chart that becomes interactive where it can */
export function liveableChart(spec: ChartSpec): Html {
  const note = spec.note === undefined ? "" : html`<div class="bl-note">${spec.note}</div>`;
  const data = html`<script type="application/json">
    ${scriptJson(plotlyFigure(spec))}
  </script>`;
  return html`${STYLE}
    <div class="bl-chart">${svgChart(spec)}${note}${data}</div>
    ${UPGRADE}`;
}
