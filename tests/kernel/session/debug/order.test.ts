// What a front end hears in which order, from an executor that does all at once.
import { expect, test } from "vitest";
import { Debug } from "../../../../kernel/session/debug/debug.ts";
import type { Post } from "../../../../kernel/session/post.ts";
import type { Supervisor } from "../../../../kernel/execute/supervisor.ts";

const heard: string[] = [];
const post = {
  publish: (_type: string, _parent: object, content: { event: string }) => void heard.push(content.event),
} as unknown as Post;

test("a thread that stands again at once: the reply that let it go comes before the news, and those keep their order", async () => {
  const supervisor = {
    start: () => undefined,
    send({ id }: { id: number }) {
      debug.receive({ type: "debugged", id, body: { allThreadsContinued: true } });
      debug.receive({ type: "debug-event", event: "continued", body: { threadId: 1 } });
      debug.receive({ type: "debug-event", event: "stopped", body: { threadId: 1 } });
    },
  } as unknown as Supervisor;
  const debug = new Debug({ post, supervisor, declare: () => undefined });
  for (const command of ["continue", "next", "stepIn", "stepOut"]) {
    heard.length = 0;
    const reply = await debug.answer({ seq: 1, command, arguments: { threadId: 1 } }, {});
    expect([reply.success, heard]).toEqual([true, []]);
    await expect.poll(() => heard).toEqual(["continued", "stopped"]);
  }
});

test("a refusal brings the empty list that front ends read before they look whether it is one", async () => {
  const supervisor = {
    start: () => undefined,
    send: ({ id }: { id: number }) => debug.receive({ type: "debugged", id, refused: "no longer there" }),
  } as unknown as Supervisor;
  const debug = new Debug({ post, supervisor, declare: () => undefined });
  const ask = async (command: string, given: Record<string, unknown>) => {
    const { success, message, body } = await debug.answer({ seq: 1, command, arguments: given }, {});
    return { success, message, body };
  };
  const refused = { success: false, message: "no longer there" };
  expect(await ask("stackTrace", { threadId: 1 })).toEqual({ ...refused, body: { stackFrames: [] } });
  expect(await ask("scopes", { frameId: 1 })).toEqual({ ...refused, body: { scopes: [] } });
  expect(await ask("variables", { variablesReference: 48 })).toEqual({ ...refused, body: { variables: [] } });
  expect(await ask("evaluate", { expression: "1" })).toEqual({ ...refused, body: {} });
});
