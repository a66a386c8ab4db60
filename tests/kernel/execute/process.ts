// An executor process on its own two pipes, as the supervisor starts it: for tests of the executor alone.
import { spawn, type ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { executorArgv, executorEnvironment } from "../../../kernel/execute/executor-start.ts";
import { encodeFrame, FrameReader } from "../../../kernel/execute/pipe.ts";
import type { DownMessage, ExpressionResult, UpMessage } from "../../../kernel/execute/protocol.ts";

type Of<T extends UpMessage["type"]> = Extract<UpMessage, { readonly type: T }>;

export interface CellOutcome {
  readonly messages: readonly UpMessage[];
  readonly stdout: string;
  readonly stderr: string;
  readonly result: Of<"result"> | undefined;
  readonly displays: readonly Of<"display">[];
  readonly error: Of<"done">["error"];
  readonly interrupted: boolean;
  readonly expressions: Readonly<Record<string, ExpressionResult>>;
  /** The result's text/plain. */
  readonly text: unknown;
  readonly ms: number;
}

export interface CellOptions {
  readonly count?: number;
  readonly silent?: boolean;
  readonly allowStdin?: boolean;
  readonly userExpressions?: Readonly<Record<string, string>>;
}

export class ExecutorProcess {
  readonly child: ChildProcess;
  readonly messages: UpMessage[] = [];
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  raw = { stdout: "", stderr: "" };
  #waiting: { met: (message: UpMessage) => boolean; resolve: (message: UpMessage) => void }[] = [];
  #cells = 0;

  constructor(cwd: string, flags: readonly string[] = []) {
    this.child = spawn(process.execPath, executorArgv(flags), {
      cwd,
      env: executorEnvironment(),
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
    });
    for (const name of ["stdout", "stderr"] as const) {
      this.child[name]?.on("data", (bytes: Buffer) => (this.raw[name] += bytes.toString()));
    }
    const reader = new FrameReader<UpMessage>();
    (this.child.stdio[3] as Readable).on("data", (bytes: Buffer) => {
      for (const message of reader.push(bytes)) this.#receive(message);
    });
    (this.child.stdio[4] as Writable).on("error", () => undefined);
    this.ended = new Promise((resolve) => this.child.once("close", (code, signal) => resolve({ code, signal })));
  }

  static async start(cwd = process.cwd(), flags: readonly string[] = []): Promise<ExecutorProcess> {
    const executor = new ExecutorProcess(cwd, flags);
    const ready = await Promise.race([executor.next((message) => message.type === "ready"), executor.ended]);
    if (!("type" in ready)) throw new Error(`the executor did not start: ${executor.raw.stderr}`);
    return executor;
  }

  #receive(message: UpMessage): void {
    this.messages.push(message);
    for (const waiting of this.#waiting.filter(({ met }) => met(message))) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.resolve(message);
    }
  }

  send(message: DownMessage): void {
    (this.child.stdio[4] as Writable).write(encodeFrame(message));
  }

  /** The first message, already here or to come, that meets the condition. */
  async next<T extends UpMessage>(met: (message: UpMessage) => boolean): Promise<T> {
    const found = this.messages.find(met);
    if (found) return found as T;
    return (await new Promise<UpMessage>((resolve) => this.#waiting.push({ met, resolve }))) as T;
  }

  /** Starts a cell. @returns its id and what it came to */
  begin(code: string, options: CellOptions = {}): { readonly cell: string; readonly outcome: Promise<CellOutcome> } {
    const cell = `c${++this.#cells}`;
    const { count = this.#cells, silent = false, allowStdin = false, userExpressions = {} } = options;
    const start = performance.now();
    this.send({ type: "execute", cell, code, count, silent, allowStdin, userExpressions });
    const outcome = this.next<Of<"done">>((m) => m.type === "done" && m.cell === cell).then((done) => ({
      ...this.of(cell),
      error: done.error,
      interrupted: done.interrupted,
      expressions: done.expressions,
      ms: performance.now() - start,
    }));
    return { cell, outcome };
  }

  run(code: string, options: CellOptions = {}): Promise<CellOutcome> {
    return this.begin(code, options).outcome;
  }

  /** What a cell has put out so far. */
  of(cell: string): Pick<CellOutcome, "messages" | "stdout" | "stderr" | "result" | "displays" | "text"> {
    const messages = this.messages.filter((m) => "cell" in m && m.cell === cell);
    const printed = (name: "stdout" | "stderr") =>
      messages.map((m) => (m.type === "stream" && m.name === name ? m.text : "")).join("");
    const result = messages.find((m) => m.type === "result");
    return {
      messages,
      stdout: printed("stdout"),
      stderr: printed("stderr"),
      result,
      displays: messages.filter((m) => m.type === "display"),
      text: result?.data["text/plain"],
    };
  }

  interrupt(force = false): void {
    this.send({ type: "interrupt", force });
  }

  async stop(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
    this.send({ type: "exit" });
    return this.ended;
  }
}
