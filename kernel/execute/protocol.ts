// The messages between the wire process and the executor process. One frame = one message:
//   u32le bytes of everything after this field | u32le bytes of JSON | JSON | buffers, whose lengths stand in `bufferLengths`
// Down (wire -> executor) on fd 4, read by the executor's watchdog thread, so that an interrupt arrives while a cell spins.
// Up (executor -> wire) on fd 3, written synchronously by the main thread: a busy loop's prints leave while it runs.
// `cell` is opaque to the executor: the wire process maps it to the request it belongs to, also long after that request ended.
import type { MimeBundle } from "../../lib/core/host.ts";
import type { DebugCommand } from "../wire/debug-requests.ts";

export const UP_FD = 3;
export const DOWN_FD = 4;
/** The cell that there is not. */
export const NO_CELL = "";
/** Largest frame accepted; the largest real one seen is a 6 MiB figure. */
export const MAX_FRAME_BYTES = 256 * 2 ** 20;

export interface CellError {
  readonly ename: string;
  readonly evalue: string;
  /** Lines for people: the cell's own source lines first, ANSI colours allowed; at most 64 KiB in all. */
  readonly traceback: readonly string[];
}

/** What `user_expressions` gives: a bundle or an error, per expression. */
export type ExpressionResult =
  | { readonly status: "ok"; readonly data: MimeBundle; readonly metadata: MimeBundle }
  | ({ readonly status: "error" } & CellError);

export interface CommMessage {
  readonly type: "comm";
  readonly kind: "comm_open" | "comm_msg" | "comm_close";
  readonly content: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly Uint8Array[];
  /** The request (down) or cell (up) it belongs to. */
  readonly cell: string;
}

/** Requests of the debug protocol that need the cells' process. */
export type ExecutorCommand = Exclude<
  DebugCommand,
  "initialize" | "configurationDone" | "debugInfo" | "dumpCell" | "threads"
>;

/** The body of a response. */
export type DebugAnswer = Readonly<Record<string, unknown>>;

export type DownMessage =
  | {
      readonly type: "execute";
      readonly cell: string;
      readonly code: string;
      /** The number shown as In [n]; 0 for silent cells. */
      readonly count: number;
      readonly silent: boolean;
      readonly allowStdin: boolean;
      readonly userExpressions: Readonly<Record<string, string>>;
    }
  /** Ladder: aborts the signal of cooperating work if there is some, else stops the code; `force` skips the first rung. */
  | { readonly type: "interrupt"; readonly force: boolean }
  | { readonly type: "input"; readonly cell: string; readonly value: string | null }
  /** Properties, keys and a preview of a live value, for completion and hover; answered only when no cell is running. Never calls getters. */
  | {
      readonly type: "query";
      readonly id: number;
      readonly kind: "properties" | "keys" | "inspect";
      readonly expression: string;
    }
  /** Answered with `debugged`, in order, also while a cell stands at a breakpoint. */
  | {
      readonly type: "debug";
      readonly id: number;
      readonly command: ExecutorCommand;
      /** Of the command's type; the table in wire/debug-requests.ts has parsed it. `setBreakpoints` brings the cell's text as `code`. */
      readonly given: Readonly<Record<string, unknown>>;
      /** What the paths of cells begin with. */
      readonly prefix: string;
    }
  /** The next cell imports the laboratory: it may load while that cell's types are checked. */
  | { readonly type: "preload" }
  /** All that an interrupt takes is done, for no cell: answered with the `done` of NO_CELL. */
  | { readonly type: "rehearse" }
  | { readonly type: "exit" }
  /** From a front end; answered with `done` for its cell once its handlers have run, so that the wire process can say idle. */
  | CommMessage;

export type UpMessage =
  | { readonly type: "ready"; readonly pid: number; readonly node: string }
  | { readonly type: "stream"; readonly cell: string; readonly name: "stdout" | "stderr"; readonly text: string }
  | {
      readonly type: "display";
      readonly cell: string;
      readonly data: MimeBundle;
      readonly metadata: MimeBundle;
      readonly displayId?: string;
      readonly update: boolean;
    }
  | { readonly type: "clear"; readonly cell: string; readonly wait: boolean }
  /** For the front end's pager; leaves with the reply. */
  | { readonly type: "page"; readonly cell: string; readonly data: MimeBundle }
  /** The front end puts this text in the cell's place; leaves with the reply. */
  | { readonly type: "next"; readonly cell: string; readonly code: string }
  /** The value of the cell's last expression; sent before `done`. */
  | { readonly type: "result"; readonly cell: string; readonly data: MimeBundle; readonly metadata: MimeBundle }
  /** An error outside the cell's own promise (a timer, an unhandled rejection), also after the cell ended. */
  | { readonly type: "stray"; readonly cell: string; readonly error: CellError }
  | {
      readonly type: "done";
      readonly cell: string;
      readonly error: CellError | null;
      readonly interrupted: boolean;
      readonly expressions: Readonly<Record<string, ExpressionResult>>;
    }
  | { readonly type: "input"; readonly cell: string; readonly prompt: string; readonly password: boolean }
  | { readonly type: "answer"; readonly id: number; readonly value: unknown }
  /** An interrupt found work that watches its signal: for GRACE_MS longer the wire process does not replace this process. */
  | { readonly type: "grace" }
  | { readonly type: "debugged"; readonly id: number; readonly body: DebugAnswer }
  /** A refusal, with what to say. */
  | { readonly type: "debugged"; readonly id: number; readonly refused: string }
  /** An event of the debug protocol: the main thread stands still, or goes on. */
  | { readonly type: "debug-event"; readonly event: "stopped" | "continued"; readonly body: DebugAnswer }
  /** The user's code asked to end the process; sent before it goes. */
  | { readonly type: "exiting"; readonly code: number }
  | CommMessage;
