// Comms: named channels between cells and front ends (widgets). The kernel only carries their messages; what they mean is up to the
// two ends. A cell reaches this through globalThis[Symbol.for("blankslate.comms")].

import type { CommMessage } from "../protocol.ts";
import { cellError } from "./fault.ts";
import { createRun, currentCell, within } from "./run.ts";
import type { Up } from "./up.ts";

type Data = Readonly<Record<string, unknown>>;

export interface CommEvent {
  readonly data: Data;
  readonly metadata: Data;
  readonly buffers: readonly Uint8Array[];
}

export interface Comm {
  readonly id: string;
  send(data: Data, options?: { readonly metadata?: Data; readonly buffers?: readonly Uint8Array[] }): void;
  close(data?: Data): void;
  onMessage(handler: (event: CommEvent) => unknown): void;
  onClose(handler: (event: CommEvent) => unknown): void;
}

/** What stands at globalThis[Symbol.for("blankslate.comms")]. */
export interface Comms {
  open(
    target: string,
    data?: Data,
    options?: { readonly metadata?: Data; readonly buffers?: readonly Uint8Array[] },
  ): Comm;
  /** Lets front ends open comms of this name. */
  target(name: string, opened: (comm: Comm, event: CommEvent) => unknown): void;
}

interface Channel {
  readonly comm: Comm;
  readonly message: Set<(event: CommEvent) => unknown>;
  readonly close: Set<(event: CommEvent) => unknown>;
}

const COMMS_SYMBOL = Symbol.for("blankslate.comms");
const channels = new Map<string, Channel>();
const targets = new Map<string, (comm: Comm, event: CommEvent) => unknown>();

function createComm(up: Up, id: string): Channel {
  const post = (
    kind: CommMessage["kind"],
    content: Data,
    options: { metadata?: Data; buffers?: readonly Uint8Array[] } = {},
  ) => up.send({ type: "comm", kind, content: { comm_id: id, ...content }, cell: currentCell(), ...options });
  const message = new Set<(event: CommEvent) => unknown>();
  const close = new Set<(event: CommEvent) => unknown>();
  const comm: Comm = {
    id,
    send: (data, options) => post("comm_msg", { data }, options),
    close(data = {}) {
      if (channels.delete(id)) post("comm_close", { data });
    },
    onMessage: (handler) => void message.add(handler),
    onClose: (handler) => void close.add(handler),
  };
  const channel = { comm, message, close };
  channels.set(id, channel);
  return channel;
}

export function installComms(up: Up): void {
  const comms: Comms = {
    open(target, data = {}, options = {}) {
      const { comm } = createComm(up, process.getBuiltinModule("node:crypto").randomUUID());
      up.send({
        type: "comm",
        kind: "comm_open",
        content: { comm_id: comm.id, target_name: target, data },
        cell: currentCell(),
        ...options,
      });
      return comm;
    },
    target: (name, opened) => void targets.set(name, opened),
  };
  Object.defineProperty(globalThis, COMMS_SYMBOL, { configurable: true, value: comms });
}

/** Runs the handlers of a message from a front end, then says done. Handlers print into the request's own output. */
export function receiveComm(up: Up, message: CommMessage): void {
  const { cell, kind, content } = message;
  const id = String(content["comm_id"]);
  const event: CommEvent = {
    data: (content["data"] ?? {}) as Data,
    metadata: message.metadata ?? {},
    buffers: message.buffers ?? [],
  };
  const run = createRun({ cell, count: 0, silent: true, allowStdin: false }, { latest: false });
  within(run, () => {
    handle(up, kind, id, String(content["target_name"]), event)
      .catch((error: unknown) => up.send({ type: "stray", cell, error: cellError(error) }))
      .finally(() => up.send({ type: "done", cell, error: null, interrupted: false, expressions: {} }));
  });
}

async function handle(up: Up, kind: CommMessage["kind"], id: string, target: string, event: CommEvent): Promise<void> {
  if (kind === "comm_open") {
    const opened = targets.get(target);
    // Protocol: a target that nobody registered is answered by closing.
    if (!opened)
      return up.send({ type: "comm", kind: "comm_close", content: { comm_id: id, data: {} }, cell: currentCell() });
    await opened(createComm(up, id).comm, event);
    return;
  }
  const channel = channels.get(id);
  if (!channel) return;
  if (kind === "comm_close") channels.delete(id);
  for (const handler of kind === "comm_msg" ? channel.message : channel.close) await handler(event);
}
