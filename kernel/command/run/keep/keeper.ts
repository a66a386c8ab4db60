// `blankslate keep`, which `run --keep` starts beside itself: the parent of a kernel that may outlive its run. It ends the kernel when
// its lease says so (the run was killed, nobody came back in time), removes what both left, and ends. The kernel in turn ends when its
// keeper is gone, as every kernel does with its parent.
import { setTimeout as delay } from "node:timers/promises";
import { removePath } from "../../../../lib/core/files.ts";
import { startKernelProcess } from "../../../execute/kernel-process.ts";
import { kernelArgv } from "../../kernel-argv.ts";
import { connectionPath, isAlive, readLease, writeEnded, writeKeeper } from "./folder.ts";

const POLL_MS = 200;
/** How long a run may take to read a dead kernel's last words and to remove the folder itself. */
const MOURNING_MS = 10_000;

/** @param folder made by the run, with connection file and lease */
export async function keep(folder: string): Promise<number> {
  await writeKeeper(folder, process.pid);
  const kernel = await startKernelProcess(kernelArgv(connectionPath(folder)), process.cwd());
  process.on("SIGTERM", () => kernel.kill());
  let died = Infinity;
  let isLeaving = false;
  const told = kernel.ended.then(async (how) => {
    died = performance.now();
    if (!isLeaving) await writeEnded(folder, { how, log: kernel.log() });
  });
  while ((await isWanted(folder)) && performance.now() < died + MOURNING_MS) await delay(POLL_MS);
  isLeaving = true;
  kernel.kill();
  await told;
  await removePath(folder);
  return 0;
}

async function isWanted(folder: string): Promise<boolean> {
  const lease = await readLease(folder);
  if (!lease) return false;
  return "follows" in lease ? isAlive(lease.follows) : Date.now() < lease.until;
}
