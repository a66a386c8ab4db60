// A laid-out table as LaTeX with booktabs' rules: what `nbconvert --to latex` takes and what a paper inputs. The caption above it and
// the notes below are comments: the paper writes its own. Needs \usepackage{booktabs}, and amssymb where a cell has a check mark.
import type { LaidColumn, Layout } from "./layout.ts";
import { BLOCKS } from "./spark.ts";

const CHARACTERS: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  '"': "\\textquotedbl{}",
  "−": "$-$",
  "±": "$\\pm$",
  "–": "--",
  "—": "---",
  "…": "\\ldots{}",
  "∞": "$\\infty$",
  "×": "$\\times$",
  "→": "$\\to$",
  "⏎": " ",
  "≤": "$\\le$",
  "≥": "$\\ge$",
  "✓": "$\\checkmark$",
  "✗": "$\\times$",
  "○": "$\\circ$",
};

/**
 * @returns text that LaTeX sets as it is written; nothing in it is a command
 * @example latexText("50 % of_x") // "50 \\% of\\_x"
 */
function latexText(text: string): string {
  return text.replace(/[\\&%$#_{}~^<>|"−±–—…∞×→⏎≤≥✓✗○]/g, (c) => CHARACTERS[c] ?? `\\${c}`);
}

/** A small curve as rules: no package, no font with block characters. */
const curve = (text: string): string =>
  Array.from(text, (block) => {
    const level = BLOCKS.indexOf(block);
    return level < 0 ? "\\hspace{2pt}" : `\\rule{1.6pt}{${(0.8 + level * 0.9).toFixed(1)}pt}\\hspace{0.4pt}`;
  }).join("");

function columnCells(column: LaidColumn, gap: number): string[] {
  if (column.spark) {
    const drawn = column.cells.map(({ text, missing }) => (missing ? latexText(text) : curve(text)));
    return gap < 0 ? drawn : drawn.toSpliced(gap, 0, "$\\vdots$");
  }
  const cells = column.cells.map(({ text, spread }) => latexText(spread === undefined ? text : `${text} ${spread}`));
  return gap < 0 ? cells : cells.toSpliced(gap, 0, "$\\vdots$");
}

/** @returns a tabular environment; rows and columns that are left out are dots */
export function latexTable(layout: Layout): string {
  const { columns, labels, columnGap, rowGap } = layout;
  const names = columns.map((column) => latexText(column.name));
  const aligns: string[] = columns.map((column) => (column.align === "right" ? "r" : "l"));
  const cells = columns.map((column) => columnCells(column, rowGap));
  if (columnGap >= 0) {
    names.splice(columnGap, 0, "$\\cdots$");
    aligns.splice(columnGap, 0, "c");
    cells.splice(
      columnGap,
      0,
      Array.from(cells[0] ?? [], () => ""),
    );
  }
  if (labels) {
    names.unshift("");
    aligns.unshift("l");
    cells.unshift(columnCells({ name: "", type: "", align: "left", cells: labels.map((text) => ({ text })) }, rowGap));
  }
  const row = (parts: readonly string[]) => `${parts.join(" & ")} \\\\`;
  return [
    ...(layout.caption === undefined ? [] : [`% ${layout.caption}`]),
    `\\begin{tabular}{${aligns.join("")}}`,
    "\\toprule",
    row(names),
    "\\midrule",
    ...Array.from(cells[0] ?? [], (_, r) => row(cells.map((column) => column[r] ?? ""))),
    "\\bottomrule",
    "\\end{tabular}",
    ...layout.footer.map((line) => `% ${line}`),
  ].join("\n");
}
