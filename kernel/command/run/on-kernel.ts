// One run from the kernel's start to its end: fresh or gone on with, interrupted by this program's signals, left behind if it stops and
// is to be kept.
import type { WireMessage } from "../../wire/frames.ts";
import { KERNEL_NAME } from "../kernel-argv.ts";
import { NotebookRun, type RunEnd } from "./execute.ts";
import type { Keeping } from "./keep/keeping.ts";
import type { KeptRun, Resume } from "./keep/record.ts";
import { openKernel, type RunningKernel } from "./kernel.ts";
import { askLaboratory } from "./manifest/manifest.ts";
import { codeCells, type Notebook } from "./notebook.ts";
import { RunProgress } from "./progress.ts";

/** Whoever ends this process wants what there is: ^C, a scheduler, a closed terminal. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Plan {
  /** The number of the first code cell to run. */
  readonly from: number;
  readonly resumes: readonly Resume[];
  /** What it goes on with. */
  readonly earlier: KeptRun | undefined;
  readonly keeping: Keeping | undefined;
  readonly timeout: number | undefined;
}

export interface Execution {
  readonly end: RunEnd | { readonly kind: "died"; readonly error: unknown };
  /** What its process says it did; see askLaboratory. */
  readonly laboratory: unknown;
  /** undefined: it did not start. */
  readonly kernel: { readonly version: unknown; readonly node: string } | undefined;
  /** The kernel's start included; what ran before a resume, too. */
  readonly ms: number;
  /** Minutes that its kernel stays; "lost": it should have, but the variables are gone. */
  readonly kept: number | "lost" | undefined;
}

export async function execute(notebook: Notebook, cwd: string, plan: Plan): Promise<Execution> {
  const { keeping, earlier, from, timeout = Infinity } = plan;
  const started = performance.now();
  const sinceStart = () => (earlier?.ms ?? 0) + performance.now() - started;
  const job = new NotebookRun(notebook, new RunProgress(notebook));
  if (earlier) job.adopt(earlier.displays, codeCells(earlier.notebook));
  const controller = new AbortController();
  let running: RunningKernel | undefined;
  let kernel: Execution["kernel"];
  // The first ^C stops the cell, the second the kernel; what there is gets written either way.
  const interrupt = () => (controller.signal.aborted ? running?.kill() : controller.abort());
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    const take = (message: WireMessage) => job.take(message);
    const keepable = await keeping?.open(cwd, take);
    running = keepable ?? (await openKernel(cwd, take));
    kernel = { version: running.info["implementation_version"], node: process.versions.node };
    notebook.metadata["kernelspec"] = {
      name: KERNEL_NAME,
      display_name: "TypeScript (Blankslate)",
      language: "typescript",
    };
    notebook.metadata["language_info"] = running.info["language_info"];
    notebook.metadata["blankslate"] = kernel;
    const end = await job.run(running, { from, timeoutMs: timeout * 1000, signal: controller.signal });
    const laboratory = await askLaboratory(running);
    let kept: Execution["kept"];
    if (keeping && keepable && end.kind !== "finished") {
      kept = await keeping.leave(keepable, job, end, { ms: sinceStart(), resumes: plan.resumes });
      if (kept !== "lost") running = undefined;
    }
    return { end, laboratory, kernel, ms: sinceStart(), kept };
  } catch (error) {
    return { end: { kind: "died", error }, laboratory: null, kernel, ms: sinceStart(), kept: undefined };
  } finally {
    await running?.close();
    for (const name of SIGNALS) process.removeListener(name, interrupt);
  }
}
