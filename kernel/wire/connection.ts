// The connection file: where to bind and which key to trust. Whoever can read it can run code as this user, so who may read it is
// checked before it is believed.
import { lstatSync, readFileSync, statSync } from "node:fs";
import { fault } from "../../lib/core/errors.ts";
import { parseJson } from "./json.ts";
import { log } from "./log.ts";
import { type Checked, fields, integer, oneOf, optional, text, withDefault } from "./schema.ts";

/** Real ones have about 500 bytes. */
const MAX_CONNECTION_BYTES = 65_536;

const connectionFields = fields({
  transport: withDefault(oneOf("tcp", "ipc"), "tcp"),
  ip: withDefault(text, "127.0.0.1"),
  shell_port: integer,
  iopub_port: integer,
  stdin_port: integer,
  control_port: integer,
  hb_port: integer,
  key: withDefault(text, ""),
  signature_scheme: withDefault(text, "hmac-sha256"),
  /** Z85 keys of CurveZMQ: with both, only clients that know the public one can connect, and all traffic is encrypted. */
  curve_publickey: optional(text),
  curve_secretkey: optional(text),
});

export type Connection = Checked<typeof connectionFields>;

/**
 * @throws CONNECTION_FILE it is missing, too large, no connection file, or belongs to another user
 */
export function readConnectionFile(path: string): Connection {
  try {
    checkOwner(path);
    return parseConnection(readFileSync(path));
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw fault("CONNECTION_FILE", `${path}: ${why}`, "Jupyter writes this file and passes its path.", error);
  }
}

/** @throws WIRE_JSON, WIRE_SCHEMA, CONNECTION_FILE */
export function parseConnection(bytes: Uint8Array): Connection {
  if (bytes.byteLength > MAX_CONNECTION_BYTES) {
    throw fault("CONNECTION_FILE", `it has ${bytes.byteLength} bytes.`, "real ones have about 500.");
  }
  const connection = connectionFields(parseJson(bytes, "the connection file"), "connection");
  if ((connection.curve_publickey === undefined) !== (connection.curve_secretkey === undefined)) {
    throw fault("CONNECTION_FILE", "it brings one of the two CurveZMQ keys.", "both or none.");
  }
  return connection;
}

/** @returns the ZeroMQ address of a port */
export function addressOf(connection: Connection, port: number): string {
  return connection.transport === "ipc" ? `ipc://${connection.ip}-${port}` : `tcp://${connection.ip}:${port}`;
}

/** One line when others could listen in: signatures keep them from running code, not from reading along. */
export function warnBeyondLoopback(connection: Connection): void {
  const local = connection.transport === "ipc" || /^(127\.|localhost$|::1$|\[::1\]$)/.test(connection.ip);
  if (!local && connection.curve_secretkey === undefined) {
    log(`warning: bound to ${connection.ip}, not to this machine alone; its traffic can be read on the network`);
  }
}

function checkOwner(path: string): void {
  // Windows keeps access in lists that have no mode bits; Jupyter sets those itself.
  if (process.platform === "win32") return;
  const file = statSync(path);
  const user = process.getuid?.();
  if (user !== undefined && file.uid !== user && file.uid !== 0) {
    throw fault("CONNECTION_FILE", `it belongs to user ${file.uid}.`, "whoever wrote it knows the key.");
  }
  if (lstatSync(path).isSymbolicLink()) log(`warning: the connection file ${path} is a link`);
  if ((file.mode & 0o077) !== 0) {
    log(
      `warning: the connection file ${path} can be read by others (mode ${(file.mode & 0o777).toString(8)}); its key can run code`,
    );
  }
}
