// Sandboxes kept ready: a run takes one that is idle, and gives it back unless it died. As many run at the same time as there are lanes.
import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../core/cache.ts";
import { fault } from "../../core/errors.ts";
import { makeDirectory, writeFileAtomic } from "../../core/files.ts";
import { sandboxArgv } from "./layers.ts";
import { UP_FD } from "./protocol.ts";
import type { Language } from "./protocol.ts";
import { Worker } from "./worker.ts";

const idle: Record<Language, Promise<Worker>[]> = { python: [], javascript: [] };

/** A check takes turns with its submission, so a lane of two processes is one core's work. */
let free = Math.max(1, Math.floor(availableParallelism() / 2));
const queue: (() => void)[] = [];

/**
 * Runs `use` with so many sandboxes of one language, when it is its turn.
 * @throws the signal's reason when it is aborted before that
 */
export async function withWorkers<T>(
  language: Language,
  count: number,
  signal: AbortSignal | undefined,
  use: (...workers: Worker[]) => Promise<T>,
): Promise<T> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => queue.push(resolve));
  try {
    signal?.throwIfAborted();
    const taken = Array.from({ length: count }, () => idle[language].pop() ?? start(language));
    try {
      return await use(...(await Promise.all(taken)));
    } finally {
      for (const promise of taken) void giveBack(language, promise);
    }
  } finally {
    const next = queue.shift();
    if (next) next();
    else free += 1;
  }
}

async function giveBack(language: Language, promise: Promise<Worker>): Promise<void> {
  try {
    const worker = await promise;
    // One that had to be killed is replaced at once, not when the next run waits for it.
    const next = worker.alive ? promise : start(language);
    idle[language].push(next);
    next.catch(() => (idle[language] = idle[language].filter((other) => other !== next)));
  } catch {
    // It never started, which was told to who waited for it.
  }
}

/** Ends every idle sandbox. */
export async function closeAll(): Promise<void> {
  const all = [...idle.python.splice(0), ...idle.javascript.splice(0)];
  for (const settled of await Promise.allSettled(all)) {
    if (settled.status === "fulfilled") await settled.value.end();
  }
}

async function start(language: Language): Promise<Worker> {
  const image = language === "python" ? [await pythonImage()] : [];
  const worker = await Worker.start(await sandboxArgv([language, ...image], image), await emptyFolder());
  if (worker) return worker;
  throw fault(
    "SANDBOX_FAILED",
    `a sandbox for ${language} ended before it was ready.`,
    "is there memory for another process? `blankslate doctor` says what this machine has.",
  );
}

/** Where sandboxes stand: nothing is in it, and nothing comes into it. */
async function emptyFolder(): Promise<string> {
  const folder = join(cacheFolder(), "sandbox", "empty");
  await makeDirectory(folder);
  return folder;
}

let making: Promise<string> | undefined;

/** Path of Python's memory after its start, made once per user and version: a sandbox starts from it in a fifth of the time. */
function pythonImage(): Promise<string> {
  return (making ??= makeImage().catch((error: unknown) => {
    making = undefined;
    throw error;
  }));
}

async function makeImage(): Promise<string> {
  const sha = createHash("sha256").update(process.version);
  for (const file of [
    fileURLToPath(import.meta.resolve("pyodide/pyodide-lock.json")),
    fileURLToPath(new URL("./child/python.ts", import.meta.url)),
  ])
    sha.update(readFileSync(file));
  const path = join(cacheFolder(), "sandbox", `python-${sha.digest("hex").slice(0, 16)}.image`);
  if (existsSync(path)) return path;
  const [program, ...args] = await sandboxArgv(["image"], []);
  const chunks: Buffer[] = [];
  const child = spawn(program as string, args, {
    env: {},
    cwd: await emptyFolder(),
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  child.stdio[UP_FD]?.on("data", (chunk: Buffer) => chunks.push(chunk));
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-1_000)));
  const code = await new Promise((resolve, reject) => {
    child.once("close", resolve);
    child.once("error", reject);
  });
  if (code !== 0)
    throw fault(
      "SANDBOX_FAILED",
      `Python's image could not be made: exit ${String(code)}. ${said.trim()}`,
      "is there memory for it (1 GB)?",
    );
  await writeFileAtomic(path, Buffer.concat(chunks), 0o600);
  return path;
}
