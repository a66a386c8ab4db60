// A message as ZeroMQ frames, and back: identities | <IDS|MSG> | signature | header | parent header | metadata | content | buffers.
// A pipeline of refusals: structure, size, authenticity, encoding, JSON, schema of the header; each refusal is an error whose code
// starts with WIRE_. The content is checked by its own schema in `parseContent`, because a signed request with bad content still
// deserves an answer.
import { fault } from "../../lib/core/errors.ts";
import { parseJson } from "./json.ts";
import { type Content, MESSAGES, type MessageType, PROTOCOL_VERSION } from "./messages.ts";
import { type JsonObject, anyObject, fields, text } from "./schema.ts";
import type { Authenticator } from "./signature.ts";

/** Frames in one message; the largest real one, a widget with many binary columns, has about 200. */
const MAX_FRAMES = 4_096;
/** Bytes in one frame; ZeroMQ itself drops the peer that sends a larger one. Jupyter Server passes on 10 MB at most. */
export const MAX_FRAME_BYTES = 64 * 2 ** 20;
/** Bytes of header, parent header and metadata each; real ones are below 1 KiB. */
const MAX_ENVELOPE_BYTES = 2 ** 20;

const DELIMITER = Buffer.from("<IDS|MSG>");
const EMPTY = Buffer.from("{}");
const headerFields = fields({ msg_id: text, msg_type: text, session: text });

export interface WireMessage {
  /** Whom to answer, as ROUTER gave it; may be empty. */
  readonly identities: readonly Buffer[];
  /** As received, unknown fields too: it goes back whole as parent header. */
  readonly header: JsonObject & Header;
  readonly parentHeader: JsonObject;
  readonly metadata: JsonObject;
  readonly content: JsonObject;
  readonly buffers: readonly Buffer[];
}

export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
}

/**
 * @throws WIRE_FRAMES, WIRE_SIGNATURE, WIRE_REPLAY, WIRE_JSON, WIRE_SCHEMA
 */
export function parseMessage(frames: readonly Buffer[], authenticator: Authenticator): WireMessage {
  if (frames.length > MAX_FRAMES) throw malformed(`has ${frames.length} frames, more than ${MAX_FRAMES}`);
  const at = frames.findIndex((frame) => frame.equals(DELIMITER));
  if (at === -1) throw malformed("has no delimiter");
  const [signature, header, parentHeader, metadata, content, ...buffers] = frames.slice(at + 1);
  if (!signature || !header || !parentHeader || !metadata || !content) {
    throw malformed(`has ${frames.length - at - 1} frames after its delimiter, expected 5 or more`);
  }
  if (Math.max(header.byteLength, parentHeader.byteLength, metadata.byteLength) > MAX_ENVELOPE_BYTES) {
    throw malformed(`has a header larger than ${MAX_ENVELOPE_BYTES} bytes`);
  }
  authenticator.verify(signature, [header, parentHeader, metadata, content]);
  const parsedHeader = anyObject(parseJson(header, "header"), "header");
  headerFields(parsedHeader, "header");
  return {
    identities: frames.slice(0, at),
    header: parsedHeader as JsonObject & Header,
    parentHeader: anyObject(parseJson(parentHeader, "parent header"), "parent header"),
    metadata: anyObject(parseJson(metadata, "metadata"), "metadata"),
    content: anyObject(parseJson(content, "content"), "content"),
    buffers,
  };
}

/**
 * @returns the content as its type promises, defaults filled in
 * @throws WIRE_SCHEMA
 */
export function parseContent<T extends MessageType>(type: T, content: JsonObject): Content<T> {
  return MESSAGES[type].content(content, "content") as Content<T>;
}

/** What is needed to make messages: who speaks, and with which key. */
export class Encoder {
  readonly session: string;
  readonly #authenticator: Authenticator;
  #count = 0;

  constructor(session: string, authenticator: Authenticator) {
    this.session = session;
    this.#authenticator = authenticator;
  }

  /**
   * @param to identities (ROUTER) or the topic (XPUB)
   * @param parent the header of the request this belongs to; empty for none
   */
  encode(
    to: readonly Uint8Array[],
    type: string,
    parent: JsonObject,
    content: JsonObject,
    metadata: JsonObject = {},
    buffers: readonly Uint8Array[] = [],
  ): Uint8Array[] {
    const header = {
      msg_id: `${this.session}_${++this.#count}`,
      session: this.session,
      username: "blankslate",
      date: new Date().toISOString(),
      msg_type: type,
      version: PROTOCOL_VERSION,
    };
    const parts = [header, parent, metadata, content].map((part) => {
      const json = JSON.stringify(part);
      return json === "{}" ? EMPTY : Buffer.from(json);
    });
    return [...to, DELIMITER, Buffer.from(this.#authenticator.sign(parts)), ...parts, ...buffers];
  }
}

function malformed(what: string) {
  return fault("WIRE_FRAMES", `a message ${what}.`, "it was dropped.");
}
