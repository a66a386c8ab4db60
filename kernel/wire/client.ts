// The other end of the wire: what a client of a Jupyter kernel needs to run cells. Requests go out on shell and control, replies come
// back by msg_id, everything on iopub goes to one function. No stdin (nobody is there to type), no heartbeat (the caller owns the
// kernel's process and sees it end).
import { randomUUID } from "node:crypto";
import { Dealer, Subscriber } from "zeromq";
import { fault } from "../../lib/core/errors.ts";
import { addressOf, type Connection } from "./connection.ts";
import { Encoder, parseMessage, type WireMessage } from "./frames.ts";
import { log } from "./log.ts";
import { Outbox } from "./outbox.ts";
import type { JsonObject } from "./schema.ts";
import { Authenticator } from "./signature.ts";

/** Between two questions whether the kernel is there. */
const KNOCK_MS = 100;

export interface Request {
  readonly id: string;
  readonly reply: Promise<WireMessage>;
}

interface Waiting {
  readonly resolve: (reply: WireMessage) => void;
  readonly reject: (error: unknown) => void;
}

export class KernelClient {
  readonly #encoder: Encoder;
  readonly #authenticator: Authenticator;
  readonly #sockets: { readonly shell: Dealer; readonly control: Dealer; readonly iopub: Subscriber };
  readonly #outboxes: { readonly shell: Outbox; readonly control: Outbox };
  readonly #waiting = new Map<string, Waiting>();
  readonly #loops: readonly Promise<void>[];
  #heard = false;

  /**
   * Connects; `ready` tells when somebody is there.
   * @param onIopub gets every message of iopub, whoever's request it answers; must not throw
   */
  constructor(connection: Connection, onIopub: (message: WireMessage) => void) {
    this.#encoder = new Encoder(randomUUID(), new Authenticator(connection.key, connection.signature_scheme));
    this.#authenticator = new Authenticator(connection.key, connection.signature_scheme);
    const common = { linger: 0 };
    const dealer = () => new Dealer({ ...common, routingId: this.#encoder.session, sendHighWaterMark: 0 });
    // HWM 0 on the way in: at ZeroMQ's default of 1000 a burst of output loses messages before they are read.
    const iopub = new Subscriber({ ...common, receiveHighWaterMark: 0 });
    this.#sockets = { shell: dealer(), control: dealer(), iopub };
    const { shell, control } = this.#sockets;
    shell.connect(addressOf(connection, connection.shell_port));
    control.connect(addressOf(connection, connection.control_port));
    iopub.connect(addressOf(connection, connection.iopub_port));
    iopub.subscribe();
    this.#outboxes = {
      shell: new Outbox((frames) => shell.send([...frames])),
      control: new Outbox((frames) => control.send([...frames])),
    };
    const answered = (message: WireMessage) => this.#settle(message);
    this.#loops = [
      this.#receive(shell, answered),
      this.#receive(control, answered),
      this.#receive(iopub, (message) => {
        this.#heard = true;
        onIopub(message);
      }),
    ];
  }

  request(type: string, content: JsonObject, channel: "shell" | "control" = "shell"): Request {
    const frames = this.#encoder.encode([], type, {}, content);
    const { msg_id: id } = JSON.parse(String(frames[2])) as { msg_id: string };
    const reply = new Promise<WireMessage>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#outboxes[channel].push(frames);
    return { id, reply };
  }

  /**
   * Waits until the kernel answers and its iopub reaches us: a subscription takes a moment, and what is sent before it is lost.
   * @returns content of the kernel_info_reply
   * @throws KERNEL_SILENT no answer within `timeoutMs`
   */
  async ready(timeoutMs: number): Promise<JsonObject> {
    const end = performance.now() + timeoutMs;
    let info: JsonObject | undefined;
    while (!info || !this.#heard) {
      if (performance.now() > end) {
        throw fault("KERNEL_SILENT", `the kernel did not answer within ${timeoutMs / 1000} s.`, "look at its log.");
      }
      const { id, reply } = this.request("kernel_info_request", {});
      const pause = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), KNOCK_MS));
      const answer = await Promise.race([reply, pause]);
      if (answer) info = answer.content;
      // A late reply is a reply too; one that never comes must not reject with nobody listening.
      else reply.then(({ content }) => (info = content)).catch(() => this.#waiting.delete(id));
      if (answer && !this.#heard) await pause;
    }
    return info;
  }

  /** Every request that waits, and no other, fails with this: the kernel is gone. */
  fail(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    this.fail(fault("KERNEL_CLOSED", "the connection to the kernel was closed.", "start another one."));
    for (const socket of Object.values(this.#sockets)) socket.close();
    await Promise.all(this.#loops);
  }

  #settle(message: WireMessage): void {
    const id = message.parentHeader["msg_id"];
    if (typeof id !== "string") return;
    this.#waiting.get(id)?.resolve(message);
    this.#waiting.delete(id);
  }

  async #receive(socket: Dealer | Subscriber, take: (message: WireMessage) => void): Promise<void> {
    for await (const frames of socket) {
      let message: WireMessage;
      try {
        message = parseMessage(frames, this.#authenticator);
      } catch (error) {
        log(`client: ${String(error).split("\n")[0]}`);
        continue;
      }
      take(message);
    }
  }
}
