// What leaves the kernel: replies to the socket a request came from, everything else to iopub. Contents are typed by the message table.
import type { Encoder, Header, WireMessage } from "../wire/frames.ts";
import type { Content, JsonObject, MessageType } from "../wire/messages.ts";
import type { RequestChannel, Sockets } from "../wire/sockets.ts";

/** A message from a client, and where it came in. */
export interface Request extends WireMessage {
  readonly channel: RequestChannel;
}

/** A reply before it is sent. */
export interface Reply {
  readonly type: MessageType;
  readonly content: JsonObject;
}

/** @returns a reply whose content is checked against its type when this is compiled */
export function reply<T extends MessageType>(type: T, content: Content<T>): Reply {
  return { type, content };
}

export class Post {
  readonly #encoder: Encoder;
  readonly #outbox: Sockets["outbox"];

  constructor(encoder: Encoder, outbox: Sockets["outbox"]) {
    this.#encoder = encoder;
    this.#outbox = outbox;
  }

  /** @returns bytes of the message */
  publish<T extends MessageType>(type: T, parent: Header | JsonObject, content: Content<T>): number {
    return this.publishRaw(type, parent, content);
  }

  /** For comm messages, whose metadata and buffers are the widgets' business. */
  publishRaw(
    type: MessageType,
    parent: Header | JsonObject,
    content: JsonObject,
    metadata: JsonObject = {},
    buffers: readonly Uint8Array[] = [],
  ): number {
    // The topic is for subscribers that filter; usual ones take everything.
    const topic = Buffer.from(`kernel.${this.#encoder.session}.${type}`);
    const frames = this.#encoder.encode([topic], type, parent as JsonObject, content, metadata, buffers);
    this.#outbox.iopub.push(frames);
    return frames.reduce((sum, frame) => sum + frame.byteLength, 0);
  }

  status(parent: JsonObject, state: "starting" | "busy" | "idle"): void {
    this.publish("status", parent, { execution_state: state });
  }

  reply(request: Request, { type, content }: Reply): void {
    const frames = this.#encoder.encode(request.identities, type, request.header, content);
    this.#outbox[request.channel].push(frames);
  }

  /** Asks the client whose request this is. */
  ask(identities: readonly Buffer[], parent: JsonObject, content: Content<"input_request">): void {
    this.#outbox.stdin.push(this.#encoder.encode(identities, "input_request", parent, content));
  }

  /** Answers a subscription to iopub (JEP 65): from here on the subscriber misses nothing. */
  welcome(topic: Buffer): void {
    const content = { subscription: topic.toString("utf8") };
    this.#outbox.iopub.push(this.#encoder.encode([topic], "iopub_welcome", {}, content));
  }
}
