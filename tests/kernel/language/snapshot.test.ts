// The language worker from its snapshot, and without one that works.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { runTool } from "../../../kernel/execute/tool.ts";
import { snapshotArgv, snapshotBuild, snapshotFile } from "../../../kernel/language/snapshot.ts";
import { Background } from "../../../kernel/session/background.ts";

const packageRoot = fileURLToPath(new URL("../../..", import.meta.url));
let folder: string;
let made: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "blankslate-snapshot-"));
  made = join(folder, "made.blob");
  const { args, env } = await snapshotBuild(made, packageRoot);
  const { code, stderr } = await runTool(process.execPath, args, { env, timeoutMs: 60_000 });
  expect(stderr).toBe("");
  expect(code).toBe(0);
}, 90_000);
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

/** A kernel's background with a cache of its own, in which `put` places the snapshot. */
async function background(put: (file: string) => Promise<void>): Promise<Background> {
  vi.stubEnv("BLANKSLATE_CACHE", await mkdtemp(join(folder, "cache-")));
  const file = snapshotFile();
  await mkdir(dirname(file), { recursive: true });
  await put(file);
  return new Background(folder);
}

function argumentsOfChildren(): string {
  // A process may end between any two looks.
  const isOurs = (pid: string) => readIfThere(`/proc/${pid}/stat`).split(" ")[3] === String(process.pid);
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isOurs(name));
  return pids.map((pid) => readIfThere(`/proc/${pid}/cmdline`)).join("\n");
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  }
}

async function checks(one: Background): Promise<void> {
  const language = one.language();
  await language.remember(
    "const ports: Map<string, number> = new Map(Object.entries(process.env).map(([k]) => [k, 1]))",
  );
  const wrong = await language.check("ports.set(1, 2); const f: import('node:fs').Stats = ports; console.log(f)");
  expect(wrong.map((d) => [d.code, d.line, d.column])).toEqual([
    [2345, 1, 11],
    [2740, 1, 24],
  ]);
  expect((await language.complete("ports.forE", 10)).matches).toEqual(["forEach"]);
  expect((await language.inspect("parseInt", 3, 0)).data["text/plain"]).toContain("Converts a string to an integer");
  expect(await language.check("ports.size")).toEqual([]);
}

test.runIf(process.platform === "linux")(
  "a process from the snapshot knows the libraries, Node's types, their documentation and earlier cells",
  async () => {
    const one = await background((file) => cp(made, file));
    const language = one.language();
    await checks(one);
    expect(argumentsOfChildren()).toContain("--snapshot-blob");
    await one.close();
    await expect(language.check("ports")).rejects.toMatchObject({ code: "LANGUAGE_GONE" });
  },
  60_000,
);

/** Of what came with ES2015 to ESNext and with Node, from many of their files. */
const OF_ALL_LIBRARIES = `const names: string[] = Iterator.from(new Set([1, 2]).values()).map(String).toArray().toSorted();
const groups = Object.groupBy(names, (n) => n.length); const last: string | undefined = names.at(-1) ?? groups[1]?.[0];
async function* slow() { yield (await Promise.try(() => new Intl.NumberFormat().format(1n))).replaceAll("a", "b"); }
for await (const part of slow()) console.log(new WeakRef({ part }).deref()?.part, structuredClone(last), new Float16Array(2));
using server = { [Symbol.dispose]() {} }; const timer: NodeJS.Timeout = setTimeout((one: object) => void one, 1, server);
import { readFile } from "node:fs/promises"; import { Worker } from "node:worker_threads"; import { join } from "path";
const text: string = (await readFile(join("a", "b"))).toString("hex"); const status: number = (await fetch("x", { signal: new AbortController().signal })).status;
new Worker(text).on("exit", (code) => code.toFixed(status)); timer.unref(); new Uint8Array(3).toBase64();`;

/** Its documentation has characters that the snapshot has not. */
const ASCII = 'import { domainToASCII } from "node:url"; domainToASCII';

test.runIf(process.platform === "linux")(
  "its libraries in two files are the libraries: what they declare, what is wrong with it, and where a tsconfig.json asks for others",
  async () => {
    const own = await background((file) => cp(made, file));
    const other = await background((file) => writeFile(file, "made on another machine"));
    const answers = await Promise.all(
      [own.language(), other.language()].map(async (language) => ({
        names: (await language.complete("", 0)).matches,
        right: await language.check(OF_ALL_LIBRARIES),
        wrong: (await language.check(OF_ALL_LIBRARIES.replaceAll("string", "boolean"))).map((d) => d.message),
        array: (await language.complete("[1].", 4)).metadata,
        hover: await language.inspect("[1].map", 6, 0),
        chinese: await language.inspect(ASCII, ASCII.length, 0),
      })),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.right).toEqual([]);
    expect(answers[0]?.chinese.data["text/plain"]).toContain("domainToASCII('中文.com')");
    expect(answers[0]?.wrong.length).toBeGreaterThan(3);
    await Promise.all([own.close(), other.close()]);

    await writeFile(join(folder, "tsconfig.json"), '{ "compilerOptions": { "lib": ["esnext", "dom"] } }');
    const page = await background((file) => cp(made, file));
    expect(await page.language().check(`document.title.trim();\n${OF_ALL_LIBRARIES}`)).toEqual([]);
    await page.close();
    await rm(join(folder, "tsconfig.json"));
  },
  60_000,
);

