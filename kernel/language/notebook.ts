// The notebook as one TypeScript program: the current cell, the declarations of all cells before it, and the kernel's own globals.
//
// Each remembered cell leaves its declarations (as TypeScript's own declaration emit writes them) in an ambient module of its own;
// one more module re-exports, for every name, its newest declaration. So a later cell sees exactly what is live, an earlier type keeps
// its meaning when its name is used again, and neither files nor imports of the program change from cell to cell: TypeScript keeps
// the whole program and looks at the new cell only. (One file per cell cost 15 to 40 ms a cell; re-checking old cells grows with them.)
import { dirname, join, resolve } from "node:path";
import ts from "typescript";
import type { Frame } from "./frame.ts";
import { CELLS, FILE, frameCell } from "./frame.ts";
import type { Places } from "./host.ts";
import { compilerOptions, createHost } from "./host.ts";
import type { Declared } from "./names.ts";

export interface Notebook {
  readonly service: ts.LanguageService;
  /** What earlier cells declare, newest first on conflict. */
  readonly known: ReadonlyMap<string, Declared>;
  /**
   * Makes a text the current cell.
   * @param also names of earlier cells that it does not hold but may have meant
   */
  open(code: string, also?: readonly string[]): OpenCell;
  /** Adds a cell's declarations for later cells. */
  remember(code: string): void;
  /** The values are gone, so no cell has declared anything. */
  forget(): void;
}

export interface OpenCell extends Frame {
  readonly file: string;
}

/** Files that leave the program (one cell imports a package, the next does not) are kept parsed. */
const registry = { ...ts.createDocumentRegistry(), releaseDocument() {}, releaseDocumentWithKey() {} };

export function createNotebook(places: Places): Notebook {
  const options = compilerOptions(ts, places);
  const host = createHost(ts, places, options);
  const service = ts.createLanguageService(host, registry);

  const cellsFile = join(places.cwd, "[cells].d.ts");
  const globals = join(places.packageRoot, "kernel", "language", "globals.d.ts");
  const fileOf = (jsx: boolean) => join(places.cwd, jsx ? "[cell].tsx" : "[cell].mts");

  const known = new Map<string, Declared>();
  const owners = new Map<string, number>();
  const blocks = new Map<number, string>();
  let count = 0;
  let current: OpenCell | undefined;
  writeCells();

  function writeCells(): void {
    const exports = new Map<number, string[]>();
    for (const [name, owner] of owners) exports.set(owner, [...(exports.get(owner) ?? []), name]);
    // A cell whose every name was declared again may still be meant by types of other cells, so its block stays.
    const index = [...exports].map(([owner, names]) => `export {${names.join(",")}} from "${CELLS}/${owner}";`);
    host.write(
      cellsFile,
      `${[...blocks.values()].join("\n")}\ndeclare module "${CELLS}" {${index.join("")}export {}}\n`,
    );
  }

  function open(code: string, also: readonly string[] = []): OpenCell {
    if (current?.code === code && also.length === 0) return current;
    host.refresh(/\bimport\b|\brequire\b/.test(code));
    const frame = frameCell(ts, code, known, also);
    const file = fileOf(frame.jsx);
    host.write(file, frame.text);
    host.setRoots([globals, cellsFile, file]);
    current = { ...frame, file };
    return current;
  }

  return {
    service,
    known,
    open,
    forget() {
      known.clear();
      owners.clear();
      blocks.clear();
      current = undefined;
      writeCells();
    },
    remember(code) {
      const cell = open(code);
      current = undefined;
      if (cell.names.declared.size === 0) return;
      const output = service.getEmitOutput(cell.file, true, true).outputFiles.find((f) => /\.d\.m?ts$/.test(f.name));
      if (output === undefined) return;
      const id = count++;
      const declarations = pinned(rooted(output.text, dirname(cell.file)), owners);
      blocks.set(id, `declare module "${CELLS}/${id}" {\n${declarations}}`);
      for (const [name, declared] of cell.names.declared) {
        known.set(name, declared);
        owners.set(name, id);
      }
      writeCells();
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
    const items = list
      .split(",")
      .map((item) => item.trim())
      .filter(Boolean);
    return items
      .map((item) => `import { ${item} } from "${CELLS}/${owners.get(/^(?:type )?(\S+)/.exec(item)?.[1] ?? "")}";`)
      .join(" ");
  });
}
