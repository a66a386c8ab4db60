// A request's way in: verified and parsed, looked up in the table of handlers, answered between busy and idle. Cells wait in their queue;
// everything else is answered at once, also while a cell runs. Nothing that arrives can end the kernel.
import { parseContent, parseMessage } from "../wire/frames.ts";
import { log } from "../wire/log.ts";
import { type MessageType, isRequest } from "../wire/messages.ts";
import type { Authenticator } from "../wire/signature.ts";
import type { RequestChannel } from "../wire/sockets.ts";
import * as comm from "./comm-requests.ts";
import type { Handler, Session } from "./context.ts";
import * as control from "./control.ts";
import { kernelInfo } from "./kernel-info.ts";
import * as knowledge from "./knowledge.ts";
import type { Reply, Request } from "./post.ts";
import { usage } from "./usage.ts";

const HANDLERS: { readonly [T in MessageType]?: Handler<T> } = {
  kernel_info_request: kernelInfo,
  is_complete_request: knowledge.isComplete,
  complete_request: knowledge.complete,
  inspect_request: knowledge.inspect,
  history_request: knowledge.history,
  comm_info_request: comm.info,
  comm_open: comm.forward,
  comm_msg: comm.forward,
  comm_close: comm.forward,
  connect_request: control.connect,
  interrupt_request: control.interrupt,
  shutdown_request: control.shutdown,
  debug_request: control.debug,
  usage_request: usage,
  create_subshell_request: control.createSubshell,
  delete_subshell_request: control.deleteSubshell,
  list_subshell_request: control.listSubshells,
};

/** Takes the frames of one message. Never throws. */
export function receive(
  session: Session,
  authenticator: Authenticator,
  channel: RequestChannel,
  frames: Buffer[],
): void {
  let request: Request;
  try {
    request = { ...parseMessage(frames, authenticator), channel };
  } catch (error) {
    log(`${channel}: refused: ${firstLine(error)}`);
    return;
  }
  try {
    route(session, request);
  } catch (error) {
    log(`${channel}: ${request.header.msg_type} refused: ${firstLine(error)}`);
    answer(session, request, () => {
      throw error;
    }).catch((failure: unknown) => log(`${channel}: no answer: ${firstLine(failure)}`));
  }
}

/** @throws WIRE_SCHEMA */
function route(session: Session, request: Request): void {
  const { channel, header } = request;
  const type = header.msg_type;
  const lane = header["subshell_id"];
  if (!isRequest(type, channel)) {
    log(`${channel}: unknown message type ${JSON.stringify(type)}`);
    session.post.status(header, "busy");
    session.post.status(header, "idle");
    return;
  }
  if (type === "input_reply") {
    session.outputs.answer(header.session, parseContent("input_reply", request.content).value);
    return;
  }
  if (typeof lane === "string" && !session.subshells.has(lane)) log(`${channel}: a request names an unknown subshell`);
  if (type === "execute_request") {
    session.executions.add(request, parseContent("execute_request", request.content));
    return;
  }
  const content = parseContent(type, request.content);
  const handler = HANDLERS[type] as Handler<MessageType>;
  answer(session, request, () => handler(session, content as never, request)).catch((error: unknown) =>
    log(`${channel}: ${type} failed: ${firstLine(error)}`),
  );
}

async function answer(
  { post, executions }: Session,
  request: Request,
  work: () => Promise<Reply | undefined> | Reply | undefined,
): Promise<void> {
  // Begun before its news is made: a stop does not wait for two signatures.
  const working = begin(work);
  post.status(request.header, "busy");
  try {
    const reply = await working;
    if (reply) post.reply(request, reply);
  } catch (error) {
    const { msg_type: type } = request.header;
    if (type.endsWith("_request")) post.reply(request, errorReply(type, error));
    else log(`${request.channel}: ${type} failed: ${firstLine(error)}`);
  }
  post.status(request.header, "idle");
  // JupyterLab shows the state of the last status message, whoever's it was: a cell that still runs says so again.
  if (executions.running) post.status(executions.running.header, "busy");
}

async function begin<T>(work: () => Promise<T> | T): Promise<T> {
  return work();
}

function errorReply(type: string, error: unknown): Reply {
  const [ename, evalue] =
    error instanceof Error ? [error.name, error.message.split("\n")[0] ?? ""] : ["Error", String(error)];
  const content = { status: "error", ename, evalue, traceback: [`${ename}: ${evalue}`], execution_count: 0 };
  return { type: type.replace(/_request$/, "_reply") as MessageType, content };
}

function firstLine(error: unknown): string {
  return String(error).split("\n")[0] ?? "";
}
