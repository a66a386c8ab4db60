// A subscriber that hangs, beside one that does not.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, test } from "vitest";
import { Subscriber } from "zeromq";
import { createSockets } from "../../../kernel/wire/sockets.ts";
import { makeConnection } from "../running-kernel.ts";

const STALLED_MS = 1_000;
const MESSAGE = 2 ** 20;
const MESSAGES = 60;
const HANGS = `import { Subscriber } from "zeromq";
const socket = (globalThis.socket = new Subscriber({ receiveHighWaterMark: 1 }));
socket.connect(process.argv[1]);
socket.subscribe();
await socket.receive();
process.kill(process.pid, "SIGSTOP");`;

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

/** Of what waits to be sent, which lies outside V8's heap. */
function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().arrayBuffers;
}

test.runIf(process.platform === "linux")(
  "what waits for a subscriber that hangs is let go of, and the others get all",
  async () => {
    const { connection } = await makeConnection(await mkdtemp(join(tmpdir(), "blankslate-stalled-")));
    const sockets = createSockets(connection, STALLED_MS);
    ended.push(() => sockets.close());
    let subscribers = 0;
    await sockets.open({ received() {}, subscribed: () => subscribers++ });
    const address = `tcp://127.0.0.1:${connection.iopub_port}`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", HANGS, address], { stdio: "inherit" });
    ended.push(() => child.kill("SIGKILL"));
    const other = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
    ended.push(() => other.close());
    other.connect(address);
    other.subscribe();
    await expect.poll(() => subscribers, { timeout: 10_000 }).toBe(2);
    sockets.outbox.iopub.push([Buffer.from("first")]);
    await expect.poll(() => readFileSync(`/proc/${child.pid}/stat`, "utf8")).toMatch(/\) T /);
    const before = heldBytes();
    for (let i = 0; i < MESSAGES; i++) sockets.outbox.iopub.push([Buffer.alloc(MESSAGE, i)]);
    await sockets.outbox.iopub.flushed();
    for (let i = 0; i <= MESSAGES; i++) await other.receive();
    expect(heldBytes() - before).toBeGreaterThan((MESSAGES * MESSAGE) / 2);
    await expect.poll(() => heldBytes() - before, { timeout: 20_000, interval: 200 }).toBeLessThan(2 * MESSAGE);
    sockets.outbox.iopub.push([Buffer.from("last")]);
    expect(String(await other.receive())).toBe("last");
  },
  40_000,
);
