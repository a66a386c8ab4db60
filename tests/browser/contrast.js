// Runs in a page of JupyterLab: the text in the outputs with the smallest contrast (WCAG) to what is behind it.
(() => {
  // rgb(255, 255, 255) or color(srgb 1 1 1 / 0.6).
  const parse = (css) =>
    (css.match(/[\d.]+/g) ?? []).map((n, i) => Number(n) * (css.startsWith("color(") && i < 3 ? 255 : 1));
  const over = ([r = 0, g = 0, b = 0, a = 1], ground) => [r, g, b].map((c, i) => c * a + ground[i] * (1 - a));
  const linear = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  let least = { contrast: 21, text: "" };
  for (const area of document.querySelectorAll(".jp-OutputArea-output")) {
    const texts = document.createTreeWalker(area, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode.textContent;
      const element = texts.currentNode.parentElement;
      if (text.trim() === "" || element.getClientRects().length === 0) continue;
      const chain = [];
      for (let e = element; e; e = e.parentElement) chain.unshift(e);
      let opacity = 1;
      let ground = [255, 255, 255];
      for (const e of chain) {
        ground = over(parse(getComputedStyle(e).backgroundColor), ground);
        opacity *= Number(getComputedStyle(e).opacity);
      }
      const [r, g, b, a = 1] = parse(getComputedStyle(element).color);
      const [front, back] = [light(over([r, g, b, a * opacity], ground)), light(ground)];
      const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
      if (contrast < least.contrast) least = { contrast, text };
    }
  }
  return least;
})();
