// Which message comes when: rows W10 and W11, silent cells, and requests while a cell runs.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MESSAGES } from "../../../kernel/wire/messages.ts";
import { type RunningKernel, type TestClient, many, resultOf, startKernel, textOf } from "../running-kernel.ts";

let kernel: RunningKernel;
beforeAll(async () => {
  kernel = await startKernel();
});
afterAll(() => kernel.dispose());

const REQUESTS: readonly [string, object, "shell" | "control"][] = [
  ["execute_request", { code: "console.log('o'); 1" }, "shell"],
  ["execute_request", { code: "console.error('e'); throw new Error('x')", stop_on_error: false }, "shell"],
  ["execute_request", { code: "2", silent: true }, "shell"],
  ["kernel_info_request", {}, "shell"],
  ["kernel_info_request", {}, "control"],
  ["is_complete_request", { code: "f(" }, "shell"],
  ["history_request", { hist_access_type: "tail", n: 3 }, "shell"],
  ["comm_info_request", {}, "shell"],
  ["usage_request", {}, "control"],
  ["comm_msg", { comm_id: "none", data: {} }, "shell"],
  ["nonsense_request", {}, "shell"],
];

const HISTORIES = many(200, 2_000);

test(`W10: in ${HISTORIES} random interleavings of three clients every request is busy first and idle last, and every reply finds its asker`, async () => {
  const clients: TestClient[] = [kernel.client, await kernel.connect(), await kernel.connect()];
  const step = fc.tuple(fc.nat(2), fc.nat(REQUESTS.length - 1));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
      const sent: [TestClient, string, string][] = [];
      for (const [who, what] of steps) {
        const [type, content, channel] = REQUESTS[what]!;
        sent.push([clients[who]!, type, await clients[who]!.send(type, content as never, channel)]);
      }
      for (const [client, type, id] of sent) {
        const answered = type === "comm_msg" || type === "nonsense_request" ? 0 : 1;
        const idle = () => client.of(id).some((m) => m.content["execution_state"] === "idle");
        await client.until(() => idle() && client.repliesTo(id).length >= answered, 20_000, type);
        const states = client.of(id).map((m) => m.content["execution_state"] ?? m.header.msg_type);
        expect(states[0]).toBe("busy");
        expect(states.filter((s) => s === "idle")).toHaveLength(1);
        expect(states.at(-1)).toBe("idle");
        for (const other of clients) expect(other.repliesTo(id)).toHaveLength(other === client ? answered : 0);
      }
    }),
    { numRuns: HISTORIES, endOnFailure: true },
  );
  expect(await kernel.client.works()).toBe(true);
}, 600_000);

test("W11: of 1,000 queued cells the first fails, 999 are aborted, and the next new one runs", async () => {
  const { client } = kernel;
  // Fails when all are sent.
  const sent = join(kernel.folder, "sent");
  const first = await client.send("execute_request", {
    code: `let ran = 0; const { existsSync } = await import("node:fs");
      while (!existsSync(${JSON.stringify(sent)})) await new Promise((r) => setTimeout(r, 5));
      throw new Error("first")`,
  });
  const others: string[] = [];
  for (let i = 0; i < 999; i++) others.push(await client.send("execute_request", { code: "ran += 1" }));
  await writeFile(sent, "");
  expect((await client.answerTo(first)).reply).toMatchObject({ status: "error", ename: "Error" });
  const replies = await Promise.all(others.map((id) => client.answerTo(id)));
  expect(replies.filter(({ reply }) => reply["status"] === "aborted")).toHaveLength(999);
  expect(resultOf((await client.execute("ran")).iopub)).toBe("0");
});

test("cells sent at once behind one that fails at once are aborted too, also those that arrive after its reply", async () => {
  const { client } = kernel;
  await client.execute("let later = 0");
  const messages = ["throw new Error('now')", ...Array.from({ length: 20 }, () => "later += 1")].map((code) =>
    client.frames("execute_request", { code }),
  );
  await client.raw("shell", messages[0]!.frames);
  await client.answerTo(messages[0]!.id);
  // Made before the failure was known, sent after it: what a slow network does.
  for (const { frames } of messages.slice(1)) await client.raw("shell", frames);
  for (const { id } of messages.slice(1)) expect((await client.answerTo(id)).reply["status"]).toBe("aborted");
  expect(resultOf((await client.execute("later")).iopub)).toBe("0");
});

