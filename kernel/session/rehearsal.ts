// What happens first when somebody waits for it, an interrupt or a print in a cell that spins, finds its code warm: V8 takes a function's
// first runs several times as long as the later ones. A session of nobody's is played through, from a request's frames to the answers':
// a client that signs, an executor that only answers, outboxes that lead nowhere. Nothing of the real session is touched or sent.
import { randomUUID } from "node:crypto";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { interruptedError } from "../execute/executor/fault.ts";
import { encodeFrame, FrameReader } from "../execute/pipe.ts";
import type { UpMessage } from "../execute/protocol.ts";
import type { Executor } from "../execute/supervisor.ts";
import { Encoder } from "../wire/frames.ts";
import type { JsonObject, MessageType } from "../wire/messages.ts";
import { Outbox } from "../wire/outbox.ts";
import { Authenticator } from "../wire/signature.ts";
import type { RequestChannel } from "../wire/sockets.ts";
import { Cells } from "./cells.ts";
import type { Session } from "./context.ts";
import { receive } from "./dispatch.ts";
import { Executions } from "./executions.ts";
import { Outputs } from "./outputs.ts";
import { Post } from "./post.ts";

/** Cells played. A first interrupt by message is answered in 3.6 ms with none, 3.3 with one or five, 3.15 with 20, which leave 1 MB more. */
const TIMES = 10;

/** Between two, for what the kernel is there for. */
const PAUSE_MS = 5;

const IDENTITY = Buffer.from("rehearsal");

/** An executor that prints and then spins until it is interrupted. */
function createUnderstudy(up: (message: UpMessage) => void): Executor {
  const reader = new FrameReader<UpMessage>();
  const say = (message: UpMessage) => {
    for (const heard of reader.push(encodeFrame(message))) up(heard);
  };
  let cell = "";
  return {
    pid: undefined,
    up: Promise.resolve(),
    start: () => undefined,
    send(message) {
      encodeFrame(message);
      if (message.type !== "execute") return;
      cell = message.cell;
      say({ type: "stream", cell, name: "stdout", text: "text\n" });
    },
    interrupt: () => say({ type: "done", cell, error: interruptedError(), interrupted: true, expressions: {} }),
    settled: () => undefined,
    rawDelivered: turn,
  };
}

/** @param session the real one, of which only what stays as it is gets used */
export async function rehearse(session: Session): Promise<void> {
  const { key, signature_scheme: scheme } = session.connection;
  const nowhere = () => new Outbox(async () => undefined);
  const outbox = { shell: nowhere(), control: nowhere(), stdin: nowhere(), iopub: nowhere() };
  const authenticator = new Authenticator(key, scheme);
  const client = new Encoder(randomUUID(), authenticator);
  const post = new Post(new Encoder(randomUUID(), authenticator), outbox);
  const cells = new Cells();
  const understudy = createUnderstudy((message) => outputs.receive(message));
  const { comms } = session;
  const outputs = new Outputs({ post, cells, comms, send: understudy.send, hold: () => undefined });
  const executions = new Executions(post, cells, outputs, understudy, {
    entered: () => undefined,
    check: async () => ({ error: null, warning: null }),
    explain: async () => ({}),
    prepared: async () => undefined,
    starting: () => undefined,
    settled: () => undefined,
  });
  const played: Session = { ...session, post, outputs, executions };

  function ask(channel: RequestChannel, type: MessageType, content: JsonObject): void {
    receive(played, authenticator, channel, client.encode([IDENTITY], type, {}, content) as Buffer[]);
  }
  for (let time = 0; time < TIMES; time++) {
    ask("shell", "execute_request", { code: "console.log('text'); for (;;) {}" });
    await turn();
    ask("control", "kernel_info_request", {});
    await turn();
    ask("control", "interrupt_request", {});
    await executions.finished();
    session.supervisor.send({ type: "rehearse" });
    await delay(PAUSE_MS);
  }
}
