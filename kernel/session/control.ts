// Requests about the kernel itself: interrupt, shutdown, subshells, resource usage, and the debugger.
import { randomUUID } from "node:crypto";
import { fault } from "../../lib/core/errors.ts";
import type { Handler } from "./context.ts";
import { reply } from "./post.ts";

export const interrupt: Handler<"interrupt_request"> = ({ executions }) => {
  executions.interrupt();
  return reply("interrupt_reply", { status: "ok" });
};

export const shutdown: Handler<"shutdown_request"> = (session, { restart }) => {
  session.leave();
  return reply("shutdown_reply", { status: "ok", restart });
};

/**
 * Subshells (JEP 91) hold requests that need not wait for the main shell's. Everything but cells never waits here anyway; cells of all
 * shells take turns, because JavaScript has one thread.
 */
export const createSubshell: Handler<"create_subshell_request"> = ({ subshells }) => {
  const subshell_id = randomUUID();
  subshells.add(subshell_id);
  return reply("create_subshell_reply", { status: "ok", subshell_id });
};

export const deleteSubshell: Handler<"delete_subshell_request"> = ({ subshells }, { subshell_id }) => {
  if (!subshells.delete(subshell_id)) {
    throw fault("SUBSHELL_UNKNOWN", `there is no subshell ${JSON.stringify(subshell_id)}.`, "create it first.");
  }
  return reply("delete_subshell_reply", { status: "ok" });
};

export const listSubshells: Handler<"list_subshell_request"> = ({ subshells }) =>
  reply("list_subshell_reply", { status: "ok", subshell_id: [...subshells] });

export const debug: Handler<"debug_request"> = async (session, content, { header }) =>
  reply("debug_reply", await session.debug.answer(content, header));

export const connect: Handler<"connect_request"> = ({ connection }) => {
  const { shell_port, iopub_port, stdin_port, hb_port, control_port } = connection;
  return reply("connect_reply", { status: "ok", shell_port, iopub_port, stdin_port, hb_port, control_port });
};
