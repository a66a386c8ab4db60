// html`…`, svg`…`, md`…` and latex`…`: values that show themselves as what their tag says. Holes of html and svg are escaped; only
// markup made by the same tags goes in as it is. Markdown and LaTeX are taken as written: front ends clean what they render.
import { DISPLAY_SYMBOL, type MimeBundle } from "../../lib/core/host.ts";
import { html as safe, type Hole, Html } from "../../lib/core/html.ts";

class Shown {
  readonly mime: string;
  readonly markup: Html | string;

  constructor(mime: string, markup: Html | string) {
    this.mime = mime;
    this.markup = markup;
  }

  toString(): string {
    return String(this.markup);
  }

  [DISPLAY_SYMBOL](): MimeBundle {
    return { [this.mime]: this.toString(), "text/plain": this.toString() };
  }
}

export type Tag = (strings: TemplateStringsArray, ...holes: readonly unknown[]) => Shown;

function holeOf(hole: unknown): Hole {
  if (Array.isArray(hole)) return hole.map(holeOf);
  if (hole instanceof Shown && hole.markup instanceof Html) return hole.markup;
  if (hole instanceof Html || hole === null || hole === undefined || typeof hole === "boolean") return hole;
  return hole as Hole; // Anything else is written by its toString.
}

const markup =
  (mime: string): Tag =>
  (strings, ...holes) =>
    new Shown(mime, safe(strings, ...holes.map(holeOf)));
const text =
  (mime: string, cooked: boolean): Tag =>
  (strings, ...holes) =>
    new Shown(mime, String.raw(cooked ? { raw: strings } : strings, ...holes.map(String)));

export const TAGS: Readonly<Record<"html" | "svg" | "md" | "latex", Tag>> = {
  html: markup("text/html"),
  svg: markup("image/svg+xml"),
  md: text("text/markdown", true),
  // A backslash is a backslash.
  latex: text("text/latex", false),
};
