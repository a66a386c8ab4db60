// The declarations of earlier cells as files for TypeScript. Words: a cell's *block* is an ambient module with what declaration emit
// wrote for it; a *page* is a file of blocks; the *index* is the module that re-exports, for every name, its newest declaration.
//
// Why so: a later cell sees exactly what is live, an older type keeps its meaning when its name is used again, and TypeScript can keep
// the program from cell to cell, since neither its files nor their imports change: full pages are never touched again, and the index
// names as many blocks as it has room for, empty ones too. (Measured at 500 cells, CPU per cell: one file for all blocks 35 ms, a file
// per cell 15 to 40 ms, checking old cells again grows with them; so 5 ms.)
import { dirname, join, resolve } from "node:path";
import type { OpenCell } from "./notebook.ts";
import { CELLS, FILE } from "./frame.ts";
import type { LanguageHost } from "./host.ts";
import type { Declared } from "./names.ts";

const BLOCKS_PER_PAGE = 32;

export interface Earlier {
  /** Each name's newest declaration. */
  readonly known: ReadonlyMap<string, Declared>;
  /** The files that hold them. */
  roots(): readonly string[];
  /** @param declarations of the cell, by declaration emit */
  add(cell: OpenCell, declarations: string): void;
}

export function createEarlier(host: LanguageHost, cwd: string): Earlier {
  const index = join(cwd, "[cells].d.ts");
  const known = new Map<string, Declared>();
  const owners = new Map<string, number>();
  const pages: { readonly file: string; text: string }[] = [];
  let count = 0;
  let room = BLOCKS_PER_PAGE;
  writeIndex();

  function writeIndex(): void {
    const names = Array.from({ length: room }, (): string[] => []);
    for (const [name, owner] of owners) names[owner]?.push(name);
    const exports = names.map((of, owner) => `export {${of.join(",")}} from "${CELLS}/${owner}";`);
    host.write(index, `declare module "${CELLS}" {\n${exports.join("\n")}\n}\n`);
  }

  return {
    known,
    roots: () => [index, ...pages.map((p) => p.file)],
    add(cell, declarations) {
      const id = count++;
      if (count > room) room *= 2;
      if (id % BLOCKS_PER_PAGE === 0) pages.push({ file: join(cwd, `[cells ${id}].d.ts`), text: "" });
      const page = pages.at(-1);
      if (page === undefined) return;
      const block = pinned(rooted(declarations, dirname(cell.file)), owners);
      page.text += `declare module "${CELLS}/${id}" {\n${block}}\n`;
      host.write(page.file, page.text);
      for (const [name, declared] of cell.names.declared) {
        known.set(name, declared);
        owners.set(name, id);
      }
      writeIndex();
    },
  };
}

const RELATIVE = /(\bfrom\s*|\bimport\s*\(\s*|\bimport\s*|\brequire\s*\(\s*)(["'])(\.{1,2}\/[^"']*)\2/g;

/** Relative imports of a cell, as its ambient module may write them. */
function rooted(declarations: string, folder: string): string {
  return declarations.replace(RELATIVE, (_, before: string, quote: string, path: string) => {
    return before + quote + FILE + resolve(folder, path).replaceAll("\\", "/") + quote;
  });
}

const FROM_CELLS = new RegExp(`import (?:type )?\\{([^}]*)\\} from "${CELLS}";`, "g");

/** What a cell took from earlier ones stays what it was then, also when their names are declared again. */
function pinned(declarations: string, owners: ReadonlyMap<string, number>): string {
  return declarations.replace(FROM_CELLS, (_, list: string) => {
    const items = list.split(",").map((item) => item.trim());
    const own = items
      .filter(Boolean)
      .map((item) => [item, owners.get(/^(?:type )?(\S+)/.exec(item)?.[1] ?? "")] as const);
    return own.map(([item, owner]) => `import { ${item} } from "${CELLS}/${owner ?? ""}";`).join(" ");
  });
}
