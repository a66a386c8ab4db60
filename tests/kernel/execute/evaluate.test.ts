import { afterAll, beforeAll, expect, test } from "vitest";
import type { UpMessage } from "../../../kernel/execute/protocol.ts";
import { ExecutorProcess } from "./process.ts";

let executor: ExecutorProcess;
beforeAll(async () => {
  executor = await ExecutorProcess.start();
});
afterAll(() => executor.stop());

test("a 20 M iteration loop at top level takes at most 1.5 times as long as in a function (best of three)", async () => {
  const { text } = await executor.run(`
    let s = 0;
    const inside = () => { let s = 0; for (let i = 0; i < 20_000_000; i++) s += i % 7; return s; };
    const ratios = [];
    for (let n = 0; n < 3; n++) {
      const a = performance.now();
      for (let i = 0; i < 20_000_000; i++) s += i % 7;
      const b = performance.now();
      inside();
      ratios.push((b - a) / (performance.now() - b));
    }
    Math.min(...ratios)`);
  expect(Number(text)).toBeLessThan(1.5);
});

test("what is rehearsed before the first cell declares nothing", async () => {
  const fresh = await ExecutorProcess.start();
  const { result } = await fresh.run("JSON.stringify(Object.getOwnPropertyNames(globalThis))");
  fresh.send({ type: "query", id: 1, kind: "properties", expression: "" });
  const { value } = await fresh.next<Extract<UpMessage, { type: "answer" }>>(({ type }) => type === "answer");
  await fresh.stop();
  const globals = String(result?.data["text/plain"]);
  const names = (value as readonly { readonly name: string }[]).map(({ name }) => name);
  expect(names.filter((name) => !globals.includes(`"${name}"`))).toEqual([]);
  expect(names).toContain("Array");
});

test("closures see current values across cells: 11, not 3", async () => {
  expect((await executor.run("let cnt = 0; const inc = () => ++cnt; inc(); inc()")).text).toBe("2");
  expect((await executor.run("cnt = 10; inc()")).text).toBe("11");
});

test("a cell's own process, performance or setTimeout is its own: libraries keep theirs, and errors their place", async () => {
  const own = await ExecutorProcess.start();
  await own.run("let process = 1, performance = 2, Buffer = 3, console = { log() { return 4 } }");
  await own.run("import { setTimeout } from 'node:timers/promises'; class Map { get() { return 5 } }");
  await own.run("function fetch({ URL = 6, process }: { URL?: number, process: number }) { return URL + process }");
  const { text, error } = await own.run(
    "const { JSON } = { JSON: 7 }; [process + performance + Buffer, console.log(), await setTimeout(1, 'slept'), new Map().get(), fetch({ process }), JSON, { process, 'URL': 1, Map: 2 }.Map]",
  );
  expect(error).toBeNull();
  expect(text).toBe("[ 6, 4, 'slept', 5, 7, 7, 2 ]");
  const library = await own.run(
    "import { execFile } from 'node:child_process'; require('danfojs-node'); typeof globalThis.process + typeof globalThis.setTimeout(() => {}, 1)",
  );
  expect([library.text, library.error]).toEqual(["'objectobject'", null]);
  const failed = await own.run("process; performance; process.missing.field", { count: 40 });
  expect(failed.error?.traceback.join("\n")).toContain("line 1:39");
  own.send({ type: "query", id: 1, kind: "inspect", expression: "process" });
  expect(await own.next((m) => m.type === "answer")).toMatchObject({ value: { type: "number", text: "1" } });
  expect((await own.stop()).code).toBe(0);
});

test("names can be declared again as anything", async () => {
  await executor.run("const x = 1");
  await executor.run("let x = 2; class Y {}");
  expect((await executor.run("function x() { return 3 } enum Y { A = 4 } x() + Y.A")).text).toBe("7");
});

test("results come as results: no message for undefined, after a semicolon, or in a silent cell", async () => {
  expect((await executor.run("undefined")).result).toBeUndefined();
  expect((await executor.run("42;")).result).toBeUndefined();
  expect((await executor.run("42", { silent: true })).result).toBeUndefined();
  expect((await executor.run("null")).text).toBe("null");
  expect((await executor.run("-0")).text).toBe("-0");
  expect((await executor.run("123n")).text).toBe("123n");
  expect((await executor.run("Symbol('s')")).text).toBe("Symbol(s)");
});

