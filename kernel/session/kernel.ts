// The kernel as a whole: opens the sockets, starts the executor beside them, connects the parts, and ends them in order. Loads little
// before the first kernel_info_reply: the language worker and the history come when they are needed.
import { randomUUID } from "node:crypto";
import { flushCompileCache } from "node:module";
import { Supervisor } from "../execute/supervisor.ts";
import { readConnectionFile, warnBeyondLoopback } from "../wire/connection.ts";
import { Encoder } from "../wire/frames.ts";
import { log } from "../wire/log.ts";
import { Authenticator } from "../wire/signature.ts";
import { createSockets } from "../wire/sockets.ts";
import { Cells } from "./cells.ts";
import { Comms } from "./comms.ts";
import type { Session } from "./context.ts";
import { Debug } from "./debug/debug.ts";
import { receive } from "./dispatch.ts";
import { Executions } from "./executions.ts";
import { explain } from "./explain.ts";
import { Background } from "./background.ts";
import { Outputs } from "./outputs.ts";
import { checkTypes } from "./type-check.ts";
import { watchParent } from "./parent-watch.ts";
import { Post } from "./post.ts";
import { rehearse } from "./rehearsal.ts";

const SAVE_AFTER_MS = 1_500;
/** From the start to the rehearsal: the first answers and the first cell need the processor more. */
const REHEARSE_AFTER_MS = 50;
const LABORATORY = /["']blankslate["']/;

/**
 * Serves one kernel until it is told to leave or its parent is gone.
 * @returns the exit code: 0 after a shutdown, 1 when it could not start (the reason is on stderr)
 */
export async function runKernel(connectionFile: string): Promise<number> {
  try {
    await serve(connectionFile);
    return 0;
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
    return 1;
  }
}

async function serve(connectionFile: string): Promise<void> {
  const connection = readConnectionFile(connectionFile);
  const authenticator = new Authenticator(connection.key, connection.signature_scheme);
  warnBeyondLoopback(connection);
  const { promise: leaving, resolve: leave } = Promise.withResolvers<void>();

  const sockets = createSockets(connection);
  const post = new Post(new Encoder(randomUUID(), authenticator), sockets.outbox);
  const cells = new Cells();
  const comms = new Comms();
  const background = new Background(process.cwd());
  const supervisor: Supervisor = new Supervisor(process.cwd(), {
    message: (message) => {
      if (message.type === "debugged" || message.type === "debug-event") debug.receive(message);
      else outputs.receive(message);
    },
    raw: (name, text) => outputs.receiveRaw(name, text),
    ended: (end) => {
      for (const line of end.heapDump.split("\n")) if (line.trim() !== "") log(line);
      executions.lost(end);
      outputs.abandon(end.killed !== "restart");
      // One that never came up would fail again at once; the next cell tries anew.
      const next = end.killed !== "restart" && end.wasReady;
      if (end.killed !== "restart") background.forgetTypes();
      if (next) supervisor.start();
      debug.lost(next);
    },
  });
  const outputs: Outputs = new Outputs({
    post,
    cells,
    comms,
    send: (message) => supervisor.send(message),
    hold: (full) => (full ? supervisor.pause() : supervisor.resume()),
  });
  const debug = new Debug({
    post,
    supervisor,
    declare: (name) => background.declare(`let ${name}: any;`),
  });
  const executions = new Executions(post, cells, outputs, supervisor, {
    check(code, count) {
      if (LABORATORY.test(code)) supervisor.send({ type: "preload" });
      return checkTypes(background.language(), code, count);
    },
    explain: (topic) => explain(background.language(), topic),
    prepared: () => debug.restored,
    entered: (count, code) => background.remember(count, code),
    starting: (code) => background.declare(code),
    settled: () => background.settled(),
  });
  const session: Session = {
    connection,
    post,
    comms,
    supervisor,
    executions,
    outputs,
    debug,
    subshells: new Set(),
    history: () => background.history(),
    language: () => background.language(),
    leave,
  };
  process.on("SIGINT", () => executions.interrupt());
  // It takes longest to come up, so it starts beside the sockets.
  supervisor.start();
  // "starting" is for the first who listens, after the welcome; sent at once it could overtake the welcome of one who has just come.
  let isAnnounced = false;
  try {
    await sockets.open({
      received(channel, frames) {
        isAnnounced = true;
        receive(session, authenticator, channel, frames);
      },
      subscribed(topic) {
        post.welcome(topic);
        if (!isAnnounced) post.status({}, "starting");
        isAnnounced = true;
      },
    });
  } catch (error) {
    await supervisor.stop();
    throw error;
  }

  // A process that is killed saves nothing at its end; by then the first requests have had their code compiled.
  setTimeout(flushCompileCache, SAVE_AFTER_MS).unref();
  // Behind the sockets and the executor, which the first answers need more: the checker comes up before the first cell does.
  background.language();

  void supervisor.up.then(() => setTimeout(() => void rehearse(session), REHEARSE_AFTER_MS).unref());

  const unwatch = watchParent(leave);
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => leave());
  // Bad input must not end the kernel, whatever was overlooked: state is per request, so going on is safe.
  process.on("uncaughtException", (error) =>
    log(
      `unexpected: ${String(error?.stack ?? error)
        .split("\n")
        .slice(0, 3)
        .join(" ")}`,
    ),
  );

  await leaving;
  unwatch();
  // Before its process goes: the next cell in the queue would start another one.
  executions.close();
  debug.close();
  await supervisor.stop();
  await executions.finished();
  await sockets.close();
  await background.close();
}
