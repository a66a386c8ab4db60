// Which packages some files of this project need when they run: their imports followed from file to file, and from package to package by what is installed.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseSync } from "oxc-parser";

const ROOT = resolve(import.meta.dirname, "../..");

/** @returns names of packages that the files, and the files that they import, name themselves */
export function packagesOf(files: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const found = new Set<string>();
  const open = files.map((file) => resolve(ROOT, file));
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file) || !existsSync(file)) continue;
    seen.add(file);
    for (const name of importsOf(file)) {
      if (name.startsWith(".")) open.push(resolve(dirname(file), name));
      else if (!name.startsWith("node:")) found.add(packageName(name));
    }
  }
  return found;
}

/** Static and dynamic imports whose names are written out, types left out. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const { module } = parseSync(file, text);
  const moduleNames = module.staticImports
    .filter(({ entries }) => entries.length === 0 || entries.some(({ isType }) => !isType))
    .map(({ moduleRequest }) => moduleRequest.value);
  const passedOn = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest, isType }) => (moduleRequest && !isType ? [moduleRequest.value] : [])),
  );
  const later = module.dynamicImports.flatMap(({ moduleRequest }) => {
    const name = /^(["'`])(.*)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end))?.[2];
    return name === undefined ? [] : [name];
  });
  return [...moduleNames, ...passedOn, ...later];
}

const packageName = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** @returns folders of the packages and of all that they depend on, as far as it is installed here */
export function foldersOf(names: Iterable<string>): string[] {
  const folders = new Set<string>();
  const open = Array.from(names, (name) => ({ name, from: ROOT }));
  for (let next = open.pop(); next; next = open.pop()) {
    const folder = installed(next.name, next.from);
    if (folder === undefined || folders.has(folder)) continue;
    folders.add(folder);
    const { dependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(folder, "package.json"), "utf8"),
    ) as Manifest;
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) open.push({ name, from: folder });
  }
  return [...folders].toSorted();
}

/** Looked for as Node does: beside whoever asks, then further up. */
function installed(name: string, from: string): string | undefined {
  for (let at = from; at.startsWith(ROOT); at = dirname(at)) {
    const folder = join(at, "node_modules", name);
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  return undefined;
}
