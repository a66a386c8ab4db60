// The cells of a session, one after another: the queue, the count, what is published around a run, and what happens to those that wait
// when one fails. The run itself is the executor's.
import type { CellError, DownMessage, ExpressionResult } from "../execute/protocol.ts";
import type { Executor, ExecutorEnd } from "../execute/supervisor.ts";
import type { MimeBundle } from "../../lib/core/host.ts";
import { helpTopic } from "../../lib/core/magics.ts";
import type { Content, JsonObject } from "../wire/messages.ts";
import { cellError, interruptedError } from "../execute/executor/fault.ts";
import type { Cell, Cells } from "./cells.ts";
import type { Outputs } from "./outputs.ts";
import { type Post, type Request, reply } from "./post.ts";
import { DIRECT_PACE, SERVER_PACE } from "./streams.ts";
import type { Verdict } from "./type-check.ts";
import { describeEnd } from "./truth.ts";

interface Job {
  readonly request: Request;
  readonly content: Content<"execute_request">;
  /** performance.now() when it came in. */
  readonly receivedAt: number;
}

interface Outcome {
  readonly error: CellError | null;
  readonly expressions: Readonly<Record<string, ExpressionResult>>;
}

interface Running {
  readonly cell: Cell;
  readonly request: Request;
  /** Ends the wait for it with this error. */
  fail(error: CellError): void;
  /** It has or waits for the executor, and is lost with it. */
  sent: boolean;
  /** The executor has it. */
  given: boolean;
  /** Only its output is still on its way. */
  over: boolean;
  interrupted: boolean;
}

export interface ExecutionEvents {
  /** A cell that counts was sent: for the history. */
  entered(count: number, code: string): void;
  check(code: string, count: number): Promise<Verdict>;
  /** What there is to say of a name. */
  explain(topic: string): Promise<MimeBundle>;
  /** Resolves when an executor that has come up has what the one before it had of the debugger. */
  prepared(): Promise<void>;
  /** It starts to run: what it declares exists from here on. */
  starting(code: string): void;
  /** It runs no longer. */
  settled(): void;
}

/** Clients give their requests a date in whole milliseconds at worst, on both ends of a difference. */
const DATE_GRAIN_MS = 2;

export class Executions {
  readonly #post: Post;
  readonly #cells: Cells;
  readonly #outputs: Outputs;
  readonly #supervisor: Executor;
  readonly #events: ExecutionEvents;
  #queue: Job[] = [];
  /** Each ends the wait for a message that is no cell. */
  readonly #asides = new Set<() => void>();
  #running: Running | null = null;
  #loop: Promise<void> | null = null;
  #count = 0;
  #closed = false;
  /**
   * Of each client session that saw a failure: requests dated between these (on its own clock, ms) were sent before it could know. What comes
   * behind the failed one and is dated before it was sent by a clock that was put back, and is not meant.
   */
  readonly #doomed = new Map<string, { readonly from: number; readonly before: number }>();

  constructor(post: Post, cells: Cells, outputs: Outputs, supervisor: Executor, events: ExecutionEvents) {
    this.#post = post;
    this.#cells = cells;
    this.#outputs = outputs;
    this.#supervisor = supervisor;
    this.#events = events;
  }

  /** The request whose cell runs now. */
  get running(): Request | undefined {
    return this.#running?.request;
  }

  add(request: Request, content: Content<"execute_request">): void {
    const job = { request, content, receivedAt: performance.now() };
    const doomed = this.#doomed.get(request.header.session);
    const sent = sentAt(request);
    if (this.#closed || (doomed && sent >= doomed.from && sent < doomed.before)) {
      this.#abort(job);
      return;
    }
    this.#queue.push(job);
    this.#loop ??= this.#run();
  }

