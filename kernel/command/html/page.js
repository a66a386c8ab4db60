// The page's own script: draws the charts with the page's colours, one after the other so that reading can begin; the two buttons.
(() => {
  "use strict";
  const root = document.documentElement;
  const charts = [...document.querySelectorAll("figure.chart")].map((place) => ({
    place,
    figure: JSON.parse(place.querySelector("script").textContent),
  }));

  const NARROW = 720;
  /** What fits on A4 and on letter, in pixels: a chart does not get narrower by itself when it is printed. */
  const PAPER = 660;
  /** 10 points, in pixels. */
  const PAPER_LETTERS = 40 / 3;
  const BELOW = { orientation: "h", x: 0, xanchor: "left", yref: "container", y: 0.01, yanchor: "bottom" };

  /** A figure without a background of its own takes the page's colours. */
  const themed = (layout = {}, width, printed, row) => {
    const style = getComputedStyle(document.body);
    const colour = (name) => style.getPropertyValue(name).trim();
    const clear = "rgba(0,0,0,0)";
    const own = layout.paper_bgcolor !== undefined && layout.paper_bgcolor !== clear;
    const size = printed ? { autosize: false, width: PAPER } : { autosize: true, width: undefined };
    if (own) return { ...layout, ...size };
    const axis = {
      gridcolor: colour("--rule"),
      linecolor: colour("--faint"),
      zerolinecolor: colour("--rule"),
      automargin: true,
    };
    const defaults = {
      colorway: ["#2f7fd1", "#d9661f", "#17967a", "#c05aa8", "#8c5138", "#4d6666", "#7a6fe0", "#8c7a12"],
      legend: { orientation: "h", x: 0, y: 1.02, xanchor: "left", yanchor: "bottom" },
      title: { x: 0.01, xanchor: "left", font: { size: 16 } },
      margin: { l: 60, r: 20, t: 70, b: 50 },
      xaxis: axis,
      yaxis: axis,
      hoverlabel: { bgcolor: colour("--raised"), bordercolor: colour("--rule"), font: { color: colour("--ink") } },
      modebar: { bgcolor: clear, color: colour("--faint"), activecolor: colour("--accent") },
    };
    // Where a legend above the plot would need a second row, it would cover the title: there it stands below.
    const legend = width < Math.max(NARROW, row) ? { ...layout.legend, ...BELOW } : layout.legend;
    return {
      ...layout,
      legend,
      template: layout.template ?? { layout: defaults },
      paper_bgcolor: clear,
      plot_bgcolor: layout.plot_bgcolor ?? clear,
      font: { ...layout.font, family: colour("--sans"), color: colour("--soft") },
      ...size,
    };
  };
  /** About how wide its legend is in one row. */
  const rowOf = ({ data = [] }) =>
    data
      .filter(({ name, showlegend }) => name && showlegend !== false)
      .reduce((sum, { name }) => sum + 40 + 6.5 * name.length, 90);
  const draw = ({ place, figure }, printed = false) => {
    const config = { responsive: true, displaylogo: false, ...figure.config };
    const width = printed ? PAPER : place.clientWidth;
    return window.Plotly.react(place, figure.data ?? [], themed(figure.layout, width, printed, rowOf(figure)), config);
  };
  const drawAll = () => {
    if (!window.Plotly) return;
    const drawn = charts.reduce((before, chart) => before.then(() => draw(chart)), Promise.resolve());
    drawn.catch((error) => console.error("a chart could not be drawn:", error));
  };
  drawAll();

  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", drawAll);
  // Paper is white, whatever the screen is.
  let before;
  // Paper does not scroll: a table that is wider than it becomes smaller. Paper's letters are smaller than the screen's, and tables with them.
  const fitTables = () => {
    const paper = (PAPER * Number.parseFloat(getComputedStyle(root).fontSize)) / PAPER_LETTERS;
    for (const frame of document.querySelectorAll(".output .bl-frame")) {
      const width = frame.querySelector("table")?.scrollWidth ?? 0;
      if (width > paper) frame.style.zoom = String(paper / width);
    }
  };
  addEventListener("beforeprint", () => {
    before = root.dataset.theme;
    root.dataset.theme = "light";
    fitTables();
    // Not one after the other: printing waits for nothing.
    if (window.Plotly) for (const chart of charts) draw(chart, true).catch((error) => console.error(error));
  });
  addEventListener("afterprint", () => {
    if (before) root.dataset.theme = before;
    else delete root.dataset.theme;
    for (const frame of document.querySelectorAll(".output .bl-frame")) frame.style.removeProperty("zoom");
    drawAll();
  });
  const tools = {
    theme() {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : scheme.matches;
      root.dataset.theme = dark ? "light" : "dark";
      drawAll();
    },
    code(button) {
      const hidden = root.classList.toggle("no-code");
      button.setAttribute("aria-pressed", String(!hidden));
    },
  };
  for (const button of document.querySelectorAll("[data-tool]")) {
    button.addEventListener("click", () => tools[button.dataset.tool](button));
  }

  // Sections that have every word stay; the contents follow.
  const field = document.querySelector("[data-search]");
  const search = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const section of document.querySelectorAll("main > section")) {
      const text = section.textContent.toLowerCase();
      section.hidden = !words.every((word) => text.includes(word));
    }
    for (const link of document.querySelectorAll("nav li a")) {
      const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      link.parentElement.hidden = target?.closest("section")?.hidden === true;
    }
  };
  field?.addEventListener("input", search);

  // The entry of the section being read: the last heading above the upper quarter of the window.
  const links = [...document.querySelectorAll("nav a")];
  const headings = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  const mark = () => {
    const at = headings.findLastIndex((heading) => heading.getBoundingClientRect().top < innerHeight / 4);
    links.forEach((link, i) => link.toggleAttribute("aria-current", i === at));
  };
  if (links.length > 0) addEventListener("scroll", mark, { passive: true });
})();
