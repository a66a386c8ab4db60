// The debugger as clients see it: requests of the debug adapter protocol inside `debug_request`, its events inside `debug_event`. What is set
// (breakpoints, exceptions to stop at) is kept here, so that it holds in a new executor when the old one died. V8's part is in the
// executor (execute/executor/debug); what it need not be asked for is answered here, also while it is busy.
import { CELL_SEED, CELL_SUFFIX, cellPath, cellPrefix } from "../../execute/cell-path.ts";
import type { DebugAnswer, ExecutorCommand, UpMessage } from "../../execute/protocol.ts";
import type { Supervisor } from "../../execute/supervisor.ts";
import { DEBUG_REQUESTS, type DebugArguments, type DebugCommand } from "../../wire/debug-requests.ts";
import { log } from "../../wire/log.ts";
import type { Content, JsonObject } from "../../wire/messages.ts";
import type { Post } from "../post.ts";
import { CAPABILITIES, EXTRAS } from "./capabilities.ts";

type FromDebugger = Extract<UpMessage, { readonly type: "debugged" | "debug-event" }>;
type Wanted = DebugArguments<"setBreakpoints">["breakpoints"];

interface Ports {
  readonly post: Post;
  readonly supervisor: Supervisor;
  /** A cell may use this name from here on. */
  declare(name: string): void;
}

/** JavaScript has one. */
const THREAD = { id: 1, name: "cells" };

/** What lets the thread go. */
const RESUMES: ReadonlySet<string> = new Set(["continue", "next", "stepIn", "stepOut"]);
/** From the reply to those to the next event: JupyterLab forgets where the thread stands when that reply comes, also where it stands by then. */
const REPLY_FIRST_MS = 10;

/** What a refusal brings beside its message: front ends read the list of a reply before they look whether it succeeded. */
const NOTHING: Readonly<Record<string, JsonObject>> = {
  stackTrace: { stackFrames: [] },
  scopes: { scopes: [] },
  variables: { variables: [] },
};

export class Debug {
  readonly #ports: Ports;
  readonly #prefix = cellPrefix(process.pid);
  readonly #waiting = new Map<number, (answer: Extract<FromDebugger, { readonly type: "debugged" }>) => void>();
  readonly #breakpoints = new Map<string, { readonly wanted: Wanted; readonly lines: readonly number[] }>();
  /** Cells' texts by path, as front ends dumped them. */
  readonly #dumped = new Map<string, string>();
  #filters: DebugArguments<"setExceptionBreakpoints"> = { filters: [] };
  #restored = Promise.resolve();
  #closed = false;
  #started = false;
  #stands = false;
  #asked = 0;
  #events = 0;
  /** Resolves when the next event may go out. */
  #told = Promise.resolve();
  /** Of the latest request: events belong to it. */
  #parent: JsonObject = {};

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Resolves when a new executor has the breakpoints of the one before; cells wait for it. */
  get restored(): Promise<void> {
    return this.#restored;
  }

  /** Never rejects: what cannot be done is refused in the debug protocol's form. */
  async answer(
    { seq, command, arguments: given }: Content<"debug_request">,
    parent: JsonObject,
  ): Promise<Content<"debug_reply">> {
    this.#parent = parent;
    const envelope = { type: "response", request_seq: seq, command } as const;
    const release = RESUMES.has(command) ? this.#hold() : undefined;
    try {
      if (!isCommand(command)) throw new Error(`this debugger does not know the request "${command}"`);
      const body = await this.#body(command, DEBUG_REQUESTS[command](given, "arguments") as never);
      return { ...envelope, success: true, message: undefined, body };
    } catch (error) {
      const { fact, message } = error as { fact?: string; message: string };
      return { ...envelope, success: false, message: fact ?? message, body: NOTHING[command] ?? {} };
    } finally {
      release?.();
    }
  }

  /** What the executor says of it. */
  receive(message: FromDebugger): void {
    if (message.type === "debugged") {
      this.#waiting.get(message.id)?.(message);
      this.#waiting.delete(message.id);
      return;
    }
    this.#stands = message.event === "stopped";
    this.#tell(message.event, message.body);
  }

  /** The kernel ends: no process is started for a request that comes now. */
  close(): void {
    this.#closed = true;
  }

