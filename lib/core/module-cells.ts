// tslab's comments that say what a cell is: `/** @module name */` makes it a module that other cells import as `./name`, and
// `/** @browser */` a script of the page. Read here because the executor and the type checker must agree.

/** Comments before the first code. */
const LEAD = /^(?:\s|\/\/[^\n]*(?:\n|$)|\/\*(?!\*)[^*]*\*+(?:[^/*][^*]*\*+)*\/)*(\/\*\*(?:[^*]|\*(?!\/))*\*\/)/;

/** @example moduleOf("/** @module tools *\/\nexport const a = 1") // "tools" */
export function moduleOf(cell: string): string | undefined {
  return cell.includes("@module") ? /@module[ \t]+([\w-]+(?:\/[\w-]+)*)/.exec(leadOf(cell))?.[1] : undefined;
}

export function isBrowserCell(cell: string): boolean {
  return cell.includes("@browser") && /@browser\b/.test(leadOf(cell));
}

function leadOf(cell: string): string {
  return LEAD.exec(cell)?.[1] ?? "";
}
