// The executor process seen from the wire process: starts it, talks to it, interrupts it, notices its end and tells what happened.
// Words: an *end* is how one executor process finished; *raw* output is what native code and child processes write to descriptors 1
// and 2. Does not know requests or sockets, and does not decide what runs.
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { GRACE_MS } from "../../lib/core/host.ts";
import { executorArgv, executorEnvironment } from "./executor-start.ts";
import { HeapDump } from "./heap-dump.ts";
import { limitMemory } from "./memory-limit.ts";
import { FrameReader, encodeFrame } from "./pipe.ts";
import { DOWN_FD, type DownMessage, UP_FD, type UpMessage } from "./protocol.ts";

/** From an interrupt to replacing a process that did not stop: only a native call that does not return needs it. */
export const KILL_AFTER_MS = 5_000;
/** From an interrupt to interrupting the child processes too: a cell in execSync cannot stop before they do. */
const CHILDREN_AFTER_MS = 1_000;
/** How long a process that was asked to leave may take. */
const LEAVE_MS = 500;
/** How long the pipe may stay open after the process is gone. */
const LAST_FRAMES_MS = 500;

export interface ExecutorEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The cell's own code asked for the end (process.exit). */
  readonly asked: boolean;
  /** Why we ended it, if we did. */
  readonly killed: "interrupt" | "pipe" | "restart" | null;
  /** It had come up; false means that it cannot start. */
  readonly wasReady: boolean;
  /** Why it was ended for its pipe, or could not be started. */
  readonly reason: string;
  /** What V8 said of a full heap; empty, when it was not full. */
  readonly heapDump: string;
}

export interface SupervisorEvents {
  message(message: UpMessage): void;
  raw(name: "stdout" | "stderr", text: string): void;
  /** After everything it wrote was delivered. A new one is started by whoever needs it. */
  ended(end: ExecutorEnd): void;
}

/** What runs cells, as those see it who send them there. */
export type Executor = Pick<Supervisor, "pid" | "up" | "start" | "send" | "interrupt" | "settled" | "rawDelivered">;

export class Supervisor {
  readonly #events: SupervisorEvents;
  readonly #cwd: string;
  #child: ChildProcess | null = null;
  #ready = false;
  #asked = false;
  #killed: ExecutorEnd["killed"] = null;
  #reason = "";
  #heapDump = new HeapDump(0);
  #paused = false;
  #rawChunks = 0;
  #ladder: NodeJS.Timeout[] = [];
  #gone: Promise<void> = Promise.resolve();
  #up = Promise.withResolvers<void>();

  constructor(cwd: string, events: SupervisorEvents) {
    this.#cwd = cwd;
    this.#events = events;
  }

  /** Process id, while there is a process. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the process that runs now is gone; at once when there is none. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  /** Resolves when the process that was started last can take cells, or has ended without. */
  get up(): Promise<void> {
    return this.#up.promise;
  }

