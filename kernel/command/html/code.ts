// Source code as coloured HTML, by the grammars that VS Code uses. Colours are classes, so that the page's style sheet decides them for
// light, dark and print. A language without a grammar here stays plain text.
import { createHighlighterCore, type HighlighterCore, type ThemeRegistration } from "@shikijs/core";
import { createJavaScriptRegexEngine } from "@shikijs/engine-javascript";
import { html, type Html } from "../../../lib/core/html.ts";

/** What a token can be, and the scopes of TextMate grammars that are it; a later rule of equal depth wins. */
const KINDS: readonly (readonly [string, readonly string[]])[] = [
  ["comment", ["comment", "punctuation.definition.comment"]],
  ["string", ["string", "punctuation.definition.string", "constant.other.symbol", "markup.inline.raw"]],
  ["plain", ["meta.template.expression", "punctuation.definition.template-expression"]],
  ["number", ["constant.numeric", "constant.language", "keyword.other.unit", "constant.character.escape"]],
  [
    "keyword",
    ["keyword", "storage.type", "storage.modifier", "variable.language", "entity.name.tag", "support.function.be"],
  ],
  ["plain", ["keyword.operator", "storage.type.function.arrow"]],
  ["keyword", ["keyword.operator.new", "keyword.operator.expression", "keyword.operator.logical.python"]],
  ["function", ["entity.name.function", "support.function", "meta.function-call.generic"]],
  ["type", ["entity.name.type", "entity.other.inherited-class", "support.type", "support.class", "entity.name.class"]],
  [
    "plain",
    ["support.type.property-name.css", "support.class.console", "support.class.builtin", "support.class.promise"],
  ],
  ["heading", ["markup.heading", "entity.name.section"]],
  ["inserted", ["markup.inserted"]],
  ["deleted", ["markup.deleted"]],
];
/** Shiki wants colours; each kind's stands for its class. */
const colourOf = (index: number) => `#0000${(index + 1).toString(16).padStart(2, "0").toUpperCase()}`;
const CLASSES = new Map(KINDS.map(([kind], index) => [colourOf(index), kind]));
const THEME: ThemeRegistration = {
  name: "page",
  type: "light",
  fg: "#000000",
  bg: "#FFFFFF",
  settings: KINDS.map(([, scope], index) => ({ scope: [...scope], settings: { foreground: colourOf(index) } })),
};

/** By length, not by time: with Shiki's 500 ms a line, a busy machine gave the same notebook other colours. */
const LIMITS = { tokenizeTimeLimit: 0, tokenizeMaxLineLength: 5_000 };

/** Name in a code fence -> grammar. */
const GRAMMARS: Readonly<Record<string, () => Promise<{ default: unknown }>>> = {
  typescript: () => import("@shikijs/langs/typescript"),
  javascript: () => import("@shikijs/langs/javascript"),
  json: () => import("@shikijs/langs/json"),
  python: () => import("@shikijs/langs/python"),
  bash: () => import("@shikijs/langs/bash"),
  yaml: () => import("@shikijs/langs/yaml"),
  html: () => import("@shikijs/langs/html"),
  css: () => import("@shikijs/langs/css"),
  sql: () => import("@shikijs/langs/sql"),
  latex: () => import("@shikijs/langs/latex"),
  markdown: () => import("@shikijs/langs/markdown"),
  diff: () => import("@shikijs/langs/diff"),
};
const ALIASES: Readonly<Record<string, string>> = {
  ts: "typescript",
  js: "javascript",
  py: "python",
  sh: "bash",
  shell: "bash",
  yml: "yaml",
  tex: "latex",
  md: "markdown",
};

export type Highlight = (code: string, language: string) => Html;

const grammarName = (language: string): string => ALIASES[language.toLowerCase()] ?? language.toLowerCase();

/** @param languages what the page will ask for; only their grammars are loaded */
export async function createHighlight(languages: Iterable<string>): Promise<Highlight> {
  const names = [...new Set([...languages].map(grammarName))].filter((name) => Object.hasOwn(GRAMMARS, name));
  const langs = names.map((name) => GRAMMARS[name] as () => Promise<{ default: never }>);
  const shiki = await createHighlighterCore({
    themes: [THEME],
    langs,
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  return (code, language) => {
    const name = grammarName(language);
    return names.includes(name) ? colour(shiki, code, name) : html`${code}`;
  };
}

function colour(shiki: HighlighterCore, code: string, lang: string): Html {
  const { tokens } = shiki.codeToTokens(code, { lang, theme: "page", ...LIMITS });
  const lines = tokens.map((line) =>
    line.map(({ content, color = "" }) => {
      const kind = CLASSES.get(color.toUpperCase()) ?? "plain";
      return kind === "plain" || content.trim() === ""
        ? html`${content}`
        : html`<span class="c-${kind}">${content}</span>`;
    }),
  );
  return html`${lines.map((line, i) => (i === 0 ? line : ["\n", ...line]))}`;
}
