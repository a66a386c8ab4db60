// Bad input against a real kernel: rows W3 and W5-W9. Each case ends with a good cell.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { Dealer } from "zeromq";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addressOf } from "../../../kernel/wire/connection.ts";
import { MAX_FRAME_BYTES } from "../../../kernel/wire/frames.ts";
import { type Channel, type RunningKernel, resultOf, startKernel } from "../running-kernel.ts";

let kernel: RunningKernel;
beforeAll(async () => {
  kernel = await startKernel();
});
afterAll(() => kernel.dispose());

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const linesOf = (log: string, word: string) => log.split("\n").filter((line) => line.includes(word)).length;

test("W2, W3: a forged, an unsigned and a garbled message are refused with one log line each, no key or signature in it", async () => {
  const { client } = kernel;
  const before = kernel.log();
  const forged = client.frames("execute_request", { code: "globalThis.forged = 1" }).frames;
  forged[1] = Buffer.from("0".repeat(64));
  const unsigned = client.frames("execute_request", { code: "globalThis.forged = 1" }).frames;
  unsigned[1] = Buffer.alloc(0);
  const changed = client.frames("execute_request", { code: "globalThis.forged = 0" }).frames;
  changed[5] = Buffer.from('{"code":"globalThis.forged = 1"}');
  for (const frames of [forged, unsigned, changed]) await client.raw("shell", frames);
  const { iopub } = await client.execute("typeof (globalThis as any).forged");
  expect(resultOf(iopub)).toBe("'undefined'");
  const log = kernel.log().slice(before.length);
  expect(linesOf(log, "WIRE_SIGNATURE")).toBe(3);
  expect(log).not.toMatch(/[0-9a-f]{64}/i);
  expect(log).not.toContain(kernel.connection.key);
});

test("W5: a replayed execute_request runs once, also after junk", async () => {
  const { client } = kernel;
  await client.execute("let runs = 0");
  const { frames, id } = client.frames("execute_request", { code: "runs += 1" });
  await client.raw("shell", frames);
  await client.answerTo(id);
  await client.raw("shell", frames);
  for (let i = 0; i < 200; i++)
    await client.raw("shell", [
      Buffer.from("<IDS|MSG>"),
      randomBytes(32),
      randomBytes(8),
      randomBytes(8),
      randomBytes(8),
      randomBytes(8),
    ]);
  await client.raw("shell", frames);
  expect(resultOf((await client.execute("runs")).iopub)).toBe("1");
  expect(client.repliesTo(id)).toHaveLength(1);
});

test("W1: 2,000 random messages on every channel leave a working kernel", async () => {
  const { client } = kernel;
  const channels: Channel[] = ["shell", "control", "stdin"];
  for (let i = 0; i < 2_000; i++) {
    const frames = Array.from({ length: 1 + (i % 9) }, (_, n) =>
      n === i % 5 ? Buffer.from("<IDS|MSG>") : randomBytes(i % 50),
    );
    await client.raw(channels[i % 3]!, frames);
  }
  expect(await client.works()).toBe(true);
  const { reply } = await client.request("kernel_info_request", {}, "control");
  expect(reply["status"]).toBe("ok");
});

test("W6: a message of twice the limit costs its sender the connection and the kernel at most twice the limit in memory", async () => {
  const rss = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${kernel.process.pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  const before = process.platform === "linux" ? rss() : 0;
  const big = new Dealer({ linger: 0 });
  big.connect(addressOf(kernel.connection, kernel.connection.shell_port));
  await big.send([Buffer.from("<IDS|MSG>"), Buffer.alloc(2 * MAX_FRAME_BYTES)]);
  await sleep(500);
  const after = process.platform === "linux" ? rss() : 0;
  big.close();
  expect(after - before).toBeLessThan(2 * MAX_FRAME_BYTES);
  expect(await kernel.client.works()).toBe(true);
});

test("W6, W15: 200 connections that stop in the middle of a message do not stop the kernel", async () => {
  const { shell_port: port } = kernel.connection;
  const sockets = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      await new Promise((resolve) => socket.once("connect", resolve));
      // A ZMTP greeting, then, for half of them, a long frame that never comes.
      socket.write(
        Buffer.concat([Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]), Buffer.from("NULL"), Buffer.alloc(48)]),
      );
      if (i % 2) socket.write(Buffer.from([2, 0, 0, 0, 0, 3, 255, 255, 255, 1, 2, 3]));
      return socket;
    }),
  );
  expect(await kernel.client.works()).toBe(true);
  for (const socket of sockets) socket.destroy();
  expect(await kernel.client.works()).toBe(true);
});

