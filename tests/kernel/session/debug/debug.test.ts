// Breakpoints in cells, over Jupyter's debug protocol.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type RunningKernel, resultOf, startKernel, textOf } from "../../running-kernel.ts";
import { FrontEnd } from "./front-end.ts";

let kernel: RunningKernel;
let debug: FrontEnd;
beforeAll(async () => {
  kernel = await startKernel();
});
afterAll(() => kernel.dispose());
beforeEach(async () => {
  debug = new FrontEnd(await kernel.connect());
  await debug.attach();
});
afterEach(async () => {
  await debug.ask("disconnect");
  debug.client.close();
});

const run = (code: string) => debug.client.send("execute_request", { code });
const FUNCTION = `// adds
function add(a: number, b: number): number {
  const sum: number = a + b;

  return sum;
}
const total = add(2, 3);
total * 10`;

test("a breakpoint in a cell stops it, shows frames and variables of its own lines, and lets it go on", async () => {
  const { path, lines } = await debug.breakAt(FUNCTION, 3, 4);
  expect(lines).toEqual([3, 5]);
  const id = await run(FUNCTION);
  expect(await debug.event("stopped")).toMatchObject({ reason: "breakpoint", threadId: 1, allThreadsStopped: true });
  const frames = await debug.frames();
  expect(frames.map(({ name, line, source }) => [name, line, source.path])).toEqual([
    ["add", 3, path],
    [expect.stringMatching(/^In\[\d+\]$/), 7, path],
  ]);
  expect(await debug.scope("Locals")).toMatchObject({ a: "2", b: "3", sum: "(not yet set)" });
  expect(await debug.ask("debugInfo")).toMatchObject({
    stoppedThreads: [1],
    isStarted: true,
    breakpoints: [{ source: path, breakpoints: [{ line: 3 }, { line: 5 }] }],
  });
  await debug.ask("continue", { threadId: 1 });
  await debug.event("continued");
  await debug.event("stopped");
  expect(await debug.where()).toMatchObject({ 0: "add:5" });
  expect(await debug.scope("Locals")).toMatchObject({ sum: "5" });
  expect(await debug.evaluate("sum * (a as number)")).toBe("10");
  await debug.ask("continue", { threadId: 1 });
  expect(resultOf((await debug.client.answerTo(id)).iopub)).toBe("50");
  expect((await debug.ask("debugInfo"))["stoppedThreads"]).toEqual([]);
});

test("a breakpoint set later holds in a function that an earlier cell declared, and in a timer after its cell ended", async () => {
  const code = `const later = (n: number) => {\n  return n + 1;\n};\nsetTimeout(() => {\n  later(41);\n}, 300);`;
  await debug.client.execute(code);
  await debug.breakAt(code, 2, 5);
  await debug.event("stopped");
  expect(await debug.where()).toEqual(["(anonymous):5"]);
  await debug.ask("continue");
  await debug.event("stopped");
  expect(await debug.where()).toEqual(["later:2", "(anonymous):5"]);
  expect(await debug.scope("Locals")).toMatchObject({ n: "41" });
  await debug.ask("disconnect");
  expect(resultOf((await debug.client.execute("later(1)")).iopub)).toBe("2");
});

