// Run by `node --build-snapshot`: what this script leaves in memory becomes the start of every language process, TypeScript loaded and its
// libraries and Node's types parsed and bound. Plain JavaScript in one file, because that is all such a script may be. What to put in
// stands in the environment as JSON (snapshot.ts). Nothing of the user's is read here, and nothing that changes without its path changing.
const fs = require("node:fs");
const { dirname, join } = require("node:path");

const { typescript, folder, options } = JSON.parse(process.env.BLANKSLATE_SNAPSHOT);

/** `require` knows only Node's own modules here. */
function load(file) {
  const module = { exports: {} };
  // oxlint-disable-next-line typescript/no-implied-eval, no-new-func -- TypeScript's own file
  const code = new Function("exports", "require", "module", "__filename", "__dirname", fs.readFileSync(file, "utf8"));
  code(module.exports, require, module, file, dirname(file));
  return module.exports;
}

const ts = load(typescript);
const jsDocParsingMode = ts.JSDocParsingMode.ParseForTypeInfo;
const registry = ts.createDocumentRegistry(true, "", jsDocParsingMode);
const cell = join(folder, "[cell].mts");
const { sys } = ts;
const read = (name) => (name === cell ? "console.log(1)" : sys.readFile(name));
const service = ts.createLanguageService(
  {
    jsDocParsingMode,
    getCompilationSettings: () => options,
    getScriptFileNames: () => [cell],
    // As host.ts says of installed files.
    getScriptVersion: () => "1",
    getScriptSnapshot: (name) => {
      const text = read(name);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => folder,
    getDefaultLibFileName: (o) => join(dirname(typescript), ts.getDefaultLibFileName(o)),
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
globalThis[Symbol.for("blankslate.snapshot")] = { ts, registry };
