// What a run reports, on disk while it runs: metrics.jsonl, a line per step for pandas and DuckDB, and an event file for TensorBoard beside it.
// A killed run leaves every step it did. A resumed one goes on in the same metrics.jsonl without the steps that it does again, and in an event file that tells TensorBoard to forget them.
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { hasCode } from "../../core/errors.ts";
import { makeDirectory, openLog } from "../../core/files.ts";
import type { Log } from "../../core/files.ts";
import type { StepReport } from "../../train/run.ts";
import { encodeFileVersion, encodeScalars, encodeStart } from "./tensorboard.ts";

/** Option of every training. */
export interface LogOptions {
  /** Gets metrics.jsonl and an event file; `tensorboard --logdir` takes it or a folder above it. */
  readonly folder: string;
}

const METRICS = "metrics.jsonl";

export interface RunLog {
  add(report: StepReport): void;
  close(): void;
}

/**
 * @param kind       what the scalars' tags begin with, e.g. "sft"
 * @param resumed    whether the run goes on from a checkpoint, and so in its own files
 */
export async function openRunLog({ folder }: LogOptions, kind: string, resumed: boolean): Promise<RunLog> {
  const path = join(folder, METRICS);
  const before = resumed ? await readSteps(path) : [];
  await makeDirectory(folder);
  let events: Log | undefined;
  let lines: Log | undefined;
  const openEvents = (step: number) => {
    const file = openLog(join(folder, `events.out.tfevents.${Date.now()}.${hostname()}.${process.pid}`));
    file.append(encodeFileVersion(Date.now() / 1000));
    if (resumed) file.append(encodeStart(Date.now() / 1000, step));
    return file;
  };
  return {
    // Both begin with the first step: what is refused before it leaves no file.
    add({ step, tokens, seconds, metrics, sample }) {
      events ??= openEvents(step);
      lines ??= openLog(
        path,
        before
          .filter((line) => line.step < step)
          .map(({ text }) => text)
          .join(""),
      );
      lines.append(`${JSON.stringify({ step, tokens, seconds, ...metrics, ...(sample && { sample }) })}\n`);
      const scalars = Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`${kind}/${name}`, value]));
      events.append(encodeScalars({ wallSeconds: Date.now() / 1000, step, scalars }));
    },
    close() {
      lines?.close();
      events?.close();
    },
  };
}

interface Line {
  readonly step: number;
  /** With its line end. */
  readonly text: string;
}

/** Whole lines of an earlier log; none where there is no log. */
async function readSteps(path: string): Promise<Line[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return (whole.match(/.*\n/gu) ?? []).map((line) => ({ step: (JSON.parse(line) as Line).step, text: line }));
}
