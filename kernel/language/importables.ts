// What a cell could import: the exports of the laboratory, of the packages in the notebook's folder, and of Node. Read while nobody asks for
// anything, by a program of its own that is let go of again: kept in the notebook's, the packages would cost every check. Names alone are
// kept.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import type { LanguageHost, Places } from "./host.ts";
import { loaded } from "./loaded.ts";
import { type Exported, exportedFrom } from "./snapshot/exported.cjs";

export interface Importable {
  readonly name: string;
  readonly module: string;
  /** Imported as `import name from`, not `import { name } from`. */
  readonly isDefault: boolean;
}

/** Their types are read at once: 40 take about 2 s. */
const MAX_PACKAGES = 40;
const OURS = "blankslate";

export interface Importables {
  /** Those of the last reading. */
  readonly known: readonly Importable[];
  /** Takes half a second of processor time the first time, more with many packages; nothing while no package came or went. */
  read(): void;
}

export function createImportables(host: LanguageHost, registry: ts.DocumentRegistry, places: Places): Importables {
  let known: readonly Importable[] = [];
  let latest = "";
  return {
    get known() {
      return known;
    },
    read() {
      const modules = [OURS, ...packagesOf(places)];
      if (latest === modules.join()) return;
      latest = modules.join();
      host.refresh(true);
      const file = join(places.cwd, "[imports].mts");
      host.write(file, modules.map((name) => `import ${JSON.stringify(name)};\n`).join(""));
      const own: ts.LanguageServiceHost = { ...host, getScriptFileNames: () => [file] };
      const service = ts.createLanguageService(own, registry);
      const program = service.getProgram();
      known = program ? exportsOf(program, file) : [];
      service.dispose();
    },
  };
}

function exportsOf(program: ts.Program, file: string): Importable[] {
  const checker = program.getTypeChecker();
  const found: Importable[] = [];
  const add = (module: string, { names, hasDefault }: Exported) => {
    if (hasDefault) found.push({ name: nameFor(module), module, isDefault: true });
    for (const name of names) found.push({ name, module, isDefault: false });
  };
  for (const statement of program.getSourceFile(file)?.statements ?? []) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const symbol = checker.getSymbolAtLocation(statement.moduleSpecifier);
    if (symbol) add(statement.moduleSpecifier.text, exportedFrom(checker, symbol));
  }
  const ambient = new Set(checker.getAmbientModules());
  // A module that a package adds to is another symbol, and others may export what it adds.
  const known = loaded?.exported.keys().every((module) => ambient.has(module)) ? loaded.exported : undefined;
  for (const module of ambient) {
    const name = module.name.slice(1, -1);
    if (!name.startsWith("node:") || /posix|win32|node:(?:sys|punycode|test)/.test(name)) continue;
    add(name, known?.get(module) ?? exportedFrom(checker, module));
  }
  return found;
}

/** @example nameFor("@scope/my-package") // "myPackage" */
function nameFor(module: string): string {
  const last =
    module
      .replace(/^node:/, "")
      .split("/")
      .at(-1) ?? "";
  return last.replace(/[^\w$]+(\w)?/g, (_, letter: string | undefined) => letter?.toUpperCase() ?? "");
}

/** @returns what the nearest package.json depends on; without one, what lies in the folder's node_modules */
function packagesOf({ cwd, packageRoot }: Places): string[] {
  for (let folder = cwd; ; folder = dirname(folder)) {
    // Our own dependencies are nobody's to import from.
    if (join(folder) === join(packageRoot)) return installedIn(cwd);
    const names = dependenciesIn(folder);
    if (names) return names.slice(0, MAX_PACKAGES);
    if (dirname(folder) === folder) return installedIn(cwd);
  }
}

function dependenciesIn(folder: string): string[] | undefined {
  const text = readIfThere(() => readFileSync(join(folder, "package.json"), "utf8"));
  if (text === undefined) return undefined;
  const parsed = ts.parseConfigFileTextToJson("package.json", text).config as Record<string, object> | undefined;
  return ["dependencies", "devDependencies"].flatMap((field) => Object.keys(parsed?.[field] ?? {})).filter(isPlain);
}

function installedIn(folder: string): string[] {
  const list = (path: string) => readIfThere(() => readdirSync(path)) ?? [];
  const root = join(folder, "node_modules");
  return list(root)
    .flatMap((name) => (name.startsWith("@") ? list(join(root, name)).map((inner) => `${name}/${inner}`) : [name]))
    .filter(isPlain)
    .slice(0, MAX_PACKAGES);
}

const isPlain = (name: string) => name !== OURS && !name.startsWith(".") && !name.startsWith("@types/");

function readIfThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
