// External programs: what they wrote, their code, and that a limit ends them and their children.
import { expect, test } from "vitest";
import { runTool } from "../../../kernel/execute/tool.ts";

const node = (script: string) => ["-e", script];

test("gives both streams, every line as it comes, and the exit code", async () => {
  const lines: string[] = [];
  const script = "console.log('one'); console.error('two'); process.exitCode = 3";
  const result = await runTool(process.execPath, node(script), {
    timeoutMs: 30_000,
    onLine: (line) => lines.push(line),
  });
  expect(result).toEqual({ code: 3, stdout: "one\n", stderr: "two\n" });
  expect(lines.toSorted()).toEqual(["one", "two"]);
});

test("a program that is not there is TOOL_MISSING", async () => {
  await expect(runTool("blankslate-no-such-program", [], { timeoutMs: 1_000 })).rejects.toMatchObject({
    code: "TOOL_MISSING",
  });
});

test.skipIf(process.platform === "win32")("a program past its limit is stopped with its children", async () => {
  const script =
    "const c = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']); console.log(c.pid); setInterval(() => {}, 1000)";
  let child = 0;
  const end = runTool(process.execPath, node(script), { timeoutMs: 5_000, onLine: (line) => (child = Number(line)) });
  await expect(end).rejects.toMatchObject({ code: "TOOL_TIMEOUT" });
  expect(child).toBeGreaterThan(0);
  // A killed child may be a zombie for a moment until init has waited for it.
  await expect.poll(() => isRunning(child), { timeout: 5_000 }).toBe(false);
});

test("a signal stops a program", async () => {
  const stop = new AbortController();
  const end = runTool(process.execPath, node("console.log('up'); setInterval(() => {}, 1000)"), {
    timeoutMs: 30_000,
    signal: stop.signal,
    onLine: () => stop.abort(),
  });
  await expect(end).rejects.toMatchObject({ code: "TOOL_STOPPED" });
  expect((await runTool(process.execPath, node(""), { timeoutMs: 30_000 })).code).toBe(0);
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
