// Which exports a module assigns again after it declared them (`export let`): only those have to be read from the module each time.
// Everything else is read once, at full speed, and of the user's own files once more when they were edited. Of a package only ESM is looked
// at (what CommonJS exports is copied by Node itself), and of that no more than its first files: what lies deeper is copied.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync, type Statement } from "oxc-parser";
import { boundNames } from "./transform/bindings.ts";
import { assigns } from "./transform/references.ts";

const SUFFIXES = ["", ".ts", ".tsx", ".js", ".mjs", "/index.ts", "/index.js"];
/** Of files that only pass on what others export. */
const MAX_DEPTH = 4;
const MAX_FILES = 30;
/** A library bundled into one file is rarely larger (three.js: 0.7 MB), and parsing one takes 20 ms. */
const MAX_BYTES = 1_000_000;
/** Without one of these a file has no such export, and is not parsed. */
const MAY_ASSIGN = /\b(?:let|var)\b/;
const MAY_PASS_ON = /\bexport\b[^;]*\bfrom\b/;

/** @returns the file of a package's entry, undefined where there is none to look at */
export type FileOfPackage = (specifier: string) => string | undefined;

interface Exports {
  /** Exported names whose variable the file assigns. */
  readonly assigned: ReadonlySet<string>;
  /** Exported names of other files' exports. */
  readonly passedOn: ReadonlyMap<string, { readonly from: string; readonly name: string }>;
  /** Of which all exports are passed on. */
  readonly all: readonly string[];
}

const NOTHING: Exports = { assigned: new Set(), passedOn: new Map(), all: [] };
/** By file; with the time and size that it had. */
const known = new Map<string, { readonly stamp: string; readonly exports: Exports }>();

/** @param specifier relative to the folder, absolute, a file's URL, or a package's */
export function isMutableExport(
  folder: string,
  specifier: string,
  name: string,
  fileOfPackage: FileOfPackage = () => undefined,
): boolean {
  let files = 0;
  const look = (file: string | undefined, wanted: string, depth: number): boolean => {
    if (file === undefined || depth > MAX_DEPTH || ++files > MAX_FILES) return false;
    const { assigned, passedOn, all } = exportsOf(file);
    if (assigned.has(wanted)) return true;
    const passed = passedOn.get(wanted);
    if (passed) return look(fileAt(dirname(file), passed.from), passed.name, depth + 1);
    return all.some((from) => look(fileAt(dirname(file), from), wanted, depth + 1));
  };
  return look(isPath(specifier) ? fileAt(folder, specifier) : fileOfPackage(specifier), name, 0);
}

function exportsOf(file: string): Exports {
  const { mtimeMs, size } = statSync(file);
  const stamp = `${mtimeMs} ${size}`;
  const before = known.get(file);
  if (before?.stamp === stamp) return before.exports;
  const text = size > MAX_BYTES ? "" : readFileSync(file, "utf8");
  const exports = MAY_ASSIGN.test(text) || MAY_PASS_ON.test(text) ? readExports(file, text) : NOTHING;
  known.set(file, { stamp, exports });
  return exports;
}

function readExports(file: string, text: string): Exports {
  const body = parseSync(file, text).program.body as Statement[];
  const variables = new Set(
    body.flatMap((s) => {
      const declaration = s.type === "ExportNamedDeclaration" ? s.declaration : s;
      return declaration?.type === "VariableDeclaration" && declaration.kind !== "const" ? boundNames(declaration) : [];
    }),
  );
  const assigned = new Set<string>();
  const passedOn = new Map<string, { from: string; name: string }>();
  const all: string[] = [];
  const add = (exported: string, local: string) => {
    if (variables.has(local) && assigns(body, local)) assigned.add(exported);
  };
  for (const s of body) {
    if (s.type === "ExportAllDeclaration" && s.exported === null) all.push(s.source.value);
    if (s.type !== "ExportNamedDeclaration") continue;
    if (s.declaration?.type === "VariableDeclaration") for (const own of boundNames(s.declaration)) add(own, own);
    for (const one of s.specifiers) {
      const [exported, local] = [nameOf(one.exported), nameOf(one.local)];
      if (s.source) passedOn.set(exported, { from: s.source.value, name: local });
      else add(exported, local);
    }
  }
  return { assigned, passedOn, all };
}

function nameOf(name: { readonly name?: string; readonly value?: unknown }): string {
  return name.name ?? String(name.value);
}

function isPath(specifier: string): boolean {
  return /^(?:\.{0,2}\/|file:)/.test(specifier);
}

function fileAt(folder: string, specifier: string): string | undefined {
  if (!isPath(specifier)) return undefined;
  const path = specifier.startsWith("file:") ? fileURLToPath(specifier) : resolve(folder, specifier);
  const tries = [...SUFFIXES.map((suffix) => path + suffix), path.replace(/js$/, "ts")];
  return tries.find((file) => /\.[cm]?[jt]sx?$/.test(file) && existsSync(file) && statSync(file).isFile());
}