test("user expressions give bundles and errors, each for itself", async () => {
  const { expressions } = await executor.run("const u = [1, 2]", {
    userExpressions: { good: "u.length", bad: "nope", worse: "1 +" },
  });
  expect(expressions["good"]).toMatchObject({ status: "ok", data: { "text/plain": "2" } });
  expect(expressions["bad"]).toMatchObject({ status: "error", ename: "ReferenceError" });
  expect(expressions["worse"]).toMatchObject({ status: "error", ename: "SyntaxError" });
});

test("queries list properties and never call a getter", async () => {
  await executor.run(
    "let touched = 0; const thing = { visible: 1, get danger() { touched++; return 1 }, method() {} }",
  );
  executor.send({ type: "query", id: 1, kind: "properties", expression: "thing" });
  const answer = await executor.next<{ type: "answer"; id: number; value: { name: string }[] }>(
    (m) => m.type === "answer" && m.id === 1,
  );
  expect(answer.value.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["visible", "danger", "method", "toString"]),
  );
  executor.send({ type: "query", id: 2, kind: "properties", expression: "thing.danger" });
  executor.send({ type: "query", id: 3, kind: "properties", expression: "touched++" });
  await executor.next((m) => m.type === "answer" && m.id === 3);
  expect((await executor.run("touched")).text).toBe("0");
});

test("prompt and confirm wait for their answer; without permission they throw", async () => {
  const asking = executor.begin("const name = prompt('Name? '); `${name} ${confirm('Sure?')}`", { allowStdin: true });
  const first = await executor.next<{ type: "input"; prompt: string; cell: string; password: boolean }>(
    (m) => m.type === "input",
  );
  expect([first.prompt, first.cell, first.password]).toEqual(["Name? ", asking.cell, false]);
  executor.send({ type: "input", cell: asking.cell, value: "Ada" });
  await executor.next((m) => m.type === "input" && m.prompt.startsWith("Sure?"));
  executor.send({ type: "input", cell: asking.cell, value: "y" });
  expect((await asking.outcome).text).toBe("'Ada true'");
  const refused = await executor.run("prompt('Name? ')");
  expect(refused.error?.ename).toBe("STDIN_NOT_ALLOWED");
});

test("an interrupt ends a prompt; its late answer reaches nobody", async () => {
  const asking = executor.begin("prompt('Interrupted? ')", { allowStdin: true });
  await executor.next((m) => m.type === "input" && m.prompt === "Interrupted? ");
  executor.interrupt();
  expect((await asking.outcome).interrupted).toBe(true);
  executor.send({ type: "input", cell: asking.cell, value: "late" });
  const next = executor.begin("prompt('Next? ')", { allowStdin: true });
  await executor.next((m) => m.type === "input" && m.prompt === "Next? ");
  executor.send({ type: "input", cell: next.cell, value: "right" });
  expect((await next.outcome).text).toBe("'right'");
});

test("decorators find their metadata", async () => {
  const cell =
    "const tag = (_: unknown, c: ClassDecoratorContext) => void (c.metadata.a = 1)\n@tag class A {}\nA[Symbol.metadata]?.a";
  expect((await executor.run(cell)).text).toBe("1");
});

test("_ is the last result, also a promise's, until a cell has a _ of its own", async () => {
  const own = await ExecutorProcess.start();
  try {
    expect((await own.run("typeof _")).text).toBe("'undefined'");
    await own.run("await Promise.resolve({ a: 1 })");
    expect((await own.run("_.a + 1")).text).toBe("2");
    await own.run("const silent = 5; console.log(silent)");
    expect((await own.run("_ + _")).text).toBe("4");
    expect((await own.run("Object.keys(globalThis).includes('_')")).text).toBe("false");
    await own.run("_ = 'mine'");
    await own.run("7");
    expect((await own.run("_")).text).toBe("'mine'");
    expect((await own.run("let _ = 8; _")).text).toBe("8");
    await own.run("9");
    expect((await own.run("_")).text).toBe("8");
  } finally {
    await own.stop();
  }
});
