// A process that speaks the sandbox's protocol and holds no interpreter.
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { DOWN_FD, UP_FD } from "../../../../lib/data/sandbox/protocol.ts";
import { Worker } from "../../../../lib/data/sandbox/worker.ts";

/** Answers every request when it is told to stop, and so late that it is killed meanwhile. */
const LATE = `const { writeSync, createReadStream } = require("node:fs");
const say = (reply) => {
  const body = Buffer.from(JSON.stringify(reply));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  writeSync(${UP_FD}, Buffer.concat([head, body]));
};
createReadStream(null, { fd: ${DOWN_FD} }).on("data", () => say({ type: "done", ending: "timeout", value: "", error: "", output: "" }));
say({ type: "ready" });`;

test("a process that was killed is not asked again, also while the answer it gave before is on its way", async () => {
  const worker = await Worker.start([process.execPath, "--eval", LATE], tmpdir());
  expect(worker?.alive).toBe(true);
  const asked = worker?.request({ op: "run", code: "", timeMs: 10_000, memoryBytes: 2 ** 27 });
  // Its answer is there; nobody here has read it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  worker?.kill();
  expect((await asked)?.ending).toBe("timeout");
  expect(worker?.alive).toBe(false);
  await worker?.end();
});
