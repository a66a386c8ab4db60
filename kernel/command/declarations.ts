// Makes the laboratory's declarations (language/declarations.ts tells what they are for) from lib/index.ts on: each file that the
// declarations of another name.
import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { Program, SourceFile } from "typescript";
import { makeDirectory, writeFileAtomic } from "../../lib/core/files.ts";
import { type Declarations, declarationsFile, readDeclarations } from "../language/declarations.ts";
import { compilerOptions } from "../language/host.ts";
import { stateOf } from "../packed.mjs";
import { ROOT } from "./kernel-argv.ts";

type TypeScript = typeof import("typescript");

const ENTRY = join(ROOT, "lib", "index.ts");
const INFERRED = /\bimport\("|: typeof /;
const IMPORTED = /\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;

/** Writes those of this installation, unless they are there and its files are as they were; 3 s of processor time. */
export async function makeDeclarations(): Promise<void> {
  if (readDeclarations(ROOT).size > 0) return;
  const { default: ts } = await import("typescript");
  const file = declarationsFile(ROOT);
  await makeDirectory(dirname(file), 0o700);
  await writeFileAtomic(file, JSON.stringify(declarationsOf(ts)));
}

function declarationsOf(ts: TypeScript): Declarations {
  const options = { ...compilerOptions(ts, { cwd: ROOT, packageRoot: ROOT }), noCheck: true };
  const host = ts.createCompilerHost(options);
  // Files are not looked at before their states are.
  const states = new Map<string, string>();
  const readFile = host.readFile.bind(host);
  host.readFile = (name) => {
    if (isOurs(name)) states.set(relative(ROOT, name), stateOf(relative(ROOT, name)));
    return readFile(name);
  };
  const program = ts.createProgram([ENTRY], options, host);
  const texts = new Map<string, string>();
  const files = new Set([ENTRY]);
  // Grows while it is read.
  for (const file of files) {
    const declaration = declarationOf(program, file);
    // What is inferred reads better in the file's own words.
    const isInferred = INFERRED.test(declaration);
    if (!isInferred) texts.set(relative(ROOT, file), declaration);
    const text = isInferred ? (program.getSourceFile(file)?.text ?? "") : declaration;
    for (const [, path] of text.matchAll(IMPORTED)) {
      const named = resolve(dirname(file), path ?? "");
      if (existsSync(named)) files.add(named);
    }
  }
  return { states: [...states], texts: [...texts] };
}

const isOurs = (name: string) => name.startsWith(join(ROOT, "lib")) || name.startsWith(join(ROOT, "kernel"));

/** As the language service calls it: the last argument is for files of which a program would not emit any. */
interface Emitting {
  emit(
    file: SourceFile | undefined,
    write: (name: string, text: string) => void,
    token: undefined,
    onlyDeclarations: boolean,
    transformers: undefined,
    isForced: boolean,
  ): unknown;
}

function declarationOf(program: Program, file: string): string {
  let written = "";
  const emitting = program as unknown as Emitting;
  emitting.emit(program.getSourceFile(file), (_, text) => (written = text), undefined, true, undefined, true);
  return written;
}