describe("W7: what the kernel does not know", () => {
  test.each<[string, Channel]>([
    ["who_are_you_request", "shell"],
    ["execute_request", "control"],
    ["__proto__", "shell"],
    ["kernel_info_reply", "shell"],
    ["toString", "control"],
  ])("%s on %s gets busy and idle, and one log line", async (type, channel) => {
    const before = kernel.log().length;
    const id = await kernel.client.send(type, {}, channel);
    await kernel.client.until(() => kernel.client.of(id).length === 2);
    expect(kernel.client.of(id).map((m) => m.content["execution_state"])).toEqual(["busy", "idle"]);
    // The log comes by another way than messages.
    await expect.poll(() => linesOf(kernel.log().slice(before), "unknown message type")).toBe(1);
    expect(await kernel.client.works()).toBe(true);
    expect(linesOf(kernel.log().slice(before), "unknown message type")).toBe(1);
  });
});

test("W8: signed requests with bad content get an error reply between busy and idle", async () => {
  const { client } = kernel;
  for (const [type, content] of [
    ["execute_request", {}],
    ["execute_request", { code: 5 }],
    ["complete_request", { code: "a", cursor_pos: "x" }],
    ["history_request", { hist_access_type: "psychic" }],
    ["inspect_request", { code: "a", cursor_pos: 1, detail_level: 9 }],
  ] as const) {
    const { reply, iopub } = await client.request(type, content);
    expect(reply).toMatchObject({ status: "error", ename: "WIRE_SCHEMA" });
    expect(iopub.map((m) => m.content["execution_state"])).toEqual(["busy", "idle"]);
  }
  expect(await client.works()).toBe(true);
});

test("W8: a signed message whose content is no JSON is refused, with one log line", async () => {
  const { client } = kernel;
  const before = kernel.log().length;
  const { frames } = client.frames("execute_request", {});
  const parts = [...frames.slice(2, 5), Buffer.from('{"code": "\\ud800"}')];
  const { Authenticator } = await import("../../../kernel/wire/signature.ts");
  const signature = new Authenticator(kernel.connection.key, "hmac-sha256").sign(parts);
  await client.raw("shell", [frames[0]!, Buffer.from(signature), ...parts]);
  expect(await client.works()).toBe(true);
  await expect.poll(() => linesOf(kernel.log().slice(before), "lone surrogate")).toBe(1);
});

test("W9: input nobody asked for, an interrupt at rest, a reply to a peer that is gone", async () => {
  const { client } = kernel;
  await client.send("input_reply", { value: "surprise" }, "stdin");
  expect((await client.request("interrupt_request", {}, "control")).reply["status"]).toBe("ok");
  const gone = await kernel.connect();
  await gone.send("execute_request", {
    code: "await new Promise((r) => setTimeout(r, 100)); console.log('x'.repeat(1e6))",
  });
  gone.close();
  expect(await client.works()).toBe(true);
  expect(kernel.process.exitCode).toBeNull();
});

test("W4: buffers of 3 × 1 MiB in a signed message are accepted", async () => {
  const { client } = kernel;
  const { frames, id } = client.frames(
    "comm_info_request",
    {},
    [1, 2, 3].map(() => randomBytes(2 ** 20)),
  );
  await client.raw("shell", frames);
  expect((await client.answerTo(id)).reply).toMatchObject({ status: "ok", comms: {} });
});

describe("texts that are nested deeper than a parser's stack end no process", () => {
  test.each(["(", "[", "!", "`${", "a => "])("100,000 times %s", async (open) => {
    const { client } = kernel;
    const code = open.repeat(100_000);
    expect((await client.request("is_complete_request", { code })).reply).toMatchObject({ status: "unknown" });
    await client.execute("var kept = 'kept'");
    const { reply } = await client.execute(`%check off\n${code}`);
    expect(reply).toMatchObject({ status: "error", ename: "SyntaxError" });
    expect(reply["evalue"]).toMatch(/levels are nested/);
    expect(resultOf((await client.execute("kept")).iopub)).toBe("'kept'");
  });
});

test("a kernel whose log nobody reads any more goes on, at rest", async () => {
  const unread = await startKernel();
  try {
    const { client, process } = unread;
    process.stdout?.destroy();
    process.stderr?.destroy();
    for (let i = 0; i < 20; i++) await client.send("who_are_you_request", {});
    expect(await client.works()).toBe(true);
    expect(await client.works()).toBe(true);
    expect((await unread.shutdown()).code).toBe(0);
  } finally {
    await unread.dispose();
  }
});
