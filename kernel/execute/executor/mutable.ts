// Which exports of the user's own files their module may assign again (`export let`): only those have to be read from the module each time.
// Everything else is read once, at full speed, and once more when the file was edited.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync, type Statement } from "oxc-parser";
import { boundNames } from "./transform/bindings.ts";

const SUFFIXES = ["", ".ts", ".tsx", ".js", ".mjs", "/index.ts", "/index.js"];
/** Of files that only pass on what others export. */
const MAX_DEPTH = 4;

/** @param specifier relative to the folder, absolute, or a file's URL */
export function isMutableExport(folder: string, specifier: string, name: string, depth = 0): boolean {
  const file = fileAt(folder, specifier);
  if (file === undefined || depth > MAX_DEPTH) return false;
  const { program } = parseSync(file, readFileSync(file, "utf8"));
  const body = program.body as Statement[];
  const assignable = new Set(
    body.flatMap((s) => {
      const declaration = s.type === "ExportNamedDeclaration" ? s.declaration : s;
      return declaration?.type === "VariableDeclaration" && (declaration.kind === "let" || declaration.kind === "var")
        ? boundNames(declaration)
        : [];
    }),
  );
  return body.some((s) => {
    if (s.type === "ExportAllDeclaration")
      return s.exported === null && isMutableExport(dirname(file), s.source.value, name, depth + 1);
    if (s.type !== "ExportNamedDeclaration") return false;
    if (s.declaration)
      return (
        s.declaration.type === "VariableDeclaration" && boundNames(s.declaration).includes(name) && assignable.has(name)
      );
    const own = s.specifiers.find(({ exported }) => nameOf(exported) === name);
    if (own === undefined) return false;
    const local = nameOf(own.local);
    return s.source ? isMutableExport(dirname(file), s.source.value, local, depth + 1) : assignable.has(local);
  });
}

function nameOf(name: { readonly name?: string; readonly value?: unknown }): string {
  return name.name ?? String(name.value);
}

function fileAt(folder: string, specifier: string): string | undefined {
  if (!/^(?:\.{0,2}\/|file:)/.test(specifier)) return undefined;
  const path = specifier.startsWith("file:") ? fileURLToPath(specifier) : resolve(folder, specifier);
  const tries = [...SUFFIXES.map((suffix) => path + suffix), path.replace(/js$/, "ts")];
  return tries.find((file) => /\.[cm]?[jt]sx?$/.test(file) && existsSync(file) && statSync(file).isFile());
}
