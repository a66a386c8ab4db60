import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ExecutorProcess } from "./process.ts";

let executor: ExecutorProcess;
beforeAll(async () => {
  executor = await ExecutorProcess.start();
});
afterAll(() => executor.stop());

/** A statement that fails where `at` stands in it. */
interface Failure {
  readonly code: string;
  readonly at: string;
  readonly ename: string;
}

const FAILURES: readonly Failure[] = [
  { code: "throw new Error('e');", at: "new Error", ename: "Error" },
  { code: "const r: number = missing + 1;", at: "missing", ename: "ReferenceError" },
  { code: "(null as any).field;", at: "field", ename: "TypeError" },
  { code: "const o: { f?: () => void } = {}; (o as any).f();", at: "f();", ename: "TypeError" },
  {
    code: "[1, 2].map((x: number): number => { throw new RangeError(`${x}`); });",
    at: "new RangeError",
    ename: "RangeError",
  },
  {
    code: "class Local<T> { run(v: T): never { throw new TypeError(String(v)); } } new Local<number>().run(1);",
    at: "new TypeError",
    ename: "TypeError",
  },
  {
    code: "await (async (): Promise<void> => { await null; throw new Error('later'); })();",
    at: "new Error",
    ename: "Error",
  },
  {
    code: "function* g(): Generator<number> { yield 1; throw new Error('g'); } for (const v of g()) void v;",
    at: "new Error",
    ename: "Error",
  },
  { code: "const bad = ;", at: ";", ename: "SyntaxError" },
  { code: "let twice = 1; let twice = 2;", at: "twice = 2", ename: "SyntaxError" },
];
const FILLERS = [
  "interface Shape { readonly width: number; height?: number }",
  "// a comment with 😀 and `backticks`",
  "type Pair<A, B> = readonly [A, B];",
  "const text = `several\nlines of ${1 + 1}\ntext 😀`;",
  "",
  "enum Colour { Red, Green = 5, Blue }",
  "export const shown: Pair<number, string> = [1, 'x'];",
  "import { join } from 'node:path';",
  "function helper<T extends object>(value: T, ...rest: unknown[]): T { return value }",
  "declare const ambient: number;",
  "var old = 1 as const;",
  "/* block\n   comment */",
  "const object = { a: 1, b: { c: 2 } } satisfies object;",
  "abstract class Base { protected constructor(private readonly x: number) {} }",
];

test("C1: 200 of 200 generated errors are shown at the cell's own line and column", async () => {
  let state = 12_345;
  const random = (bound: number) => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) % bound;
  const wrong: string[] = [];
  for (let n = 0; n < 200; n++) {
    const failure = FAILURES[n % FAILURES.length]!;
    const end = n % 3 === 0 ? "\r\n" : "\n";
    const before = [...FILLERS].sort(() => random(3) - 1).slice(0, random(FILLERS.length));
    const indent = " ".repeat(random(4));
    const source = [...before, indent + failure.code, "const after: number = 1;"].join(end);
    const at = source.indexOf(failure.code) + failure.code.indexOf(failure.at);
    const lines = source.slice(0, at).split(/\r\n|\n/);
    const place = `Cell In[${n + 1}], line ${lines.length}:${lines.at(-1)!.length + 1}`;
    const { error } = await executor.run(source, { count: n + 1 });
    const shown = stripVTControlCharacters((error?.traceback ?? []).join("\n"));
    const first = /Cell In\[\d+\], line \d+:\d+/.exec(shown)?.[0];
    if (error?.ename !== failure.ename || first !== place)
      wrong.push(`${failure.code}: ${first ?? shown}, expected ${place}\n${source}`);
  }
  expect(wrong).toEqual([]);
});