/** Programs one after another as a language service makes them, each with its checker; what they leave after two small collections. */
const PROGRAMS = `const { ts, bundled } = globalThis[Symbol.for("blankslate.snapshot")];
const parse = (name, text) => ts.createSourceFile(name, text, { languageVersion: 99, impliedNodeFormat: 99 }, true);
const library = parse("/lib.d.ts", [...bundled].find(([name]) => name.endsWith("lib.esnext.d.ts"))[1].replace(/^.*reference path.*$/gm, ""));
const texts = (i) => \`interface Row { id: number; tags?: string[] } export const rows: Row[] = [1, 2].map((id) => ({ id }));
export function find<T extends Row>(all: readonly T[]) { return all.find((r) => r.id === \${i}); }
export const first = { ...find(rows), name: "a" }; for (const [k, v] of Object.entries(first)) console.log(k, v);
declare const console: { log(...all: unknown[]): void };\`;
const options = { target: 99, module: 199, types: [], strict: true, declaration: true, emitDeclarationOnly: true };
let oldProgram, written = 0;
function check(i) {
  const cell = parse("/cell.mts", texts(i));
  const host = {
    getSourceFile: (name) => (name === "/lib.d.ts" ? library : cell),
    getDefaultLibFileName: () => "/lib.d.ts", getCurrentDirectory: () => "/", getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true, getNewLine: () => "\\n", fileExists: () => true, directoryExists: () => false,
    readFile: () => undefined, writeFile: (_, text) => (written += text.length),
  };
  const program = ts.createProgram({ rootNames: ["/cell.mts"], options, host, oldProgram });
  for (const { messageText } of program.getSemanticDiagnostics(cell)) throw new Error(String(messageText));
  program.emit(cell);
  oldProgram = program;
}
async function many() {
  for (let i = 0; i < 30; i++) { check(i); await new Promise(setImmediate); }
  gc({ type: "minor" }); gc({ type: "minor" });
}
await many(); gc();
const before = process.memoryUsage().heapUsed;
await many();
console.log(JSON.stringify({ kilobytes: Math.round((process.memoryUsage().heapUsed - before) / 30 / 1024), written }));
process.exit(0);`;

test("small collections free a cell's checker: of each cell 150 kB at most outlive two of them (500 did)", async () => {
  const script = join(folder, "programs.mjs");
  await writeFile(script, PROGRAMS);
  const flags = snapshotArgv(made, { cwd: folder, packageRoot }).slice(0, -2);
  const { code, stdout, stderr } = await runTool(process.execPath, ["--expose-gc", ...flags, script], {
    timeoutMs: 60_000,
  });
  expect(code, stderr).toBe(0);
  const { kilobytes, written } = JSON.parse(stdout) as { kilobytes: number; written: number };
  expect(written).toBeGreaterThan(0);
  expect(kilobytes).toBeLessThan(150);
}, 60_000);

/** Node's types as the snapshot has them beside the same text parsed and bound at once: nodes with their places, symbols with theirs. */
const WAITING = `const { ts, bundled, exported } = globalThis[Symbol.for("blankslate.snapshot")];
const [[first]] = exported;
const file = first.declarations[0].getSourceFile();
const modules = file.statements.filter((s) => ts.isModuleDeclaration(s) && ts.isStringLiteral(s.name));
const waits = ({ body }) => Object.getOwnPropertyDescriptor(body, "statements").get !== undefined;
const waiting = modules.filter(waits).map(({ name }) => name.text);
const known = new Map([...exported].map(([{ name }, { names }]) => [name, names]));
const whole = ts.createSourceFile(file.fileName, file.text, file, true);
ts.bindSourceFile(whole, {});
const symbolOf = (symbol) => symbol && [symbol.escapedName, symbol.flags, symbol.parent?.escapedName, symbol.declarations?.map(({ pos }) => pos),
  symbol.valueDeclaration?.pos, symbol.members && [...symbol.members.keys()], symbol.exports && [...symbol.exports.keys()], symbol.exportSymbol?.escapedName];
const told = (node) => JSON.stringify([node.kind, node.pos, node.end, node.flags, node.text, symbolOf(node.symbol), symbolOf(node.localSymbol),
  node.locals && [...node.locals.keys()], node.parent.kind, node.parent.pos]);
const different = [];
function compare(one, other) {
  if (told(one) !== told(other)) different.push([told(one), told(other)]);
  const [ones, others] = [one, other].map((node) => { const all = []; node.forEachChild((n) => void all.push(n)); return all; });
  if (ones.length !== others.length) different.push(one.pos); else ones.forEach((n, i) => compare(n, others[i]));
}
const others = whole.statements.filter((s) => ts.isModuleDeclaration(s) && ts.isStringLiteral(s.name));
modules.forEach((module, i) => compare(module, others[i]));
const misnamed = others.filter((s) => s.symbol.exports.size > 0 && !s.symbol.exports.has("__export") &&
  !s.symbol.exports.has("export=") && known.get(s.symbol.name)?.join() !== [...s.symbol.exports.keys()].filter((n) => n !== "default").join());
console.log(JSON.stringify({ waiting, still: modules.filter(waits).length, different: different.slice(0, 5), misnamed: misnamed.map((s) => s.symbol.name) }));
process.exit(0);`;

