// A laid-out table as aligned text without boxes: readable in a terminal, in a log and in a diff.
import type { LaidColumn, Layout } from "./layout.ts";

/** East Asian wide characters and most emoji take two cells of a terminal; combining marks take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const c of text.normalize()) {
    if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(c)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
        c,
      )
        ? 2
        : 1;
  }
  return width;
}

const MAX_WIDTH = 60;

function clip(text: string): string {
  if (displayWidth(text) <= MAX_WIDTH) return text;
  const chars = Array.from(text);
  while (displayWidth(chars.join("")) >= MAX_WIDTH) chars.pop();
  return `${chars.join("")}…`;
}

function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "right" ? space + text : text + space;
}

/** A column as lines of equal width: name, type, cells. The two parts of interval cells stand under each other. */
function columnLines(column: LaidColumn, typed: boolean): string[] {
  const spreads = Math.max(...column.cells.map((c) => displayWidth(c.spread ?? "")), 0);
  const texts = column.cells.map((c) =>
    clip(spreads > 0 ? `${c.text} ${pad(c.spread ?? "", spreads, "left")}` : c.text),
  );
  const lines = [clip(column.name), ...(typed ? [clip(column.type)] : []), ...texts];
  const width = Math.max(...lines.map(displayWidth));
  return lines.map((line) => pad(line, width, column.align));
}

const dots = (lines: number, typed: boolean): string[] =>
  Array.from({ length: lines }, (_, i) => (typed && i === 1 ? " " : "…"));

/** @returns lines without trailing blanks; name, type, rows, and the true shape when something is left out */
export function plainTable(layout: Layout): string {
  const typed = layout.columns.some((c) => c.type !== "");
  const blocks = layout.columns.map((c) => columnLines(c, typed));
  const height = layout.rows + (typed ? 2 : 1);
  if (layout.columnGap >= 0) blocks.splice(layout.columnGap, 0, dots(height, typed));
  if (layout.labels)
    blocks.unshift(
      columnLines({ name: "", type: "", align: "left", cells: layout.labels.map((text) => ({ text })) }, typed),
    );
  const lines = Array.from({ length: height }, (_, i) => blocks.map((block) => block[i] ?? "").join("  "));
  if (layout.rowGap >= 0) lines.splice(layout.rowGap + (typed ? 2 : 1), 0, "…");
  const body = layout.columns.length > 0 ? lines : [];
  return [
    ...(layout.caption ? [layout.caption, ""] : []),
    ...body,
    ...(layout.footer.length > 0 && body.length > 0 ? [""] : []),
    ...layout.footer,
  ]
    .map((line) => line.trimEnd())
    .join("\n");
}
