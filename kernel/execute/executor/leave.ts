// The end of the process at the user's own wish, in any of its forms: announced where it is orderly, and what was printed before
// always leaves.
import process from "node:process";
import { fault } from "../../../lib/core/errors.ts";
import type { Up } from "./up.ts";

let leaving = false;

/** Whether the process is on its way out: what ends with it was not stopped by anyone. */
export const isLeaving = (): boolean => leaving;

/** @param part lets go of whatever would hold the process back */
export function installLeave(up: Up, part: () => void): void {
  // Runs for process.exit() and its kin; what later "exit" listeners print still leaves.
  process.on("exit", (code) => {
    leaving = true;
    up.unbuffered();
    up.send({ type: "exiting", code });
    part();
  });
  const abort = process.abort.bind(process);
  const kill = process.kill.bind(process);
  process.abort = () => {
    up.flush();
    return abort();
  };
  process.kill = (pid, signal) => {
    // Its parent is the kernel: a cell that ends it would take every client's connection along.
    if (pid === process.ppid && signal !== 0) {
      throw fault(
        "KERNEL_KEPT",
        `process ${pid} is the kernel itself.`,
        "process.exit() ends the cells' process alone.",
      );
    }
    if (Math.abs(pid) === process.pid || pid === 0) up.flush();
    return kill(pid, signal);
  };
}
