// Run by `node --build-snapshot`: what this script leaves in memory becomes the start of every language process, TypeScript loaded and its
// libraries and Node's types parsed and bound. Plain JavaScript without imports, because that is all such a script may be. What to put in
// stands in the environment as JSON (snapshot.ts). Nothing of the user's is read here, and nothing that changes without its path changing.
const fs = require("node:fs");
const path = require("node:path");

const { typescript, folder, options } = JSON.parse(process.env.BLANKSLATE_SNAPSHOT);

/** `require` knows only Node's own modules here. */
function load(file, change = (text) => text) {
  const module = { exports: {} };
  const text = change(fs.readFileSync(file, "utf8"));
  // oxlint-disable-next-line typescript/no-implied-eval, no-new-func -- TypeScript's own file, and ours
  const code = new Function("exports", "require", "module", "__filename", "__dirname", text);
  code(module.exports, require, module, file, path.dirname(file));
  return module.exports;
}

const { collectable } = load(path.join(__dirname, "collectable.cjs"));
const { exportedFrom } = load(path.join(__dirname, "exported.cjs"));
const { postpone } = load(path.join(__dirname, "postponed.cjs"));
const { uncommented } = load(path.join(__dirname, "uncommented.cjs"));
const ts = load(typescript, collectable);
const { sys } = ts;
const jsDocParsingMode = ts.JSDocParsingMode.ParseForTypeInfo;
const cell = path.join(folder, "[cell].mts");

/** A cell as people write them. Of Node's modules those that it looks at stay parsed, which are those that people import most. */
const PRACTICE = `import { execSync } from "node:child_process"; import { existsSync, readFileSync } from "node:fs"; import { readFile } from "node:fs/promises";
import os from "node:os"; import { join } from "node:path"; import { setTimeout } from "node:timers/promises";
export const text = existsSync(join("a", "b")) ? readFileSync("a", "utf8") : await readFile("a", "utf8");
execSync("a").toString(); await setTimeout(os.cpus().length);
interface Row { id: number; name: string; tags?: string[] }
export const rows: Row[] = [1, 2, 3].map((id) => ({ id, name: \`n\${id}\` }));
export function find<T extends Row>(all: readonly T[], id: number): T | undefined { return all.find((r) => r.id === id); }
export class Table { constructor(readonly rows: Row[]) {} get size() { return this.rows.length; } }
export let total = 0; for (const { id } of rows) total += id;
find(rows, 2)?.name ?? new Table(rows).size + total`;

/**
 * @param bundled texts that stand in for those of the files, by path
 * @param bound   is called with the program when all of its files are bound
 */
function check(bundled, bound = () => {}) {
  let text = "console.log(1)";
  const registry = ts.createDocumentRegistry(true, "", jsDocParsingMode);
  const read = (name) => (name === cell ? text : (bundled.get(name) ?? sys.readFile(name)));
  const service = ts.createLanguageService(
    {
      jsDocParsingMode,
      getCompilationSettings: () => options,
      getScriptFileNames: () => [cell],
      // As host.ts says of bundled and of installed files.
      getScriptVersion: (name) => (name === cell ? text : bundled.has(name) ? "bundled" : "1"),
      getScriptSnapshot: (name) => {
        const text = read(name);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => folder,
      getDefaultLibFileName: (o) => path.join(path.dirname(typescript), ts.getDefaultLibFileName(o)),
      fileExists: (name) => sys.fileExists(name),
      readFile: read,
      directoryExists: (name) => sys.directoryExists(name),
      getDirectories: (name) => sys.getDirectories(name),
      useCaseSensitiveFileNames: () => sys.useCaseSensitiveFileNames,
      realpath: (name) => sys.realpath(name),
    },
    registry,
  );
  // Binds every file, and finds out whether it worked.
  if (service.getSemanticDiagnostics(cell).length > 0) throw new Error("the libraries do not fit together");
  const program = service.getProgram();
  bound(program);
  // What this runs is compiled in the snapshot: the first cell that declares takes 19 to 27 instead of 33 ms of processor time.
  text = PRACTICE;
  if (service.getSemanticDiagnostics(cell).length > 0) throw new Error("the practice cell is wrong");
  service.getEmitOutput(cell, true, true);
  return { registry, program };
}

/**
 * One character beyond Latin-1 makes V8 keep a text with two bytes for each. Escaped it means the same in code. The way through JSON is what
 * makes V8 count again.
 */
function oneByte(text) {
  const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.parse(JSON.stringify(text.replace(/[^\0-\xff]/g, escape)));
}

const nodesTypes = (program) =>
  program.getSourceFiles().find(({ fileName }) => fileName.endsWith("/@types/node/index.d.ts"));

/**
 * TypeScript makes a new program and a new checker for every cell, and both cost by the file: of 200 files a third of a cell's time went
 * into asking each whether it is the same, and into merging their globals. So the libraries become one file, and Node's types another,
 * their declarations in the order in which the program has them; the files they came from are empty. Those that are modules stay.
 */
function bundle(program) {
  const bundled = new Map();
  const commented = [];
  const withoutComments = ({ fileName, text }) => uncommented(ts, text, commented.push(fileName) - 1);
  const gather = (into, files) => {
    const modules = files.filter((file) => ts.isExternalModule(file));
    const scripts = files.filter((file) => !ts.isExternalModule(file));
    for (const { fileName } of scripts) bundled.set(fileName, "");
    const head = modules.map(({ fileName }) => `/// <reference path=${JSON.stringify(fileName)} />\n`);
    bundled.set(into, oneByte([...head, ...scripts.map(withoutComments)].join("\n")));
  };
  const files = program.getSourceFiles();
  const library = path.join(path.dirname(typescript), options.lib[0]);
  gather(
    library,
    files.filter((file) => program.isSourceFileDefaultLibrary(file)),
  );
  const { fileName: node } = nodesTypes(program);
  gather(
    node,
    files.filter((file) => file.fileName.startsWith(path.dirname(node))),
  );
  return { bundled, commented };
}

const { bundled, commented } = bundle(check(new Map()).program);
const exported = new Map();
const { registry } = check(bundled, (program) => {
  const checker = program.getTypeChecker();
  for (const module of checker.getAmbientModules()) exported.set(module, exportedFrom(checker, module));
  postpone(ts, nodesTypes(program), options);
});
globalThis[Symbol.for("blankslate.snapshot")] = { ts, registry, bundled, commented, exported };
