// DOM nodes of any implementation (linkedom, jsdom; Observable Plot makes them) by `outerHTML`, canvases by `toDataURL`.
import type { MimeBundle } from "../../../lib/core/host.ts";

export function markupBundleOf(value: object): MimeBundle | undefined {
  const { documentElement: root } = value as { documentElement?: unknown };
  // A document is its root element.
  if (typeof root === "object" && root !== null && root !== value) return markupBundleOf(root);
  const { outerHTML, toDataURL, nodeName } = value as { outerHTML?: unknown; toDataURL?: unknown; nodeName?: unknown };
  if (typeof outerHTML === "string" && outerHTML !== "") {
    const isSvg = /^<svg[\s>]/i.test(outerHTML);
    return {
      // Without its namespace an SVG file shows nothing.
      ...(isSvg && /\sxmlns=/.test(outerHTML) ? { "image/svg+xml": outerHTML } : {}),
      "text/html": outerHTML,
      "text/plain": `<${typeof nodeName === "string" ? nodeName.toLowerCase() : "element"}> element`,
    };
  }
  if (typeof toDataURL !== "function") return undefined;
  const [, mime, base64] = /^data:(image\/[\w.+-]+);base64,(.*)$/s.exec(String(toDataURL.call(value))) ?? [];
  return mime && base64 ? { [mime]: base64, "text/plain": "canvas" } : undefined;
}
