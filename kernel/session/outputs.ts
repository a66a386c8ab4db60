// What the executor says, brought to the clients: each message becomes the iopub message of the request its cell came from, through
// `Streams`, which keeps a cell's order and pace. Of the updates of one display that have to wait, only the newest is sent.
// Also holds the questions that wait for an answer: prompts of cells, and queries of ours about live values.
import type { DownMessage, UpMessage } from "../execute/protocol.ts";
import { log } from "../wire/log.ts";
import type { JsonObject } from "../wire/messages.ts";
import type { Cell, Cells } from "./cells.ts";
import type { Comms } from "./comms.ts";
import type { Post } from "./post.ts";
import { Streams } from "./streams.ts";

export type Done = Extract<UpMessage, { type: "done" }>;
type Display = Extract<UpMessage, { type: "display" }>;
type Shown = Display | Extract<UpMessage, { type: "result" | "clear" | "stray" }>;
type Question = Pick<Extract<DownMessage, { type: "query" }>, "kind" | "expression">;

/**
 * What an update of a display counts, in bytes at least: nobody can see more than about 20 a second, and a burst of thousands that
 * replace each other keeps clients busy for seconds. Behind a Jupyter server 75 at once, then 23 a second; else 800 and 500.
 */
const UPDATE_BYTES = 20_000;

/** How long completion waits for the executor's word on live values. */
const QUERY_MS = 250;

interface Ports {
  readonly post: Post;
  readonly cells: Cells;
  readonly comms: Comms;
  send(message: DownMessage): void;
  /** Stops and resumes the reading of the executor's output. */
  hold(full: boolean): void;
}

export class Outputs {
  readonly #ports: Ports;
  readonly streams: Streams;
  /** Displays that wait for the pace, by display id. */
  readonly #held = new Map<string, { message: Display }>();
  readonly #done = new Map<string, (done: Done) => void>();
  readonly #answers = new Map<number, (value: unknown) => void>();
  #pages: JsonObject[] = [];
  #asking: Cell | null = null;
  #queries = 0;

  constructor(ports: Ports) {
    this.#ports = ports;
    const { post, cells } = ports;
    this.streams = new Streams(
      (cell, name, text) => post.publish("stream", cells.find(cell)?.header ?? {}, { name, text }),
      (full) => ports.hold(full),
    );
  }