  /** Starts a process unless one runs. Messages sent before it is up wait in its pipe. */
  start(): void {
    if (this.#child) return;
    this.#ready = this.#asked = false;
    this.#up = Promise.withResolvers();
    this.#killed = null;
    this.#reason = "";
    // Its own process group: a SIGINT to the kernel's group is an interrupt, which is ours to deliver, and its children end with it.
    const child = spawn(process.execPath, executorArgv(), {
      cwd: this.#cwd,
      env: executorEnvironment(),
      detached: process.platform !== "win32",
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    this.#child = child;
    this.#heapDump = new HeapDump(child.pid ?? 0);
    this.#gone = this.#watch(child);
  }

  /** Never throws for a process that is gone: its end is reported by `ended`. */
  send(message: DownMessage): void {
    const down = this.#child?.stdio[DOWN_FD] as Writable | undefined;
    if (down?.writable) down.write(encodeFrame(message));
  }

  /**
   * First rung: the executor aborts cooperating work or stops the code. Later, if no `done` came: interrupt its children, then kill it.
   * @param force skip the first rung's patience
   */
  interrupt(force: boolean): void {
    this.send({ type: "interrupt", force });
    if (this.#ladder.length > 0) return;
    this.#ladder = [
      setTimeout(() => this.#signalGroup("SIGINT"), CHILDREN_AFTER_MS),
      setTimeout(() => this.kill("interrupt"), KILL_AFTER_MS),
    ];
  }

  /** What was interrupted has ended by itself. */
  settled(): void {
    this.#clearLadder();
  }

  /** Stops reading, so that a cell that prints faster than it may waits in its write. */
  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    for (const stream of this.#outputs()) stream.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (const stream of this.#outputs()) stream.resume();
  }

  /** Resolves when the raw output written so far was delivered: it comes through other pipes than the messages. */
  async rawDelivered(): Promise<void> {
    await this.#rawRead();
    const text = this.#heapDump.release();
    if (text !== "") this.#events.raw("stderr", text);
  }

  async #rawRead(): Promise<void> {
    for (let turn = 0, seen = -1; seen !== this.#rawChunks && turn < 100; turn++) {
      seen = this.#rawChunks;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** Ends the process with its children. */
  kill(why: NonNullable<ExecutorEnd["killed"]>): void {
    if (!this.#child) return;
    this.#killed ??= why;
    if (!this.#signalGroup("SIGKILL")) this.#child.kill("SIGKILL");
  }

  /** Asks the process to leave, then makes it. Resolves when it is gone. */
  async stop(): Promise<void> {
    if (!this.#child) return;
    this.#killed ??= "restart";
    this.resume();
    this.send({ type: "exit" });
    const timer = setTimeout(() => this.kill("restart"), LEAVE_MS);
    await this.#gone;
    clearTimeout(timer);
  }

  #watch(child: ChildProcess): Promise<void> {
    const up = child.stdio[UP_FD] as Readable;
    const down = child.stdio[DOWN_FD] as Writable;
    const reader = new FrameReader<UpMessage>();
    up.on("data", (chunk: Buffer) => {
      let messages: UpMessage[] = [];
      try {
        messages = reader.push(chunk);
      } catch (error) {
        // Only a cell that wrote to descriptor 3 itself, or memory corruption, gets here.
        this.#reason = String(error);
        up.destroy();
        this.kill("pipe");
      }
      for (const message of messages) this.#receive(message);
    });
    this.#forward("stdout", child.stdout as Readable);
    this.#forward("stderr", child.stderr as Readable);
    // EPIPE when it is gone; the end itself is reported below.
    down.on("error", () => down.destroy());
    up.on("error", () => up.destroy());

    const exited = new Promise<Pick<ExecutorEnd, "code" | "signal">>((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
      child.once("error", (error) => {
        this.#reason = String(error);
        resolve({ code: null, signal: null });
      });
    });
    const closed = new Promise<void>((resolve) => up.once("close", resolve));
    return this.#finish(child, exited, closed);
  }

  async #finish(
    child: ChildProcess,
    exited: Promise<Pick<ExecutorEnd, "code" | "signal">>,
    closed: Promise<void>,
  ): Promise<void> {
    const up = this.#up;
    const { code, signal } = await exited;
    this.#clearLadder();
    // Its children go with it: they hold its terminal-less pipes and would be nobody's.
    this.#signalGroup("SIGKILL");
    this.resume();
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, LAST_FRAMES_MS).unref())]);
    await this.#rawRead();
    for (const stream of child.stdio) stream?.destroy();
    this.#child = null;
    this.#events.ended({ code, signal, ...this.#state(), heapDump: this.#heapDump.release() });
    up.resolve();
  }

  #state() {
    return { wasReady: this.#ready, asked: this.#asked, killed: this.#killed, reason: this.#reason };
  }

  #receive(message: UpMessage): void {
    if (message.type === "ready") {
      this.#ready = true;
      this.#up.resolve();
      // Starts a program, for which nothing of the start should wait.
      if (this.#child?.pid !== undefined) limitMemory(this.#child.pid);
    } else if (message.type === "exiting") this.#asked = true;
    else if (message.type === "grace") this.#extendLadder();
    this.#events.message(message);
  }

  #forward(name: "stdout" | "stderr", stream: Readable): void {
    const decoder = new StringDecoder("utf8");
    stream.on("data", (chunk: Buffer) => {
      this.#rawChunks++;
      const written = decoder.write(chunk);
      const text = name === "stderr" ? this.#heapDump.take(written) : written;
      if (text !== "") this.#events.raw(name, text);
    });
    stream.on("error", () => stream.destroy());
  }

  #outputs(): Readable[] {
    const child = this.#child;
    return child ? [child.stdout as Readable, child.stderr as Readable, child.stdio[UP_FD] as Readable] : [];
  }

  #extendLadder(): void {
    if (this.#ladder.length === 0) return;
    this.#clearLadder();
    this.#ladder = [setTimeout(() => this.kill("interrupt"), GRACE_MS + KILL_AFTER_MS)];
  }

  #clearLadder(): void {
    for (const timer of this.#ladder) clearTimeout(timer);
    this.#ladder = [];
  }

  /**
   * @returns false when there is no group to signal. Windows has none; there Node puts every child into a job that ends with its parent,
   *   and a child in `execSync` is not interrupted but ended with the process after KILL_AFTER_MS.
   */
  #signalGroup(signal: NodeJS.Signals): boolean {
    const pid = this.#child?.pid;
    if (pid === undefined || process.platform === "win32") return false;
    try {
      return process.kill(-pid, signal);
    } catch {
      // ESRCH: the whole group is gone already.
      return false;
    }
  }
}
