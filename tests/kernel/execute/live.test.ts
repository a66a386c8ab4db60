// Imports of the user's own files are live, as in any module: what the module assigns is seen, and so is the edited file.
import { mkdirSync, mkdtempSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isMutableExport } from "../../../kernel/execute/executor/mutable.ts";
import { transformCell } from "../../../kernel/execute/executor/transform.ts";
import { ExecutorProcess } from "./process.ts";

const folder = mkdtempSync(join(tmpdir(), "blankslate-live-"));
let executor: ExecutorProcess;
let edits = 0;
const put = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  utimesSync(join(folder, name), new Date(), new Date(Date.now() + 5_000 * ++edits));
};
const textOf = async (code: string) => {
  const { error, text } = await executor.run(code);
  expect(error?.evalue).toBeUndefined();
  return text;
};

beforeAll(async () => {
  put("state.ts", "export let count = 0; export const add = (by = 1) => (count += by); export default 'first';");
  put("other.ts", "export const born: number = ((globalThis as any).births = ((globalThis as any).births ?? 0) + 1);");
  executor = await ExecutorProcess.start(folder);
});
afterAll(() => executor.stop());

test("what the module assigns is seen in the same cell, in later ones, and in functions of cells", async () => {
  expect(await textOf("import kind, { count, add as more } from './state.ts'\nmore(); [count, kind]")).toBe(
    "[ 1, 'first' ]",
  );
  expect(
    await textOf(
      "const look = () => count, own = ((count: number) => count + 1)(5)\nmore(2); [count, { count }, look(), own]",
    ),
  ).toBe("[ 3, { count: 3 }, 3, 6 ]");
  expect(await textOf("more(); look()")).toBe("4");
  expect(await textOf("import * as state from './state'\nstate.add(); [state.count, count]")).toBe("[ 5, 5 ]");
});

test("an edited file runs anew in the next cell that uses it, without importing it again; others keep their state", async () => {
  await textOf("import { born } from './other.ts'");
  put(
    "state.ts",
    "export let count = 100; export const add = (by = 1) => (count += 10 * by); export default 'second';",
  );
  expect(await textOf("more(); [count, kind, state.count, born, look()]")).toBe("[ 110, 'second', 110, 1, 110 ]");
});

test("a name that a cell declares is that cell's from then on", async () => {
  expect(await textOf("let count = 'mine'\ncount")).toBe("'mine'");
  expect(await textOf("more(); count")).toBe("'mine'");
  expect(await textOf("import { count } from './state.ts'\ncount")).toBe("120");
});

test("an import cannot be assigned; a file that breaks says so where it is used, and is well again when it is", async () => {
  expect((await executor.run("count = 1")).error?.evalue).toMatch(/Cannot assign to import 'count'/);
  expect((await executor.run("count()")).error?.evalue).toBe("count is not a function");
  put("state.ts", "export let count = ;");
  expect((await executor.run("count")).error).not.toBeNull();
  put("state.ts", "export let count = 7; export const add = 1; export default 2;");
  expect(await textOf("count")).toBe("7");
});

test("only what a module may assign is read each time, also through files that pass it on", () => {
  put(
    "passes.ts",
    "export * from './state.ts'; export { count as renamed, add } from './state'; export var old = 1; let own = 2, fixed = 3, still = 4; export { own as mine, still }; [old, { own }] = [2, { own: 3 }]; ((still) => still++)(1);",
  );
  put(
    "state.ts",
    "export let count = 0; for (count of [1]); export const add = 1; export function f() {} export class C {}",
  );
  const isMutable = (name: string) => isMutableExport(folder, "./passes", name);
  expect(["count", "renamed", "old", "mine"].map(isMutable)).toEqual([true, true, true, true]);
  expect(["add", "f", "C", "fixed", "still", "default", "nothing"].map(isMutable)).toEqual(
    Array.from({ length: 7 }, () => false),
  );
  expect(isMutableExport(folder, "./none", "a")).toBe(false);
  expect(isMutableExport(folder, "node:fs", "promises")).toBe(false);
});

test("what a package assigns is its present value, deeper files and renamed exports too; a loop over its functions runs at full speed", async () => {
  const root = join(folder, "node_modules/live-of-test");
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, "package.json"), '{ "name": "live-of-test", "type": "module", "exports": "./main.js" }');
  writeFileSync(
    join(root, "main.js"),
    "export * from './state.js'; export { level as depth } from './state.js'; var twice = (x) => 2 * x; export { twice };",
  );
  writeFileSync(join(root, "state.js"), "export let level = 1; export function setLevel(value) { level = value; }");
  expect(
    await textOf("import { level, depth, setLevel, twice } from 'live-of-test'\nsetLevel(2); [level, depth, twice(3)]"),
  ).toBe("[ 2, 2, 6 ]");
  expect(await textOf("setLevel(3); const read = () => [level, depth]; read()")).toBe("[ 3, 3 ]");
  const clock = (loop: string) =>
    textOf(`{ const t = performance.now(); ${loop}; globalThis.took = performance.now() - t } took`).then(Number);
  const sum = (call: string) => `let s = 0; for (let i = 0; i < 3e6; i++) s += ${call}(i)`;
  await textOf("const own = (x: number) => 2 * x;");
  const ratios = [];
  for (let round = 0; round < 3; round++) ratios.push((await clock(sum("twice"))) / (await clock(sum("own"))));
  expect(Math.min(...ratios)).toBeLessThan(2);
});

test("names that are declared inside are not read from the module, whatever declares them", () => {
  const code = (cell: string) => {
    const script = transformCell(cell, { read: new Set(["x"]), copied: new Set(), isRead: () => false });
    return "code" in script
      ? script.code.split("\n").slice(2).join(" ").replace(/\s+/g, " ").trim()
      : script.error.message;
  };
  const INNER = [
    "((x) => x)(1);",
    "(({ a: [x = 1] }, ...r) => x)({});",
    "(function x() { return x; })();",
    "(class x { y = x; });",
    "{ let x = 1; x; }",
    "{ function x() {} x(); }",
    "for (const x of []) x;",
    "for (let x = 0; x < 1; x++) x;",
    "try {} catch (x) { x; }",
    "switch (1) { case 1: let x; x; }",
    "(() => { if (1) { var x = 1; } return x; })();",
    "x: for (;;) break x;",
    "({ x: 1, get x2() { return this.x; } }).x;",
    "(class { x = 1; static x() {} #x = 2; });",
  ];
  for (const cell of INNER) expect([cell, code(cell)]).toEqual([cell, expect.not.stringContaining("$$imports")]);
  expect(code("({ x, y: x, [x]: x.x })")).toBe("({ x: $$imports.x, y: $$imports.x, [$$imports.x]: $$imports.x.x });");
  expect(code("((a = x) => { let y = x; })")).toBe("((a = $$imports.x) => { let y = $$imports.x; });");
  expect(code("new x(x`1`, x?.(), typeof x)")).toBe(
    "new $$imports.x((0, $$imports.x)`1`, (0, $$imports.x)?.(), typeof $$imports.x);",
  );
});
