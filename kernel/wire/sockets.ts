// The five sockets of a kernel. Incoming frames go to one function, outgoing ones into one outbox per socket. Binds, receives and
// closes; knows nothing of what messages mean but the subscriptions of iopub.
import { Router, XPublisher } from "zeromq";
import { fault } from "../../lib/core/errors.ts";
import { type Connection, addressOf } from "./connection.ts";
import { MAX_FRAME_BYTES } from "./frames.ts";
import { log } from "./log.ts";
import { Outbox } from "./outbox.ts";

export type RequestChannel = "shell" | "control" | "stdin";

export interface SocketEvents {
  /** Frames of a message; must not throw. */
  received(channel: RequestChannel, frames: Buffer[]): void;
  /** Somebody subscribed to iopub; `topic` is empty for everything. */
  subscribed(topic: Buffer): void;
}

export interface Sockets {
  readonly outbox: Readonly<Record<RequestChannel | "iopub", Outbox>>;
  /** Sends what is queued, waits at most `lingerMs` for peers to take it, closes. */
  close(): Promise<void>;
}

/** How long a closing socket holds messages for a slow peer. */
const LINGER_MS = 1_000;

/**
 * Binds all five.
 * @throws CONNECTION_BIND a port is taken or the address is not this machine's
 */
export async function openSockets(connection: Connection, events: SocketEvents): Promise<Sockets> {
  const secure = curveOptions(connection);
  // HWM 0 on the way out: at the default of 1000, 234 of 100,000 awaited sends were dropped. Sources are bounded instead.
  const options = { sendHighWaterMark: 0, linger: LINGER_MS, maxMessageSize: MAX_FRAME_BYTES, ...secure };
  // A reply to a peer that is gone is dropped: `mandatory` stays off. A peer that reconnects keeps its identity.
  const router = () => new Router({ ...options, handover: true });
  const sockets = { shell: router(), control: router(), stdin: router(), iopub: new XPublisher({ ...options }) };
  const heartbeat = new Router({ ...options, linger: 0 });
  // Every subscription is told, not only the first of a topic: each subscriber gets its welcome.
  sockets.iopub.verbosity = "allSubs";
  const all = [...Object.values(sockets), heartbeat];
  const ports = [
    connection.shell_port,
    connection.control_port,
    connection.stdin_port,
    connection.iopub_port,
    connection.hb_port,
  ];
  try {
    await Promise.all(all.map((socket, i) => socket.bind(addressOf(connection, ports[i] ?? 0))));
  } catch (error) {
    for (const socket of all) socket.close();
    const why = error instanceof Error ? error.message : String(error);
    throw fault("CONNECTION_BIND", `cannot bind to ${connection.ip}: ${why}.`, "another program has the port.", error);
  }

  const loops = [
    ...(["shell", "control", "stdin"] as const).map((channel) =>
      receive(sockets[channel], (frames) => events.received(channel, frames)),
    ),
    receive(sockets.iopub, ([frame]) => {
      if (frame?.[0] === 1) events.subscribed(frame.subarray(1));
    }),
    echo(heartbeat),
  ];
  const outbox = {
    shell: new Outbox((frames) => sockets.shell.send([...frames])),
    control: new Outbox((frames) => sockets.control.send([...frames])),
    stdin: new Outbox((frames) => sockets.stdin.send([...frames])),
    iopub: new Outbox((frames) => sockets.iopub.send([...frames])),
  };
  return {
    outbox,
    async close() {
      await Promise.all(Object.values(outbox).map((box) => box.flushed()));
      for (const socket of all) socket.close();
      await Promise.all(loops);
    },
  };
}

function curveOptions({ curve_publickey: publicKey, curve_secretkey: secretKey }: Connection) {
  if (publicKey === undefined || secretKey === undefined) return {};
  return { curveServer: true, curvePublicKey: publicKey, curveSecretKey: secretKey };
}

async function receive(socket: Router | XPublisher, take: (frames: Buffer[]) => void): Promise<void> {
  while (!socket.closed) {
    try {
      for await (const frames of socket) take(frames);
    } catch (error) {
      if (!socket.closed) log(`receiving failed and goes on: ${String(error)}`);
    }
  }
}

/** Clients ping with REQ or DEALER: all frames go back as they came. */
async function echo(socket: Router): Promise<void> {
  while (!socket.closed) {
    try {
      for await (const frames of socket) await socket.send(frames);
    } catch (error) {
      if (!socket.closed) log(`the heartbeat failed and goes on: ${String(error)}`);
    }
  }
}