  /** The first request stops the code; one that comes while it is stopping does not wait for work to return by itself. */
  interrupt(): void {
    if (!this.#running) {
      // A timer of an earlier cell may be spinning. Nothing will report its end, so there is no ladder.
      this.#supervisor.send({ type: "interrupt", force: false });
      return;
    }
    if (!this.#running.given) {
      this.#running.fail(interruptedError());
      return;
    }
    this.#outputs.streams.hurry();
    if (this.#running.over) return;
    this.#supervisor.interrupt(this.#running.interrupted);
    this.#running.interrupted = true;
  }

  /** Gives the executor a message that is no cell. Resolves when it is done with it, or gone. */
  async deliver(request: Request, make: (cell: string) => DownMessage): Promise<void> {
    if (this.#supervisor.pid === undefined) return;
    const cell = this.#cells.addAside(request);
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    // Not a race with the end of the process: 312 bytes of each race would stay with that promise.
    this.#asides.add(end);
    void this.#outputs.done(cell.name).then(() => end());
    this.#supervisor.send(make(cell.name));
    await ended;
    this.#asides.delete(end);
    this.#outputs.forget(cell.name);
    this.#outputs.streams.flush(cell.name);
  }

  /** The executor is gone. Its running cell says so; without one, the cell that ran last does. */
  lost(end: ExecutorEnd): void {
    for (const ended of this.#asides) ended();
    const error = describeEnd(end);
    if (this.#running?.sent && !this.#running.over) {
      this.#running.fail(error);
      return;
    }
    const latest = this.#cells.latest;
    if (latest && end.killed !== "restart") {
      this.#outputs.streams.write(latest.name, "stderr", `${error.traceback.join("\n")}\n`);
    }
  }

  /** The kernel ends: what waits, or comes from now on, is answered with `aborted`. */
  close(): void {
    this.#closed = true;
    for (const job of this.#queue.splice(0)) this.#abort(job);
    if (this.#running && !this.#running.sent) this.#running.fail(interruptedError());
  }

  /** Resolves when no cell runs. */
  async finished(): Promise<void> {
    await this.#loop;
  }

  async #run(): Promise<void> {
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) {
      const failed = await this.#execute(job);
      if (failed && job.content.stop_on_error) this.#abortAfter(job);
    }
    this.#loop = null;
  }

  /** @returns whether it failed */
  async #execute({ request, content }: Job): Promise<boolean> {
    const { code, silent } = content;
    const counts = !silent && (content.store_history ?? true);
    if (counts) this.#count++;
    const execution_count = this.#count;
    const cell = this.#cells.add(request, { count: execution_count, allowStdin: content.allow_stdin, silent });
    const parent = request.header;
    if (counts) this.#events.entered(execution_count, code);
    // Made when the cell is on its way, so that nothing waits for two signatures; and before anything else is published for it.
    const announced = new Promise<void>((resolve) => {
      process.nextTick(() => {
        this.#post.status(parent, "busy");
        if (!silent) this.#post.publish("execute_input", parent, { code, execution_count });
        resolve();
      });
    });
    const { error, expressions } = await this.#evaluate(cell, request, content, announced);
    await announced;

    if (error) {
      this.#outputs.takePages();
      if (!silent) this.#post.publish("error", parent, error);
      this.#post.reply(request, reply("execute_reply", { status: "error", execution_count, ...error }));
    } else {
      const payload = this.#outputs.takePages();
      const user_expressions = expressions as Readonly<Record<string, JsonObject>>;
      this.#post.reply(request, reply("execute_reply", { status: "ok", execution_count, payload, user_expressions }));
    }
    this.#post.status(parent, "idle");
    return error !== null;
  }

  async #evaluate(
    cell: Cell,
    request: Request,
    content: Content<"execute_request">,
    announced: Promise<void>,
  ): Promise<Outcome> {
    const { streams } = this.#outputs;
    // Front ends behind a Jupyter server say which cell they run; see streams.ts.
    streams.begin(typeof request.metadata["cellId"] === "string" ? SERVER_PACE : DIRECT_PACE);
    const { promise: failure, resolve: fail } = Promise.withResolvers<CellError>();
    const running: Running = { cell, request, fail, sent: false, given: false, over: false, interrupted: false };
    this.#running = running;
    const failed = failure.then((error): Outcome => ({ error, expressions: {} }));
    const outcome = await this.#outcome(running, content, failed, announced);
    if (running.given) this.#events.settled();
    running.over = true;
    this.#supervisor.settled();
    await this.#supervisor.rawDelivered();
    await streams.drained();
    this.#outputs.forget(cell.name);
    this.#running = null;
    return outcome;
  }

  /** Never rejects: whatever goes wrong here is the cell's error, because its request has to be answered. */
  async #outcome(
    running: Running,
    content: Content<"execute_request">,
    failed: Promise<Outcome>,
    announced: Promise<void>,
  ): Promise<Outcome> {
    try {
      const topic = running.cell.silent ? undefined : helpTopic(content.code);
      if (topic !== undefined) {
        await announced;
        return await Promise.race([this.#explain(running.request, topic), failed]);
      }
      const verdict = await Promise.race([this.#check(running.cell, content), failed]);
      if ("expressions" in verdict) return verdict;
      if (verdict.error) return { error: verdict.error, expressions: {} };
      if (verdict.warning) this.#outputs.streams.write(running.cell.name, "stderr", verdict.warning);
      return await this.#send(running, content, failed);
    } catch (error) {
      return { error: cellError(error), expressions: {} };
    }
  }

  async #explain(request: Request, topic: string): Promise<Outcome> {
    const data = await this.#events.explain(topic);
    this.#post.publish("display_data", request.header, { data, metadata: {}, transient: {} });
    return { error: null, expressions: {} };
  }

  async #check(cell: Cell, { code }: Content<"execute_request">): Promise<Verdict> {
    // Silent code is a tool's, and tools do not care for types.
    if (cell.silent || code.trim() === "") return { error: null, warning: null };
    return this.#events.check(code, cell.count);
  }

  async #send(running: Running, content: Content<"execute_request">, failed: Promise<Outcome>): Promise<Outcome> {
    const { cell } = running;
    running.sent = true;
    this.#supervisor.start();
    // A process that is coming up hears no interrupt: the cell waits here, where one reaches it.
    const early = await Promise.race([this.#ready(), failed]);
    if (early) return early;
    running.given = true;
    this.#events.starting(content.code);
    const done = this.#outputs.done(cell.name);
    this.#supervisor.send({
      type: "execute",
      cell: cell.name,
      code: content.code,
      count: cell.silent ? 0 : cell.count,
      silent: cell.silent,
      allowStdin: content.allow_stdin,
      userExpressions: content.user_expressions,
    });
    return Promise.race([done, failed]);
  }

  async #ready(): Promise<null> {
    await this.#supervisor.up;
    await this.#events.prepared();
    return null;
  }

