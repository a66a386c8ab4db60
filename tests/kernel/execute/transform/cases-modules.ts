// The second half of the table: modules, asynchrony, TypeScript's own syntax, JSX, errors and their places.
import { NONE, syntax, throws } from "./cases.ts";
import type { Case } from "./cases.ts";

export const MODULES: readonly Case[] = [
  ["a default import", ["import path from 'node:path'", "path.basename('/a/b')"], "b"],
  ["a namespace import", ["import * as path from 'node:path'", "path.basename('/a/b')"], "b"],
  ["named imports", ["import { basename, dirname as d } from 'node:path'", "basename('/a/b') + d('/a/b')"], "b/a"],
  ["default and named", ["import path, { basename } from 'node:path'", "path.basename === basename"], true],
  ["default and namespace", ["import path, * as all from 'node:path'", "all.default === path"], true],
  ["an export named default", ["import { default as path } from 'node:path'", "typeof path.join"], "function"],
  ["an export named by a string", ["import { 'basename' as b } from 'node:path'\nb('/x/y')"], "y"],
  ["for its side effect", ["import 'node:path'\n1"], 1],
  [
    "an import that this cell does not use serves later ones",
    ["import { join } from 'node:path'", "join('a', 'b')"],
    "a/b",
  ],
  ["an import of a type leaves nothing", ["import type { Stats } from 'no-such-module'\n1"], 1],
  ["an inline type", ["import { type Stats, statSync } from 'node:fs'\ntypeof statSync"], "function"],
  [
    "a type imported without saying so",
    ["import { Stats2, statSync } from 'node:fs'\nlet s: Stats2\ntypeof statSync"],
    "function",
  ],
  [
    "a name the module lacks",
    ["import { nothingLikeIt } from 'node:fs'\nnothingLikeIt"],
    throws(/does not provide an export named 'nothingLikeIt'/),
  ],
  ["imports are hoisted", ["const b = basename('/a/b')\nimport { basename } from 'node:path'\nb"], "b"],
  ["imports run in order", ["import 'one'\nimport { two } from 'two'\nimport 'three'\ntwo"], "one,two"],
  ["a missing module is an error at run time", ["import 'no-such-module-at-all'"], throws(/no-such-module-at-all/)],
  ["attributes reach the importer", ["import data from 'attributes' with { type: 'json' }\ndata"], { type: "json" }],
  ["a dynamic import", ["const { basename } = await import('node:path')\nbasename('/a/b')"], "b"],
  [
    "a dynamic import in a function",
    ["const load = async (m: string) => (await import(m)).sep", "await load('node:path')"],
    "/",
  ],
  [
    "a dynamic import's attributes",
    ["(await import('attributes', { with: { type: 'json' } })).default"],
    { type: "json" },
  ],
  ["nested dynamic imports", ["(await import((await import('node:path')).sep === '/' ? 'node:os' : '')).EOL"], "\n"],
  ["import.meta", ["import.meta.dirname"], "/notebook"],
  ["import.meta in a function", ["const f = () => import.meta.url", "f()"], "file:///notebook/cell.ts"],
  ["import = require", ["import fs = require('node:fs')\ntypeof fs.readFileSync"], "function"],
  ["an import alias", ["namespace A { export namespace B { export const c = 4 } }\nimport q = A.B\nq.c"], 4],
  ["export * evaluates the module", ["export * from 'one'\nlog.join()"], "one"],
  ["export from evaluates the module", ["export { two } from 'two'\nlog.join()"], "two"],
  ["an imported name is redeclared in its own cell", ["import { sep } from 'node:path'\nlet sep = 3\nsep"], 3],
  ["two imports on one line", ["import { sep } from 'node:path'; import { EOL } from 'node:os'; sep + EOL"], "/\n"],
  ["import after a function", ["function f() { return sep }\nimport { sep } from 'node:path'\nf()"], "/"],
];

