// Frames of the pipe between the kernel's two processes.
import { randomBytes, randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { FrameReader, encodeFrame } from "../../../kernel/execute/pipe.ts";
import type { UpMessage } from "../../../kernel/execute/protocol.ts";

test("2,000 messages with and without buffers come through chunks of any size, in order and byte-equal", () => {
  const sent: UpMessage[] = Array.from({ length: 2_000 }, (_, i) =>
    i % 7 === 0
      ? { type: "comm", kind: "comm_msg", content: { i }, cell: "c1", buffers: [randomBytes(i), new Uint8Array(0)] }
      : { type: "stream", cell: `c${i}`, name: "stdout", text: `🙂 line ${"x".repeat(i % 300)}\n` },
  );
  const bytes = Buffer.concat(sent.map((message) => encodeFrame(message)));
  const reader = new FrameReader<UpMessage>();
  const received: UpMessage[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = randomInt(1, 3_000);
    received.push(...reader.push(bytes.subarray(at, at + size)));
    at += size;
  }
  expect(received).toHaveLength(2_000);
  for (const [i, message] of received.entries()) {
    const { buffers, ...rest } = sent[i] as { buffers?: Uint8Array[] };
    expect(message).toMatchObject(rest);
    const got = (message as { buffers?: Uint8Array[] }).buffers;
    expect(got?.map((b) => Buffer.from(b).toString("hex"))).toEqual(
      buffers?.map((b) => Buffer.from(b).toString("hex")),
    );
  }
});

test("a frame of 20 MiB in chunks of 64 KiB is joined once: under 2 s", () => {
  const text = "x".repeat(20 * 2 ** 20);
  const bytes = encodeFrame({ type: "stream", cell: "c", name: "stdout", text });
  const reader = new FrameReader<UpMessage>();
  const start = performance.now();
  const received: UpMessage[] = [];
  for (let at = 0; at < bytes.length; at += 65_536) received.push(...reader.push(bytes.subarray(at, at + 65_536)));
  expect(performance.now() - start).toBeLessThan(2_000);
  expect(received).toEqual([{ type: "stream", cell: "c", name: "stdout", text }]);
});

test("10,000 random chunks give frames or PIPE_FRAME, nothing else", () => {
  const codes = new Set<unknown>();
  for (let i = 0; i < 10_000; i++) {
    const bytes = randomBytes(randomInt(4, 40));
    // Small lengths, or every chunk would only announce gigabytes.
    bytes.writeUInt32LE(randomInt(0, 30), 0);
    try {
      new FrameReader<UpMessage>().push(bytes);
    } catch (error) {
      codes.add((error as { code?: unknown }).code);
    }
  }
  expect([...codes]).toEqual(["PIPE_FRAME"]);
  expect(new FrameReader<UpMessage>().push(encodeFrame({ type: "grace" }))).toEqual([{ type: "grace" }]);
});