  /** Those that wait behind a failure, and those still under way from the same client, are answered without being run. */
  #abortAfter(failed: Job): void {
    const { session } = failed.request.header;
    const elapsed = performance.now() - failed.receivedAt;
    const from = sentAt(failed.request);
    this.#doomed.set(session, { from, before: from + elapsed - DATE_GRAIN_MS });
    const lane = failed.request.header["subshell_id"];
    const [doomed, others] = [[], []] as [Job[], Job[]];
    for (const job of this.#queue) (job.request.header["subshell_id"] === lane ? doomed : others).push(job);
    this.#queue = others;
    for (const job of doomed) this.#abort(job);
  }

  #abort({ request }: Job): void {
    const content = {
      status: "aborted",
      execution_count: this.#count,
      ename: "Aborted",
      evalue: this.#closed ? "the kernel is ending" : "an earlier cell failed, so this one did not run",
      traceback: [],
    } as const;
    this.#post.status(request.header, "busy");
    this.#post.reply(request, reply("execute_reply", content));
    this.#post.status(request.header, "idle");
  }
}

/** Milliseconds on the client's clock; NaN, which compares as false, without a date. */
function sentAt(request: Request): number {
  const { date } = request.header as { date?: unknown };
  return typeof date === "string" ? Date.parse(date) : NaN;
}
