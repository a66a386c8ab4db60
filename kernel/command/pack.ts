// Makes the packs that packed.mjs tells of: every module that a process of the kernel can load becomes a function in one file, called at its
// first import. TypeScript writes the functions (its CommonJS), so a name is read from its module each time, as modules want it. What is not
// a module of ours stays a `require`; Node's own modules come without the objects that an `import` of them makes.
import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import MagicString from "magic-string";
import type { CallExpression, Node } from "typescript";
import { writeDirectoryAtomic, writeFileAtomic } from "../../lib/core/files.ts";
import { packFolder, sourcesFile, stateOf } from "../packed.mjs";
import { ROOT } from "./kernel-argv.ts";
import { compilePack, starterOf } from "./pack-starter.ts";

type TypeScript = typeof import("typescript");

/** The file that each pack begins with. */
const ENTRIES: Readonly<Record<string, string>> = {
  kernel: "kernel/session/kernel.ts",
  executor: "kernel/execute/executor/main.ts",
  watchdog: "kernel/execute/executor/watchdog.ts",
};
/** Stack traces call a pack's code so: what is below kernel/ is left out of the traces of cells. */
const CALLED = pathToFileURL(join(ROOT, "kernel/execute/executor/packed.mjs")).href;

/**
 * Replaces the packs of this installation.
 * @throws PACK_NOT_COMPILED, TOOL_TIMEOUT they are there, and start more slowly
 */
export async function makePacks(): Promise<void> {
  const { default: ts } = await import("typescript");
  const states = new Map<string, string>();
  const packs = Object.entries(ENTRIES).map(([name, entry]) => [name, packOf(ts, join(ROOT, entry), states)] as const);
  states.set("package.json", stateOf("package.json"));
  await writeDirectoryAtomic(packFolder(), async (part) => {
    for (const [name, text] of packs) {
      await writeFileAtomic(join(part, `${name}.mjs`), starterOf(name, text));
      await writeFileAtomic(join(part, `${name}.js`), text);
    }
    const { name, text } = sourcesFile(states);
    await writeFileAtomic(join(part, name), text);
  });
  await Promise.all(packs.map(([name, text]) => compilePack(name, text)));
}

/** @param states of the files that it is made of are added to it */
function packOf(ts: TypeScript, entry: string, states: Map<string, string>): string {
  const numbers = new Map([[entry, 0]]);
  const modules: string[] = [];
  const numberOf = (file: string) => {
    const number = numbers.get(file) ?? numbers.size;
    numbers.set(file, number);
    return number;
  };
  // Grows while it is read.
  for (const file of numbers.keys()) {
    const name = relative(ROOT, file);
    // Before it is read: what is written meanwhile makes the pack old.
    states.set(name, stateOf(name));
    modules.push(functionOf(ts, file, numberOf));
  }
  return [
    "(async (meta) => {",
    "let foreign;",
    `const foreignTo = () => (foreign ??= process.getBuiltinModule("node:module").createRequire(${JSON.stringify(join(ROOT, "package.json"))}));`,
    'const require = (name) => (name[0] === "#" ? load(name.slice(1)) : process.getBuiltinModule(name) ?? foreignTo()(name));',
    "function pack(name, source) {",
    "  const own = new URL(name, meta.url);",
    '  return process.getBuiltinModule("node:fs").existsSync(own) ? own : new URL(source);',
    "}",
    "const made = [];",
    "function load(number) {",
    "  if (made[number]) return made[number];",
    "  const exports = (made[number] = {});",
    "  const ended = modules[number](exports);",
    "  return ended instanceof Promise ? ended.then(() => exports) : exports;",
    "}",
    `const modules = [${modules.join(",\n")}];`,
    "return load(0);",
    "})",
    `//# sourceURL=${CALLED}`,
    "",
  ].join("\n");
}

/** @returns a module as a function of its exports */
function functionOf(ts: TypeScript, file: string, numberOf: (file: string) => number): string {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ESNext, true);
  const text = new MagicString(source.text);
  const specifier = (node: Node | undefined) => {
    if (!node || !ts.isStringLiteral(node) || !node.text.startsWith(".")) return;
    text.update(node.getStart(), node.getEnd(), JSON.stringify(`#${numberOf(resolve(dirname(file), node.text))}`));
  };
  let waits = false;
  const visit = (node: Node, isInFunction: boolean): void => {
    if (
      ts.isImportDeclaration(node) ? !node.importClause?.isTypeOnly : ts.isExportDeclaration(node) && !node.isTypeOnly
    )
      specifier((node as { moduleSpecifier?: Node }).moduleSpecifier);
    if (ts.isAwaitExpression(node) && !isInFunction) waits = true;
    if (isImportCall(ts, node)) {
      // What is loaded late is in the pack too, or found from where we are.
      text.update(node.expression.getStart(), node.expression.getEnd(), "(async (name) => require(name))");
      specifier(node.arguments[0]);
    }
    const [pack, url] = entryOf(ts, file, node) ?? [];
    if (pack !== undefined) {
      text.update(node.getStart(), node.getEnd(), `pack(${JSON.stringify(`${pack}.mjs`)}, ${JSON.stringify(url)})`);
      return;
    }
    if (ts.isMetaProperty(node) && node.getText() === "import.meta") {
      const isUrl = ts.isPropertyAccessExpression(node.parent) && node.parent.name.text === "url";
      const [{ parent }, url] = [node, JSON.stringify(pathToFileURL(file).href)];
      if (isUrl) text.update(parent.getStart(), parent.getEnd(), url);
      else text.update(node.getStart(), node.getEnd(), "meta");
    }
    ts.forEachChild(node, (child) => visit(child, isInFunction || ts.isFunctionLike(node)));
  };
  visit(source, false);
  const { outputText } = ts.transpileModule(text.toString(), {
    // So named, `import()` of what is not ours and `import.meta` stay as they are.
    fileName: file.replace(/\.[cm]?[jt]s$/, ".cts"),
    compilerOptions: {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ESNext,
      esModuleInterop: true,
      removeComments: true,
    },
  });
  return `${waits ? "async " : ""}(exports) => {${outputText}}`;
}

function isImportCall(ts: TypeScript, node: Node): node is CallExpression {
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return false;
  const [name] = node.arguments;
  return name !== undefined && ts.isStringLiteral(name);
}

/** @returns the name and the source of the pack that takes the place of the file in `new URL("./file.ts", import.meta.url)` */
function entryOf(ts: TypeScript, file: string, node: Node): [string, string] | undefined {
  if (!ts.isNewExpression(node) || node.expression.getText() !== "URL") return undefined;
  const [name, base] = node.arguments ?? [];
  if (!name || !ts.isStringLiteral(name) || base?.getText() !== "import.meta.url") return undefined;
  const { href } = new URL(name.text, pathToFileURL(file));
  const found = Object.entries(ENTRIES).find(([, entry]) => pathToFileURL(join(ROOT, entry)).href === href);
  return found && [found[0], href];
}
