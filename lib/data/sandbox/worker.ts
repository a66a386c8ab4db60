// A sandbox's process as who asks sees it: started, asked one thing at a time, killed with all its tree when it takes too long.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { hasCode } from "../../core/errors.ts";
import { DOWN_FD, MAX_FRAME_BYTES, UP_FD } from "./protocol.ts";
import type { Reply, Request } from "./protocol.ts";

export type Done = Extract<Reply, { type: "done" }>;

/** The child stops by itself when time is over; code that it cannot stop (one long call) gets this much more before it is killed. */
const GRACE_MS = 200;

const living = new Set<Worker>();
process.once("exit", () => {
  for (const worker of living) worker.kill();
});

export class Worker {
  readonly #child: ChildProcess;
  readonly #up: Socket;
  readonly #down: Socket;
  #parts: Buffer[] = [];
  #have = 0;
  #waiting: ((reply: Reply | undefined) => void) | undefined;
  #alive = true;
  #leaving = false;
  /** Resolves when its process is gone. */
  readonly #ended: Promise<void>;

  private constructor([program, ...args]: readonly string[], cwd: string) {
    // In a group of its own: a signal to that group meets every process of it.
    this.#child = spawn(program as string, args, {
      cwd,
      env: {},
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
      detached: process.platform !== "win32",
    });
    // What spawn makes of "pipe" is a socket.
    this.#up = this.#child.stdio[UP_FD] as Socket;
    this.#down = this.#child.stdio[DOWN_FD] as unknown as Socket;
    living.add(this);
    this.#ended = new Promise((resolve) => {
      this.#child.once("close", resolve);
      this.#child.once("error", () => resolve());
    });
    void this.#ended.then(() => {
      this.#alive = false;
      living.delete(this);
      this.#waiting?.(undefined);
    });
    this.#up.on("data", (chunk: Buffer) => this.#take(chunk));
    // EPIPE: it died while it was being asked, which `ended` tells.
    this.#down.on("error", () => this.kill());
  }

  /** @returns one that is ready; undefined when it ended before that */
  static async start(argv: readonly string[], cwd: string): Promise<Worker | undefined> {
    const worker = new Worker(argv, cwd);
    const first = await worker.#next();
    worker.#hold(false);
    return first?.type === "ready" ? worker : undefined;
  }

  /** Whether it can be asked again. */
  get alive(): boolean {
    return this.#alive && !this.#leaving;
  }

  /**
   * @param answer what a check asks of its submission
   * @returns within timeMs and the grace, whatever the code does
   */
  async request(request: Request, answer?: (call: string) => Promise<Done>): Promise<Done> {
    this.#hold(true);
    let killed = false;
    const timer = setTimeout(() => {
      killed = true;
      this.kill();
    }, request.timeMs + GRACE_MS);
    try {
      this.#send(JSON.stringify(request));
      for (;;) {
        const reply = await this.#next();
        if (reply?.type === "done") {
          if (reply.ending === "refused") this.#leaving = true;
          return reply;
        }
        if (reply?.type !== "ask" || !answer) {
          const error = killed ? "out of time" : "the sandbox's process ended";
          this.kill();
          return { type: "done", ending: killed ? "timeout" : "refused", value: "", error, output: "" };
        }
        this.#send(JSON.stringify(await answer(reply.call)));
      }
    } finally {
      clearTimeout(timer);
      this.#hold(false);
    }
  }

  /** Kills it and waits until it is gone; the program goes on until then. */
  async end(): Promise<void> {
    if (!this.#alive) return;
    this.#hold(true);
    this.kill();
    await this.#ended;
  }

  /** Kills it and all that it may have started. */
  kill(): void {
    // At once, not when it is gone: what it had answered by then may still be on its way, and is no reason to ask it again.
    this.#leaving = true;
    const { pid } = this.#child;
    if (pid === undefined || !this.#alive) return;
    try {
      if (process.platform === "win32") this.#child.kill("SIGKILL");
      else process.kill(-pid, "SIGKILL");
    } catch (error) {
      if (!hasCode(error, "ESRCH")) throw error;
    }
  }

  /** An idle one keeps no program from ending. */
  #hold(held: boolean): void {
    for (const part of [this.#child, this.#up, this.#down])
      if (held) part.ref();
      else part.unref();
  }

  #send(json: string): void {
    const body = Buffer.from(json);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(body.length);
    this.#down.write(Buffer.concat([head, body]));
  }

  #next(): Promise<Reply | undefined> {
    return new Promise((resolve) => {
      if (!this.#alive) return resolve(undefined);
      this.#waiting = (reply) => {
        this.#waiting = undefined;
        resolve(reply);
      };
      this.#deliver();
    });
  }

  #take(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#have += chunk.length;
    this.#deliver();
  }

  #deliver(): void {
    if (!this.#waiting || this.#have < 4) return;
    const bytes = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts, this.#have);
    this.#parts = [bytes];
    const size = bytes.readUInt32LE(0);
    // Whoever has broken out of the interpreter could write anything here: it is read as what it may be, or the process is ended.
    if (size > MAX_FRAME_BYTES) return this.kill();
    if (this.#have < 4 + size) return;
    this.#parts = [bytes.subarray(4 + size)];
    this.#have -= 4 + size;
    const reply = parseReply(bytes.toString("utf8", 4, 4 + size));
    if (reply) this.#waiting(reply);
    else this.kill();
  }
}

const ENDINGS = ["finished", "error", "timeout", "memory", "refused"] as const;

function parseReply(json: string): Reply | undefined {
  let said: Record<string, unknown> | null;
  try {
    said = JSON.parse(json) as typeof said;
  } catch {
    return undefined;
  }
  if (said?.["type"] === "ready") return { type: "ready" };
  if (said?.["type"] === "ask" && typeof said["call"] === "string") return { type: "ask", call: said["call"] };
  const { value, error, output } = said ?? {};
  const ending = ENDINGS.find((name) => name === said?.["ending"]);
  if (!ending || typeof value !== "string" || typeof error !== "string" || typeof output !== "string") return undefined;
  return { type: "done", ending, value, error, output };
}
