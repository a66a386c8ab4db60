// What a cell says when its process is gone.
import { expect, test } from "vitest";
import type { ExecutorEnd } from "../../../kernel/execute/supervisor.ts";
import { describeEnd } from "../../../kernel/session/truth.ts";

const end: ExecutorEnd = {
  code: null,
  signal: null,
  asked: false,
  killed: null,
  wasReady: true,
  reason: "",
  heapDump: "",
};

test.each<[string, Partial<ExecutorEnd>, string]>([
  ["process.exit(3)", { code: 3, asked: true }, "the code ended its own process with exit code 3"],
  ["a crash", { signal: "SIGSEGV" }, "ended by signal SIGSEGV"],
  ["an exit nobody announced", { code: 7 }, "ended with exit code 7"],
  ["SIGKILL", { signal: "SIGKILL" }, "perhaps because memory ran out"],
  [
    "a full heap",
    {
      signal: "SIGABRT",
      heapDump: "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    },
    "ran out of JavaScript heap (its limit: ",
  ],
  [
    "an interrupt that did not help",
    { signal: "SIGKILL", killed: "interrupt" },
    "did not stop within 5 s of the interrupt",
  ],
  [
    "a pipe that carried rubbish",
    { signal: "SIGKILL", killed: "pipe", reason: "PIPE_FRAME: carried JSON that does not parse\n hint" },
    "PIPE_FRAME: carried JSON",
  ],
])("%s is told as it was, and that every variable is gone", (_, what, fact) => {
  const error = describeEnd({ ...end, ...what });
  expect(error.ename).toBe("EXECUTOR_LOST");
  expect(error.evalue).toContain(fact);
  expect(error.traceback.join("\n")).toContain("every variable is gone");
});

test("a full heap is told with what gives more room", () => {
  const { traceback } = describeEnd({ ...end, signal: "SIGABRT", heapDump: "FATAL ERROR: Reached heap limit" });
  expect(traceback.join("\n")).toContain("NODE_OPTIONS=--max-old-space-size=MIB");
});

test("a process that could not be started says why", () => {
  const error = describeEnd({ ...end, wasReady: false, reason: "Error: spawn EAGAIN" });
  expect(error.evalue).toContain("did not start: Error: spawn EAGAIN");
});

test("a process that did not start lost no variables", () => {
  const error = describeEnd({ ...end, code: 1, wasReady: false });
  expect(error.evalue).toContain("did not start: it ended with exit code 1");
  expect(error.traceback.join("\n")).not.toContain("variable");
});
