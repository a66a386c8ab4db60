// Executes a notebook's code cells in order on a running kernel and keeps what they give. Stops at the first cell that fails (unless
// tagged `raises-exception`), at the time limit and on interrupt; the notebook then holds what there was until there.
import { fault } from "../../../lib/core/errors.ts";
import type { WireMessage } from "../../wire/frames.ts";
import { type IopubMessage, OutputCollector } from "./collect.ts";
import type { RunningKernel } from "./kernel.ts";
import { type CodeCell, codeCells, type ErrorOutput, type Notebook } from "./notebook.ts";
import { hasTag } from "./parameters.ts";

/** After an interrupt, a kernel that has not ended its cell by then is killed: its own ladder takes 5 s at most. */
const INTERRUPT_TIMEOUT_MS = 15_000;

/** What a watcher of a run is told. `number` counts code cells from 1. */
export interface RunWatch {
  cellStarted?(number: number, cell: CodeCell): void;
  /** The last line a running cell shows: of a display that updates in place, or of its stdout. */
  cellSaid?(line: string): void;
  cellEnded?(number: number, cell: CodeCell, ms: number, error: ErrorOutput | undefined): void;
}

export type RunEnd =
  | { readonly kind: "finished" }
  | { readonly kind: "failed"; readonly number: number; readonly cell: CodeCell; readonly error: ErrorOutput }
  | { readonly kind: "interrupted" | "timeout"; readonly number: number; readonly cell: CodeCell };

/** A run in progress: create it, give its `take` to the kernel's iopub, then `run`. */
export class NotebookRun {
  readonly notebook: Notebook;
  readonly #watch: RunWatch;
  readonly #collector = new OutputCollector();
  readonly #idle = new Map<string, () => void>();
  #current: CodeCell | undefined;
  #times: Record<string, string> = {};

  constructor(notebook: Notebook, watch: RunWatch = {}) {
    this.notebook = notebook;
    this.#watch = watch;
  }

