// What a cell says when the process that ran it is gone. The text must be true: what ended it as far as anybody can know, and that
// every variable is gone.
import type { CellError } from "../execute/protocol.ts";
import { KILL_AFTER_MS, type ExecutorEnd } from "../execute/supervisor.ts";

const EXECUTOR_LOST = "EXECUTOR_LOST";
const ROOM =
  "keep numbers in tensors or typed arrays, which lie outside this heap, or start Jupyter with NODE_OPTIONS=--max-old-space-size=MIB; ";

/** @returns the error to show in the cell that ran, or to put under the last one when none ran */
export function describeEnd(end: ExecutorEnd): CellError {
  const fact = factOf(end);
  const hint = end.wasReady
    ? `${end.heapDump === "" ? "" : ROOM}every variable is gone; a new process is ready for the next cell. Run the cells it needs again.`
    : "the process that runs cells could not start; the next cell tries again. The kernel's log has more.";
  return {
    ename: EXECUTOR_LOST,
    evalue: fact,
    traceback: [`\x1b[31m${EXECUTOR_LOST}\x1b[0m: ${fact}`, `  hint: ${hint}`],
  };
}

function factOf({ code, signal, asked, killed, wasReady, reason, heapDump }: ExecutorEnd): string {
  if (killed === "interrupt") {
    return `the code did not stop within ${KILL_AFTER_MS / 1000} s of the interrupt, so its process was ended.`;
  }
  if (killed === "pipe") return `the process that runs cells was ended: ${firstLine(reason)}`;
  if (heapDump !== "") {
    return `the process that runs cells ran out of JavaScript heap (its limit: ${heapLimit()} MiB) and ended${by(code, signal)}.`;
  }
  if (asked && code !== null) return `the code ended its own process with exit code ${code} (process.exit).`;
  if (!wasReady)
    return `the process that runs cells did not start: ${firstLine(reason) || `it ended${by(code, signal)}.`}`;
  return `the process that runs cells ended${by(code, signal)}${signal === "SIGKILL" ? " (killed, perhaps because memory ran out)" : ""}.`;
}

function by(code: number | null, signal: string | null): string {
  if (signal !== null) return ` by signal ${signal}`;
  return code === null ? "" : ` with exit code ${code}`;
}

function firstLine(text: string): string {
  return text.split("\n").find((line) => line.trim() !== "") ?? "";
}

/** MiB; the executor runs with the same flags as this process. */
function heapLimit(): number {
  const flag = process.env["NODE_OPTIONS"]?.match(/--max[-_]old[-_]space[-_]size=(\d+)/);
  return flag
    ? Number(flag[1])
    : Math.round(process.getBuiltinModule("node:v8").getHeapStatistics().heap_size_limit / 2 ** 20);
}
