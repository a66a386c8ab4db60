// Requests about code and the past: completion, hover, is_complete, history. What types know comes from the language worker, what live
// values have from the executor; the second is asked only while no cell runs.
import { log } from "../wire/log.ts";
import type { Handler, Session } from "./context.ts";
import { reply } from "./post.ts";

export const isComplete: Handler<"is_complete_request"> = async (session, { code }) => {
  const { status, indent } = await session.language().isComplete(code);
  return reply("is_complete_reply", { status, indent: status === "incomplete" ? indent : undefined });
};

export const complete: Handler<"complete_request"> = async (session, { code, cursor_pos }) => {
  const cursor = cursor_pos ?? Array.from(code).length;
  const [typed, live] = await Promise.all([
    session
      .language()
      .complete(code, cursor)
      .catch((error: unknown) => untyped(cursor, error)),
    liveProperties(session, code, cursor),
  ]);
  const before = Array.from(code).slice(0, cursor);
  const start = typed.matches.length > 0 ? typed.cursorStart : cursor - wordAtEnd(before.join(""));
  const prefix = before.slice(start).join("");
  const known = new Set(typed.matches);
  const more = live.filter((name) => !known.has(name) && name.startsWith(prefix));
  return reply("complete_reply", {
    status: "ok",
    matches: [...typed.matches, ...more],
    cursor_start: start,
    cursor_end: typed.cursorEnd,
    metadata: typed.metadata,
  });
};

export const inspect: Handler<"inspect_request"> = async (session, { code, cursor_pos, detail_level }) => {
  const cursor = cursor_pos ?? Array.from(code).length;
  const { found, data } = await session.language().inspect(code, cursor, detail_level);
  return reply("inspect_reply", { status: "ok", found, data, metadata: {} });
};

export const history: Handler<"history_request"> = async (session, content) => {
  const entries = (await session.history()).query(content);
  // Outputs are not kept: the pair's second half is null, as IPython's is by default.
  const history = content.output ? entries.map(([s, line, source]) => [s, line, [source, null]]) : entries;
  return reply("history_reply", { status: "ok", history });
};

/** @returns code points of the name that ends the text */
function wordAtEnd(text: string): number {
  return Array.from(/[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.exec(text)?.[0] ?? "").length;
}

/** Without the language worker completion still knows what live values have. */
function untyped(cursor: number, error: unknown) {
  log(`completion without types: ${String(error).split("\n")[0]}`);
  return { matches: [], cursorStart: cursor, cursorEnd: cursor, metadata: {} };
}

/** Names after the dot of a plain path (`a.b.`), or in scope, from the live values. */
async function liveProperties(session: Session, code: string, cursor: number): Promise<string[]> {
  if (session.executions.running) return [];
  const before = Array.from(code).slice(0, cursor).join("");
  const path = /(?<![\w$.)\]"'`?])((?:[A-Za-z_$][\w$]*\.)*)[\w$]*$/u.exec(before);
  if (!path) return [];
  const answer = await session.outputs.query({ kind: "properties", expression: (path[1] ?? "").slice(0, -1) });
  if (!Array.isArray(answer)) return [];
  return answer.flatMap((p: unknown) => {
    const { name } = p as { name?: unknown };
    return typeof name === "string" && /^[A-Za-z_$][\w$]*$/.test(name) ? [name] : [];
  });
}
