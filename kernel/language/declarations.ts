// The laboratory's declarations: its public files without their bodies, as TypeScript's declaration emit writes them when the kernel is
// installed (command/declarations.ts). The checker of a kernel reads them in place of the files, under the same names: a first
// `import "blankslate"` then takes a fifth of the text, and of what that imports only what a declaration names. A language server reads the
// files, because it tells places in them; so does everybody where a file has changed since.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { cacheFolder } from "../../lib/core/cache.ts";
import { stateOf } from "../packed.mjs";

export interface Declarations {
  /** All files they were made of, as `stateOf` saw them. */
  readonly states: readonly (readonly [file: string, state: string])[];
  /** Of the public files, relative to the installation. */
  readonly texts: readonly (readonly [file: string, text: string])[];
}

/** @returns the absolute path of the file for an installation; it may not exist */
export function declarationsFile(packageRoot: string): string {
  // With or without a slash at its end.
  const place = createHash("sha256").update(resolve(packageRoot)).digest("hex").slice(0, 16);
  return join(cacheFolder(), "declarations", `${place}.json`);
}

/** @returns texts by the absolute paths of the files they stand for; none where there are none, or a file has changed since */
export function readDeclarations(packageRoot: string): ReadonlyMap<string, string> {
  const made = parse(declarationsFile(packageRoot));
  if (!made?.states?.every(([file, state]) => stateOf(file) === state)) return new Map();
  return new Map(made.texts?.map(([file, text]) => [join(packageRoot, file), text]));
}

/** A file that is damaged is as good as none: the sources say the same. */
function parse(file: string): Partial<Declarations> | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Partial<Declarations>;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
