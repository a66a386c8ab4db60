// Markdown cells and text/markdown outputs. Raw HTML is shown as text, except tags without attributes that only shape it; images come
// into the page (attachments, files beside the notebook); a picture from elsewhere becomes a link, because the page makes no requests.
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import MarkdownIt from "markdown-it";
import { escapeHtml, html, type Html } from "../../../lib/core/html.ts";
import { pathWithin } from "../../../lib/core/files.ts";
import type { MimeBundle } from "../../../lib/core/host.ts";
import type { Highlight } from "./code.ts";
import { mathPlugin } from "./math.ts";
import { trusted } from "./trusted.ts";

const PLAIN_TAGS = /^<\/?(sub|sup|br|kbd|b|i|em|strong|u|s|small|mark|details|summary|center|p|hr)\s*\/?>$/i;
const IMAGE_TYPES: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".svg": "image/svg+xml",
};

export interface Heading {
  readonly level: number;
  readonly text: string;
  readonly id: string;
}

/** Renders the Markdown of one page: ids of headings are unique across it. */
export class MarkdownRenderer {
  /** In the order of the page, as far as rendered. */
  readonly headings: Heading[] = [];
  readonly #md: MarkdownIt;
  readonly #images = new Map<string, string>();
  #attachments: Readonly<Record<string, MimeBundle>> = {};

  constructor(highlight: Highlight) {
    const md = new MarkdownIt({ html: true, linkify: true, typographer: true });
    mathPlugin(md);
    const { rules } = md.renderer;
    rules["html_inline"] = rules["html_block"] = (tokens, i) => onlyPlainTags(tokens[i]?.content ?? "");
    rules["fence"] = rules["code_block"] = (tokens, i) => {
      const { content = "", info = "" } = tokens[i] ?? {};
      const code = highlight(content.replace(/\n$/, ""), info.trim().split(/\s/)[0] ?? "");
      return html`<pre class="source"><code>${code}</code></pre> `.toString();
    };
    rules["table_open"] = () => '<div class="wide"><table class="prose">';
    rules["table_close"] = () => "</table></div>";
    rules["heading_open"] = (tokens, i) => {
      const level = Number(tokens[i]?.tag.slice(1));
      const text = (tokens[i + 1]?.children ?? []).map((token) => token.content).join("");
      const id = this.#freshId(text);
      this.headings.push({ level, text, id });
      return `<h${level} id="${escapeHtml(id)}">`;
    };
    rules["image"] = (tokens, i) => {
      const token = tokens[i];
      const source = token?.attrGet("src") ?? "";
      const alt = escapeHtml(token?.content ?? "");
      const data = this.#image(source);
      if (data !== undefined) return `<img src="${escapeHtml(data)}" alt="${alt}">`;
      return `<a href="${escapeHtml(source)}" rel="noopener noreferrer">${alt || escapeHtml(source)}</a>`;
    };
    this.#md = md;
  }

  /** Reads the local pictures that these texts name, so that rendering them needs no waiting. */
  async loadImages(texts: readonly string[], folder: string | undefined): Promise<void> {
    if (folder === undefined) return;
    for (const text of texts) {
      for (const [, name = ""] of text.matchAll(/!\[[^\]]*\]\(<?([^)\s>]+)/g)) {
        const type = IMAGE_TYPES[extname(name).toLowerCase()];
        if (type === undefined || /^[a-z]+:/i.test(name)) continue;
        // A name that leads out of the folder, or to nothing, stays a link, which says itself what is missing.
        const data = await pathWithin(folder, decodeURI(name.replace(/^\.\//, "")))
          .then((path) => readFileSync(path))
          .catch(() => undefined);
        if (data) this.#images.set(name, `data:${type};base64,${data.toString("base64")}`);
      }
    }
  }

  render(text: string, attachments: Readonly<Record<string, MimeBundle>> = {}): Html {
    this.#attachments = attachments;
    return trusted(this.#md.render(text));
  }

  /** One line, without a paragraph around it. */
  inline(text: string): Html {
    return trusted(this.#md.renderInline(text));
  }

  #image(source: string): string | undefined {
    if (/^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/.test(source)) return source;
    const attached = /^attachment:(.+)$/.exec(source)?.[1];
    if (attached === undefined) return this.#images.get(source);
    const [mime, data] = Object.entries(this.#attachments[decodeURI(attached)] ?? {})[0] ?? [];
    const isImage = mime !== undefined && Object.values(IMAGE_TYPES).includes(mime) && typeof data === "string";
    return isImage ? `data:${mime};base64,${data.replaceAll(/\s/g, "")}` : undefined;
  }

  #freshId(text: string): string {
    const slug =
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
        .replaceAll(/^-|-$/g, "") || "section";
    const taken = new Set(this.headings.map((heading) => heading.id));
    let id = slug;
    for (let n = 2; taken.has(id); n++) id = `${slug}-${n}`;
    return id;
  }
}

function onlyPlainTags(markup: string): string {
  return markup
    .split(/(<[^>]*>)/)
    .map((part) => (PLAIN_TAGS.test(part) ? part : escapeHtml(part)))
    .join("");
}
