// Every message of the Jupyter protocol that this kernel speaks, version 5.5: who sends it, on which channels, and its content. The
// kernel parses requests by this table and types its replies with it; the tests check what the kernel sends against it.
// Source: jupyter_client, docs/messaging.rst (protocol 5.5), and JEPs 65 (iopub_welcome) and 91 (subshells).
import { type Check, type Checked, type JsonObject } from "./schema.ts";
import {
  anyObject,
  anything,
  either,
  fields,
  finite,
  flag,
  integer,
  listOf,
  mapOf,
  oneOf,
  optional,
  text,
  withDefault,
} from "./schema.ts";

export const PROTOCOL_VERSION = "5.5";
export type Channel = "shell" | "control" | "stdin" | "iopub";

interface MessageKind<T> {
  readonly from: "client" | "kernel" | "both";
  readonly channels: readonly Channel[];
  readonly content: Check<T>;
}

function asks<T>(channels: readonly Channel[], content: Check<T>): MessageKind<T> {
  return { from: "client", channels, content };
}
function tells<T>(channels: readonly Channel[], content: Check<T>): MessageKind<T> {
  return { from: "kernel", channels, content };
}

/** From clients on shell or control, from the kernel on iopub. */
function exchanges<T>(content: Check<T>): MessageKind<T> {
  return { from: "both", channels: ["shell", "control", "iopub"], content };
}

const SHELL = ["shell"] as const;
const CONTROL = ["control"] as const;
const BOTH = ["shell", "control"] as const;
const IOPUB = ["iopub"] as const;

const error = fields({ status: oneOf("error", "aborted"), ename: text, evalue: text, traceback: listOf(text) });
/** A reply: `ok` with its fields, or an error. */
function answer<S extends Readonly<Record<string, Check<unknown>>>>(shape: S) {
  return either(fields({ status: oneOf("ok"), ...shape }), error);
}
const ok = answer({});
const bundle = { data: anyObject, metadata: anyObject };
const shownBundle = { ...bundle, transient: withDefault(anyObject, {}) };
const nothing = fields({});
const comm = { comm_id: text, data: withDefault(anyObject, {}) };

