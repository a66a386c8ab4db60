// What the parts of a session share: the running kernel as its handlers see it.
import type { Supervisor } from "../execute/supervisor.ts";
import type { LanguageService } from "../language/language.ts";
import type { Connection } from "../wire/connection.ts";
import type { Content, MessageType } from "../wire/messages.ts";
import type { Comms } from "./comms.ts";
import type { Debug } from "./debug/debug.ts";
import type { Executions } from "./executions.ts";
import type { History } from "./history.ts";
import type { Outputs } from "./outputs.ts";
import type { Post, Reply, Request } from "./post.ts";

export interface Session {
  readonly connection: Connection;
  readonly post: Post;
  readonly comms: Comms;
  readonly supervisor: Supervisor;
  readonly executions: Executions;
  readonly outputs: Outputs;
  readonly debug: Debug;
  readonly subshells: Set<string>;
  /** Opened at the first use. */
  history(): Promise<History>;
  /** Started after the first kernel_info_reply, or at the first use. */
  language(): LanguageService;
  /** Ends the kernel soon after; the reply still leaves. */
  leave(): void;
}

/** Answers one kind of request; without a reply the effects are the answer. An error becomes the reply's error. */
export type Handler<T extends MessageType> = (
  session: Session,
  content: Content<T>,
  request: Request,
) => Promise<Reply | undefined> | Reply | undefined;