export const ASYNC: readonly Case[] = [
  ["top-level await in a declaration", ["const a = await Promise.resolve(3)", "a"], 3],
  ["for await", ["let s = 0\nfor await (const x of [Promise.resolve(1), 2]) s += x\ns"], 3],
  ["for await in a block", ["let s = 0\nif (true) { for await (const x of [4]) s += x }\ns"], 4],
  ["await in a template", ["`${await 5}`"], "5"],
  ["await in a condition", ["let a = 0\nif (await true) a = await 3\na"], 3],
  ["await in a class's computed key", ["class A { [await 'x'] = 4 }\nnew A().x"], 4],
  ["await in default parameters of a called function is refused", ["function f(a = await 1) {}"], syntax(1, 16)],
  ["await in a plain function is refused", ["function f() {\n  await 1\n}"], syntax(2, 3, /await/)],
  [
    "a value set while awaiting is seen",
    ["let a = 0; setTimeout(() => (a = 5), 1)\nawait new Promise((r) => setTimeout(r, 30))\na"],
    5,
  ],
  ["a rejected await throws", ["await Promise.reject(new Error('no'))"], throws(/Error: no/)],
  ["try around await", ["let a\ntry { await Promise.reject(4) } catch (e) { a = e }\na"], 4],
  [
    "using is disposed at the end of the cell",
    [
      "const log: string[] = []",
      "using r = { [Symbol.dispose]() { log.push('gone') } }\nlog.push('in')\nlog.length",
      "log",
    ],
    ["in", "gone"],
  ],
  ["using gives the result", ["using r = { v: 3, [Symbol.dispose]() {} }\nr.v"], 3],
  [
    "await using",
    [
      "const log: string[] = []",
      "await using r = { async [Symbol.asyncDispose]() { await null; log.push('gone') } }\nlog.push('in')",
      "log",
    ],
    ["in", "gone"],
  ],
  [
    "using in reverse order",
    [
      "const log: string[] = []",
      "const d = (n: string) => ({ [Symbol.dispose]() { log.push(n) } })\nusing a = d('a'), b = d('b')\nusing c = d('c')",
      "log",
    ],
    ["c", "b", "a"],
  ],
  [
    "using disposes after an error",
    ["const log: string[] = []", "using r = { [Symbol.dispose]() { log.push('gone') } }\nthrow new Error('x')", "log"],
    ["gone"],
  ],
  [
    "using beside other declarations",
    [
      "using r = { v: 1, [Symbol.dispose]() {} }\nconst a = r.v + 1, { b } = { b: 5 }\nclass C { c = a }\nfunction f() { return a }\nvar w = 2\nlet n",
      "[a, b, new C().c, f(), w, n]",
    ],
    [2, 5, 2, 2, 2, undefined],
  ],
  ["using null", ["using r = null\n4"], 4],
  ["using in a loop", ["let n = 0\nfor (using r of [{ [Symbol.dispose]() { n++ } }]);\nn"], 1],
  ["using in a function", ["let n = 0\nfunction f() { using r = { [Symbol.dispose]() { n++ } } }\nf()\nn"], 1],
  ["something not disposable", ["using r = {}"], throws(/TypeError/)],
  [
    "an async iterator closed by break",
    [
      "let closed = false\nasync function* g() { try { yield 1; yield 2 } finally { closed = true } }\nfor await (const x of g()) break\nclosed",
    ],
    true,
  ],
];

