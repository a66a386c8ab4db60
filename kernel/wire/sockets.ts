// The five sockets of a kernel. Incoming frames go to one function, outgoing ones into one outbox per socket. Binds, receives and
// closes; knows nothing of what messages mean but the subscriptions of iopub.
import { Router, XPublisher } from "zeromq";
import { fault } from "../../lib/core/errors.ts";
import { type Connection, addressOf } from "./connection.ts";
import { MAX_FRAME_BYTES } from "./frames.ts";
import { beat } from "./heartbeat.ts";
import { log } from "./log.ts";
import { Outbox } from "./outbox.ts";

export type RequestChannel = "shell" | "control" | "stdin";

interface SocketEvents {
  /** Frames of a message; must not throw. */
  received(channel: RequestChannel, frames: Buffer[]): void;
  /** Somebody subscribed to iopub; `topic` is empty for everything. */
  subscribed(topic: Buffer): void;
}

export interface Sockets {
  readonly outbox: Readonly<Record<RequestChannel | "iopub", Outbox>>;
  /**
   * Binds all five and begins to listen.
   * @throws CONNECTION_BIND a port is taken or the address is not this machine's; all sockets are closed then
   */
  open(events: SocketEvents): Promise<void>;
  /** Sends what is queued, waits at most LINGER_MS for peers to take it, closes. */
  close(): Promise<void>;
}

/** How long a closing socket holds messages for a slow peer. */
const LINGER_MS = 1_000;

/**
 * A subscriber that takes nothing for so long is let go of, with what waits for it: what cells print for one that hangs would fill the
 * memory. The system sees to it (a full window is as much as an answer that stays away); one that wakes up subscribes again.
 */
const STALLED_MS = 120_000;

/** @returns the sockets with their outboxes, not yet bound */
export function createSockets(connection: Connection, stalledMs = STALLED_MS): Sockets {
  const secure = curveOptions(connection);
  // HWM 0 on the way out: at the default of 1000, 234 of 100,000 awaited sends were dropped. Sources are bounded instead.
  const options = { sendHighWaterMark: 0, linger: LINGER_MS, maxMessageSize: MAX_FRAME_BYTES, ...secure };
  // A reply to a peer that is gone is dropped: `mandatory` stays off. A peer that reconnects keeps its identity.
  const router = () => new Router({ ...options, handover: true });
  const [shell, control, stdin, heartbeat] = [router(), router(), router(), router()];
  const iopub = new XPublisher({ ...options, tcpMaxRetransmitTimeout: stalledMs });
  // Every subscription is told, not only the first of a topic: each subscriber gets its welcome.
  iopub.verbosity = "allSubs";
  const all = [shell, control, stdin, iopub, heartbeat];
  const { shell_port, control_port, stdin_port, iopub_port, hb_port } = connection;
  const ports = [shell_port, control_port, stdin_port, iopub_port, hb_port];
  const outboxTo = (socket: Router | XPublisher) => new Outbox((frames) => socket.send([...frames]));
  const outbox = { shell: outboxTo(shell), control: outboxTo(control), stdin: outboxTo(stdin), iopub: outboxTo(iopub) };
  let loops: Promise<void>[] = [];
  let stopHeart = async () => {};

  return {
    outbox,
    async open(events) {
      const bound = await Promise.allSettled(all.map((socket, i) => socket.bind(addressOf(connection, ports[i] ?? 0))));
      const failed = bound.find((one) => one.status === "rejected");
      if (failed) {
        for (const socket of all) socket.close();
        throw bindFault(connection, failed.reason);
      }
      loops = [
        receive(shell, (frames) => events.received("shell", frames)),
        receive(control, (frames) => events.received("control", frames)),
        receive(stdin, (frames) => events.received("stdin", frames)),
        receive(iopub, ([frame]) => {
          if (frame?.[0] === 1) events.subscribed(frame.subarray(1));
        }),
      ];
      stopHeart = await beat(heartbeat);
    },
    async close() {
      await Promise.all(Object.values(outbox).map((box) => box.flushed()));
      await stopHeart();
      for (const socket of all) socket.close();
      await Promise.all(loops);
    },
  };
}

function bindFault({ ip }: Connection, error: unknown) {
  const why = error instanceof Error ? error.message : String(error);
  return fault("CONNECTION_BIND", `cannot bind to ${ip}: ${why}.`, "another program has the port.", error);
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
