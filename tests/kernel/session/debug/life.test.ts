// The kernel stays itself while a cell stands at a breakpoint, and forgets the debugger when it leaves.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type RunningKernel, resultOf, sleep, startKernel, textOf } from "../../running-kernel.ts";
import { FrontEnd } from "./front-end.ts";

let kernel: RunningKernel;
let debug: FrontEnd;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "blankslate-debug-"));
  kernel = await startKernel({ cwd: folder });
  await kernel.client.execute("let kept = 42; let count = 0;");
});
afterAll(async () => {
  await kernel.dispose();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  debug = new FrontEnd(await kernel.connect());
  await debug.attach();
});
afterEach(async () => {
  await debug.ask("disconnect");
  debug.client.close();
});

/** Runs a cell and waits until it stands at the line. */
async function stopAt(line: number, code: string): Promise<string> {
  await debug.breakAt(code, line);
  const id = await debug.client.send("execute_request", { code });
  await debug.event("stopped");
  return id;
}

test("while a cell stands still the kernel answers: heartbeat, control, completion, inspection, subshells; what it printed is there", async () => {
  const id = await stopAt(2, `console.log("before");\ncount++;\nconsole.log("after");`);
  const { client } = debug;
  await client.until(() => textOf(client.of(id)).includes("before"), 5_000, "what was printed");
  expect(await kernel.heartbeat()).toBeLessThan(1_000);
  expect((await client.request("usage_request", {}, "control")).reply["status"]).toBe("ok");
  const complete = await client.request("complete_request", { code: "JSON.stri", cursor_pos: 9 });
  expect(complete.reply["matches"]).toContain("stringify");
  expect((await client.request("inspect_request", { code: "parseInt", cursor_pos: 4 })).reply["found"]).toBe(true);
  const { reply } = await client.request("create_subshell_request", {}, "control");
  const aside = await client.send("kernel_info_request", {}, "shell", { subshell_id: reply["subshell_id"] });
  expect((await client.answerTo(aside)).reply).toMatchObject({
    debugger: true,
    supported_features: expect.arrayContaining(["debugger"]),
  });
  expect(await debug.ask("threads")).toEqual({ threads: [{ id: 1, name: "cells" }] });
  await debug.ask("continue");
  expect(textOf((await client.answerTo(id)).iopub)).toBe("before\nafter\n");
});

test.each([
  ["at the top of a cell", 2, "count = 1;\ncount = 2;\ncount = 3;"],
  [
    "in a function after an await",
    3,
    "async function f() {\n  await null;\n  count = 7;\n  await new Promise(() => {});\n}\nawait f();",
  ],
  ["in a loop that catches everything", 3, "for (;;) {\n  try {\n    count = 9;\n  } catch {} finally {}\n}"],
])("an interrupt ends a cell that stands still %s, and variables are kept", async (_where, line, code) => {
  const id = await stopAt(line, code);
  await debug.client.request("interrupt_request", {}, "control");
  await debug.event("continued");
  const { reply } = await debug.client.answerTo(id);
  expect([reply["ename"], reply["evalue"]]).toEqual(["Interrupted", expect.stringContaining("variables are kept")]);
  expect(resultOf((await debug.client.execute("kept")).iopub)).toBe("42");
  // Breakpoints hold in the next run.
  const again = await debug.client.send("execute_request", { code });
  await debug.event("stopped");
  await debug.client.request("interrupt_request", {}, "control");
  expect((await debug.client.answerTo(again)).reply["ename"]).toBe("Interrupted");
  expect(await debug.client.works()).toBe(true);
});

test("an interrupt ends an evaluation that does not end by itself", async () => {
  const id = await stopAt(1, "count++");
  const spinning = debug.evaluate("(() => { for (;;); })()");
  await sleep(300);
  await debug.client.request("interrupt_request", {}, "control");
  expect(await spinning).toMatch(/^refused/);
  expect((await debug.client.answerTo(id)).reply["ename"]).toBe("Interrupted");
  expect(await debug.client.works()).toBe(true);
});