test("with stop_on_error false the queue goes on", async () => {
  const { client } = kernel;
  const bad = await client.send("execute_request", { code: "throw 1", stop_on_error: false });
  const good = await client.send("execute_request", { code: "5 + 5" });
  expect((await client.answerTo(bad)).reply["status"]).toBe("error");
  expect(resultOf((await client.answerTo(good)).iopub)).toBe("10");
});

describe("execute options", () => {
  test("silent shows nothing, counts nothing and still runs", async () => {
    const { client } = kernel;
    const { reply: before } = await client.execute("let quiet = 1; 0");
    const { reply, iopub } = await client.execute("quiet = 2; console.log('psst'); display('x'); quiet", {
      silent: true,
    });
    expect(iopub.map((m) => m.header.msg_type)).toEqual(["status", "status"]);
    expect(reply).toMatchObject({ status: "ok", execution_count: before["execution_count"] });
    const after = await client.execute("quiet");
    expect(resultOf(after.iopub)).toBe("2");
    expect(after.reply["execution_count"]).toBe(Number(before["execution_count"]) + 1);
  });
  test("store_history false shows but does not count or remember", async () => {
    const { client } = kernel;
    const { reply: before } = await client.execute("0");
    const { reply, iopub } = await client.execute("'not kept in history'", { store_history: false });
    expect(resultOf(iopub)).toBe("'not kept in history'");
    expect(reply["execution_count"]).toBe(before["execution_count"]);
    const { reply: past } = await client.request("history_request", { hist_access_type: "tail", n: 1 });
    expect(past["history"]).toMatchObject([[1, before["execution_count"], "0"]]);
  });
  test("user_expressions give a bundle or an error each", async () => {
    const { reply } = await kernel.client.execute("let ue = 20", {
      user_expressions: { good: "ue + 1", bad: "nope()" },
    });
    expect(reply["user_expressions"]).toMatchObject({
      good: { status: "ok", data: { "text/plain": "21" } },
      bad: { status: "error", ename: "ReferenceError" },
    });
  });
});

test("while a cell spins, kernel_info, is_complete, history and completion are answered, and the cell stays busy", async () => {
  const { client } = kernel;
  const spin = await client.send("execute_request", {
    code: "{ const end = Date.now() + 1000; while (Date.now() < end); } 'spun'",
  });
  await client.until(() => client.of(spin).some((m) => m.header.msg_type === "execute_input"));
  for (const [type, content] of [
    ["kernel_info_request", {}],
    ["is_complete_request", { code: "1" }],
    ["history_request", { hist_access_type: "tail", n: 1 }],
    ["complete_request", { code: "JSON.stri", cursor_pos: 9 }],
  ] as const) {
    expect((await client.request(type, content)).reply["status"]).toMatch(/ok|complete/);
  }
  expect(client.repliesTo(spin)).toHaveLength(0);
  const lastState = client.iopub.findLast((m) => m.header.msg_type === "status");
  await client.until(
    () => client.iopub.findLast((m) => m.header.msg_type === "status")!.content["execution_state"] === "busy",
  );
  expect(lastState).toBeDefined();
  expect(resultOf((await client.answerTo(spin)).iopub)).toBe("'spun'");
});

test("C12: 1,000 timers that print after their cell ended print into their own cell, each", async () => {
  const { client } = kernel;
  const cells: string[] = [];
  for (let i = 0; i < 20; i++) {
    const code = `for (let i = 0; i < 50; i++) setTimeout(() => console.log('late ${i}'), 300 + i)`;
    const id = await client.send("execute_request", { code, silent: false });
    cells.push(id);
    await client.answerTo(id);
  }
  await client.until(
    () => cells.every((id) => textOf(client.of(id)).split("\n").length === 51),
    20_000,
    "50 lines per cell",
  );
  for (const [i, id] of cells.entries()) expect(textOf(client.of(id))).toBe(`late ${i}\n`.repeat(50));
});