  /** Everything the executor sends, in its order. */
  receive(message: UpMessage): void {
    switch (message.type) {
      case "stream":
        if (this.#shows(message.cell)) this.streams.write(message.cell, message.name, message.text);
        return;
      case "done":
        this.#done.get(message.cell)?.(message);
        this.#done.delete(message.cell);
        return;
      case "answer":
        this.#answers.get(message.id)?.(message.value);
        this.#answers.delete(message.id);
        return;
      case "input":
        return this.#ask(message.cell, message.prompt, message.password);
      case "comm": {
        const { kind, content, metadata, buffers } = message;
        this.#ports.comms.note(kind, content);
        this.streams.post(message.cell, {
          send: () => this.#ports.post.publishRaw(kind, this.#header(message.cell), content, metadata, buffers),
          size: () => sizeOf(content) + (buffers ?? []).reduce((sum, buffer) => sum + buffer.byteLength, 0),
        });
        return;
      }
      case "display":
      case "result":
      case "clear":
      case "stray":
        if (this.#shows(message.cell)) this.#show(message);
        return;
      case "page":
        this.#pages.push({ source: "page", data: message.data, start: 0 });
        return;
      case "next":
        this.#pages.push({ source: "set_next_input", text: message.code, replace: true });
        return;
      case "ready":
      case "grace":
      case "exiting":
        // The supervisor's business.
        return;
      default:
        log(`the executor sent an unknown message: ${String((message as { type: unknown }).type)}`);
    }
  }

  /** Native output has no cell: it is shown under the one that runs, or ran last. */
  receiveRaw(name: "stdout" | "stderr", text: string): void {
    const cell = this.#ports.cells.latest;
    if (cell && this.#shows(cell.name)) this.streams.write(cell.name, name, text);
    else if (!cell) log(`${name} before the first cell: ${text}`);
  }

  /** Resolves with the cell's `done`; never, when the executor is gone (then `forget` it). */
  done(cell: string): Promise<Done> {
    return new Promise((resolve) => this.#done.set(cell, resolve));
  }

  /** @returns what the cell that ended put into the pager, and the text that takes its place */
  takePages(): JsonObject[] {
    return this.#pages.splice(0);
  }

  forget(cell: string): void {
    this.#done.delete(cell);
    if (this.#asking?.name === cell) this.#asking = null;
  }

  /** @returns the executor's answer about a live value; undefined when it is busy or gone */
  query(question: Question): Promise<unknown> {
    const id = ++this.#queries;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answers.get(id)?.(undefined), QUERY_MS);
      this.#answers.set(id, (value) => {
        clearTimeout(timer);
        this.#answers.delete(id);
        resolve(value);
      });
      this.#ports.send({ type: "query", id, ...question });
    });
  }

  /** A client typed something. Only the one that was asked may answer, once. */
  answer(session: string, value: string): void {
    const cell = this.#asking;
    if (!cell || cell.header.session !== session) {
      log("an input_reply came that nobody asked for");
      return;
    }
    this.#asking = null;
    this.#ports.send({ type: "input", cell: cell.name, value });
  }

  /**
   * The executor is gone: nobody answers any more.
   * @param tell whether clients must be told that its comms are closed; those that asked for the end know
   */
  abandon(tell: boolean): void {
    this.#asking = null;
    this.#answers.forEach((answer) => answer(undefined));
    const closed = this.#ports.comms.clear();
    if (tell) for (const id of closed) this.#ports.post.publishRaw("comm_close", {}, { comm_id: id, data: {} });
  }

  #ask(name: string, prompt: string, password: boolean): void {
    const cell = this.#ports.cells.find(name);
    if (!cell?.allowStdin) {
      this.#ports.send({ type: "input", cell: name, value: null });
      return;
    }
    this.#asking = cell;
    this.streams.flush(name);
    this.#ports.post.ask(cell.identities, cell.header, { prompt, password });
  }

  #show(message: Shown): void {
    if (message.type === "display" && message.displayId !== undefined)
      return this.#showNamed(message, message.displayId);
    this.streams.post(message.cell, {
      send: () => this.#publish(message),
      size: () => ("data" in message ? sizeOf(message.data) : 0),
    });
  }

  /** An update of what has not left yet takes its place: a progress bar that counts to a million costs what the viewer can see. */
  #showNamed(message: Display, id: string): void {
    const held = this.#held.get(id);
    if (held && message.update) {
      held.message = { ...message, cell: held.message.cell, update: held.message.update };
      return;
    }
    const own = { message };
    this.#held.set(id, own);
    this.streams.post(message.cell, {
      send: () => {
        if (this.#held.get(id) === own) this.#held.delete(id);
        const bytes = this.#publish(own.message);
        return message.update ? Math.max(bytes, UPDATE_BYTES) : bytes;
      },
      size: () => Math.max(sizeOf(message.data), message.update ? UPDATE_BYTES : 0),
    });
  }

  #publish(message: Shown): number {
    const { post, cells } = this.#ports;
    const parent = this.#header(message.cell);
    switch (message.type) {
      case "display": {
        const { data, metadata, displayId, update } = message;
        const transient: JsonObject = displayId === undefined ? {} : { display_id: displayId };
        return post.publish(update ? "update_display_data" : "display_data", parent, { data, metadata, transient });
      }
      case "result": {
        const { data, metadata } = message;
        const execution_count = cells.find(message.cell)?.count ?? 0;
        return post.publish("execute_result", parent, { execution_count, data, metadata });
      }
      case "clear":
        return post.publish("clear_output", parent, { wait: message.wait });
      default:
        return post.publish("error", parent, message.error);
    }
  }

  #header(cell: string): JsonObject {
    return this.#ports.cells.find(cell)?.header ?? {};
  }

  #shows(cell: string): boolean {
    return this.#ports.cells.find(cell)?.silent !== true;
  }
}

/** Characters of a content's values; those that are no text are counted as JSON. */
function sizeOf(content: Readonly<Record<string, unknown>>): number {
  let size = 0;
  for (const value of Object.values(content))
    size += typeof value === "string" ? value.length : JSON.stringify(value).length;
  return size;
}
