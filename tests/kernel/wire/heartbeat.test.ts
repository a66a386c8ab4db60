// The echo that tells clients that the kernel lives.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Request, Router } from "zeromq";
import { beat } from "../../../kernel/wire/heartbeat.ts";

afterEach(() => vi.unstubAllEnvs());

async function started() {
  const socket = new Router({ linger: 0 });
  await socket.bind("tcp://127.0.0.1:*");
  const address = socket.lastEndpoint!;
  const client = new Request({ linger: 0 });
  client.connect(address);
  const stop = await beat(socket);
  const ping = async (text: string) => {
    await client.send(text);
    return String(await client.receive());
  };
  return { address, client, socket, stop, ping };
}

function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

test("a beat is answered while JavaScript is busy", async () => {
  const { client, stop, ping } = await started();
  expect(await ping("first")).toBe("first");
  await client.send("second");
  block(500);
  // What is not there by now is too late.
  client.receiveTimeout = 0;
  expect(String(await client.receive())).toBe("second");
  client.receiveTimeout = -1;
  expect(await ping("third")).toBe("third");
  await stop();
  client.close();
});

describe.each([
  ["with a thread of the pool", "4"],
  ["in JavaScript, where the pool has one thread", "1"],
])("%s", (_, threads) => {
  test("it beats, ends, and gives its port back", async () => {
    vi.stubEnv("UV_THREADPOOL_SIZE", threads);
    const { address, client, socket, stop, ping } = await started();
    for (let i = 0; i < 100; i++) expect(await ping(`beat ${i}`)).toBe(`beat ${i}`);
    await stop();
    expect(socket.closed).toBe(true);
    client.close();
    const next = new Router();
    // ZeroMQ gives it back a moment after the socket is closed.
    await vi.waitFor(() => next.bind(address), 5_000);
    next.close();
  });
});

test("a process that exits while it beats does exit, with its own code", () => {
  const module = fileURLToPath(new URL("../../../kernel/wire/heartbeat.ts", import.meta.url));
  const code = `const { Router } = await import("zeromq"); const { beat } = await import(${JSON.stringify(module)});
    const socket = new Router(); await socket.bind("tcp://127.0.0.1:*"); await beat(socket); process.exit(7);`;
  const cwd = fileURLToPath(new URL("../../..", import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    cwd,
    encoding: "utf8",
    timeout: 30_000,
  });
  expect([status, stderr]).toEqual([7, ""]);
});
