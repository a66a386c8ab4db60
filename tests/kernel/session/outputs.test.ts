// What the executor says on its way to the clients: updates that overtake themselves, and messages that come twice.
import { expect, test } from "vitest";
import type { UpMessage } from "../../../kernel/execute/protocol.ts";
import { Cells } from "../../../kernel/session/cells.ts";
import { Comms } from "../../../kernel/session/comms.ts";
import { Outputs } from "../../../kernel/session/outputs.ts";
import { Post } from "../../../kernel/session/post.ts";
import { SERVER_PACE } from "../../../kernel/session/streams.ts";
import { Encoder, parseMessage, type WireMessage } from "../../../kernel/wire/frames.ts";
import { Outbox } from "../../../kernel/wire/outbox.ts";
import { Authenticator } from "../../../kernel/wire/signature.ts";

function make() {
  const sent: WireMessage[] = [];
  const reader = new Authenticator("k", "hmac-sha256");
  const box = new Outbox(async (frames) => {
    sent.push(
      parseMessage(
        frames.map((f) => Buffer.from(f)),
        reader,
      ),
    );
  });
  const post = new Post(new Encoder("s", new Authenticator("k", "hmac-sha256")), {
    shell: box,
    control: box,
    stdin: box,
    iopub: box,
  });
  const cells = new Cells();
  const outputs = new Outputs({ post, cells, comms: new Comms(), send: () => {}, hold: () => {} });
  const message = { identities: [], parentHeader: {}, metadata: {}, content: {}, buffers: [] };
  const header = { msg_id: "m", msg_type: "execute_request", session: "client" };
  const cell = cells.add({ ...message, header, channel: "shell" }, { count: 1, allowStdin: false, silent: false });
  outputs.streams.begin(SERVER_PACE);
  return { sent, box, outputs, cell: cell.name };
}

const shown = (cell: string, text: string, displayId?: string, update = false): UpMessage => ({
  type: "display",
  cell,
  data: { "text/plain": text },
  metadata: {},
  update,
  ...(displayId !== undefined && { displayId }),
});
const textOf = ({ content }: WireMessage) => (content["data"] as { "text/plain": string })["text/plain"];

test("100,000 updates of one display leave in fewer than 100 messages, in order, the last one last, and other output keeps its place", async () => {
  const { sent, box, outputs, cell } = make();
  outputs.receive(shown(cell, "0", "bar"));
  for (let i = 1; i < 100_000; i++) outputs.receive(shown(cell, String(i), "bar", true));
  outputs.receive({ type: "stream", cell, name: "stdout", text: "end" });
  outputs.receive(shown(cell, "a figure"));
  await outputs.streams.drained();
  await box.flushed();
  const bars = sent.filter((m) => m.content["transient"] && Object.hasOwn(m.content["transient"], "display_id"));
  expect(bars.length).toBeLessThan(100);
  expect(bars.map(({ header }) => header.msg_type).lastIndexOf("display_data")).toBe(0);
  const numbers = bars.map((m) => Number(textOf(m)));
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  expect(numbers.at(-1)).toBe(99_999);
  expect(sent.slice(-2).map((m) => m.content["text"] ?? textOf(m))).toEqual(["end", "a figure"]);
});

test("a display that waits takes its updates with it and still arrives as a display", async () => {
  const { sent, box, outputs, cell } = make();
  // Twice what leaves at once: the rest would need three seconds.
  for (let i = 0; i < 3_000; i++) outputs.receive(shown(cell, `figure ${i}`));
  outputs.receive(shown(cell, "old", "late"));
  outputs.receive(shown(cell, "new", "late", true));
  outputs.streams.hurry();
  await outputs.streams.drained();
  await box.flushed();
  expect(sent.map(textOf)).toEqual([...Array.from({ length: 3_000 }, (_, i) => `figure ${i}`), "new"]);
  expect(sent.at(-1)!.header.msg_type).toBe("display_data");
});

test("a second done of one cell reaches nobody", async () => {
  const { outputs, cell } = make();
  const done = (interrupted: boolean): UpMessage => ({ type: "done", cell, error: null, interrupted, expressions: {} });
  const first = outputs.done(cell);
  outputs.receive(done(true));
  outputs.receive(done(false));
  expect(await first).toMatchObject({ interrupted: true });
  const next = outputs.done("another");
  outputs.receive(done(false));
  outputs.receive({ ...done(true), cell: "another" } as UpMessage);
  expect(await next).toMatchObject({ cell: "another", interrupted: true });
});
