// A bundle as Jupyter can carry it: strings, base64 for bytes, JSON for "+json" types; whatever else a display method put in it.
import { Buffer } from "node:buffer";
import type { MimeBundle } from "../../lib/core/host.ts";
import { inspectText } from "./text.ts";

const JSON_MIME = /^application\/(?:.*\+)?json$/;
/** UTF-16 units of one representation. The largest real one seen is a 6 MiB figure. */
const MAX_PART = 64 * 2 ** 20;

export function cleanBundle(bundle: MimeBundle): MimeBundle {
  const clean: Record<string, unknown> = {};
  for (const [mime, data] of Object.entries(bundle)) {
    if (data === undefined || data === null || !/^[\w.+-]+\/[\w.+-]+/.test(mime)) continue;
    const part = JSON_MIME.test(mime) ? jsonPart(data) : textPart(mime, data);
    if (part !== undefined) clean[mime] = part;
  }
  if (Object.keys(clean).length === 0) clean["text/plain"] = inspectText(bundle);
  return clean;
}

function textPart(mime: string, data: unknown): string {
  if (ArrayBuffer.isView(data)) {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    return bytes.toString(/^text\/|svg/.test(mime) ? "utf8" : "base64");
  }
  const text = typeof data === "string" ? data : Array.isArray(data) ? data.join("") : textOf(data);
  return text.length > MAX_PART ? `… ${text.length} characters of ${mime} are too much to show` : text;
}

/** Markup objects (our `html` tag's, DOM nodes) say what they are in toString. */
function textOf(data: unknown): string {
  try {
    return String(data);
  } catch {
    return inspectText(data);
  }
}

function jsonPart(data: unknown): unknown {
  try {
    // What cannot be written as JSON (a cycle, a bigint) must not cost the cell its reply.
    const json = JSON.stringify(data) as string | undefined;
    return json === undefined || json.length > MAX_PART ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}