  /** The executor is gone, and with it what stood still there. @param next whether another one comes up */
  lost(next: boolean): void {
    for (const [id, answer] of this.#waiting) answer({ type: "debugged", id, refused: "the cells' process has ended" });
    this.#waiting.clear();
    if (this.#stands) this.#tell("continued", { threadId: THREAD.id, allThreadsContinued: true });
    this.#stands = false;
    if (!this.#started || !next) return;
    this.#restored = this.#restore().catch((error: unknown) => log(`debugger: ${String(error)}`));
  }

  async #body(command: DebugCommand, given: never): Promise<JsonObject> {
    switch (command) {
      case "initialize":
        this.#started = true;
        return CAPABILITIES;
      case "attach":
        await this.#ask("attach", {});
        this.#event("initialized", {});
        return {};
      case "configurationDone":
        return {};
      case "disconnect":
        return this.#disconnect();
      case "threads":
        return { threads: [THREAD] };
      case "debugInfo":
        return this.#info();
      case "dumpCell":
        return this.#dump(given);
      case "setBreakpoints":
        return this.#setBreakpoints(given);
      case "setExceptionBreakpoints":
        this.#filters = given;
        return this.#ask(command, this.#filters);
      case "source":
        return this.#source(given);
      case "copyToGlobals": {
        const { dstVariableName } = given as DebugArguments<"copyToGlobals">;
        const body = await this.#ask(command, given);
        this.#ports.declare(dstVariableName);
        return body;
      }
      default:
        return this.#ask(command, given);
    }
  }

  #info(): JsonObject {
    return {
      isStarted: this.#started,
      hashMethod: "Murmur2",
      hashSeed: CELL_SEED,
      tmpFilePrefix: this.#prefix,
      tmpFileSuffix: CELL_SUFFIX,
      breakpoints: [...this.#breakpoints].map(([source, { lines }]) => ({
        source,
        breakpoints: lines.map((line) => ({ line })),
      })),
      stoppedThreads: this.#stands ? [THREAD.id] : [],
      ...EXTRAS,
    };
  }

  #dump({ code }: DebugArguments<"dumpCell">): JsonObject {
    const sourcePath = cellPath(this.#prefix, code);
    this.#dumped.set(sourcePath, code);
    return { sourcePath };
  }

  async #setBreakpoints({ source, breakpoints: wanted }: DebugArguments<"setBreakpoints">): Promise<JsonObject> {
    const { path } = source;
    const { breakpoints } = await this.#ask("setBreakpoints", this.#placed(path, wanted));
    const settled = breakpoints as readonly { readonly line: number }[];
    if (wanted.length > 0) this.#breakpoints.set(path, { wanted, lines: settled.map(({ line }) => line) });
    else this.#breakpoints.delete(path);
    return { breakpoints: settled.map((one) => ({ ...one, source: { path } })) };
  }

  #placed(path: string, wanted: Wanted): JsonObject {
    return { source: { path }, breakpoints: wanted, code: this.#dumped.get(path) };
  }

  async #source(given: DebugArguments<"source">): Promise<JsonObject> {
    const content = this.#dumped.get(given.source.path);
    return content === undefined ? this.#ask("source", given) : { content, mimeType: "text/typescript" };
  }

  async #disconnect(): Promise<JsonObject> {
    this.#started = false;
    this.#breakpoints.clear();
    this.#dumped.clear();
    this.#filters = { filters: [] };
    return this.#ask("disconnect", {});
  }

  async #restore(): Promise<void> {
    await this.#ask("attach", {});
    await this.#ask("setExceptionBreakpoints", this.#filters);
    for (const [path, { wanted }] of this.#breakpoints) await this.#ask("setBreakpoints", this.#placed(path, wanted));
  }

  /** @throws what the executor refused it with */
  async #ask(command: ExecutorCommand, given: JsonObject): Promise<DebugAnswer> {
    if (this.#closed) throw new Error("the kernel is ending");
    const { supervisor } = this.#ports;
    const id = ++this.#asked;
    const answered = new Promise<Extract<FromDebugger, { readonly type: "debugged" }>>((resolve) =>
      this.#waiting.set(id, resolve),
    );
    supervisor.start();
    supervisor.send({ type: "debug", id, command, given, prefix: this.#prefix });
    const answer = await answered;
    if ("refused" in answer) throw new Error(answer.refused);
    return answer.body;
  }

  /** Holds events back. @returns what is called with the reply that they must not overtake */
  #hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#told = Promise.all([this.#told, promise]).then(() => undefined);
    return () => void setTimeout(resolve, REPLY_FIRST_MS);
  }

  /** Behind those before it. */
  #tell(event: string, body: JsonObject): void {
    this.#told = this.#told.then(() => this.#event(event, body));
  }

  #event(event: string, body: JsonObject): void {
    const seq = ++this.#events;
    this.#ports.post.publish("debug_event", this.#parent, { type: "event", seq, event, body });
  }
}

function isCommand(command: string): command is DebugCommand {
  return Object.hasOwn(DEBUG_REQUESTS, command);
}
