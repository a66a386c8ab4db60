// The declarations of earlier cells as files for TypeScript. Words: a cell's *block* is an ambient module with what declaration emit
// wrote for it; a *page* is a file of blocks and of its *list*, a module that re-exports from its blocks every name that no later cell
// declares again; the *index* is a file of empty lists, for the pages to come.
//
// Why so: a later cell sees exactly what is live, an older type keeps its meaning when its name is used again, and TypeScript can keep
// the program from cell to cell, since neither its files nor their imports change: a cell touches the last page, and the
// others only when it takes a name of theirs. A cell imports from as many lists, and a list names as many blocks, as there is room for,
// empty ones too. (Measured at 500 cells, CPU per cell: one file for all blocks 35 ms, a file per cell 15 to 40 ms, checking old cells
// again grows with them; one list for all pages 7 ms; one module that re-exports all lists 1.3 times the tenth cell, because each checker
// reads every name of a module that it imports one of. Each file more costs every cell 15 µs, so lists have none of their own.)
import { dirname, join, resolve } from "node:path";
import { createAugmentations, mayAugment } from "./augmentations.ts";
import type { OpenCell } from "./notebook.ts";
import { CELLS, FILE } from "./frame.ts";
import type { LanguageHost } from "./host.ts";
import type { Declared } from "./names.ts";

const BLOCKS_PER_PAGE = 32;

export interface Earlier {
  /** Each name's newest declaration. */
  readonly known: ReadonlyMap<string, Declared>;
  /**
   * @param items names, and what to import of each
   * @returns import declarations: of the same modules whatever the names are
   */
  imports(items: ReadonlyMap<string, string>): string;
  /** The files that hold them. */
  roots(): readonly string[];
  /** @param declarations of the cell, by declaration emit */
  add(cell: OpenCell, declarations: string): void;
  /** For a cell with this text: the files in which earlier ones add to the types of others. */
  augmentations(code: string): readonly string[];
}

interface Page {
  readonly file: string;
  /** Its blocks. */
  text: string;
  /** Of each block, the names that it still owns. */
  readonly names: readonly Set<string>[];
}

export function createEarlier(host: LanguageHost, cwd: string): Earlier {
  const index = join(cwd, "[cells].d.ts");
  const known = new Map<string, Declared>();
  const owners = new Map<string, number>();
  const pages: Page[] = [];
  const augmentations = createAugmentations(host, cwd);
  let count = 0;
  let room = 8;
  writeIndex();

  function writeIndex(): void {
    const empty = Array.from({ length: room }, (_, page) => `declare module "${CELLS}/list/${page}" { export {}; }\n`);
    host.write(index, empty.slice(pages.length).join(""));
  }

  function write(number: number): void {
    const page = pages[number];
    if (page === undefined) return;
    const first = number * BLOCKS_PER_PAGE;
    const exports = page.names.map((names, i) => `export {${[...names].join(",")}} from "${CELLS}/${first + i}";`);
    host.write(page.file, `${page.text}declare module "${CELLS}/list/${number}" {\n${exports.join("\n")}\n}\n`);
  }

  function addPage(): void {
    const id = pages.length * BLOCKS_PER_PAGE;
    const names = Array.from({ length: BLOCKS_PER_PAGE }, () => new Set<string>());
    pages.push({ file: join(cwd, `[cells ${id}].d.mts`), text: "", names });
    if (pages.length > room) room *= 2;
    writeIndex();
  }

  /** @returns the number of the page whose list changed */
  function move(name: string, to: number): number {
    const from = owners.get(name) ?? to;
    pages[Math.floor(from / BLOCKS_PER_PAGE)]?.names[from % BLOCKS_PER_PAGE]?.delete(name);
    pages[Math.floor(to / BLOCKS_PER_PAGE)]?.names[to % BLOCKS_PER_PAGE]?.add(name);
    owners.set(name, to);
    return Math.floor(from / BLOCKS_PER_PAGE);
  }

  return {
    known,
    imports(items) {
      const lists: string[][] = Array.from({ length: room }, () => []);
      for (const [name, item] of items) lists[Math.floor((owners.get(name) ?? 0) / BLOCKS_PER_PAGE)]?.push(item);
      return lists.map((own, page) => `import {${own.join(",")}} from "${CELLS}/list/${page}";`).join("");
    },
    roots: () => [index, ...pages.map((p) => p.file)],
    augmentations: (code) => augmentations.rootsFor(code),
    add(cell, declarations) {
      const id = count++;
      if (id % BLOCKS_PER_PAGE === 0) addPage();
      const page = pages.at(-1);
      if (page === undefined) return;
      const all = pinned(rooted(declarations, dirname(cell.file)), owners);
      const block = mayAugment(cell.code) ? augmentations.add(all, id, [...cell.names.declared.keys()]) : all;
      page.text += `declare module "${CELLS}/${id}" {\n${block}}\n`;
      const changed = new Set([pages.length - 1]);
      for (const [name, declared] of cell.names.declared) {
        known.set(name, declared);
        changed.add(move(name, id));
      }
      for (const number of changed) write(number);
    },
  };
}

const RELATIVE =
  /(\bfrom\s*|\bimport\s*\(\s*|\bimport\s*|\brequire\s*\(\s*|\bdeclare\s+module\s*)(["'])(\.{1,2}\/[^"']*)\2/g;

/** Relative imports of a cell, as its ambient module may write them. */
function rooted(declarations: string, folder: string): string {
  return declarations.replace(RELATIVE, (_, before: string, quote: string, path: string) => {
    return before + quote + FILE + resolve(folder, path).replaceAll("\\", "/") + quote;
  });
}

const FROM_CELLS = new RegExp(`import (?:type )?\\{([^}]*)\\} from "${CELLS}/list/\\d+";`, "g");

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
