// Type checks of cell sequences: what stops a cell, where, and what must not.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diagnose } from "../../../kernel/language/diagnostics.ts";
import type { Diagnostic } from "../../../kernel/language/diagnostics.ts";
import { createNotebook } from "../../../kernel/language/notebook.ts";
import { NEWEST } from "../execute/transform/cases-modules.ts";
import { newPlaces } from "./places.ts";

const places = newPlaces();

/** Runs all cells but the last and checks that; every earlier cell must be right itself. */
function lastOf(cells: readonly string[]): Diagnostic[] {
  const notebook = createNotebook(places);
  for (const cell of cells.slice(0, -1)) {
    expect([cell, diagnose(notebook, cell)]).toEqual([cell, []]);
    notebook.remember(cell);
  }
  return diagnose(notebook, cells.at(-1) ?? "");
}

type Wrong = readonly [title: string, cells: readonly string[], code: number, line: number, column: number];

const WRONG: readonly Wrong[] = [
  ["a value of the wrong type", ["const a: number = 'x'"], 2322, 1, 7],
  ["on a later line", ["let b = 1\n\n  b = 'x'"], 2322, 3, 3],
  ["after an astral character", ["'😀'; const a: number = 'x'"], 2322, 1, 13],
  ["a variable of an earlier cell", ["let b = 1", "b = 'x'"], 2322, 1, 1],
  ["a constant of an earlier cell", ["const c = 1", "c = 2"], 2588, 1, 1],
  ["a constant of the same cell", ["const c = 1; c = 2"], 2588, 1, 14],
  [
    "an interface of an earlier cell",
    ["interface P { x: number; yellow?: 1 }", "const p: P = { x: 1, yelow: 1 }"],
    2561,
    1,
    22,
  ],
  [
    "a generic function of an earlier cell",
    ["function f<T>(t: T): T[] { return [t] }", "f(4)[0].toUpperCase()"],
    2339,
    1,
    9,
  ],
  [
    "an overload of an earlier cell",
    ["function f(a: string): string\nfunction f(a: number): number\nfunction f(a: any) { return a }", "f(true)"],
    2769,
    1,
    3,
  ],
  ["a class of an earlier cell", ["class A { private secret = 1; m() { return 2 } }", "new A().secret"], 2341, 1, 9],
  ["an enum of an earlier cell", ["enum E { A }", "E.B"], 2339, 1, 3],
  ["a namespace of an earlier cell", ["namespace N { export const a = 1 }", "N.b"], 2339, 1, 3],
  ["an imported value", ["import { readFileSync } from 'node:fs'", "readFileSync()"], 2554, 1, 1],
  ["an imported type", ["import type { Stats } from 'node:fs'", "let s: Stats = 4"], 2322, 1, 5],
  ["a namespace import", ["import * as path from 'node:path'", "path.joyn('a')"], 2339, 1, 6],
  ["what an awaited value is", ["const a = await Promise.resolve(4)", "a.length"], 2339, 1, 3],
  ["the newest declaration of a name", ["const a = 1", "const a = 'x'", "a.toFixed()"], 2551, 1, 3],
  ["a function redeclared as a constant", ["function f() {}", "const f = 3", "f()"], 2349, 1, 1],
  [
    "an older type kept by a variable",
    ["interface A { x: 1 }", "const a: A = { x: 1 }", "interface A { y: 2 }", "a.y"],
    2339,
    1,
    3,
  ],
  ["a name nobody declared", ["nobody + 1"], 2304, 1, 1],
  ["a misspelt name of an earlier cell", ["const learningRate = 1", "learningrate + 1"], 2552, 1, 1],
  ["a type in a generator", ["function* g() { yield 1 }", "for (const x of g()) x.length"], 2339, 1, 24],
  [
    "destructuring of an earlier cell",
    ["const { a, b: [c] } = { a: 1, b: ['x'] }", "c.toFixed(); a.length"],
    2551,
    1,
    3,
  ],
  ["an object literal as a cell", ["{ a: 1, b: missing }"], 2304, 1, 12],
  [
    "JSX in a cell",
    ["/** @jsx h */\nconst h = (tag: string, props: { a: number } | null) => 1;\n<b a={missing} />"],
    2304,
    3,
    7,
  ],
  ["an abstract class", ["abstract class A { abstract f(): void }", "new A()"], 2511, 1, 1],
  ["a missing property", ["interface A { a: number; b: number }", "const x: A = { a: 1 }"], 2741, 1, 7],
  ["possibly undefined", ["const m = new Map<string, number>()", "m.get('a').toFixed()"], 2532, 1, 1],
  ["a readonly property", ["const o: { readonly a: number } = { a: 1 }", "o.a = 2"], 2540, 1, 3],
  [
    "a discriminated union",
    ["type S = { k: 'a'; n: number } | { k: 'b'; s: string }\ndeclare const s: S", "if (s.k === 'a') s.s"],
    2339,
    1,
    20,
  ],
  [
    "a value that an earlier cell declared global",
    ["declare global { var answer: number }\nglobalThis.answer = 1", "answer.trim()"],
    2339,
    1,
    8,
  ],
  ["behind a line separator", ["'\u2028'\n1\u2028const a: number = 'x'"], 2322, 2, 9],
  [
    "an option of this library",
    ["import { world } from 'blankslate'", "world.stateMachine({ seedd: 7 })"],
    2561,
    1,
    22,
  ],
];

