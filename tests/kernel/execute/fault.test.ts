import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ExecutorProcess } from "./process.ts";

let executor: ExecutorProcess;
beforeAll(async () => {
  executor = await ExecutorProcess.start();
});
afterAll(() => executor.stop());

const plain = (lines: readonly string[] | undefined) => stripVTControlCharacters((lines ?? []).join("\n"));

test("a traceback shows the cell's own lines, innermost first, and hides the kernel's frames", async () => {
  await executor.run("interface Options { a: number }\n\nfunction inner(o: Options) {\n  return o.a.b.c;\n}", {
    count: 12,
  });
  const { error } = await executor.run("// first\ninner({ a: 1 })", { count: 13 });
  expect(error?.ename).toBe("TypeError");
  expect(plain(error?.traceback)).toBe(
    [
      "TypeError: Cannot read properties of undefined (reading 'c')",
      "",
      "Cell In[12], line 4:16 in inner",
      "  2 | ",
      "  3 | function inner(o: Options) {",
      "> 4 |   return o.a.b.c;",
      "    |                ^",
      "",
      "Cell In[13], line 2:1",
      "> 2 | inner({ a: 1 })",
    ].join("\n"),
  );
});

test("a stack that the cell prints itself names its own lines", async () => {
  const { text } = await executor.run("type T = { a: 1 };\n\nnew Error('x').stack.split('\\n')[1].trim()", {
    count: 20,
  });
  expect(text).toBe("'at In[20]:3:1'");
});

test("syntax errors stand at their place in the cell", async () => {
  const { error } = await executor.run("const good = 1;\nconst bad = ;", { count: 21 });
  expect(error?.ename).toBe("SyntaxError");
  expect(plain(error?.traceback)).toContain("Cell In[21], line 2:13");
});

test("a line separator inside of a line leaves a syntax error its line", async () => {
  const { error } = await executor.run("'\u2028'\nlet b: number = )", { count: 3 });
  expect(plain(error?.traceback)).toMatch(/line 2:17[^]*> 2 \| let b: number = \)/);
});

test("an error after an await shows the lines that awaited", async () => {
  const code = [
    "async function low() {",
    "  await new Promise((r) => setTimeout(r, 1));",
    "  throw new Error('low');",
    "}",
    "async function high() {",
    "  await low();",
    "}",
    "await high();",
  ];
  const { error } = await executor.run(code.join("\n"), { count: 30 });
  const places = plain(error?.traceback).match(/Cell In\[30\], line .*/g);
  expect(places).toEqual(["Cell In[30], line 3:9 in low", "Cell In[30], line 6:3 in high", "Cell In[30], line 8:1"]);
});

const NASTY = [
  "42",
  "null",
  "undefined",
  "Symbol('s')",
  "'text'",
  "10n",
  "NaN",
  "Object.create(null)",
  "() => {}",
  "new Error()",
  "{ message: 1 }",
  "new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 }, ownKeys() { throw 3 }, has() { throw 4 } })",
  "new Proxy(new Error('e'), { get() { throw 1 } })",
  "Object.defineProperty(new Error('e'), 'message', { get() { throw 1 } })",
  "Object.defineProperty(new Error('e'), 'stack', { get() { throw 1 } })",
  "Object.defineProperty(new Error('e'), 'name', { get() { throw 1 } })",
  "Object.assign(new Error('e'), { name: { toString() { throw 1 } } })",
  "Object.assign(new Error('e'), { stack: 'x'.repeat(10_000_000) })",
  "new Error('m'.repeat(10_000_000))",
  "Object.assign(new Error('e'), { get cause() { return this } })",
  "(() => { const e = new Error('e'); e.cause = e; return e })()",
  "new AggregateError([1, new Error('inner'), null], 'all')",
  "{ get message() { throw 1 }, get stack() { throw 2 } }",
  "{ [Symbol.for('nodejs.util.inspect.custom')]() { throw 1 } }",
  "class { static toString() { throw 1 } }",
];

test.each(NASTY)("C6: throw %s: a reply within 64 KiB, and the next cell runs", async (value) => {
  for (const code of [`throw (${value})`, `await Promise.reject(${value})`]) {
    const { error } = await executor.run(code);
    expect(error).not.toBeNull();
    expect(error?.traceback.join("\n").length).toBeLessThan(2 ** 16);
  }
  expect((await executor.run("1 + 1")).text).toBe("2");
});

test("endless recursion ends in a short traceback", async () => {
  const { error } = await executor.run("function deep() { return deep() + 1 }\ndeep()");
  expect(error?.ename).toBe("RangeError");
  expect(error?.traceback.length).toBeLessThan(20);
});

test("C4: unhandled rejections and throws in timers are shown in the cell they came from, and the process lives", async () => {
  const first = executor.begin(
    "setTimeout(() => { throw new Error('from a timer') }, 30); Promise.reject(new Error('rejected')); 1",
  );
  expect((await first.outcome).error).toBeNull();
  await executor.run("await new Promise((r) => setTimeout(r, 100))");
  const strays = executor.messages.filter((m) => m.type === "stray").filter((m) => m.cell === first.cell);
  expect(strays.map((m) => m.error.evalue)).toEqual(["rejected", "from a timer"]);
  expect(plain(strays[1]?.error.traceback)).toMatch(/Cell In\[\d+\], line 1:26/);
  expect((await executor.run("2 + 2")).text).toBe("4");
});

test("a timer that throws for ever is shown 50 times, and the process works", async () => {
  const first = executor.begin(
    "let thrown = 0; const endless = setInterval(() => { thrown++; throw new Error('again') }, 1)",
  );
  await first.outcome;
  await executor.run("while (thrown < 100) await new Promise((r) => setTimeout(r, 5)); clearInterval(endless)");
  const strays = executor.messages.filter((m) => m.type === "stray" && m.cell === first.cell);
  expect(strays.length).toBe(50);
  expect((await executor.run("2 + 2")).text).toBe("4");
});

test("an error's causes and the errors of an AggregateError are shown", async () => {
  const { error } = await executor.run(
    "throw new Error('outer', { cause: new AggregateError([new Error('one'), new Error('two')], 'middle') })",
  );
  expect(plain(error?.traceback)).toMatch(/Error: outer[\s\S]*Caused by AggregateError: middle/);
});
