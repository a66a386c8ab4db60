// The one way to make HTML: a tag whose every hole is escaped. There is no raw hole; markup enters only as another Html value.

/** Markup made by `html`; the brand keeps plain strings out. */
export class Html {
  readonly #markup: string;
  private constructor(markup: string) {
    this.#markup = markup;
  }
  toString(): string {
    return this.#markup;
  }
  /** Only for this file: the tag below is the door. */
  static from(strings: TemplateStringsArray, holes: readonly Hole[]): Html {
    return new Html(String.raw({ raw: strings }, ...holes.map(render)));
  }
}

export type Hole = Html | string | number | bigint | boolean | null | undefined | readonly Hole[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

/** @example escapeHtml("<b a='1'>") // "&lt;b a=&#39;1&#39;&gt;" */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (c) => ENTITIES[c] ?? c);
}

function render(hole: Hole): string {
  if (hole instanceof Html) return hole.toString();
  if (Array.isArray(hole)) return hole.map(render).join("");
  return hole === null || hole === undefined || hole === false ? "" : escapeHtml(String(hole));
}

/**
 * @example html`<td title="${'a"b'}">${"<script>"}</td>`.toString() // '<td title="a&quot;b">&lt;script&gt;</td>'
 */
export function html(strings: TemplateStringsArray, ...holes: readonly Hole[]): Html {
  return Html.from(strings, holes);
}

/** A JSON value that may stand inside `<script type="application/json">`: "<" is written as an escape, so no tag can end it. */
export function scriptJson(value: unknown): Html {
  const json = JSON.stringify(value)
    .replace(/</g, "\\u003c")
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");
  return Html.from([json] as unknown as TemplateStringsArray, []);
}
