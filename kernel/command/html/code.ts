// Source code as coloured HTML, by the grammars that VS Code uses. Colours are classes, so that the page's style sheet decides them for
// light, dark and print. A language without a grammar here stays plain text.
import { createCssVariablesTheme, createHighlighterCore, type HighlighterCore } from "@shikijs/core";
import { createJavaScriptRegexEngine } from "@shikijs/engine-javascript";
import { html, type Html } from "../../../lib/core/html.ts";

const PREFIX = "--code-";
const THEME = createCssVariablesTheme({ name: "page", variablePrefix: PREFIX, fontStyle: false });

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
  const { tokens } = shiki.codeToTokens(code, { lang, theme: "page" });
  const lines = tokens.map((line) =>
    line.map(({ content, color }) => {
      const name = color?.replace(`var(${PREFIX}`, "").replace(")", "");
      const isPlain = name === undefined || name === "foreground" || content.trim() === "";
      return isPlain ? html`${content}` : html`<span class="${name}">${content}</span>`;
    }),
  );
  return html`${lines.map((line, i) => (i === 0 ? line : ["\n", ...line]))}`;
}