/** @returns what a script says, run by a process that starts from the snapshot */
async function fromSnapshot(text: string): Promise<unknown> {
  const script = join(folder, "script.mjs");
  await writeFile(script, text);
  const flags = snapshotArgv(made, { cwd: folder, packageRoot }).slice(0, -2);
  const { code, stdout, stderr } = await runTool(process.execPath, [...flags, script], { timeoutMs: 60_000 });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

test("most of Node's modules wait to be parsed, the common ones do not, and what is made of them when they are needed is what it would have been", async () => {
  const found = (await fromSnapshot(WAITING)) as {
    waiting: string[];
    still: number;
    different: unknown[];
    misnamed: string[];
  };
  expect(found.waiting).toEqual(expect.arrayContaining(["inspector", "http2", "crypto", "node:test", "tls"]));
  for (const common of ["fs", "path", "os", "process", "util"]) expect(found.waiting).not.toContain(common);
  expect(found).toMatchObject({ still: 0, different: [], misnamed: [] });
}, 60_000);

/** The libraries' files as they are on disk beside what the snapshot has of them: the same nodes in the same order, each with the same comment. */
const COMMENTS = `const { ts, bundled, commented, exported } = globalThis[Symbol.for("blankslate.snapshot")];
const texts = commented.map((name) => ts.sys.readFile(name));
const parse = (name, text) => ts.createSourceFile(name, text, { languageVersion: 99, jsDocParsingMode: 3 }, true);
const whole = [...bundled].filter(([, text]) => text !== "").map(([name, text]) => parse(name, text));
const before = (file, node) => (ts.getLeadingCommentRanges(file.text, node.pos) ?? []).map(({ pos, end }) => file.text.slice(pos, end)).findLast((c) => c.startsWith("/**"));
const original = (mark) => { const [, file, start] = /^\\/\\*\\*(\\d+) (\\d+)\\*\\/$/.exec(mark); const text = texts[file].slice(start); return text.slice(0, text.indexOf("*/") + 2); };
const children = (node) => { const all = []; node.forEachChild((n) => void all.push(n)); return all; };
const different = [];
let nodes = 0, comments = 0, characters = 0;
function compare(file, one, other, node) {
  nodes++;
  const [mark, comment] = [before(file, one), before(other, node)];
  if (comment !== undefined && comment !== "/**/") comments++;
  if ((mark && original(mark)) !== (comment === "/**/" ? undefined : comment)) different.push([mark, comment]);
  if (one.kind !== node.kind || one.text !== node.text) different.push([one.pos, node.pos]);
  const [ones, others] = [children(one), children(node)];
  if (ones.length !== others.length) different.push([one.pos, node.pos]); else ones.forEach((n, i) => compare(file, n, other, others[i]));
}
const statements = whole.flatMap((file) => file.statements.map((one) => [file, one]));
const originals = commented.map((name, i) => parse(name, texts[i])).flatMap((file) => file.statements.map((one) => [file, one]));
originals.forEach(([other, node], i) => compare(...(statements[i] ?? []), other, node));
for (const { text } of whole) characters += text.length;
console.log(JSON.stringify({ nodes, comments, more: statements.length - originals.length, different: different.slice(0, 5),
  share: characters / texts.reduce((sum, text) => sum + text.length, 0), problems: whole.flatMap((f) => f.parseDiagnostics).length }));
process.exit(0);`;

test("the snapshot has the libraries' texts without their comments, the same declarations, and of each where its comment is", async () => {
  const found = (await fromSnapshot(COMMENTS)) as { nodes: number; comments: number; share: number };
  expect(found).toMatchObject({ different: [], more: 0, problems: 0 });
  expect(found.nodes).toBeGreaterThan(100_000);
  expect(found.comments).toBeGreaterThan(5_000);
  expect(found.share).toBeLessThan(0.4);
}, 60_000);

test("a snapshot that does not start is replaced by a thread, and no question is lost", async () => {
  const one = await background((file) => writeFile(file, "made on another machine"));
  await checks(one);
  await one.close();
}, 60_000);

test("what the worker compiled is kept for the next start, also where it never has time to read ahead", async () => {
  const one = await background((file) => cp(made, file));
  const compiled = join(process.env["BLANKSLATE_CACHE"] ?? "", "compile");
  const isKept = () => existsSync(compiled) && readdirSync(compiled, { recursive: true }).length > 10;
  expect(isKept()).toBe(false);
  await one.language().check("const first = 1");
  // Less than it waits for before it reads ahead.
  for (let i = 0; i < 100 && !isKept(); i++) {
    await one.language().check(`const a${i} = ${i}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(isKept()).toBe(true);
  await one.close();
});