test("steps go over, into and out of calls, over awaits, and never into the kernel or Node", async () => {
  const code = `async function twice(x: number) {
  const waited = await Promise.resolve(x);
  return waited * 2;
}
const one = await twice(1);
const two = [1, 2].map((n) => n + one);
console.log(two);
const three = one + 1;
three`;
  await debug.breakAt(code, 5);
  const id = await run(code);
  await debug.event("stopped");
  const step = async (how: "next" | "stepIn" | "stepOut") => {
    await debug.ask(how);
    expect(await debug.event("stopped")).toMatchObject({ reason: "step" });
    return (await debug.where()).join(" < ").replaceAll(/In\[\d+\]/g, "cell");
  };
  expect(await step("stepIn")).toBe("twice:2 < cell:5");
  expect(await step("next")).toBe("twice:3");
  await debug.ask("continue");
  await debug.client.answerTo(id);

  const again = await run(code);
  await debug.event("stopped");
  expect(await step("next")).toBe("cell:6");
  expect(await step("stepIn")).toBe("(anonymous):6 < cell:6");
  expect(await step("stepOut")).toBe("cell:7");
  expect(await step("stepIn")).toBe("cell:8");
  expect(await step("next")).toBe("cell:9");
  // Behind the last line there is nothing to stop at.
  await debug.ask("next");
  const { iopub } = await debug.client.answerTo(again);
  expect([textOf(iopub), resultOf(iopub)]).toEqual(["[ 3, 4 ]\n", "3"]);
});

test("variables open lazily: closures, objects, Maps, classes, long lists in parts; no getter runs", async () => {
  const code = `class Model { layers = [1, 2]; }
let touched = 0;
const lazy = { get lost() { touched++; return 1; } };
function outer(seed: number) {
  const names = new Map([["a", { deep: true }], ["b", { deep: false }]]);
  const list = Array.from({ length: 1000 }, (_, i) => i);
  return function inner(model: Model) {
    { let block = "in"; void [names, list, seed, block]; }
    return model;
  };
}
const process = "mine";
outer(7)(new Model())`;
  await debug.breakAt(code, 8);
  const id = await run(code);
  await debug.event("stopped");
  await debug.ask("next");
  await debug.event("stopped");
  expect(await debug.scope("Locals")).toMatchObject({ block: '"in"', model: "Model { layers: Array(2) }" });
  const closure = await debug.scope("Closure (outer)");
  expect(closure).toMatchObject({
    seed: "7",
    names: expect.stringContaining("Map(2)"),
    list: expect.stringContaining("Array(1000)"),
  });
  expect(await debug.scope("Globals")).toMatchObject({
    touched: "0",
    process: '"mine"',
    lazy: "{ lost: (getter) }",
  });
  expect(Object.keys(await debug.scope("Globals"))).not.toContain("process$");
  const parts = async (expression: string, more: object = {}) => {
    const frameId = (await debug.frames())[0]?.id;
    const { variablesReference } = await debug.ask("evaluate", { expression, frameId });
    const { variables } = await debug.ask("variables", { variablesReference, ...more });
    return (variables as { name: string; value: string; evaluateName?: string }[]).map(
      ({ name, value, evaluateName }) => [name, value, evaluateName],
    );
  };
  expect(await parts("lazy")).toEqual([["lost", "(getter)", undefined]]);
  expect(await parts("names")).toEqual([
    ["'a'", "{ deep: true }", undefined],
    ["'b'", "{ deep: false }", undefined],
  ]);
  expect((await parts("list")).at(-1)).toEqual(["…", "800 more", undefined]);
  expect(await parts("list", { start: 998, count: 2 })).toEqual([
    ["998", "998", undefined],
    ["999", "999", undefined],
  ]);
  expect(await debug.evaluate("touched")).toBe("0");
  await debug.ask("continue");
  await debug.client.answerTo(id);
});

test("evaluation on a frame takes TypeScript, assigns, refuses awaits and errors; hovers change nothing; a variable is set", async () => {
  const code = `let level = 1;\nfunction rise(by: number) {\n  level += by;\n  return level;\n}\nrise(2)`;
  await debug.breakAt(code, 3);
  const id = await run(code);
  await debug.event("stopped");
  expect(await debug.evaluate("by = 5")).toBe("5");
  expect(await debug.evaluate("level = 100", { context: "hover" })).toMatch(/^refused: EvalError/);
  expect(await debug.evaluate("missing")).toBe("refused: ReferenceError: missing is not defined");
  expect(await debug.evaluate("await 1")).toMatch(/^refused: SyntaxError/);
  expect(await debug.evaluate("1 +")).toMatch(/^refused: SyntaxError/);
  const frameId = (await debug.frames())[0]?.id;
  const { scopes } = (await debug.ask("scopes", { frameId })) as { scopes: { variablesReference: number }[] };
  const set = { variablesReference: scopes[0]?.variablesReference, name: "by", value: "5 + 1" };
  expect(await debug.ask("setVariable", set)).toMatchObject({ value: "6" });
  await debug.ask("continue");
  expect(resultOf((await debug.client.answerTo(id)).iopub)).toBe("7");
});