export const TYPESCRIPT: readonly Case[] = [
  ["enum", ["enum E { A, B = 5, C }", "[E.A, E.C, E[5]]"], [0, 6, "B"]],
  ["string enum", ["enum E { A = 'x' }", "E.A"], "x"],
  ["const enum", ["const enum E { A = 2 }\nE.A", "E.A"], 2],
  ["computed enum", ["const n = 3\nenum E { A = n * 2, B = 'abc'.length }\n[E.A, E.B]"], [6, 3]],
  ["merged enums", ["enum E { A } enum E { B = 1 }\n[E.A, E.B]"], [0, 1]],
  ["an enum in a function", ["function f() { enum E { A = 4 } return E.A }\nf()"], 4],
  ["declare enum leaves nothing", ["declare enum E { A }", "typeof E"], "undefined"],
  ["namespace", ["namespace N { export const a = 1; export function f() { return a } }", "N.f()"], 1],
  ["nested namespace", ["namespace A.B { export const c = 3 }", "A.B.c"], 3],
  ["merged namespaces", ["namespace N { export const a = 1 } namespace N { export const b = N.a + 1 }\nN.b"], 2],
  ["class and namespace", ["class A {} namespace A { export const x = 4 }\nA.x"], 4],
  ["function and namespace", ["function f() { return f.x } namespace f { export const x = 4 }\nf()"], 4],
  ["enum and namespace", ["enum E { A } namespace E { export const of = (n: number) => E[n] }\nE.of(0)"], "A"],
  ["a namespace of types leaves nothing", ["namespace T { export type A = 1 }", "typeof T"], "undefined"],
  ["generics", ["function id<T extends object>(a: T): T { return a }\nid<{ a: number }>({ a: 1 }).a"], 1],
  ["a generic arrow", ["const id = <T,>(a: T) => a\nid<number>(3)"], 3],
  ["a generic arrow without comma", ["const id = <T>(a: T): T => a\nid(3)"], 3],
  ["a const type parameter", ["const id = <const T>(a: T) => a\nid([1])"], [1]],
  ["an instantiation expression", ["const make = Map<string, number>\nnew make().size"], 0],
  [
    "assertion functions",
    ["function ok(a: unknown): asserts a is string {}\nlet v: unknown = 's'\nok(v)\nv.length"],
    1,
  ],
  ["type predicates", ["const isS = (a: unknown): a is string => typeof a === 'string'\nisS('')"], true],
  ["satisfies", ["const c = { a: 1 } satisfies Record<string, number>\nc.a"], 1],
  ["as const", ["const c = [1, 2] as const\nc.length"], 2],
  [
    "template literal types, infer, conditional, mapped",
    [
      "type A<T> = T extends `a${infer R}` ? R : never\ntype B = { readonly [K in keyof A<'ab'> as `x${string & K}`]?: 1 }\n1",
    ],
    1,
  ],
  [
    "accessors with different types",
    [
      "class A { #v = 1; get v(): number { return this.#v } set v(x: string | number) { this.#v = Number(x) } }\nconst a = new A(); a.v = '4'; a.v",
    ],
    4,
  ],
  [
    "unique symbol, abstract constructor, tuple types",
    [
      "declare const s: unique symbol\ntype C = abstract new () => object\ntype T = [a: number, b?: string, ...rest: boolean[]]\n2",
    ],
    2,
  ],
  ["optional chaining and nullish", ["const o: { a?: { b: number } } = {}\no.a?.b ?? 4"], 4],
  ["logical assignment", ["let a: number | undefined\na ??= 3\na ||= 4\na &&= 5"], 5],
  ["numeric separators", ["1_000"], 1000],
  [
    "a catch variable of type unknown",
    ["let m\ntry { throw new Error('x') } catch (e: unknown) { m = (e as Error).message }\nm"],
    "x",
  ],
  ["a regular expression with flags v", ["/[\\p{L}--[a-z]]/v.test('A')"], true],
  ["import of types by typeof", ["type F = typeof import('node:fs')\ntype S = import('node:fs').Stats\n3"], 3],
  [
    "override and accessibility",
    [
      "class A { protected f(): number { return 1 } }\nclass B extends A { public override f(): number { return 2 } }\nnew B().f()",
    ],
    2,
  ],
  [
    "optional methods and parameters",
    ["class A { f?(a?: number): void; g(a?: number) { return a } }\nnew A().g()"],
    undefined,
  ],
  ["a type named like a value", ["type a = number; const a: a = 4\na"], 4],
  [
    "words that are keywords only of types",
    ["const type = 1, of = 2, as = 3, declare = 4, namespace = 5\ntype + of + as + declare + namespace"],
    15,
  ],
  [
    "a decorator on a class",
    ["function d(c: any, ctx: ClassDecoratorContext) { c.tag = ctx.name }\n@d class A {}\n(A as any).tag"],
    "A",
  ],
  [
    "decorators on members",
    [
      "const log: string[] = []\nfunction d(_: unknown, ctx: { kind: string; name: string | symbol }) { log.push(`${ctx.kind} ${String(ctx.name)}`) }\nclass A { @d m() {} @d f = 1; @d get g() { return 1 } @d static s() {} }",
      "log.sort().join()",
    ],
    "field f,getter g,method m,method s",
  ],
  [
    "a decorator that wraps a method",
    [
      "function twice(m: Function) { return function (this: unknown, ...a: unknown[]) { return 2 * m.apply(this, a) } }\nclass A { @twice f(n: number) { return n } }\nnew A().f(4)",
    ],
    8,
  ],
  [
    "a decorator with arguments, exported class",
    ["const tag = (n: number) => (c: any) => { c.n = n }\nexport @tag(3) class A {}\n(A as any).n", "(A as any).n"],
    3,
  ],
  ["accessor", ["class A { accessor x = 4 }\nnew A().x"], 4],
  ["an at sign in a string is no decorator", ["'a @b c'"], "a @b c"],
  [
    "JSX with the classic pragma",
    [
      "/** @jsx h */\nconst h = (tag: string, props: unknown, ...c: unknown[]) => ({ tag, props, c });\n<a b='1'>x{2}</a>",
    ],
    { tag: "a", props: { b: "1" }, c: ["x", 2] },
  ],
  [
    "JSX fragments with a pragma",
    ["/** @jsx h\n @jsxFrag f */\nconst f = 'frag', h = (...a: unknown[]) => a;\n<>x</>"],
    ["frag", null, "x"],
  ],
  ["JSX with an import source", ["/** @jsxImportSource tiny */\n<b>{1}</b>"], ["b", { children: 1 }]],
  [
    "JSX beside generics",
    ["/** @jsx h */\nconst h = (...a: unknown[]) => a.length\nconst id = <T,>(a: T) => a;\nid(<b />)"],
    2,
  ],
  ["comparison is not JSX", ["const a = 1, b = 2, c = 0\na < b && b > (c)"], true],
];

