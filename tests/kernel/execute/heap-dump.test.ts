// What V8 writes of a full heap, told from what else comes to stderr.
import { expect, test } from "vitest";
import { HeapDump } from "../../../kernel/execute/heap-dump.ts";

const PID = 15271;
const GC = `[${PID}:0x38888000]     1936 ms: Mark-Compact 129.6 (195.5) -> 128.1 (259.2) MB, pooled: 0 MB`;
const REST = "\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n";

test.each([
  ["one collection", `\n<--- Last few GCs --->\n\n${GC}\n`],
  ["many, of which the first is cut", `\n<--- Last few GCs --->\nce start of marking 331 ms), current${GC}${GC}\n`],
  ["on Windows", `\r\n<--- Last few GCs --->\r\n\r\n${GC}\r\n`],
])("%s: it and all that follows is held back, and what came before is not", (_, begin) => {
  const dump = new HeapDump(PID);
  expect(dump.take("before")).toBe("before");
  expect(dump.take(`the same${begin}`)).toBe("the same");
  expect(dump.take(REST)).toBe("");
  expect(dump.release()).toBe(begin + REST);
  expect(dump.take("after")).toBe("after");
});

test.each([
  ["another process's", `\n<--- Last few GCs --->\n\n${GC.replace(`${PID}`, "99")}\n${REST}`],
  ["a log that names it", "the log has <--- Last few GCs ---> in it"],
  ["the last line alone", REST],
])("%s is shown", (_, text) => {
  const dump = new HeapDump(PID);
  expect(dump.take(text)).toBe(text);
  expect(dump.release()).toBe("");
});