test("conditions and log points: stops only where the condition holds, prints into the cell without stopping", async () => {
  const code = `for (let i: number = 0; i < 5; i++) {\n  const square = i * i;\n  void square;\n}`;
  await debug.breakAt(
    code,
    { line: 2, condition: "(i as number) === 3" },
    { line: 3, logMessage: "100 % of {i}: {square}" },
  );
  const id = await run(code);
  await debug.event("stopped");
  expect(await debug.evaluate("i")).toBe("3");
  await debug.ask("continue");
  const { iopub } = await debug.client.answerTo(id);
  expect(textOf(iopub)).toBe("100 % of 0: 0\n100 % of 1: 1\n100 % of 2: 4\n100 % of 3: 9\n100 % of 4: 16\n");
});

test("a cell that runs again, its names declared again: they are evaluated, assigned and in conditions as in its first run", async () => {
  const code = `let base = 10;\nfunction grow(by: number, base2 = base) {\n  base += by;\n  return base2;\n}\ngrow(1);\ngrow(2);\nbase`;
  await debug.breakAt(code, { line: 4, condition: "base > 11" });
  for (let run = 0; run < 3; run++) {
    const id = await debug.client.send("execute_request", { code });
    await debug.event("stopped");
    expect(await debug.evaluate("[base, by, base2]")).toBe("Array(3) [ 13, 2, 11 ]");
    expect(await debug.evaluate("(() => { let base = 5; return base + by; })()")).toBe("7");
    expect(await debug.evaluate("base = 100")).toBe("100");
    await debug.ask("continue");
    expect(resultOf((await debug.client.answerTo(id)).iopub)).toBe("100");
  }
});

test("errors stop where they are thrown: uncaught ones alone, or all; those of libraries at the user's call", async () => {
  const caught = `try {\n  JSON.parse("{");\n} catch {}\nlet fine = 1;\nfine`;
  const thrown = `function fail() {\n  throw new Error("boom");\n}\nfail()`;
  await debug.ask("setExceptionBreakpoints", { filters: ["uncaught"] });
  expect((await debug.client.execute(caught)).reply["status"]).toBe("ok");
  const first = await run(thrown);
  expect(await debug.event("stopped")).toMatchObject({ reason: "exception", text: "Error: boom" });
  expect(await debug.where()).toMatchObject({ 0: "fail:2" });
  await debug.ask("continue");
  expect((await debug.client.answerTo(first)).reply["evalue"]).toBe("boom");
  const library = await run(`const semver = require("semver");\nconst wrong = "one";\nnew semver.SemVer(wrong);`);
  expect(await debug.event("stopped")).toMatchObject({ reason: "exception" });
  expect((await debug.where()).map((one) => one.replace(/.*:/, ":"))).toEqual([":3"]);
  await debug.ask("continue");
  await debug.client.answerTo(library);
  await debug.ask("setExceptionBreakpoints", { filters: ["all"] });
  const second = await run(caught);
  await debug.event("stopped");
  expect(await debug.where()).toMatchObject({ 0: expect.stringMatching(/:2$/) });
  await debug.ask("continue");
  await debug.client.answerTo(second);
  await debug.ask("setExceptionBreakpoints", { filters: [] });
  expect((await debug.client.execute(thrown)).reply["evalue"]).toBe("boom");
});