test.each(WRONG)("stops: %s", (_title, cells, code, line, column) => {
  const [first] = lastOf(cells);
  expect(first).toMatchObject({ code, line, column });
});

const RIGHT: readonly (readonly [title: string, cells: readonly string[]])[] = [
  [
    "any redeclaration across cells",
    [
      "const a = 1",
      "let a = 'x'",
      "class a {}",
      "function a() {}",
      "enum a { X }",
      "import { a2 } from './none.ts'; const a = 3",
      "a.toFixed()",
    ],
  ],
  ["a redeclaration from itself", ["const data = [1, 2]", "const data = data.map((x) => x + 1)"]],
  ["assigning an earlier let", ["let a = 1", "a = 2; a++; a += 3; [a] = [4]; ({ a } = { a: 5 })"]],
  ["narrowing an earlier let by assignment", ["let a: string | undefined", "a = 'x'; a.length"]],
  ["assigning an earlier var", ["var a = 1", "a = 2"]],
  ["implicit any", ["function f(a, b) { return a + b }\nconst o = {}; o['x']", "f(1, 2)"]],
  ["an array that grows", ["const losses = []; losses.push(1)", "losses.push(2); losses.length"]],
  ["a let without type", ["let a", "a = 1; a = 'x'"]],
  ["top-level await and for await", ["for await (const x of [1]) x.toFixed()\nawait null"]],
  ["an expression without use", ["1, 2", "'a'", "[1, 2].length"]],
  [
    "import.meta, require, __dirname, process",
    ["import.meta.url + __dirname + require('node:fs') + process.pid + import.meta.dirname"],
  ],
  [
    "the kernel's globals",
    ["display(1, { displayId: 'a' }); display.html('<b>'); display.clear({ wait: true }); prompt('a'); confirm()"],
  ],
  ["using", ["using a = { [Symbol.dispose]() {} }\nawait using b = null"]],
  ["decorators", ["function d(_: unknown, c: ClassDecoratorContext) { c.name }\n@d class A {}", "new A()"]],
  [
    "new built-ins",
    [
      "new Set([1]).union(new Set([2])); Object.groupBy([1], (x) => `${x}`); Promise.withResolvers(); [1].toSorted(); Iterator.from([1]).take(1)",
    ],
  ],
  ["fetch and timers of Node", ["setTimeout(() => {}, 1); structuredClone({}); new URL('http://a'); typeof fetch"]],
  ["a module that is not there", ["import x from 'no-such-package-anywhere'", "x.anything"]],
  ["exports", ["export const a = 1; export { a as b }; export default a", "a + 1"]],
  ["a type and a value of one name", ["interface P { x: number }\nconst P = { x: 1 }", "const p: P = P"]],
  ["an interface named like a global", ["interface Event { mine: 1 }", "const e: Event = { mine: 1 }"]],
  ["a global redeclared", ["const name = 'a', status = 1, Response = 5", "name.length + status + Response"]],
  [
    "a class that refers to earlier cells",
    ["class A { x = 1 }", "class B extends A { y = 2 }", "const b = new B()", "b.x + b.y"],
  ],
  [
    "a type that refers to earlier types",
    [
      "type A = { a: number }",
      "type B<T> = A & { b: T }",
      "const f = (b: B<string>) => b.a + b.b.length",
      "f({ a: 1, b: '' })",
    ],
  ],
  ["a hashbang", ["#!/usr/bin/env node\nconst a = 1", "a"]],
  ["an empty cell, a comment", ["", "// nothing", "/* nothing */"]],
  ["@ts-ignore and @ts-expect-error", ["// @ts-ignore\nconst a: number = 'x'", "// @ts-expect-error\na.nothing"]],
  ["declare", ["declare const given: { a: number }", "given.a"]],
  ["a value known only at run time, declared", ["globalThis.later = 4", "declare const later: number", "later + 1"]],
  ["a name put on globalThis", ["globalThis.shared = 4; shared", "shared + 1; globalThis['other'] ??= 1", "other"]],
  ["a recursive function", ["function f(n: number): number { return n < 2 ? 1 : n * f(n - 1) }", "f(3)"]],
  ["an async generator", ["async function* g() { yield 1 }", "for await (const x of g()) x.toFixed()"]],
  ["a unique symbol", ["const s = Symbol('s')\nconst o = { [s]: 1 }", "o[s].toFixed()"]],
  [
    "this library's names",
    [
      "import { world, tf } from 'blankslate'",
      "const task = world.stateMachine({ seed: 7 })",
      "task.train(10); tf.tensor([1])",
    ],
  ],
  ["var in a block of an earlier cell", ["if (true) { var v = 1 }", "v.toFixed(); v = 2"]],
  ["what does not parse: the executor says so", ["Math.max(1, 2"]],
  [
    "TypeScript's newest syntax",
    NEWEST.filter(([title]) => !/attribute/.test(title)).map(([, cells]) => cells.join("\n")),
  ],
  [
    "what a cell adds to global types and values, also when it says it again and changed",
    [
      "declare global { interface Array<T> { second(): T | undefined } var answer: number }\nArray.prototype.second = function () { return this[1] }; globalThis.answer = 42",
      "[1, 2].second()! + answer",
      "declare global { interface Array<T> { third(): T | undefined } var answer: string }\nglobalThis.answer = 'x'",
      "['a'].second()?.trim(); [1].third()?.toFixed(); answer.trim()",
    ],
  ],
  [
    "a global variable of a cell's own class",
    ["class Own { #secret = 1; open = 2 }\ndeclare global { var theOwn: Own }", "const own: Own = theOwn; own.open"],
  ],
  [
    "what a cell adds to a module, for the cells that import it",
    [
      "import 'node:path'\ndeclare module 'node:path' { interface PlatformPath { extra(): 7 } }",
      "import { posix } from 'node:path'\nconst seven: 7 = posix.extra()",
    ],
  ],
  ["labels and unreachable code", ["a: for (;;) { break a }\nfunction f() { return 1; f() }"]],
];

