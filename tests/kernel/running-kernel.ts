// A real kernel in its own process for the tests: started as Jupyter starts it, spoken to over ZeroMQ. `raw` is a door for frames that no
// decent client would send.
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dealer, Request as Req, Subscriber } from "zeromq";
import { kernelArgv } from "../../kernel/command/kernel-argv.ts";
import { KERNEL_ENVIRONMENT } from "../../kernel/execute/kernel-process.ts";
import { addressOf, type Connection, parseConnection } from "../../kernel/wire/connection.ts";
import { Encoder, parseMessage, type WireMessage } from "../../kernel/wire/frames.ts";
import { MESSAGES, type MessageType } from "../../kernel/wire/messages.ts";
import type { JsonObject } from "../../kernel/wire/schema.ts";
import { Authenticator } from "../../kernel/wire/signature.ts";

/** Counts and durations of the whole claim with BLANKSLATE_LONG=1; as many as prove the mechanism without. */
export const many = (few: number, all: number): number => (process.env["BLANKSLATE_LONG"] === "1" ? all : few);

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function isThere(pid: number): boolean {
  try {
    // One that ended and of which nobody has taken note yet is still there for kill.
    if (process.platform === "linux") return !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
/** @returns whether the process ends in this time */
export async function goneWithin(pid: number, ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(20)) if (!isThere(pid)) return true;
  return false;
}

export type Channel = "shell" | "control" | "stdin";
export interface Answer {
  readonly reply: JsonObject;
  /** What iopub said about this request, busy and idle included. */
  readonly iopub: readonly WireMessage[];
}

/** One client of a kernel: a session of its own, and its own sockets. */
export class TestClient {
  readonly connection: Connection;
  readonly encoder: Encoder;
  readonly #replies = new Map<string, WireMessage[]>();
  readonly iopub: WireMessage[] = [];
  readonly #byParent = new Map<unknown, WireMessage[]>();
  readonly asked: WireMessage[] = [];
  /** Message types received so far, on any channel. */
  readonly types = new Set<string>();
  readonly #sockets: { readonly [C in Channel]: Dealer };
  readonly #subscriber: Subscriber;
  #listeners: (() => void)[] = [];

  constructor(connection: Connection, session: string = randomUUID()) {
    this.connection = connection;
    this.encoder = new Encoder(session, this.#authenticator());
    this.#subscriber = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
    this.#subscriber.connect(addressOf(connection, connection.iopub_port));
    this.#subscriber.subscribe();
    const dealer = (port: number) => {
      const socket = new Dealer({ linger: 0, routingId: session, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
      socket.connect(addressOf(connection, port));
      return socket;
    };
    this.#sockets = {
      shell: dealer(connection.shell_port),
      control: dealer(connection.control_port),
      stdin: dealer(connection.stdin_port),
    };
    void this.#listen(this.#subscriber, (message) => {
      this.iopub.push(message);
      const id = message.parentHeader["msg_id"];
      const others = this.#byParent.get(id);
      if (others) others.push(message);
      else this.#byParent.set(id, [message]);
    });
    for (const channel of ["shell", "control"] as const) {
      void this.#listen(this.#sockets[channel], (message) => {
        const id = String(message.parentHeader["msg_id"]);
        this.#replies.set(id, [...(this.#replies.get(id) ?? []), message]);
      });
    }
    void this.#listen(this.#sockets.stdin, (message) => this.asked.push(message));
  }

  #authenticator() {
    return new Authenticator(this.connection.key, this.connection.signature_scheme);
  }

  async #listen(socket: Dealer | Subscriber, take: (message: WireMessage) => void): Promise<void> {
    const authenticator = this.#authenticator();
    for await (const frames of socket) {
      const message = parseMessage(frames, authenticator);
      const type = message.header.msg_type as MessageType;
      // The kernel's side of the table: whatever it sends must be what the table says.
      MESSAGES[type].content(message.content, type);
      this.types.add(type);
      take(message);
      for (const listener of this.#listeners) listener();
    }
  }

  /** Resolves when `met` holds; looks again after every message. */
  async until(met: () => boolean, timeoutMs = 20_000, what = met.toString()): Promise<void> {
    if (met()) return;
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        this.#listeners = this.#listeners.filter((l) => l !== look);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`not within ${timeoutMs} ms: ${what}`));
      }, timeoutMs);
      const look = () => {
        if (!met()) return;
        stop();
        resolve();
      };
      this.#listeners.push(look);
    });
  }

  frames(
    type: string,
    content: JsonObject,
    buffers: Uint8Array[] = [],
    header: JsonObject = {},
    metadata: JsonObject = {},
  ): { frames: Buffer[]; id: string } {
    let frames = this.encoder.encode([], type, {}, content, metadata, buffers).map((f) => Buffer.from(f));
    const made = JSON.parse(String(frames[2])) as { msg_id: string };
    if (Object.keys(header).length > 0) {
      const parts = [Buffer.from(JSON.stringify({ ...made, ...header })), ...frames.slice(3, 6)];
      frames = [frames[0]!, Buffer.from(this.#authenticator().sign(parts)), ...parts, ...frames.slice(6)];
    }
    return { frames, id: made.msg_id };
  }

  async raw(channel: Channel, frames: readonly Uint8Array[]): Promise<void> {
    await this.#sockets[channel].send(frames as Uint8Array[]);
  }

  /** Sends and does not wait. @returns msg_id */
  async send(type: string, content: JsonObject, channel: Channel = "shell", header: JsonObject = {}): Promise<string> {
    const { frames, id } = this.frames(type, content, [], header);
    await this.raw(channel, frames);
    return id;
  }

  /** Sends a cell as notebook front ends behind a Jupyter server do. @returns msg_id */
  async sendFromNotebook(code: string): Promise<string> {
    const { frames, id } = this.frames("execute_request", { code }, [], {}, { cellId: "cell-1" });
    await this.raw("shell", frames);
    return id;
  }

  of(id: string): WireMessage[] {
    return this.#byParent.get(id) ?? [];
  }

  /** All that came on shell and control. */
  replies(): WireMessage[] {
    return [...this.#replies.values()].flat();
  }

  repliesTo(id: string): WireMessage[] {
    return this.#replies.get(id) ?? [];
  }

  /** Waits for the reply and for idle. */
  async answerTo(id: string, timeoutMs?: number): Promise<Answer> {
    const idle = () => this.of(id).some((m) => m.content["execution_state"] === "idle");
    await this.until(() => this.repliesTo(id).length > 0 && idle(), timeoutMs, `reply and idle`);
    return { reply: this.repliesTo(id)[0]!.content, iopub: this.of(id) };
  }

  async request(
    type: string,
    content: JsonObject = {},
    channel: Channel = "shell",
    timeoutMs?: number,
  ): Promise<Answer> {
    return this.answerTo(await this.send(type, content, channel), timeoutMs);
  }

  execute(code: string, options: JsonObject = {}, timeoutMs?: number): Promise<Answer> {
    return this.request("execute_request", { code, ...options }, "shell", timeoutMs);
  }

  /** The kernel answers a good cell with the right value. */
  async works(timeoutMs?: number): Promise<boolean> {
    const { reply, iopub } = await this.execute("6 * 7", {}, timeoutMs);
    return reply["status"] === "ok" && resultOf(iopub) === "42";
  }

  close(): void {
    for (const socket of [...Object.values(this.#sockets), this.#subscriber]) socket.close();
  }
}

/** Lets the checker read what it would read some time, whenever nobody asks for half a second: 150 MB of declarations, once. */
export async function readAhead(client: TestClient): Promise<void> {
  for (const name of ["@tensorflow/tfjs-core", "danfojs-node", "blankslate"]) {
    const code = `import * as all from "${name}";\nall.`;
    await client.request("complete_request", { code, cursor_pos: code.length }, "shell", 60_000);
  }
}

export function textOf(iopub: readonly WireMessage[], name = "stdout"): string {
  return iopub
    .filter((m) => m.header.msg_type === "stream" && m.content["name"] === name)
    .map((m) => m.content["text"])
    .join("");
}

export function resultOf(iopub: readonly WireMessage[]): unknown {
  const result = iopub.find((m) => m.header.msg_type === "execute_result");
  return (result?.content["data"] as JsonObject | undefined)?.["text/plain"];
}

export interface RunningKernel {
  readonly client: TestClient;
  readonly connection: Connection;
  readonly process: ChildProcess;
  readonly folder: string;
  /** What the kernel wrote to its own stdout and stderr. */
  log(): string;
  connect(session?: string): Promise<TestClient>;
  /** Round trip of one heartbeat, ms. */
  heartbeat(): Promise<number>;
  /** Asks it to leave. @returns its exit code or signal, and how long the reply and the end took, ms */
  shutdown(): Promise<{ code: number | null; signal: string | null; replyMs: number; endMs: number }>;
  /** For afterAll: ends what is still there. */
  dispose(): Promise<void>;
}

export interface KernelOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly connection?: Partial<Record<string, string | number>>;
  readonly cwd?: string;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

/** Writes a connection file with free ports. */
export async function makeConnection(
  folder: string,
  changes: KernelOptions["connection"] = {},
): Promise<{ file: string; connection: Connection }> {
  const [shell_port, iopub_port, stdin_port, control_port, hb_port] = await freePorts(5);
  const text = JSON.stringify({
    transport: "tcp",
    ip: "127.0.0.1",
    key: randomUUID(),
    signature_scheme: "hmac-sha256",
    shell_port,
    iopub_port,
    stdin_port,
    control_port,
    hb_port,
    ...changes,
  });
  const file = join(folder, "connection.json");
  await writeFile(file, text, { mode: 0o600 });
  return { file, connection: parseConnection(Buffer.from(text)) };
}

export function spawnKernel(file: string, options: KernelOptions = {}): ChildProcess {
  const [program, ...args] = kernelArgv(file);
  return spawn(program, args, {
    cwd: options.cwd ?? tmpdir(),
    env: { ...process.env, ...KERNEL_ENVIRONMENT, JPY_PARENT_PID: String(process.pid), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

export async function startKernel(options: KernelOptions = {}): Promise<RunningKernel> {
  const folder = await mkdtemp(join(tmpdir(), "blankslate-kernel-"));
  const { file, connection } = await makeConnection(folder, options.connection);
  const child = spawnKernel(file, { ...options, env: { BLANKSLATE_DATA: folder, ...options.env } });
  let log = "";
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding("utf8").on("data", (text: string) => (log += text));
  const ended = once(child, "exit") as Promise<[number | null, string | null]>;
  const clients: TestClient[] = [];
  const heart = new Req({ linger: 0 });
  heart.connect(addressOf(connection, connection.hb_port));

  async function connect(session?: string): Promise<TestClient> {
    const client = new TestClient(connection, session);
    clients.push(client);
    await client.until(() => client.iopub.some((m) => m.header.msg_type === "iopub_welcome"), 20_000, "iopub_welcome");
    return client;
  }
  const client = await connect();
  await client.request("kernel_info_request");
  return {
    client,
    connection,
    process: child,
    folder,
    connect,
    log: () => log,
    async heartbeat() {
      const start = performance.now();
      await heart.send("ping");
      await heart.receive();
      return performance.now() - start;
    },
    async shutdown() {
      const start = performance.now();
      const id = await client.send("shutdown_request", { restart: false }, "control");
      await client.until(() => client.repliesTo(id).length > 0, 10_000, "shutdown_reply");
      const replyMs = performance.now() - start;
      const [code, signal] = await ended;
      return { code, signal, replyMs, endMs: performance.now() - start };
    },
    async dispose() {
      for (const one of clients) one.close();
      heart.close();
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
