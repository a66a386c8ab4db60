// Completion and hover through the whole kernel: types and live values together; and row C14, cursors counted in code points.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningKernel, startKernel } from "../running-kernel.ts";

let kernel: RunningKernel;
beforeAll(async () => {
  kernel = await startKernel();
});
afterAll(() => kernel.dispose());

const complete = async (code: string) =>
  (await kernel.client.request("complete_request", { code, cursor_pos: Array.from(code).length })).reply as {
    matches: string[];
    cursor_start: number;
    cursor_end: number;
  };

test("a typed variable of an earlier cell completes its members", async () => {
  await kernel.client.execute("const point = { across: 1, along: 2 }");
  expect(await complete("point.a")).toMatchObject({ matches: ["across", "along"], cursor_start: 6, cursor_end: 7 });
});

test("what only the live value has is completed too, and getters are not run", async () => {
  await kernel.client.execute(
    "let touched = 0; const anything: any = { columnOne: 1, get columnTwo() { touched++; return 2 } }",
  );
  expect((await complete("anything.col")).matches).toEqual(["columnOne", "columnTwo"]);
  const { iopub } = await kernel.client.execute("touched");
  expect(iopub.find((m) => m.header.msg_type === "execute_result")?.content["data"]).toEqual({ "text/plain": "0" });
});

test("columns of a frame come first, as members and in strings; keys of a Map and of any object are known", async () => {
  await kernel.client.execute(
    "import { DataFrame } from 'danfojs-node'; const frame = new DataFrame({ score: [1], 'model name': ['a'] });" +
      " const byName = new Map([['one', 1], ['two', 2]]); const loose: any = { 'a b': 1, ab: 2 }",
  );
  const first = await complete("frame.");
  expect(first.matches[0]).toBe("score");
  expect(first.matches).toContain("describe");
  expect(first.matches.indexOf("describe")).toBeLessThan(first.matches.findIndex((name) => name.startsWith("$")));
  expect((await complete("frame['")).matches.slice(0, 2)).toEqual(["score", "model name"]);
  expect(await complete("frame.groupby(['score', 'mod")).toMatchObject({
    matches: ["model name"],
    cursor_start: 25,
    cursor_end: 28,
  });
  expect((await complete("byName.get('t")).matches).toEqual(["two"]);
  expect((await complete('loose["')).matches).toEqual(["a b", "ab"]);
  expect((await complete("loose.")).matches).toEqual(["ab"]);
  expect((await complete("loose.toS")).matches).toEqual(["toString"]);
});

test("every match has its kind, in the same order, as front ends read them", async () => {
  const code = "frame.";
  const { reply } = await kernel.client.request("complete_request", { code, cursor_pos: code.length });
  const metadata = reply["metadata"] as Record<string, { text: string; type: string }[]>;
  const kinds = metadata["_jupyter_types_experimental"] ?? [];
  expect(kinds.map(({ text }) => text)).toEqual(reply["matches"]);
  expect(new Set(kinds.map(({ type }) => type))).toEqual(new Set(["property", "method", "function"]));
});

test("C14: after characters beyond 16 bits the cursor is right, 100 of 100 times", async () => {
  await kernel.client.execute("const point2 = { across: 1, along: 2 }");
  for (let i = 0; i < 100; i++) {
    const before = `const s${i} = "${"🙂𝒳é".repeat(i % 13)}"; `;
    const code = `${before}point2.ac`;
    const length = Array.from(code).length;
    expect(await complete(code)).toMatchObject({ matches: ["across"], cursor_start: length - 2, cursor_end: length });
  }
});

test("a cell with a type error does not run: code, place and what was meant are in the traceback", async () => {
  const { client } = kernel;
  await client.execute("let ran = false; function train(options: { steps: number }) { ran = true; return options }");
  const { reply, iopub } = await client.execute("const n = 1\ntrain({ step: 3 })");
  expect(reply).toMatchObject({ status: "error", ename: "TS2561" });
  const text = String(reply["traceback"]).replaceAll(/\p{Cc}\[\d+m/gu, "");
  expect(text).toContain("line 2:9");
  expect(text).toContain("Did you mean to write 'steps'?");
  expect(iopub.filter((m) => m.header.msg_type === "error")).toHaveLength(1);
  expect((await client.execute("if (ran) throw new Error('it ran')")).reply["status"]).toBe("ok");
});

test("the types of variables are gone with the process that held them", async () => {
  const { client } = kernel;
  await client.execute("const lost = 1");
  await client.execute("process.exit(0)");
  expect((await client.execute("lost + 1")).reply).toMatchObject({ status: "error", ename: "TS2304" });
  expect(await client.works()).toBe(true);
});

test("hover gives signature and documentation as text and markdown", async () => {
  const { reply } = await kernel.client.request("inspect_request", { code: "parseInt('1')", cursor_pos: 3 });
  expect(reply).toMatchObject({ status: "ok", found: true });
  const data = reply["data"] as Record<string, string>;
  expect(data["text/plain"]).toContain("parseInt(string: string, radix?: number");
  expect(data["text/markdown"]).toContain("```typescript");
});

test("NAME? as a cell says what a name is, of cells, of JavaScript and of the laboratory, imported or not", async () => {
  const asked = async (code: string) => {
    const { iopub, reply } = await kernel.client.execute(code);
    const shown = iopub.find((m) => m.header.msg_type === "display_data")?.content["data"] as Record<string, string>;
    return { status: reply["status"], reply, text: shown?.["text/plain"] ?? "" };
  };
  await kernel.client.execute("/** Adds one. */ function more(n: number) { return n + 1 }");
  expect((await asked("more?")).text).toMatch(/^function more\(n: number\): number\n+Adds one\./);
  expect((await asked("?JSON.stringify")).text).toContain("JavaScript");
  const sft = await asked("sft?");
  expect(sft).toMatchObject({ status: "ok" });
  expect(sft.text).toContain("Supervised fine-tuning");
  expect(sft.text).not.toContain("declared in");
  expect(
    (await kernel.client.request("inspect_request", { code: "frobnicate", cursor_pos: 3, detail_level: 0 })).reply,
  ).toMatchObject({ found: false });
  const nothing = await asked("%help frobnicate");
  expect(nothing).toMatchObject({ status: "error", reply: { ename: "NO_SUCH_NAME" } });
  expect((await kernel.client.execute("more(1)")).reply["status"]).toBe("ok");
}, 120_000);
