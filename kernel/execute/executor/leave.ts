// The end of the process at the user's own wish, in any of its forms: announced where it is orderly, and what was printed before
// always leaves.
import process from "node:process";
import type { Up } from "./up.ts";

export function installLeave(up: Up): void {
  // Runs for process.exit() and its kin; what later "exit" listeners print still leaves.
  process.on("exit", (code) => {
    up.unbuffered();
    up.send({ type: "exiting", code });
  });
  const abort = process.abort.bind(process);
  const kill = process.kill.bind(process);
  process.abort = () => {
    up.flush();
    return abort();
  };
  process.kill = (pid, signal) => {
    if (Math.abs(pid) === process.pid || pid === 0) up.flush();
    return kill(pid, signal);
  };
}
