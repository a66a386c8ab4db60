// The notebook as one TypeScript program: the current cell, the declarations of all cells before it, and the kernel's own globals.
import { join } from "node:path";
import ts from "typescript";
import { moduleOf } from "../../lib/core/module-cells.ts";
import { mayAugment } from "./augmentations.ts";
import { createEarlier } from "./earlier.ts";
import type { Frame } from "./frame.ts";
import { frameCell } from "./frame.ts";
import type { Places } from "./host.ts";
import { compilerOptions, createHost } from "./host.ts";
import { createImportables, type Importables } from "./importables.ts";
import { loaded } from "./loaded.ts";
import type { Declared } from "./names.ts";
import { parses } from "./parses.ts";

export interface Notebook {
  readonly service: ts.LanguageService;
  /** What earlier cells declare, the newest of each name. */
  readonly known: ReadonlyMap<string, Declared>;
  /**
   * Makes a text the current cell.
   * @param also names of earlier cells that it does not hold but may have meant
   */
  open(code: string, also?: readonly string[]): OpenCell;
  /** Not there when cells came or went since. */
  readonly current: OpenCell | undefined;
  /** Names that cells put on globalThis: TypeScript does not know them. */
  readonly globals: ReadonlySet<string>;
  /** What cells could import. */
  readonly importables: Importables;
  /** Adds a cell's declarations for later cells; a cell that does not parse has none. */
  remember(code: string): void;
  /** The values are gone, so no cell has declared anything. */
  forget(): void;
}

export interface OpenCell extends Frame {
  readonly file: string;
}

const ON_GLOBAL = /\bglobalThis(?:\.|\[["'])([\p{ID_Start}$_][\p{ID_Continue}$]*)(?:["']\])?\s*(?:[?|&]{2})?=(?!=)/gu;

/** @returns the names that a text assigns on globalThis */
export function globalsOf(code: string): string[] {
  return Array.from(code.matchAll(ON_GLOBAL), ([, name]) => name ?? "");
}

/** Its notebooks run unchanged, so they are checked as they were there: null is a value of every type. */
const WRITTEN_FOR_TSLAB = /(?:\bfrom\s*|\brequire\(\s*)["']tslab["']/;

/** Parsed files. */
const parsed = loaded?.registry ?? ts.createDocumentRegistry(true, "", ts.JSDocParsingMode.ParseForTypeInfo);
type Acquire = ts.DocumentRegistry["acquireDocumentWithKey"];
const ESM: ts.ResolutionMode = ts.ModuleKind.ESNext;

/**
 * The user's own TypeScript is a module wherever it lies, as the executor loads it; TypeScript would ask the package.json above it, and
 * where there is none take it for CommonJS.
 */
const asModule =
  (acquire: Acquire): Acquire =>
  (name, path, settings, key, snapshot, version, kind, options) => {
    const isOwn = /(?<!\.d)\.(?:tsx?|jsx)$/.test(name) && !name.includes("/node_modules/");
    const format = isOwn && typeof options === "object" ? { ...options, impliedNodeFormat: ESM } : options;
    return acquire(name, path, settings, key, snapshot, version, kind, format);
  };

/** Parsed files that are dropped with the last program that has them. */
const dropping: ts.DocumentRegistry = {
  ...parsed,
  acquireDocumentWithKey: asModule((...asked) => parsed.acquireDocumentWithKey(...asked)),
  updateDocumentWithKey: asModule((...asked) => parsed.updateDocumentWithKey(...asked)),
};
/** Files that leave the program (one cell imports a package, the next does not) are kept parsed. */
const registry: ts.DocumentRegistry = { ...dropping, releaseDocument() {}, releaseDocumentWithKey() {} };

export function createNotebook(places: Places): Notebook {
  const options = compilerOptions(ts, places);
  const host = createHost(ts, places, options);
  const service = ts.createLanguageService(host, registry);
  let earlier = createEarlier(host, places.cwd);
  const ambient = join(places.packageRoot, "kernel", "language", "globals.d.ts");
  let current: OpenCell | undefined;
  const globals = new Set<string>();
  let isLoose = false;

  function open(code: string, also: readonly string[] = []): OpenCell {
    if (current?.code === code && also.length === 0) return current;
    host.refresh(/\bimport\b|\brequire\b/.test(code));
    if (!isLoose && WRITTEN_FOR_TSLAB.test(code)) {
      isLoose = true;
      host.loosen();
    }
    const frame = frameCell(ts, code, earlier, also);
    const file = join(places.cwd, frame.jsx ? "[cell].tsx" : "[cell].mts");
    host.write(file, frame.text);
    host.setRoots([ambient, ...earlier.roots(), ...earlier.augmentations(code), file]);
    current = { ...frame, file };
    return current;
  }

  return {
    service,
    get known() {
      return earlier.known;
    },
    open,
    get current() {
      return current;
    },
    forget() {
      earlier = createEarlier(host, places.cwd);
      current = undefined;
    },
    globals,
    importables: createImportables(host, dropping, places),
    remember(code) {
      if (!parses(code)) return;
      const module = moduleOf(code);
      if (module !== undefined) {
        host.write(join(places.cwd, `${module}.ts`), code);
        host.refresh(true);
        current = undefined;
        return;
      }
      for (const name of globalsOf(code)) globals.add(name);
      if (/^%reset\b/m.test(code)) earlier = createEarlier(host, places.cwd);
      const cell = open(code);
      if (cell.names.declared.size === 0 && !mayAugment(code)) return;
      const { outputFiles } = service.getEmitOutput(cell.file, true, true);
      const declarations = outputFiles.find((f) => /\.d\.m?ts$/.test(f.name));
      if (declarations === undefined) return;
      earlier.add(cell, declarations.text);
      host.setRoots([ambient, ...earlier.roots(), ...earlier.augmentations(code), cell.file]);
      current = undefined;
    },
  };
}
