import { expect, test } from "vitest";
import { ExecutorProcess } from "./process.ts";

async function ending(code: string, flags: readonly string[] = []) {
  const executor = await ExecutorProcess.start(process.cwd(), flags);
  const { cell } = executor.begin(code);
  const end = await executor.ended;
  const exiting = executor.messages.find((m) => m.type === "exiting");
  return { ...end, exiting, stdout: executor.of(cell).stdout, raw: executor.raw };
}

test("process.exit(3) is announced, its output leaves, and the process really exits, silently", async () => {
  const { code, exiting, stdout, raw } = await ending(
    "process.on('exit', () => console.log('and this')); console.log('last words'); process.exit(3)",
  );
  expect([code, exiting, stdout, raw]).toEqual([
    3,
    { type: "exiting", code: 3 },
    "last words\nand this\n",
    { stdout: "", stderr: "" },
  ]);
});

test("process.abort() ends it by signal, with all output", async () => {
  const { signal, stdout } = await ending("console.log('a'); console.log('b'); process.abort()");
  expect([signal, stdout]).toEqual(["SIGABRT", "a\nb\n"]);
});

test("an exhausted heap ends it by signal and says so on stderr", async () => {
  const { signal, raw } = await ending("const all = []; for (;;) all.push(new Array(1e5).fill(1.5))", [
    "--max-old-space-size=60",
  ]);
  expect(signal).toBe("SIGABRT");
  expect(raw.stderr).toContain("heap out of memory");
});

test("an executor that is asked to leave does so within 2 s, also while a cell spins", async () => {
  const executor = await ExecutorProcess.start();
  executor.begin("console.log('spins'); for (;;);");
  await executor.next((m) => m.type === "stream" && m.text.includes("spins"));
  const start = performance.now();
  await executor.stop();
  expect(performance.now() - start).toBeLessThan(2_000);
});

test("an executor whose parent is gone goes too", async () => {
  const executor = await ExecutorProcess.start();
  executor.begin("for (;;);");
  executor.child.stdio[4]?.destroy();
  const { signal } = await executor.ended;
  expect(signal).toBe("SIGKILL");
});
