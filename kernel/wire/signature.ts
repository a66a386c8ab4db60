// Signatures of messages: HMAC over the exact bytes of the four parts (header, parent header, metadata, content; never the buffers),
// compared in constant time, before anything is parsed. A digest is remembered only once it verified, so junk cannot push out real ones.
import { createHmac, timingSafeEqual } from "node:crypto";
import { fault } from "../../lib/core/errors.ts";

/** Verified digests kept against replay: 2 MiB at most; a long session sends a few thousand messages a day. */
export const MAX_REPLAY_DIGESTS = 65_536;
/** What a connection file may name; jupyter_client's default is the first. */
const SCHEMES: Readonly<Record<string, string>> = { "hmac-sha256": "sha256", "hmac-sha512": "sha512" };

export class Authenticator {
  readonly #key: string;
  readonly #hash: string;
  readonly #seen = new Set<string>();

  /**
   * @param key empty: messages are neither signed nor checked, as the protocol says
   * @throws CONNECTION_SCHEME the signature scheme is unknown
   */
  constructor(key: string, scheme: string) {
    const hash = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
    if (hash === undefined && key !== "") {
      throw fault(
        "CONNECTION_SCHEME",
        `signature_scheme is ${JSON.stringify(scheme)}.`,
        `use one of ${Object.keys(SCHEMES).join(", ")}.`,
      );
    }
    this.#key = key;
    this.#hash = hash ?? "sha256";
  }

  /** @returns lower-case hex, or "" without a key */
  sign(parts: readonly Uint8Array[]): string {
    return this.#key === "" ? "" : this.#digest(parts).toString("hex");
  }

  /**
   * @param signature as received: ASCII hex
   * @throws WIRE_SIGNATURE it is not the signature of these parts
   * @throws WIRE_REPLAY these very parts were accepted before
   */
  verify(signature: Uint8Array, parts: readonly Uint8Array[]): void {
    if (this.#key === "") return;
    const expected = Buffer.from(this.#digest(parts).toString("hex"), "latin1");
    if (signature.byteLength !== expected.byteLength || !timingSafeEqual(signature, expected)) {
      throw fault("WIRE_SIGNATURE", "a message's signature is wrong.", "the sender has another key.");
    }
    const digest = expected.toString("latin1");
    if (this.#seen.has(digest)) {
      throw fault("WIRE_REPLAY", "a message came a second time.", "every message needs its own msg_id.");
    }
    if (this.#seen.size >= MAX_REPLAY_DIGESTS) {
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest);
        break;
      }
    }
    this.#seen.add(digest);
  }

  /** How many digests are remembered; at most MAX_REPLAY_DIGESTS. */
  get remembered(): number {
    return this.#seen.size;
  }

  #digest(parts: readonly Uint8Array[]): Buffer {
    const hmac = createHmac(this.#hash, this.#key);
    for (const part of parts) hmac.update(part);
    return hmac.digest();
  }
}
