// JSON from outside: size, encoding, depth, syntax, then the values that JSON allows and JavaScript stumbles over. Pure.
import { fault } from "../../lib/core/errors.ts";

/** The deepest real messages, Plotly figures in widget states, nest about 20 levels. */
const MAX_JSON_DEPTH = 256;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * @param bytes UTF-8
 * @param what the part's name, for the error
 * @throws WIRE_JSON bad UTF-8, bad JSON, nested deeper than MAX_JSON_DEPTH, a lone surrogate, a number beyond float64, or `__proto__`
 * @example parseJson(new TextEncoder().encode('{"a":[1]}'), "content") // { a: [1] }
 */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  let value: unknown;
  checkDepth(bytes, what);
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch (error) {
    // The parser's own message quotes the text, which may be anything: only its kind is told.
    throw refused(what, error instanceof SyntaxError ? "is no JSON" : "is no UTF-8");
  }
  checkValue(value, what);
  return value;
}

/** Counted in the bytes, because what nests too deep must not reach code that recurses. */
function checkDepth(bytes: Uint8Array, what: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > MAX_JSON_DEPTH) throw refused(what, `nests deeper than ${MAX_JSON_DEPTH}`);
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
}

function checkValue(value: unknown, what: string): void {
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw refused(what, "holds a lone surrogate");
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) throw refused(what, "holds a number beyond float64");
  } else if (Array.isArray(value)) {
    for (const item of value) checkValue(item, what);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (key === "__proto__") throw refused(what, "holds a key __proto__");
      checkValue(key, what);
      checkValue(item, what);
    }
  }
}

function refused(what: string, why: string) {
  return fault("WIRE_JSON", `${what} ${why}.`, "the message was dropped.");
}
