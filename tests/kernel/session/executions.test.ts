import { expect, test } from "vitest";
import type { Executor } from "../../../kernel/execute/supervisor.ts";
import { Cells } from "../../../kernel/session/cells.ts";
import { Comms } from "../../../kernel/session/comms.ts";
import { Executions } from "../../../kernel/session/executions.ts";
import { Outputs } from "../../../kernel/session/outputs.ts";
import type { Post, Request } from "../../../kernel/session/post.ts";
import { parseContent } from "../../../kernel/wire/frames.ts";

const TYPE_ERROR = { ename: "TS2322", evalue: "", traceback: [] };

/** @returns what happens to a cell, in order, where everything that it waits for is there at once */
async function happenings(code: string, error: typeof TYPE_ERROR | null = null): Promise<string[]> {
  const seen: string[] = [];
  const post = {
    status: (_parent: unknown, state: string) => seen.push(state),
    publish: (type: string) => seen.push(type),
    reply: (_request: unknown, { content }: { content: { status: string } }) => seen.push(`reply ${content.status}`),
  } as unknown as Post;
  const cells = new Cells();
  const executor: Executor = {
    pid: 1,
    up: Promise.resolve(),
    start: () => undefined,
    send: (message) => {
      seen.push(`send ${message.type}`);
      if (message.type !== "execute") return;
      const { cell } = message;
      setImmediate(() => outputs.receive({ type: "done", cell, error: null, interrupted: false, expressions: {} }));
    },
    interrupt: () => undefined,
    settled: () => undefined,
    rawDelivered: async () => undefined,
  };
  const outputs = new Outputs({ post, cells, comms: new Comms(), send: executor.send, hold: () => undefined });
  const executions = new Executions(post, cells, outputs, executor, {
    entered: () => undefined,
    check: async () => ({ error, warning: null }),
    explain: async () => ({ "text/plain": "" }),
    prepared: async () => undefined,
    starting: () => undefined,
    settled: () => undefined,
  });
  const header = { msg_id: "1", msg_type: "execute_request", session: "s" };
  const request = { identities: [], header, metadata: {}, channel: "shell" } as unknown as Request;
  executions.add(request, parseContent("execute_request", { code }));
  await executions.finished();
  return seen;
}

test("a cell is on its way before its news is made", async () => {
  expect(await happenings("1 + 1")).toEqual(["send execute", "busy", "execute_input", "reply ok", "idle"]);
});

test("nothing is published for a cell before busy and its input, however soon it is known", async () => {
  expect(await happenings("wrong", TYPE_ERROR)).toEqual(["busy", "execute_input", "error", "reply error", "idle"]);
  expect(await happenings("JSON?")).toEqual(["busy", "execute_input", "display_data", "reply ok", "idle"]);
});