test.each(RIGHT)("lets run: %s", (_title, cells) => {
  expect(lastOf(cells)).toEqual([]);
});

test("a diagnostic carries related places and fixes in words", () => {
  const [first] = lastOf(["function train(options: { steps: number }) { return options.steps }\ntrain({ stepz: 3 })"]);
  expect(first).toMatchObject({ code: 2561, line: 2, column: 9, length: 5 });
  expect(first?.message).toContain("Did you mean to write 'steps'?");
  const [other] = lastOf(["const o = { length: 1 }\no.lenght"]);
  expect(other?.fixes).toEqual(["Change spelling to 'length'"]);
  const notebook = createNotebook(places);
  expect(diagnose(notebook, "sft")[0]?.fixes).toEqual(['import { sft } from "blankslate"']);
  expect(other?.related).toEqual(["'length' is declared here. (line 1:13)"]);
});

test("a property that does not exist comes with those that do, and nobody is asked to declare it", () => {
  const [option, other] = [
    lastOf([
      "function fit(o: { steps: number; batch?: number; clip?: number }) { return o }\nfit({ steps: 1, size: 3 })",
    ])[0],
    lastOf(["class Run { model = 1; #x = 2; frame() { return this.#x } }", "new Run().config"])[0],
  ];
  expect(option).toMatchObject({ code: 2353, related: ["there are: batch, clip"], fixes: [] });
  expect(other).toMatchObject({ code: 2339, related: ["there are: model, frame"], fixes: [] });
  expect(lastOf(["print('x')"])[0]?.fixes).toEqual([]);
  for (const code of ["'a'.size", "[1].size", "(1).size", "Promise.resolve({ a: 1 }).b"])
    expect(lastOf([code])[0], code).toMatchObject({ code: 2339, related: [] });
  expect(lastOf(["Promise.resolve({ a: 1 }).a"])[0]?.related.join()).toContain("await");
});