test("pause stops a loop that runs, and one that mostly waits; disconnecting lets it go on, and nothing stops any more", async () => {
  for (const code of [
    "while (kept > 0) {\n  count++;\n}",
    "while (kept > 0) {\n  await new Promise((r) => setTimeout(r, 5));\n  count++;\n}",
  ]) {
    const { client } = debug;
    const id = await client.send("execute_request", { code });
    await client.until(() => client.of(id).some((m) => m.header.msg_type === "execute_input"));
    await sleep(300);
    await debug.ask("pause", { threadId: 1 });
    expect(await debug.event("stopped")).toMatchObject({ reason: "pause" });
    expect((await debug.where()).length).toBeGreaterThan(0);
    await debug.evaluate("kept = 0");
    await debug.ask("continue");
    expect((await client.answerTo(id)).reply["status"]).toBe("ok");
    await client.execute("kept = 42");
  }
  const code = "count = 100;\ncount += 1;\ncount";
  const id = await stopAt(2, code);
  await debug.ask("disconnect");
  await debug.event("continued");
  expect(resultOf((await debug.client.answerTo(id)).iopub)).toBe("101");
  expect(resultOf((await debug.client.execute(code)).iopub)).toBe("101");
  expect(await debug.ask("debugInfo")).toMatchObject({ isStarted: false, breakpoints: [] });
  await debug.attach();
  expect(resultOf((await debug.client.execute(code)).iopub)).toBe("101");
});

test("values in the page: top-level names while nothing stands still, a value as rich as it displays, a local made global", async () => {
  await debug.client.execute(
    "const shown = html`<b>bold</b>`; const wait = { async [Symbol.for('Jupyter.display')]() { return { 'text/plain': 'waited' }; } };",
  );
  const { variables } = (await debug.ask("inspectVariables")) as { variables: { name: string; value: string }[] };
  expect(variables.map(({ name, value }) => `${name} ${value}`)).toContain("kept 42");
  const rich = async (variableName: string, more: object = {}) =>
    (await debug.ask("richInspectVariables", { variableName, ...more }))["data"] as Record<string, string>;
  expect((await rich("shown"))["text/html"]).toBe("<b>bold</b>");
  expect((await rich("wait"))["text/plain"]).toBe("waited");
  expect((await debug.request("richInspectVariables", { variableName: "a.b()" })).success).toBe(false);
  const id = await stopAt(
    3,
    "function inner() {\n  const found = [{ step: 1 }, { step: 2 }];\n  return found.length;\n}\ninner()",
  );
  const frameId = (await debug.frames())[0]?.id;
  expect((await rich("found", { frameId }))["text/html"]).toContain("<table");
  expect((await rich("wait", { frameId }))["text/plain"]).toContain("Jupyter.display");
  await debug.ask("copyToGlobals", { srcVariableName: "found", dstVariableName: "found", srcFrameId: frameId });
  expect(await debug.scope("Globals")).toMatchObject({ found: expect.stringContaining("Array(2)") });
  await debug.ask("continue");
  await debug.client.answerTo(id);
  expect(resultOf((await debug.client.execute("found[1].step")).iopub)).toBe("2");
});