test("subshells: created, listed, used and deleted; cells of all shells take turns", async () => {
  const { client } = kernel;
  const { reply } = await client.request("create_subshell_request", {}, "control");
  const shell = String(reply["subshell_id"]);
  expect((await client.request("list_subshell_request", {}, "control")).reply).toMatchObject({ subshell_id: [shell] });
  const id = await client.send("execute_request", { code: "'from a subshell'" }, "shell", { subshell_id: shell });
  expect(resultOf((await client.answerTo(id)).iopub)).toBe("'from a subshell'");
  expect((await client.request("delete_subshell_request", { subshell_id: shell }, "control")).reply["status"]).toBe(
    "ok",
  );
  expect((await client.request("delete_subshell_request", { subshell_id: shell }, "control")).reply).toMatchObject({
    status: "error",
    ename: "SUBSHELL_UNKNOWN",
  });
});

test("an unknown debug_request is refused in the debug adapter protocol's form; usage_request has figures", async () => {
  const { client } = kernel;
  const debug = await client.request("debug_request", { type: "request", seq: 7, command: "gotoTargets" }, "control");
  expect(debug.reply).toMatchObject({ type: "response", request_seq: 7, success: false, command: "gotoTargets" });
  const usage = await client.request("usage_request", {}, "control");
  expect(Number(usage.reply["kernel_memory"])).toBeGreaterThan(50 * 2 ** 20);
  expect(usage.reply).toMatchObject({ status: "ok", cpu_count: expect.any(Number) });
});

test("W14: every message of the table that a kernel sends is sent here, and each is what the table says", async () => {
  const client = await kernel.connect();
  for (const [type, content, channel] of [
    ["kernel_info_request", {}, "control"],
    ["connect_request", {}, "shell"],
    ["complete_request", { code: "JSON.", cursor_pos: 5 }, "shell"],
    ["inspect_request", { code: "JSON", cursor_pos: 2 }, "shell"],
    ["history_request", { hist_access_type: "tail", n: 1, output: true }, "shell"],
    ["is_complete_request", { code: "f(" }, "shell"],
    ["comm_info_request", {}, "shell"],
    ["interrupt_request", {}, "control"],
    ["usage_request", {}, "control"],
    ["debug_request", { seq: 1, command: "attach" }, "control"],
    ["debug_request", { seq: 2, command: "disconnect" }, "control"],
    ["create_subshell_request", {}, "control"],
    ["list_subshell_request", {}, "control"],
    ["delete_subshell_request", { subshell_id: "none" }, "control"],
  ] as const) {
    await client.request(type, content, channel);
  }
  await client.execute(
    `console.log(1); display(1, { displayId: "d" }); display(2, { displayId: "d" }); display.clear();
    const comm = (globalThis as any)[Symbol.for("blankslate.comms")].open("t"); comm.send({}); comm.close(); 3`,
  );
  const asking = await client.send("execute_request", { code: "throw new Error(String(prompt('?')))" });
  await client.until(() => client.asked.length > 0, 20_000, "input_request");
  await client.send("input_reply", { value: "answered" }, "stdin");
  expect((await client.answerTo(asking)).reply["evalue"]).toBe("answered");
  const kinds = Object.entries(MESSAGES).filter(([, kind]) => kind.from !== "client");
  // The last one is what ends a kernel: life.test.ts sends it, to the same table.
  const expected = kinds.map(([type]) => type).filter((type) => type !== "shutdown_reply");
  expect([...client.types].sort()).toEqual(expected.sort());
});

test("a client whose clock was put back after a failure is not taken for one that has not heard of it", async () => {
  const { client } = kernel;
  const failed = await client.execute("await new Promise((r) => setTimeout(r, 100)); throw 1");
  expect(failed.reply["status"]).toBe("error");
  const date = new Date(Date.now() - 3_600_000).toISOString();
  const id = await client.send("execute_request", { code: "6 * 7" }, "shell", { date });
  expect((await client.answerTo(id)).reply["status"]).toBe("ok");
  expect(await client.works()).toBe(true);
});