test("modules are found in the notebook's folder: files with and without extension, packages, @types; an edited file is seen", () => {
  const own = newPlaces();
  const notebook = createNotebook(own);
  writeFileSync(join(own.cwd, "data.ts"), "export const rows = [1, 2]; export interface Row { id: number }");
  mkdirSync(join(own.cwd, "node_modules/@types/typed-elsewhere"), { recursive: true });
  mkdirSync(join(own.cwd, "node_modules/typed-elsewhere"), { recursive: true });
  writeFileSync(join(own.cwd, "node_modules/typed-elsewhere/index.js"), "module.exports = { a: 1 }");
  writeFileSync(join(own.cwd, "node_modules/@types/typed-elsewhere/index.d.ts"), "export const a: number;");
  const first =
    "import { rows, type Row } from './data'; import { a } from 'typed-elsewhere'; const r: Row = { id: a }";
  expect(diagnose(notebook, first)).toEqual([]);
  notebook.remember(first);
  expect(diagnose(notebook, "rows[0].length; a.length; r.id.length").map((d) => d.code)).toEqual([2339, 2339, 2339]);
  writeFileSync(join(own.cwd, "data.ts"), "export const rows = ['now text']; export interface Row { id: number }");
  expect(diagnose(notebook, "import { rows } from './data.ts'\nrows[0].length")).toEqual([]);
});

test("a package with types for import and for require has those of the way in which a cell took it, in later cells too", () => {
  const own = newPlaces();
  const folder = join(own.cwd, "node_modules/dual");
  mkdirSync(folder, { recursive: true });
  const condition = (types: string) => ({ types, default: "./index.js" });
  const exports = { import: condition("./m.d.mts"), require: condition("./c.d.cts") };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "dual", exports }));
  writeFileSync(join(folder, "m.d.mts"), "export const kind: 'esm';");
  writeFileSync(join(folder, "c.d.cts"), "export const kind: 'cjs';");
  const notebook = createNotebook(own);
  notebook.remember("import { kind } from 'dual'; import all = require('dual')");
  expect(diagnose(notebook, "const esm: 'esm' = kind; const cjs: 'cjs' = all.kind")).toEqual([]);
  expect(diagnose(notebook, "const cjs: 'cjs' = kind")).toMatchObject([{ code: 2322 }]);
});

