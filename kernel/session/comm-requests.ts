// Comm messages from front ends go to the executor, where widgets live, at once: a handler can run while a cell awaits.
import type { CommMessage } from "../execute/protocol.ts";
import type { Content, JsonObject } from "../wire/messages.ts";
import type { Session } from "./context.ts";
import { type Reply, type Request, reply } from "./post.ts";

/** Resolves when the executor has run the message's handlers: only then is the request idle. */
export async function forward(session: Session, content: JsonObject, request: Request): Promise<undefined> {
  const kind = request.header.msg_type as CommMessage["kind"];
  session.comms.note(kind, content);
  await session.executions.deliver(request, (cell) => ({
    type: "comm",
    kind,
    content,
    metadata: request.metadata,
    buffers: request.buffers,
    cell,
  }));
  return undefined;
}

export function info({ comms }: Session, { target_name: target }: Content<"comm_info_request">): Reply {
  return reply("comm_info_reply", { status: "ok", comms: comms.info(target) });
}
