import { expect, test } from "vitest";
import type { DownMessage } from "../../../kernel/execute/protocol.ts";
import type { Session } from "../../../kernel/session/context.ts";
import { rehearse } from "../../../kernel/session/rehearsal.ts";
import { parseConnection } from "../../../kernel/wire/connection.ts";

/** Whatever is done with it is noted. */
function watched(name: string, used: string[]): never {
  return new Proxy({}, { get: (_, key) => used.push(`${name}.${String(key)}`) }) as never;
}

test("a rehearsal answers nobody: of the real session only the executor hears of it, for no cell", async () => {
  const ports = Object.fromEntries(["shell", "iopub", "stdin", "control", "hb"].map((name, i) => [`${name}_port`, i]));
  const used: string[] = [];
  const sent: DownMessage[] = [];
  const logged: string[] = [];
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (text: string | Uint8Array) => logged.push(String(text)) > 0;
  try {
    await rehearse({
      connection: parseConnection(Buffer.from(JSON.stringify({ ...ports, key: "secret" }))),
      post: watched("post", used),
      comms: watched("comms", used),
      executions: watched("executions", used),
      outputs: watched("outputs", used),
      debug: watched("debug", used),
      subshells: new Set(),
      supervisor: { send: (message: DownMessage) => sent.push(message) } as unknown as Session["supervisor"],
      history: () => Promise.reject(new Error("the history is not asked")),
      language: () => watched("language", used),
      leave: () => used.push("leave"),
    });
  } finally {
    process.stderr.write = write;
  }
  expect(used).toEqual([]);
  // A request that is refused is logged.
  expect(logged).toEqual([]);
  expect(sent.length).toBeGreaterThan(0);
  expect(new Set(sent.map(({ type }) => type))).toEqual(new Set(["rehearse"]));
});