test("a package that is installed while the cell that imports it runs has its types from the next cell on", () => {
  const own = newPlaces();
  const notebook = createNotebook(own);
  const cell = "import { made } from 'npm:made-of-test@1'";
  expect(diagnose(notebook, cell)).toEqual([]);
  notebook.remember(cell);
  expect(diagnose(notebook, "made.anything")).toEqual([]);
  mkdirSync(join(own.cwd, "node_modules/made-of-test"), { recursive: true });
  writeFileSync(
    join(own.cwd, "node_modules/made-of-test/package.json"),
    '{ "name": "made-of-test", "types": "a.d.ts" }',
  );
  writeFileSync(join(own.cwd, "node_modules/made-of-test/a.d.ts"), "export const made: string;");
  expect(diagnose(notebook, "made.trim(); made.anything")).toMatchObject([{ code: 2339 }]);
  expect(diagnose(notebook, "made.anything2")).toMatchObject([{ code: 2339 }]);
});

test("a default and a named import of a file, in a folder without package.json, keep their types for later cells", () => {
  const own = newPlaces();
  const notebook = createNotebook(own);
  writeFileSync(
    join(own.cwd, "both.ts"),
    "export default function f(a: string) { return a }\nexport class Box<T> { in?: T }",
  );
  notebook.remember("import f, { Box } from './both'\nconst box = new Box<number>()");
  expect(diagnose(notebook, "f('x').trim(); box.in?.toFixed()")).toEqual([]);
  expect(diagnose(notebook, "f(1); box.out").map((d) => d.code)).toEqual([2345, 2339]);
});

test("the notebook's tsconfig.json decides about strictness; how cells run it does not", () => {
  const own = newPlaces();
  writeFileSync(
    join(own.cwd, "tsconfig.json"),
    '{ "compilerOptions": { "noUncheckedIndexedAccess": true, "module": "commonjs", "target": "es5", "noUnusedLocals": true } }',
  );
  const found = diagnose(createNotebook(own), "const a = [1]\na[0].toFixed()\nawait null");
  expect(found).toMatchObject([{ code: 2532, line: 2, column: 1 }]);
});

test("300 cells on, names of every age mean what they meant last, and a name declared again does so everywhere", () => {
  const long = createNotebook(newPlaces());
  for (let i = 0; i < 300; i++)
    long.remember(`const age${i}: ${i % 2 ? "string" : "number"} = null!; type T${i} = { at: ${i} }`);
  expect(
    diagnose(long, "age0.toFixed(); age33.trim(); age298.toFixed(); age299.trim(); ({}) as T0 as { at: 0 }"),
  ).toEqual([]);
  expect(diagnose(long, "age0.trim(); age299.toFixed()").map((d) => d.code)).toEqual([2339, 2551]);
  long.remember("const keeper: T5 = { at: 5 }; let age33 = [1]; type T5 = { at: 'new' }");
  long.remember("const age1 = new Map([[1, 'x']])");
  expect(
    diagnose(long, "age33.push(2); age33 = []; age1.get(1); age31.trim(); age35.trim(); const t: T5 = { at: 'new' }"),
  ).toEqual([]);
  expect(diagnose(long, "const t: T5 = { at: 5 }")).toMatchObject([{ code: 2322 }]);
  long.forget();
  expect(diagnose(long, "age1")).toMatchObject([{ code: 2304 }]);
});

test("a var in a block of an earlier cell keeps its type", () => {
  const blocks = createNotebook(newPlaces());
  blocks.remember("if (Math.random() > 2) { var v = 1 }\nfor (const word of ['a']) { var last = { word } }\nv = 3");
  expect(diagnose(blocks, "v.toFixed(); last.word.trim(); v = 2")).toEqual([]);
  expect(diagnose(blocks, "v.trim(); last.wrd").map((d) => d.code)).toEqual([2339, 2551]);
});

test("a cell that does not parse declares nothing: later cells that use its names are told so", () => {
  const notebook = createNotebook(newPlaces());
  notebook.remember("const kept = 1");
  for (const broken of [
    "const lost = 1; const b = ;",
    "let lost = 1\nlet lost = 2",
    "const kept = 'x' +",
    "lost: return 5",
  ])
    notebook.remember(broken);
  expect(diagnose(notebook, "lost")).toMatchObject([{ code: 2304 }]);
  expect(diagnose(notebook, "kept.toFixed()")).toEqual([]);
});