  /** Every message of iopub goes here. */
  take(wire: WireMessage): void {
    const parent = wire.parentHeader["msg_id"];
    const message: IopubMessage = {
      header: wire.header,
      parent_header: typeof parent === "string" ? { msg_id: parent } : {},
      content: wire.content,
    };
    const cell = this.#collector.take(message);
    if (!cell || cell !== this.#current) return;
    const type = wire.header.msg_type;
    const state = wire.content["execution_state"];
    const moment = dateOf(wire);
    if (type === "execute_input") this.#times["iopub.execute_input"] = moment;
    else if (type === "status" && (state === "busy" || state === "idle")) this.#times[`iopub.status.${state}`] = moment;
    if (type === "status" && state === "idle") this.#idle.get(parent as string)?.();
    const line = spokenLine(type, wire.content);
    if (line !== undefined) this.#watch.cellSaid?.(line);
  }

  /** @returns what `adopt` of a run that goes on with this one wants */
  displays(): [string, [number, number][]][] {
    return this.#collector.displays(codeCells(this.notebook));
  }

  /** @param cells the code cells of the run before, whose outputs this notebook has taken over */
  adopt(displays: Parameters<OutputCollector["adopt"]>[0], cells: readonly CodeCell[]): void {
    this.#collector.adopt(displays, cells);
  }

  /**
   * @param from the number of the first code cell to run; those before it keep what they have
   * @param timeoutMs per cell; Infinity for none
   * @param signal interrupts the running cell and ends the run after it
   */
  async run(
    kernel: RunningKernel,
    { from = 1, timeoutMs, signal }: { from?: number; timeoutMs: number; signal: AbortSignal },
  ): Promise<RunEnd> {
    const cells = codeCells(this.notebook);
    for (const cell of cells.slice(from - 1)) {
      cell.outputs = [];
      cell.execution_count = null;
      delete cell.metadata["execution"];
    }
    for (const [index, cell] of cells.entries()) {
      const number = index + 1;
      if (number < from || cell.source.trim() === "") continue;
      if (signal.aborted) return { kind: "interrupted", number, cell };
      this.#watch.cellStarted?.(number, cell);
      const started = performance.now();
      const stopped = await this.#runCell(kernel, cell, timeoutMs, signal);
      const error = cell.outputs.findLast((output) => output.output_type === "error");
      this.#watch.cellEnded?.(number, cell, performance.now() - started, error);
      if (stopped) return { kind: stopped, number, cell };
      if (error && !hasTag(cell, "raises-exception")) return { kind: "failed", number, cell, error };
    }
    return { kind: "finished" };
  }

  async #runCell(
    kernel: RunningKernel,
    cell: CodeCell,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<"interrupted" | "timeout" | undefined> {
    this.#current = cell;
    this.#times = {};
    let stopped: "interrupted" | "timeout" | undefined;
    let killer: NodeJS.Timeout | undefined;
    const { id, reply } = kernel.client.request("execute_request", {
      code: cell.source,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    });
    this.#collector.begin(id, cell);
    const idle = new Promise<void>((resolve) => this.#idle.set(id, resolve));
    const stop = (why: "interrupted" | "timeout") => {
      stopped ??= why;
      kernel.client.request("interrupt_request", {}, "control").reply.catch(() => {}); // the cell's end is the answer
      killer ??= setTimeout(() => kernel.kill(), INTERRUPT_TIMEOUT_MS);
    };
    const interrupt = () => stop("interrupted");
    signal.addEventListener("abort", interrupt);
    const limit = Number.isFinite(timeoutMs) ? setTimeout(() => stop("timeout"), timeoutMs) : undefined;
    try {
      const [answer] = await Promise.race([Promise.all([reply, idle]), kernel.died]);
      this.#times["shell.execute_reply"] = dateOf(answer);
      keepError(cell, answer.content);
    } catch (error) {
      keepError(cell, asReply(error)); // the kernel died: the cell that ran then has failed
    } finally {
      clearTimeout(limit);
      clearTimeout(killer);
      signal.removeEventListener("abort", interrupt);
      this.#idle.delete(id);
      cell.metadata["execution"] = this.#times;
    }
    return stopped;
  }
}

function dateOf(message: WireMessage): string {
  const date = message.header["date"];
  return typeof date === "string" ? date : new Date().toISOString();
}

/** A reply that says error without an error output (a cell that was aborted, a dead kernel) must not look like success. */
function keepError(cell: CodeCell, content: Readonly<Record<string, unknown>>): void {
  const { status, ename, evalue, traceback } = content;
  if (status === "ok" || cell.outputs.some((output) => output.output_type === "error")) return;
  const text = (value: unknown, absent: string) => (typeof value === "string" ? value : absent);
  cell.outputs.push({
    output_type: "error",
    ename: text(ename, text(status, "Error")),
    evalue: text(evalue, ""),
    traceback: Array.isArray(traceback) ? traceback.map(String) : [],
  });
}

function asReply(error: unknown): Record<string, unknown> {
  const known = error instanceof Error ? error : fault("RUN_FAILED", String(error), "this should not happen.");
  return { status: "error", ename: known.name, evalue: known.message, traceback: [`${known.name}: ${known.message}`] };
}

/** What a message shows that fits in one line of a terminal. */
function spokenLine(type: string, content: Readonly<Record<string, unknown>>): string | undefined {
  if (type === "stream" && content["name"] === "stdout") return lastLine(content["text"]);
  const isLive = (content["transient"] as { display_id?: string } | undefined)?.display_id !== undefined;
  if (!isLive || (type !== "display_data" && type !== "update_display_data")) return undefined;
  const text = (content["data"] as Record<string, unknown> | undefined)?.["text/plain"];
  return typeof text === "string" ? text.split("\n").find((line) => line.trim() !== "") : undefined;
}

function lastLine(text: unknown): string | undefined {
  if (typeof text !== "string") return undefined;
  return text
    .split(/[\r\n]/)
    .findLast((line) => line.trim() !== "")
    ?.trim();
}