test("a breakpoint in an imported file holds before it is loaded and after, compiled or not, also when it was edited", async () => {
  const path = join(folder, "helper.ts");
  const text = (factor: number) =>
    `enum Kind { A = 3 }\nexport function scale(x: number) {\n  const made: number = x * ${factor};\n  return made + Kind.A;\n}\n`;
  await writeFile(path, text(10));
  const set = { source: { path }, breakpoints: [{ line: 4 }] };
  expect((await debug.ask("setBreakpoints", set))["breakpoints"]).toMatchObject([{ line: 4, verified: false }]);
  const code = `import { scale } from "./helper";\nscale(2)`;
  for (const factor of [10, 100]) {
    if (factor === 100) {
      await writeFile(path, `${text(factor)}// edited`);
      expect((await debug.ask("setBreakpoints", set))["breakpoints"]).toMatchObject([{ line: 4, verified: true }]);
    }
    const id = await debug.client.send("execute_request", { code });
    await debug.event("stopped");
    expect(await debug.where()).toEqual(["scale:4", expect.stringMatching(/^In\[\d+\]:2$/)]);
    expect((await debug.frames())[0]?.source.path).toBe(path);
    expect(await debug.scope("Locals")).toMatchObject({ made: String(2 * factor) });
    const frameId = (await debug.frames())[1]?.id;
    expect(await debug.evaluate("[scale.name, typeof made]", { frameId })).toBe('Array(2) [ "scale", "undefined" ]');
    expect((await debug.ask("source", { source: { path } }))["content"]).toContain(`x * ${factor}`);
    expect((await debug.ask("modules"))["modules"]).toContainEqual(
      expect.objectContaining({ name: "helper.ts", path }),
    );
    await debug.ask("continue");
    expect(resultOf((await debug.client.answerTo(id)).iopub)).toBe(String(2 * factor + 3));
  }
});

test("when the cells' process dies at a breakpoint the cell says so, and the breakpoint holds in the next process", async () => {
  const code = "let n = 1;\nn++;\nn";
  const id = await stopAt(2, code);
  process.kill(Number((await debug.client.request("usage_request", {}, "control")).reply["pid"]), "SIGKILL");
  await debug.event("continued");
  expect((await debug.client.answerTo(id)).reply["status"]).toBe("error");
  const again = await debug.client.send("execute_request", { code });
  await debug.event("stopped");
  expect(await debug.where()).toEqual([expect.stringMatching(/:2$/)]);
  await debug.ask("continue");
  expect(resultOf((await debug.client.answerTo(again)).iopub)).toBe("2");
});

test("a cell that ends the process leaves nothing in its output that the debugger brought", async () => {
  const { iopub } = await debug.client.execute("console.log('bye'); process.exit(3)");
  expect([textOf(iopub), textOf(iopub, "stderr")]).toEqual(["bye\n", ""]);
  expect(await debug.client.works()).toBe(true);
});

test("what cannot be answered is refused in the debug protocol's form, and the session goes on", async () => {
  for (const [command, given] of [
    ["unknown", {}],
    ["scopes", { frameId: 123456 }],
    ["variables", { variablesReference: 123456 }],
    ["setBreakpoints", { source: {} }],
    ["evaluate", { expression: 7 }],
    ["source", { source: { path: "/nowhere.ts" } }],
    ["copyToGlobals", { srcVariableName: "a", dstVariableName: "b c", srcFrameId: 1 }],
  ] as const) {
    const { success, message } = await debug.request(command, given);
    expect([success, typeof message]).toEqual([false, "string"]);
  }
  expect(await debug.ask("stackTrace", { threadId: 1 })).toEqual({ stackFrames: [], totalFrames: 0 });
  expect(await debug.evaluate("kept === undefined ? 'a' : 'a' + 'b'")).toMatch(/"ab"|refused/);
  expect(await debug.evaluate("'a' + 'b'", { context: "repl" })).toBe('"ab"');
});

test("a kernel whose cell stands still shuts down at once", async () => {
  await stopAt(1, "1 + 1");
  const { code, endMs } = await kernel.shutdown();
  expect(code).toBe(0);
  expect(endMs).toBeLessThan(5_000);
  kernel = await startKernel({ cwd: folder });
  debug.client.close();
  debug = new FrontEnd(await kernel.connect());
  await debug.attach();
});

test("a kernel whose debugger nobody started stops nowhere, also not at a debugger statement", async () => {
  const fresh = await startKernel();
  const { reply, iopub } = await fresh.client.execute("debugger; [1, 2].map((n) => { debugger; return n; })");
  expect([reply["status"], resultOf(iopub)]).toEqual(["ok", "[ 1, 2 ]"]);
  expect(fresh.client.iopub.filter(({ header }) => header.msg_type === "debug_event")).toEqual([]);
  await fresh.dispose();
});
