// Puts the executor's parts together and answers the watchdog's messages.
import process from "node:process";
import { flushCompileCache } from "node:module";
import { Socket } from "node:net";
import { UP_FD, type DownMessage } from "../protocol.ts";
import { installDisplay } from "./api.ts";
import { installChildren } from "./children.ts";
import { installComms, receiveComm } from "./comm.ts";
import { installAnswers } from "./debug/answers.ts";
import { partFromDebugger } from "./debug/part.ts";
import { createEvaluator } from "./evaluate.ts";
import { abortWorks, installHost } from "./host.ts";
import { installImporter, preloadLaboratory } from "./importer.ts";
import { createAsk, installInput } from "./input.ts";
import type { Rung } from "./ladder.ts";
import { installLeave } from "./leave.ts";
import { installMagics } from "./magics/install.ts";
import { installOutput } from "./output.ts";
import { killGroup, type Orphaned } from "./orphan.ts";
import { queryInspect, queryKeys, queryProperties } from "./query.ts";
import { currentCell, openRun, type Run } from "./run.ts";
import { createCellRunner, warmUp } from "./run-cell.ts";
import { signalEvent, SLOT } from "./shared.ts";
import { installStackTraces } from "./sources.ts";
import { installStrayErrors } from "./stray.ts";
import type { Watching } from "./thread.ts";
import { createUp } from "./up.ts";
import { endWaits, installGuard } from "./wait.ts";

const QUERIES = { properties: queryProperties, keys: queryKeys, inspect: queryInspect } as const;

const SAVE_AFTER_MS = 1_000;

export async function start({ worker, shared, answers }: Watching): Promise<void> {
  // Only to make the pipe non-blocking: a stop does not get through a blocking write.
  new Socket({ fd: UP_FD, readable: false, writable: false }).unref();
  const up = createUp(shared);
  // Meant for this process, not for those that cells start.
  delete process.env["NODE_COMPILE_CACHE"];
  // A terminal sends ^C to every process in it; the wire process is the one that acts on it.
  process.on("SIGINT", () => undefined);
  installLeave(up, () => partFromDebugger(worker, shared));
  installStrayErrors(up);
  installStackTraces();
  const warmUpOutput = installOutput(up, () => up.send({ type: "clear", cell: currentCell(), wait: false }));
  installChildren();
  installHost(up, shared);
  installGuard();
  installDisplay(up);
  installComms(up);
  const ask = createAsk(up, shared, answers);
  installInput(ask);
  installImporter(process.cwd(), ask);
  const evaluator = createEvaluator();
  installMagics(up, evaluator, process.cwd());
  installAnswers();
  const cells = createCellRunner(up, shared, evaluator);

  function stop(run: Run, how: "stop" | "settle"): void {
    run.stopped = true;
    // The cell ends by itself when what it awaits throws; a cell that catches that is ended without it.
    const unwinding = endWaits(run);
    if (how === "settle" || !unwinding) cells.finishStopped(run);
  }

  function climb(rung: Rung): void {
    const run = openRun();
    if (run && run.serial === rung.serial) {
      if (rung.type === "abort") abortWorks(run);
      else stop(run, rung.type);
    }
    Atomics.store(shared.state, SLOT.pong, rung.ping);
    signalEvent(shared.state);
  }

  function receive(message: DownMessage | Rung | Orphaned): void {
    switch (message.type) {
      case "execute":
        return cells.execute(message);
      case "abort":
      case "stop":
      case "settle":
        return climb(message);
      case "query": {
        const answer = QUERIES[message.kind];
        return up.send({ type: "answer", id: message.id, value: answer(evaluator, message.expression) ?? null });
      }
      case "comm":
        return receiveComm(up, message);
      case "rehearse":
        return cells.rehearse();
      case "preload":
        return void preloadLaboratory();
      case "orphaned":
        process.once("exit", killGroup);
        return process.exit(0);
      case "exit":
        return process.exit(0);
    }
  }

  worker.on("message", receive);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  worker.postMessage("listening");
  up.send({ type: "ready", pid: process.pid, node: process.versions.node });
  await warmUp(evaluator);
  warmUpOutput();
  // A process that is killed saves nothing at its end. Not before a first cell has had its time: what it calls is compiled then too.
  setTimeout(flushCompileCache, SAVE_AFTER_MS).unref();
}