/** TypeScript 5.2 to 6, and what V8 gained with them. */
export const NEWEST: readonly Case[] = [
  ["import defer", ["import defer * as path from 'node:path'", "path.sep"], "/"],
  ["export type * as", ["export type * as T from 'node:fs'\n1"], 1],
  ["import type = require", ["import type F = require('node:fs')\n1"], 1],
  ["a resolution mode", ["import type { Stats } from 'node:fs' with { 'resolution-mode': 'import' }\n1"], 1],
  [
    "variance and constrained infer",
    ["interface V<in out T> { a: T }\ntype I<T> = T extends [infer X extends string] ? X : 1\n2"],
    2,
  ],
  ["a static accessor", ["class C { static accessor n = 3; accessor m = 4 }\n[C.n, new C().m]"], [3, 4]],
  [
    "an abstract accessor",
    ["abstract class A { abstract accessor x: number }\nclass B extends A { accessor x = 5 }\nnew B().x"],
    5,
  ],
  ["await using in a loop", ["let n = 0\nfor (await using r of [{ async [Symbol.asyncDispose]() { n++ } }]) ;\nn"], 1],
  [
    "a const type parameter of a function",
    ["function f<const T extends readonly unknown[]>(x: T) { return x }\nf([1, 'a'])[1].length"],
    1,
  ],
  ["as const satisfies", ["const o = { a: 1, b: 2 } as const satisfies object\no.b"], 2],
  ["asserts this", ["class G { is(): asserts this is { x: 1 } {} }\nconst g: G = new G()\ng.is()\n1"], 1],
  ["an enum of templates", ["const one = 1\nenum E { a = `x${1}` }\nE.a"], "x1"],
  [
    "a decorator on an accessor",
    [
      "const d = (t: { get(): number }) => ({ get(this: object) { return t.get.call(this) + 1 } })\nclass A { @d accessor x = 3 }\nnew A().x",
    ],
    4,
  ],
  ["a private static accessor", ["class P { static accessor #y = 4; static y() { return P.#y } }\nP.y()"], 4],
  ["#name in", ["class D { has(o: object) { return #y in o } #y = 0 }", "new D().has(new D())"], true],
  ["flags inside a regular expression", ["/(?i:a)b/.test('Ab')"], true],
  [
    "a subclass of Iterator",
    [
      "class My extends Iterator<number> { #i = 0; next(): IteratorResult<number> { return this.#i > 2 ? { done: true, value: 0 } : { done: false, value: this.#i++ } } }",
      "[...new My().drop(1)]",
    ],
    [1, 2],
  ],
  [
    "DisposableStack",
    ["const log: string[] = []; { using s = new DisposableStack(); s.defer(() => log.push('gone')) }", "log"],
    ["gone"],
  ],
  [
    "using in a loop that is left early",
    [
      "const log: string[] = []; const d = (n: string) => ({ n, [Symbol.dispose]() { log.push(n) } })",
      "for (using x of [d('a'), d('b')]) { if (x.n === 'a') continue; log.push('body') }",
      "log",
    ],
    ["a", "body", "b"],
  ],
  ["a group's name twice in a regular expression", ["/(?<y>\\d{4})-|(?<y>\\d{2})/.exec('2020-')!.groups!.y"], "2020"],
  [
    "Promise.try, Array.fromAsync",
    ["[await Promise.try(() => 3), await Array.fromAsync([1, Promise.resolve(2)])]"],
    [3, [1, 2]],
  ],
  [
    "iterator helpers, Error.isError, RegExp.escape",
    ["[[1, 2].values().map((x) => x + 1).toArray(), Error.isError(1), RegExp.escape('.')]"],
    [[2, 3], false, "\\."],
  ],
  [
    "an import attribute's name in quotes",
    ["import data from 'attributes' with { 'type': 'json' }\ndata"],
    { type: "json" },
  ],
];

