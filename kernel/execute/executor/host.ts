// The kernel as the laboratory sees it (lib/core/host.ts): where things are shown, and when work should stop.
import { HOST_SYMBOL, type Host, type MimeBundle } from "../../../lib/core/host.ts";
import { cleanBundle } from "../../display/clean.ts";
import { currentCell, currentRun, openRun, type Run } from "./run.ts";
import { currentSink } from "./sink.ts";
import { SLOT, type Shared } from "./shared.ts";
import { executedCells } from "./sources.ts";
import type { Up } from "./up.ts";

/** Ids that were displayed once; the next display with one of them updates. */
const shownIds = new Set<string>();

export function sendDisplay(
  up: Up,
  bundle: MimeBundle,
  metadata: MimeBundle,
  displayId?: string,
  update?: boolean,
): void {
  const known = displayId !== undefined && shownIds.has(displayId);
  if (displayId !== undefined) shownIds.add(displayId);
  const shown = {
    type: "display",
    data: cleanBundle(bundle),
    metadata,
    ...(displayId === undefined ? {} : { displayId }),
    update: update ?? known,
  } as const;
  const sink = currentSink();
  if (sink) sink(shown);
  else up.send({ ...shown, cell: currentCell() });
}

export function installHost(up: Up, shared: Shared): void {
  const host: Host = {
    kind: "notebook",
    cells: executedCells,
    display: (bundle, options) => sendDisplay(up, bundle, {}, options?.displayId),
    async cooperate(work) {
      const controller = new AbortController();
      const run = currentRun();
      // Work begun after the stop (the next of three trainings in one cell) is told so at once.
      if (run?.asked || run?.stopped) controller.abort();
      run?.works.add(controller);
      count(shared, run);
      try {
        return await work(controller.signal);
      } finally {
        run?.works.delete(controller);
        count(shared, run);
      }
    },
  };
  Object.defineProperty(globalThis, HOST_SYMBOL, { configurable: true, value: host });
}

/** Tells the watchdog how much work would heed an abort: the running cell's. */
function count(shared: Shared, run: Run | undefined): void {
  if (run && run === openRun()) Atomics.store(shared.state, SLOT.cooperating, run.works.size);
}

/** First rung of the ladder: the work may return what it has, and the cell goes on with that. */
export function abortWorks(run: Run): void {
  run.asked = true;
  for (const controller of run.works) controller.abort();
}