export const MESSAGES = {
  kernel_info_request: asks(BOTH, nothing),
  execute_request: asks(
    SHELL,
    fields({
      code: text,
      silent: withDefault(flag, false),
      store_history: optional(flag),
      user_expressions: withDefault(mapOf(text), {}),
      allow_stdin: withDefault(flag, true),
      stop_on_error: withDefault(flag, true),
    }),
  ),
  is_complete_request: asks(SHELL, fields({ code: text })),
  complete_request: asks(SHELL, fields({ code: text, cursor_pos: optional(integer) })),
  inspect_request: asks(
    SHELL,
    fields({ code: text, cursor_pos: optional(integer), detail_level: withDefault(oneOf(0, 1), 0) }),
  ),
  history_request: asks(
    SHELL,
    fields({
      output: withDefault(flag, false),
      raw: withDefault(flag, true),
      hist_access_type: oneOf("range", "tail", "search"),
      session: withDefault(integer, 0),
      start: withDefault(integer, 0),
      stop: optional(integer),
      n: optional(integer),
      pattern: withDefault(text, "*"),
      unique: withDefault(flag, false),
    }),
  ),
  comm_info_request: asks(BOTH, fields({ target_name: optional(text) })),
  connect_request: asks(SHELL, nothing),
  comm_open: exchanges(fields({ ...comm, target_name: text, target_module: optional(text) })),
  comm_msg: exchanges(fields(comm)),
  comm_close: exchanges(fields(comm)),
  interrupt_request: asks(BOTH, nothing),
  shutdown_request: asks(BOTH, fields({ restart: withDefault(flag, false) })),
  /** What it asks stands in debug-requests.ts. */
  debug_request: asks(
    CONTROL,
    fields({ seq: withDefault(integer, 0), command: withDefault(text, ""), arguments: withDefault(anyObject, {}) }),
  ),
  usage_request: asks(CONTROL, nothing),
  create_subshell_request: asks(CONTROL, nothing),
  delete_subshell_request: asks(CONTROL, fields({ subshell_id: text })),
  list_subshell_request: asks(CONTROL, nothing),
  input_reply: asks(["stdin"], fields({ value: text })),

  kernel_info_reply: tells(
    BOTH,
    answer({
      protocol_version: text,
      implementation: text,
      implementation_version: text,
      language_info: fields({
        name: text,
        version: text,
        mimetype: text,
        file_extension: text,
        pygments_lexer: text,
        codemirror_mode: text,
        nbconvert_exporter: text,
      }),
      banner: text,
      debugger: flag,
      help_links: listOf(fields({ text, url: text })),
      supported_features: listOf(text),
    }),
  ),
  execute_reply: tells(
    SHELL,
    either(
      fields({
        status: oneOf("ok"),
        execution_count: integer,
        payload: listOf(anyObject),
        user_expressions: mapOf(anyObject),
      }),
      fields({
        status: oneOf("error", "aborted"),
        execution_count: integer,
        ename: text,
        evalue: text,
        traceback: listOf(text),
      }),
    ),
  ),
  is_complete_reply: tells(
    SHELL,
    fields({ status: oneOf("complete", "incomplete", "invalid", "unknown"), indent: optional(text) }),
  ),
  complete_reply: tells(
    SHELL,
    answer({ matches: listOf(text), cursor_start: integer, cursor_end: integer, metadata: anyObject }),
  ),
  inspect_reply: tells(SHELL, answer({ found: flag, ...bundle })),
  history_reply: tells(SHELL, answer({ history: listOf(listOf(anything)) })),
  comm_info_reply: tells(BOTH, answer({ comms: mapOf(fields({ target_name: text })) })),
  connect_reply: tells(
    SHELL,
    answer({ shell_port: integer, iopub_port: integer, stdin_port: integer, hb_port: integer, control_port: integer }),
  ),
  interrupt_reply: tells(BOTH, ok),
  shutdown_reply: tells(BOTH, answer({ restart: flag })),
  debug_reply: tells(
    CONTROL,
    fields({
      type: oneOf("response"),
      request_seq: integer,
      success: flag,
      command: text,
      /** Of a refusal. */
      message: optional(text),
      body: anyObject,
    }),
  ),
  usage_reply: tells(
    CONTROL,
    answer({
      hostname: text,
      pid: integer,
      kernel_cpu: finite,
      kernel_memory: integer,
      cpu_count: integer,
      host_virtual_memory: mapOf(finite),
    }),
  ),
  create_subshell_reply: tells(CONTROL, answer({ subshell_id: text })),
  delete_subshell_reply: tells(CONTROL, ok),
  list_subshell_reply: tells(CONTROL, answer({ subshell_id: listOf(text) })),

  status: tells(IOPUB, fields({ execution_state: oneOf("starting", "busy", "idle") })),
  iopub_welcome: tells(IOPUB, fields({ subscription: text })),
  stream: tells(IOPUB, fields({ name: oneOf("stdout", "stderr"), text })),
  display_data: tells(IOPUB, fields(shownBundle)),
  update_display_data: tells(IOPUB, fields(shownBundle)),
  execute_input: tells(IOPUB, fields({ code: text, execution_count: integer })),
  execute_result: tells(IOPUB, fields({ execution_count: integer, ...bundle })),
  error: tells(IOPUB, fields({ ename: text, evalue: text, traceback: listOf(text) })),
  clear_output: tells(IOPUB, fields({ wait: flag })),
  debug_event: tells(IOPUB, fields({ type: oneOf("event"), seq: integer, event: text, body: anyObject })),
  input_request: tells(["stdin"], fields({ prompt: text, password: flag })),
} as const;

export type MessageType = keyof typeof MESSAGES;
export type Content<T extends MessageType> = Checked<(typeof MESSAGES)[T]["content"]>;
export type { JsonObject };

/** @returns whether this is a message that a client may send on this channel */
export function isRequest(type: string, channel: Channel): type is MessageType {
  const kind = Object.hasOwn(MESSAGES, type) ? MESSAGES[type as MessageType] : undefined;
  return kind !== undefined && kind.from !== "kernel" && kind.channels.includes(channel);
}