export const ERRORS: readonly Case[] = [
  ["an unfinished declaration", ["let a = 1\nlet b ="], syntax(2, 8)],
  ["an unclosed brace", ["function f() {\n  1"], syntax(2, 4)],
  ["an unexpected token", ["const a = 1\nconst = 7q"], syntax(2, 7)],
  ["after an astral character", ["'😀'; let a = )"], syntax(1, 15)],
  ["return at top level", ["1\n  return 5"], syntax(2, 3, /return/)],
  ["an export in a block", ["/* 😀 */ 1\nhere: { export const a = 1 }"], syntax(2, 9, /top level of a cell/)],
  ["an export in what reads as an object", ["{ f() { export const a = 1 } }"], syntax(1, 9, /top level of a cell/)],
  ["an import in a function", ["function f() { import x from 'x' }"], syntax(1, 16, /top level of a cell/)],
  ["break outside a loop", ["break"], syntax(1, 1)],
  ["an unterminated template", ["`abc"], syntax(1, 1)],
  ["with is refused: cells are strict", ["with ({}) {}"], syntax(1, 1)],
  ["yield outside a generator", ["let a\nyield 4"], syntax(2, 1)],
  [
    "a bad regular expression is left to V8 and still mapped",
    ["let a: number = 1;\n  /(/"],
    throws(/Invalid regular expression/, [2, 3]),
  ],
  ["a thrown error's place", ["const a: number = 1\n\n  throw new Error('here')"], throws(/Error: here/, [3, 9])],
  ["a place after blank lines", ["\n\n\n  null!.x"], throws(/Cannot read properties/, [4, 9])],
  [
    "a place behind types",
    ["interface A {\n  b: number\n}\nconst f = (a: A, o?: { c: string }): number => nowhere(a)\nf({ b: 1 })"],
    throws(/nowhere is not defined/, [4, 48]),
  ],
  [
    "a place in a hoisted function",
    ["let n = 1\n\nfunction f(a: number) {\n  return a.nothing.more\n}\nf(n)"],
    throws(/Cannot read properties/, [4, 20]),
  ],
  [
    "a place after an import",
    ["import { join } from 'node:path'\nimport type { Stats } from 'node:fs'\n\nnull!.x"],
    throws(/Cannot read properties/, [4, 7]),
  ],
  [
    "a place in a class of parameter properties",
    ["class A {\n  constructor(private a: number) {\n    this.a.b.c\n  }\n}\nnew A(1)"],
    throws(/Cannot read properties/, [3, 14]),
  ],
  ["a place after an enum", ["enum E { A,\n  B }\nnope()"], throws(/nope is not defined/, [3, 1])],
  ["a place in an object literal cell", ["{ a: missing }"], throws(/missing is not defined/, [1, 6])],
  ["a place under using", ["using r = null\n\n gone()"], throws(/gone is not defined/, [3, 2])],
  [
    "a place in a decorated class",
    ["const d = (_: unknown) => {}\n@d class A {\n  static x = gone2()\n}"],
    throws(/gone2 is not defined/, [3, 14]),
  ],
  [
    "a place after Windows line ends",
    ["let a = 1\r\nlet b: number = gone3()"],
    throws(/gone3 is not defined/, [2, 17]),
  ],
  ["a place behind a line separator", ["1\u2028let b: number = )"], syntax(1, 19)],
  ["an emoji is no name", ["const 😀 = 1"], syntax(1, 7)],
  ["a private name outside of its class", ["class A { #x = 1 }\nnew A().#x"], syntax(2, 9)],
  ["a thrown value that is no error", ["throw 5"], throws(/5/)],
  ["assigning a part of undefined", ["let u: any\nu.a = 1"], throws(/Cannot set properties/, [2, 5])],
  ["no result after all this", ["void 0;"], NONE],
];
