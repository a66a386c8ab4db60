// What the parts of a session share: the running kernel as its handlers see it.
import type { Supervisor } from "../execute/supervisor.ts";
import type { Connection } from "../wire/connection.ts";
import type { Content, JsonObject, MessageType } from "../wire/messages.ts";
import type { Comms } from "./comms.ts";
import type { Executions } from "./executions.ts";
import type { History } from "./history.ts";
import type { Outputs } from "./outputs.ts";
import type { Post, Reply, Request } from "./post.ts";

/** What the language worker gives. */
export interface LanguageService {
  isComplete(
    code: string,
  ): Promise<{ readonly status: "complete" | "incomplete" | "invalid" | "unknown"; readonly indent?: string }>;
  complete(
    code: string,
    cursor: number,
  ): Promise<{
    readonly matches: readonly string[];
    readonly cursorStart: number;
    readonly cursorEnd: number;
    readonly metadata: JsonObject;
  }>;
  inspect(code: string, cursor: number, detail: 0 | 1): Promise<{ readonly found: boolean; readonly data: JsonObject }>;
}

export interface Session {
  readonly connection: Connection;
  readonly post: Post;
  readonly comms: Comms;
  readonly supervisor: Supervisor;
  readonly executions: Executions;
  readonly outputs: Outputs;
  readonly subshells: Set<string>;
  /** Opened at the first use. */
  history(): Promise<History>;
  /** Started after the first kernel_info_reply, or at the first use. */
  language(): LanguageService | undefined;
  /** Ends the kernel soon after; the reply still leaves. */
  leave(): void;
}

/** Answers one kind of request; without a reply the effects are the answer. An error becomes the reply's error. */
export type Handler<T extends MessageType> = (
  session: Session,
  content: Content<T>,
  request: Request,
) => Promise<Reply | undefined> | Reply | undefined;
