// A process of a sweep: runs one trial and tells its parent how far it is. Arguments: the module that exports `trial` (or the laboratory's own),
// the folder with the configuration. It ends when its parent does, with all that it started.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { writeFileAtomic } from "../core/files.ts";
import type { StepReport, Watch } from "../train/run.ts";
import { type ChildMessage, INPUT_FILE, RESULT_FILE } from "./messages.ts";
import type { TrialResult } from "./trial.ts";

type Trial = (config: unknown, outDir: string, watch: Watch) => Promise<TrialResult>;

/** A user's trial may lie in any folder and still import "blankslate". */
const LABORATORY = new URL("../index.ts", import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "blankslate"
      ? { url: LABORATORY, format: "module-typescript", shortCircuit: true }
      : next(specifier, context),
});

/** Messages a second at most: a live table is looked at, not recorded. */
const TELL_MS = 500;
const LOOK_MS = 1000;

const [, , module = "", outDir = ""] = process.argv;
const stop = new AbortController();
// The parent has gone: nobody waits for this trial, and its folder is without a result, so it runs again.
const group = process.platform === "win32" ? process.pid : -process.pid;
process.once("disconnect", () => process.kill(group, "SIGKILL"));
// A trial that never comes back to its loop does not hear of it: a thread beside it looks whose child this process is.
const watch = new Worker(
  `setInterval(() => process.ppid === ${process.ppid} || process.kill(${group}, "SIGKILL"), ${LOOK_MS});`,
  { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8 } },
);
await once(watch, "online");
watch.unref();
process.once("SIGTERM", () => stop.abort());

let told = 0;
const onStep = ({ step, steps, metrics }: StepReport) => {
  if (performance.now() - told < TELL_MS) return;
  told = performance.now();
  process.send?.({ step, steps, metrics } satisfies ChildMessage);
};
const { trial } = (await import(module)) as { trial: Trial };
const config: unknown = JSON.parse(await readFile(join(outDir, INPUT_FILE), "utf8"));
const started = performance.now();
const result = await trial(config, outDir, { signal: stop.signal, onStep });
const seconds = (performance.now() - started) / 1000;
await writeFileAtomic(join(outDir, RESULT_FILE), `${JSON.stringify({ result, seconds })}\n`);
process.exit(0);
