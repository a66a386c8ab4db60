// Runs an external program (pip, a compiler, the probe) and waits for it. No shell, no stdin, a time limit always; user code never comes this way.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fault, hasCode } from "../../lib/core/errors.ts";

/** Of each stream the last this much is kept; a compiler's whole complaint is about 100 KiB. */
const KEPT_CHARACTERS = 1 << 20;

export interface ToolOptions {
  readonly timeoutMs: number;
  /** Called for every line of both streams, as it comes. */
  readonly onLine?: (line: string) => void;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Stops the program; the call then throws TOOL_STOPPED. */
  readonly signal?: AbortSignal;
  readonly cwd?: string;
}

export interface ToolResult {
  /** The exit code; 128 + number when a signal ended it, as shells count. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * @returns what the program wrote and its exit code, whatever that is: judging it is the caller's work
 * @throws TOOL_MISSING  no such program
 * @throws TOOL_TIMEOUT  it ran past timeoutMs; it and its children are killed
 * @throws TOOL_STOPPED  the signal said so; it and its children are killed
 */
export async function runTool(program: string, args: readonly string[], options: ToolOptions): Promise<ToolResult> {
  const ownGroup = process.platform !== "win32";
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    detached: ownGroup,
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let end: "timeout" | "stopped" | undefined;
  const stop = (why: "timeout" | "stopped") => {
    end ??= why;
    if (child.pid === undefined) return;
    // The group, not the program alone: pip and g++ do their work in children.
    try {
      if (ownGroup) process.kill(-child.pid, "SIGKILL");
      else child.kill("SIGKILL");
    } catch (error) {
      if (!hasCode(error, "ESRCH")) throw error;
    }
  };
  const timer = setTimeout(() => stop("timeout"), options.timeoutMs);
  const abort = () => stop("stopped");
  options.signal?.addEventListener("abort", abort, { once: true });
  if (options.signal?.aborted) abort();
  try {
    const [code, stdout, stderr] = await Promise.all([
      ended(child),
      kept(child.stdout, options.onLine),
      kept(child.stderr, options.onLine),
    ]);
    if (end === "timeout")
      throw fault(
        "TOOL_TIMEOUT",
        `${program} ran longer than ${options.timeoutMs / 1000} s and was stopped.`,
        "try again, or look at what it waits for.",
      );
    if (end === "stopped") throw fault("TOOL_STOPPED", `${program} was stopped.`, "run it again to go on.");
    return { code, stdout, stderr };
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "EACCES"))
      throw fault("TOOL_MISSING", `${program} cannot be started.`, `install it, or put it on PATH.`, error);
    throw error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", abort);
  }
}

function ended(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? 128 + (signal === "SIGKILL" ? 9 : 15)));
  });
}

async function kept(stream: NodeJS.ReadableStream, onLine: ((line: string) => void) | undefined): Promise<string> {
  let text = "";
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    onLine?.(line);
    text = `${text}${line}\n`.slice(-KEPT_CHARACTERS);
  }
  return text;
}
