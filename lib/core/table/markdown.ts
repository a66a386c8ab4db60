// A laid-out table as GitHub-flavoured Markdown: for READMEs, issues and papers in Markdown. The caption stands above, notes below.
import type { LaidColumn, Layout } from "./layout.ts";

/** Nothing in it is markup: bars would end the cell, the others would start something. */
const quiet = (text: string): string => text.replace(/[\\|`*_{}[\]<>#~$]/g, (c) => (c === "<" ? "&lt;" : `\\${c}`));

function cells(column: LaidColumn, gap: number): string[] {
  const texts = column.cells.map(({ text, spread }) => quiet(spread === undefined ? text : `${text} ${spread}`));
  return gap < 0 ? texts : texts.toSpliced(gap, 0, "…");
}

/** @returns a table with its columns aligned; rows and columns that are left out are dots */
export function markdownTable(layout: Layout): string {
  const { columns, labels, columnGap, rowGap } = layout;
  const rows = layout.rows + (rowGap < 0 ? 0 : 1);
  const parts = columns.map((column) => ({
    name: quiet(column.name),
    rule: column.align === "right" ? "--:" : ":--",
    cells: cells(column, rowGap),
  }));
  if (columnGap >= 0)
    parts.splice(columnGap, 0, { name: "…", rule: ":-:", cells: Array.from({ length: rows }, () => "…") });
  if (labels) {
    const column: LaidColumn = { name: "", type: "", align: "left", cells: labels.map((text) => ({ text })) };
    parts.unshift({ name: "", rule: ":--", cells: cells(column, rowGap) });
  }
  const line = (texts: readonly string[]): string => `| ${texts.join(" | ")} |`;
  return [
    ...(layout.caption === undefined ? [] : [`**${quiet(layout.caption)}**`, ""]),
    line(parts.map((p) => p.name)),
    line(parts.map((p) => p.rule)),
    ...Array.from({ length: rows }, (_, r) => line(parts.map((p) => p.cells[r] ?? ""))),
    ...layout.footer.flatMap((text) => ["", quiet(text)]),
  ].join("\n");
}
