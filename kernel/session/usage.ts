// usage_request: what the kernel's processes use, for the resource panel of notebook front ends. Of the executor only Linux tells.
import { readFileSync } from "node:fs";
import { availableParallelism, freemem, hostname, totalmem } from "node:os";
import { hasCode } from "../../lib/core/errors.ts";
import type { Handler } from "./context.ts";
import { reply } from "./post.ts";

/** Kernel ticks per second in /proc/PID/stat: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4_096;

interface Usage {
  /** Bytes resident. */
  readonly memory: number;
  readonly cpuSeconds: number;
}

let before = { at: performance.now(), cpuSeconds: 0 };

export const usage: Handler<"usage_request"> = ({ supervisor }) => {
  const own = ownUsage();
  const executor = supervisor.pid === undefined ? undefined : usageOf(supervisor.pid);
  const cpuSeconds = own.cpuSeconds + (executor?.cpuSeconds ?? 0);
  const at = performance.now();
  const seconds = (at - before.at) / 1000;
  const kernel_cpu = seconds > 0 ? Math.max(0, ((cpuSeconds - before.cpuSeconds) / seconds) * 100) : 0;
  before = { at, cpuSeconds };
  const [total, free] = [totalmem(), freemem()];
  return reply("usage_reply", {
    status: "ok",
    hostname: hostname(),
    pid: supervisor.pid ?? process.pid,
    kernel_cpu,
    kernel_memory: own.memory + (executor?.memory ?? 0),
    cpu_count: availableParallelism(),
    host_virtual_memory: { total, available: free, used: total - free, free, percent: ((total - free) / total) * 100 },
  });
};

function ownUsage(): Usage {
  const { user, system } = process.cpuUsage();
  return { memory: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 };
}

function usageOf(pid: number): Usage | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold anything; the fields behind it are numbers.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    return {
      memory: pages * PAGE_BYTES,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    };
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ESRCH")) return undefined;
    throw error;
  }
}
