// `$…$` and `$$…$$` in Markdown, as Jupyter reads them, made into MathML: browsers draw it without scripts or fonts of ours.
import type MarkdownIt from "markdown-it";
import temml from "temml";

/** @param display on a line of its own */
export function toMathMl(tex: string, display: boolean): string {
  return temml.renderToString(tex, { displayMode: display, throwOnError: false, trust: false });
}

/** Teaches a markdown-it the two forms. A "$" before a space or after one, or before a digit at the end, is money. */
export function mathPlugin(md: MarkdownIt): void {
  md.inline.ruler.before("escape", "math", (state, silent) => {
    const rest = state.src.slice(state.pos, state.posMax);
    const match =
      /^\$\$((?:\\[^]|[^\\])+?)\$\$/.exec(rest) ?? /^\$(?![\s$])((?:\\.|[^\\$\n])*(?:\\.|[^\\$\s]))\$(?!\d)/.exec(rest);
    if (!match) return false;
    if (!silent) {
      const token = state.push("math", "math", 0);
      token.content = match[1] ?? "";
      token.block = match[0].startsWith("$$");
    }
    state.pos += match[0].length;
    return true;
  });
  md.block.ruler.before(
    "fence",
    "math_block",
    (state, start, end, silent) => {
      const lineAt = (line: number) =>
        state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]).trimEnd();
      const first = lineAt(start);
      if (!/^(\$\$|\\begin\{(align|equation|gather)\*?\})/.test(first)) return false;
      const close = first.startsWith("$$") ? /\$\$$/ : /\\end\{(align|equation|gather)\*?\}$/;
      let last = start;
      const isOneLine = close.test(first) && first.length > 2;
      if (!isOneLine) {
        do last++;
        while (last < end && !close.test(lineAt(last)));
      }
      if (last >= end) return false;
      if (silent) return true;
      const lines = Array.from({ length: last - start + 1 }, (_, i) => lineAt(start + i));
      const token = state.push("math", "math", 0);
      token.block = true;
      token.content = lines.join("\n").replace(/^\$\$|\$\$$/g, "");
      state.line = last + 1;
      return true;
    },
    { alt: ["paragraph", "reference", "blockquote", "list"] },
  );
  md.renderer.rules["math"] = (tokens, index) => {
    const token = tokens[index];
    const mathMl = toMathMl(token?.content ?? "", token?.block ?? false);
    return token?.block ? `<div class="equation">${mathMl}</div>` : mathMl;
  };
}
