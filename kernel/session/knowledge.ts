// Requests about code and the past: completion, hover, is_complete, history. What types know comes from the language worker, what live
// values have from the executor; the second is asked only while no cell runs.
import { log } from "../wire/log.ts";
import type { Completion } from "../language/language.ts";
import type { Handler } from "./context.ts";
import { type LiveName, liveNames } from "./live-names.ts";
import { reply } from "./post.ts";

export const isComplete: Handler<"is_complete_request"> = async (session, { code }) => {
  const { status, indent } = await session.language().isComplete(code);
  return reply("is_complete_reply", { status, indent: status === "incomplete" ? indent : undefined });
};

export const complete: Handler<"complete_request"> = async (session, { code, cursor_pos }) => {
  const cursor = cursor_pos ?? Array.from(code).length;
  // Asked at once and awaited only where it can matter; it never rejects.
  const asked = liveNames(session, code, cursor);
  const typed: Completion = await session
    .language()
    .complete(code, cursor)
    .catch((error: unknown) => untyped(cursor, error));
  const live = typed.isWhole ? { start: typed.cursorStart, first: [], last: [] } : await asked;
  const start = typed.matches.length > 0 ? typed.cursorStart : live.start;
  const known = new Set(typed.matches);
  // Names that have to be imported replace more of the text: none of the others fits beside them.
  const unknown = (names: readonly LiveName[]) =>
    names
      .filter(({ name }) => start === live.start && !known.has(name))
      .map(({ name, type }) => ({ start, end: typed.cursorEnd, text: name, type: iconOf(type), signature: "" }));
  const all = [...unknown(live.first), ...typed.metadata["_jupyter_types_experimental"], ...unknown(live.last)];
  return reply("complete_reply", {
    status: "ok",
    matches: all.map(({ text }) => text),
    cursor_start: start,
    cursor_end: typed.cursorEnd,
    metadata: { _jupyter_types_experimental: all },
  });
};

/** Jupyter's word for the kind of a live value. */
function iconOf(type: string): string {
  return type === "function" || type === "Function" ? "function" : "property";
}

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

/** Without the language worker completion still knows what live values have. */
function untyped(cursor: number, error: unknown): Completion {
  log(`completion without types: ${String(error).split("\n")[0]}`);
  return { matches: [], cursorStart: cursor, cursorEnd: cursor, metadata: { _jupyter_types_experimental: [] } };
}
