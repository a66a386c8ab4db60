// A kernel under a keeper: opened for a run that may leave it behind, found again by the run that goes on with it.
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fault, hasCode } from "../../../../lib/core/errors.ts";
import { removePath } from "../../../../lib/core/files.ts";
import { startDetached } from "../../../execute/detached-process.ts";
import type { WireMessage } from "../../../wire/frames.ts";
import { kernelArgv } from "../../kernel-argv.ts";
import { connectKernel, type KernelHost, newConnection, type RunningKernel } from "../kernel.ts";
import {
  connectionPath,
  isAlive,
  keeperOf,
  makeKeptFolder,
  readEnded,
  readLease,
  readRecord,
  takeRecord,
  writeLease,
  writeRecord,
} from "./folder.ts";

const POLL_MS = 100;
/** The keeper is a Node process that loads little. */
const KEEPER_TIMEOUT_MS = 60_000;

export interface KeepableKernel extends RunningKernel {
  /** Instead of `close`: it stays until then (ms since 1970), with what the next run needs to know. */
  leave(record: string, until: number): Promise<void>;
}

type OnIopub = (message: WireMessage) => void;

/**
 * @throws KEPT_BUSY, KERNEL_DIED, KERNEL_SILENT
 */
export async function openKeptKernel(folder: string, cwd: string, onIopub: OnIopub): Promise<KeepableKernel> {
  await endKept(folder);
  const connection = await newConnection();
  await makeKeptFolder(folder, connection, { follows: process.pid });
  // The keeper is another command of the program that is the kernel.
  await startDetached(
    kernelArgv(folder).map((part) => (part === "kernel" ? "keep" : part)) as [string, ...string[]],
    cwd,
  );
  const end = performance.now() + KEEPER_TIMEOUT_MS;
  for (let keeper = await keeperOf(folder); performance.now() < end; keeper = await keeperOf(folder)) {
    if (keeper !== undefined) return connect(folder, connection, keeper, onIopub);
    await delay(POLL_MS);
  }
  await removePath(folder);
  throw fault("KERNEL_SILENT", "the kernel's keeper did not start.", "run without --keep.");
}

/**
 * Goes on with a kernel that was left.
 * @throws RESUME_GONE its time is over, it died, or another run has taken it
 */
export async function takeKeptKernel(folder: string, onIopub: OnIopub): Promise<KeepableKernel> {
  const taken = await takeRecord(folder);
  const gone = (cause?: unknown) =>
    fault("RESUME_GONE", "the kernel that was kept is gone.", "run the notebook again, with --keep.", cause);
  const keeper = taken && (await readEnded(folder)) === undefined ? await keeperOf(folder) : undefined;
  if (keeper === undefined) throw gone();
  await writeLease(folder, { follows: process.pid });
  const connection = await readFile(connectionPath(folder), "utf8");
  try {
    return await connect(folder, connection, keeper, onIopub);
  } catch (error) {
    // It was just dying.
    if (hasCode(error, "KERNEL_DIED") || hasCode(error, "KERNEL_SILENT")) throw gone(error);
    throw error;
  }
}

/**
 * Ends what an earlier run left there, if it left something.
 * @returns whether it did
 * @throws KEPT_BUSY a run is working with it
 */
export async function endKept(folder: string): Promise<boolean> {
  const keeper = await keeperOf(folder);
  const lease = await readLease(folder);
  if (keeper !== undefined && lease && "follows" in lease && isAlive(lease.follows)) {
    const fact = `another run (process ${lease.follows}) is working on this output.`;
    throw fault("KEPT_BUSY", fact, "wait for it, or give this one another -o.");
  }
  const wasKept = keeper !== undefined && (await readRecord(folder)) !== undefined;
  await removePath(folder); // the keeper sees it and ends the kernel
  if (keeper !== undefined) await endOf(keeper);
  return wasKept;
}

async function endOf(pid: number): Promise<void> {
  while (isAlive(pid)) await delay(POLL_MS);
}

async function connect(folder: string, connection: string, keeper: number, onIopub: OnIopub): Promise<KeepableKernel> {
  const host = hostOf(folder, connection, keeper);
  const kernel = await connectKernel(host, onIopub);
  return {
    ...kernel,
    async leave(record, until) {
      host.forget();
      await writeRecord(folder, record);
      await writeLease(folder, { until });
      await kernel.client.close();
    },
  };
}

/** `forget` ends the watch over it. */
function hostOf(folder: string, connection: string, keeper: number): KernelHost & { forget(): void } {
  const watch = new AbortController();
  let log = "";
  const watched = async (): Promise<string> => {
    for (;;) {
      const last = await readEnded(folder);
      log = last?.log ?? "";
      if (last) return last.how;
      if (!isAlive(keeper)) return "its keeper is gone";
      await delay(POLL_MS, undefined, { signal: watch.signal });
    }
  };
  const never = new Promise<never>(() => {});
  return {
    connection,
    ended: watched().catch((error: unknown) => {
      if (watch.signal.aborted) return never;
      throw error;
    }),
    log: () => log,
    kill() {
      try {
        process.kill(keeper, "SIGTERM");
      } catch (error) {
        if (!hasCode(error, "ESRCH")) throw error;
      }
    },
    async remove() {
      watch.abort();
      await removePath(folder);
    },
    forget: () => watch.abort(),
  };
}
