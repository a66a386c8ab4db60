// Sweeps: many trials on this machine's processes, one table while they run, one frame at the end. What is done stays done: a sweep that was
// ended, or whose machine went down, runs only the trials that have no result yet. A trial that crashes is a row with its error.
// Words: trial = (config, outDir) -> row, a pure function (trial.ts, or a module of the user's that exports `trial`); grid = the values that
// vary. It does not schedule beyond this machine: the same trials go to an engine that does.
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { fault, hasCode, isDiskFull } from "../core/errors.ts";
import {
  anything,
  checkOptions,
  listOf,
  named,
  record,
  required,
  type Rules,
  seed,
  text as aText,
  whole,
} from "../core/options.ts";
import { writeFileAtomic } from "../core/files.ts";
import { DISPLAY_SYMBOL, host, type MimeBundle } from "../core/host.ts";
import { Shown } from "../core/shown.ts";
import { type Interval, rowsTable, tableBundle } from "../core/table.ts";
import { overSeeds } from "../eval/seeds.ts";
import { type DataFrame, frameOf } from "../report/frame.ts";
import { type ChildMessage, INPUT_FILE, RESULT_FILE } from "./messages.ts";
import { type Config, type Grid, type Json, type Planned, planTrials } from "./configs.ts";
import { processesFor, runTasks } from "./processes.ts";
import { type TrialConfig, type TrialResult, worldOf } from "./trial.ts";

export interface SweepOptions {
  /** What all trials share; a `TrialConfig`, or whatever the own trial takes. */
  readonly base: TrialConfig | Config;
  /** Paths into the configuration and their values: `{ "sft.learningRate": [1e-3, 3e-3] }`. */
  readonly grid?: Grid;
  /** Every combination runs once under each; intervals are over them. */
  readonly seeds: readonly (number | string)[];
  /** Keeps a folder per trial; the same one goes on where a sweep ended. */
  readonly folder: string;
  /** A module that exports `trial(config, outDir, watch)`; default the laboratory's own. */
  readonly trial?: string;
  /** At a time; default, and at most, the number of cores. */
  readonly processes?: number;
}

/** What the grid and the seeds may be is said where the trials are planned. */
const RULES: Rules<SweepOptions> = {
  base: required(record),
  grid: named(listOf(anything, 0)),
  seeds: required(listOf(seed, 0)),
  folder: required(aText),
  trial: aText,
  processes: whole(1),
};

type State = "waiting" | "running" | "done" | "failed" | "kept";

/** One trial of a sweep. */
export interface SweepRow {
  readonly id: string;
  readonly varied: Readonly<Record<string, Json>>;
  /** "kept": done in an earlier sweep into the same folder. */
  readonly state: State;
  readonly result: TrialResult | null;
  readonly seconds: number | null;
  readonly error: string | null;
  readonly outDir: string;
}

const DRAW_MS = 250;
const text = (value: Json): string | number =>
  typeof value === "number" || typeof value === "string" ? value : JSON.stringify(value);

/** Node begins what it says of an uncaught error with the file, the line and a caret: the place, not what happened. */
const PLACE = /^\S+:\d+\n.*\n *\^+\n+/mu;

/** @returns of what a failed trial said, the line that says why */
function firstLine(error: string): string {
  const lines = error.replace(PLACE, "").split("\n");
  return (lines.find((line) => /error|fault|:/iu.test(line)) ?? error).slice(0, 200);
}

/** All trials in the order of the plan, whether they ended well or not. */
export class Sweep extends Shown {
  readonly rows: readonly SweepRow[];
  readonly stopped: "finished" | "interrupted";

  constructor(rows: readonly SweepRow[], stopped: Sweep["stopped"]) {
    super();
    this.rows = rows;
    this.stopped = stopped;
  }

  /** @returns one row per trial as a Danfo DataFrame: what varied, the state, every result, seconds, the error's first line */
  frame(): DataFrame {
    return frameOf(this.rows.map((row) => this.#plain(row)));
  }

  /**
   * @param metric a column of the results, e.g. "test"
   * @returns a row for every combination of the grid: the mean over seeds with Student's interval (where at least four ended well), and each seed; under
   *   `failed` those that ran and gave no number
   * @throws COLUMN_MISSING no trial has such a result
   */
  overSeeds(metric: string): DataFrame {
    const names = new Set(this.rows.flatMap(({ result }) => Object.keys(result ?? {})));
    if (names.size > 0 && !names.has(metric))
      throw fault("COLUMN_MISSING", `no trial has a result "${metric}".`, `they have ${[...names].join(", ")}.`);
    const points = new Map<string, SweepRow[]>();
    for (const row of this.rows) {
      const { seed: _seed, ...rest } = row.varied;
      const name = JSON.stringify(rest);
      points.set(name, [...(points.get(name) ?? []), row]);
    }
    return frameOf(
      [...points.values()].map((rows) => {
        const { seed: _seed, ...rest } = rows[0]?.varied ?? {};
        const values = rows.flatMap((row) => {
          const value = row.result?.[metric];
          return typeof value === "number" ? [value] : [];
        });
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        const interval: Interval =
          values.length < 4 ? { value: mean, low: Number.NaN, high: Number.NaN } : overSeeds(values);
        return {
          ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, text(value)])),
          seeds: values.length,
          failed: rows.filter((row) => row.state !== "waiting").length - values.length,
          [metric]: interval.value,
          [`${metric}_low`]: interval.low,
          [`${metric}_high`]: interval.high,
          "each seed": values.map((v) => Number(v.toPrecision(4))).join("  "),
        };
      }),
    );
  }

  #plain({ varied, state, result, seconds, error }: SweepRow) {
    return {
      ...Object.fromEntries(Object.entries(varied).map(([name, value]) => [name, text(value)])),
      state,
      ...result,
      seconds,
      error: error === null ? null : firstLine(error),
    };
  }

  [DISPLAY_SYMBOL](): MimeBundle {
    const count = (state: State) => this.rows.filter((row) => row.state === state).length;
    const note = `${this.rows.length} trials: ${count("done")} run, ${count("kept")} kept from before, ${count("failed")} failed${this.stopped === "interrupted" ? `, ${count("waiting")} not run (interrupted)` : ""}.`;
    const shown = this.rows.map((row) => this.#plain(row));
    return tableBundle(rowsTable(shown, { typed: false, caption: "Sweep", note }), { maxRows: 60, maxColumns: 16 });
  }
}

/** @returns undefined where there is none, or none that can be read: then the trial runs again */
async function readResult(outDir: string): Promise<Pick<SweepRow, "result" | "seconds"> | undefined> {
  let text: string;
  try {
    text = await readFile(join(outDir, RESULT_FILE), "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  const { result, seconds } = parsed(text) ?? {};
  const isRow = typeof result === "object" && result !== null && typeof seconds === "number";
  return isRow ? { result: result as TrialResult, seconds } : undefined;
}

function parsed(json: string): Readonly<Record<string, unknown>> | null {
  try {
    return Object(JSON.parse(json)) as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
}

const OWN_TRIAL = new URL("./trial.ts", import.meta.url).href;

/** The trial's text is part of a result's name: a changed trial runs again. */
async function identityOf(trial: string | undefined): Promise<{ readonly module: string; readonly identity: string }> {
  if (trial === undefined) return { module: OWN_TRIAL, identity: "blankslate" };
  const path = resolve(trial);
  try {
    return { module: pathToFileURL(path).href, identity: await readFile(path, "utf8") };
  } catch (error) {
    throw hasCode(error, "ENOENT")
      ? fault("BAD_TRIAL", `${path} is not there.`, "name a module that exports trial(config, outDir).", error)
      : error;
  }
}

/**
 * Runs every combination of a grid under every seed, in processes of this machine, and shows them in a table while they run.
 * An interrupt ends the running trials and returns what is there; the same call goes on from it.
 * @throws BAD_GRID, SEED_REPEATED, BAD_TRIAL, DISK_FULL before anything runs; a trial that throws is a row with its error
 * @example
 * const found = await sweep({
 *   base: { world: { name: "stateMachine" }, model: { layers: 2, width: 32, heads: 2 }, seed: 0, sft: { steps: 200, batch: 32, learningRate: 1e-3 } },
 *   grid: { "sft.learningRate": [1e-3, 3e-3] }, seeds: [0, 1, 2, 3], folder: "sweeps/learning-rate",
 * });
 * found.overSeeds("test")
 */
export async function sweep(asked: SweepOptions): Promise<Sweep> {
  const options = checkOptions("sweep", asked, RULES);
  const { module, identity } = await identityOf(options.trial);
  const planned = planTrials(identity, options.base as unknown as Config, options.grid ?? {}, options.seeds);
  // A misspelt path would be hours of trials that do not differ.
  if (options.trial === undefined) for (const { config } of planned) worldOf(config as unknown as TrialConfig);
  const rows = new Map<string, SweepRow>();
  for (const { id, varied } of planned) {
    const outDir = resolve(options.folder, id);
    const known = await readResult(outDir);
    const open = { result: null, seconds: null, ...known };
    rows.set(id, { id, varied, outDir, error: null, state: known ? "kept" : "waiting", ...open });
  }
  const open = planned.filter(({ id }) => rows.get(id)?.state === "waiting");
  try {
    for (const { id, config } of open)
      await writeFileAtomic(join(options.folder, id, INPUT_FILE), `${JSON.stringify(config, undefined, 2)}\n`);
  } catch (error) {
    throw isDiskFull(error)
      ? fault(
          "DISK_FULL",
          `${resolve(options.folder)} has no room for what the trials are to do.`,
          "make room or name another folder; what is done stays done.",
          error,
        )
      : error;
  }

  const table = new LiveTable(planned, rows);
  const set = (id: string, change: Partial<SweepRow>) => rows.set(id, { ...(rows.get(id) as SweepRow), ...change });
  const outDirOf = (id: string) => (rows.get(id) as SweepRow).outDir;
  let interrupted = false;
  await host().cooperate(async (signal) => {
    await runTasks(
      open.map(({ id }) => ({ id, outDir: outDirOf(id) })),
      {
        module,
        signal,
        processes: processesFor(options.processes, open.length),
        onStart: ({ id }) => {
          set(id, { state: "running" });
          table.draw();
        },
        onMessage: ({ id }, message) => table.tell(id, message),
        onEnd: ({ id }, error) => {
          if (signal.aborted) set(id, { state: "waiting" });
          else set(id, error === undefined ? { state: "done" } : { state: "failed", error });
          table.draw();
        },
      },
    );
    interrupted = signal.aborted;
  });
  for (const [id, row] of rows)
    if (row.state === "done")
      set(id, (await readResult(row.outDir)) ?? { state: "failed", error: "it left no result" });
  table.end(interrupted);
  return new Sweep([...rows.values()], interrupted ? "interrupted" : "finished");
}

/** One display for the whole sweep: who runs, how far, and how it went. */
class LiveTable {
  readonly #planned: readonly Planned[];
  readonly #rows: ReadonlyMap<string, SweepRow>;
  readonly #messages = new Map<string, ChildMessage>();
  readonly #host = host();
  readonly #displayId = `blankslate-${randomUUID()}`;
  #drawn = Number.NEGATIVE_INFINITY;

  constructor(planned: readonly Planned[], rows: ReadonlyMap<string, SweepRow>) {
    this.#planned = planned;
    this.#rows = rows;
  }

  tell(id: string, message: ChildMessage): void {
    this.#messages.set(id, message);
    this.draw();
  }

  draw(force = false): void {
    if (!force && performance.now() - this.#drawn < DRAW_MS) return;
    this.#drawn = performance.now();
    const states = this.#planned.map(({ id }) => (this.#rows.get(id) as SweepRow).state);
    const count = (...of: readonly State[]) => states.filter((state) => of.includes(state)).length;
    const words = `sweep ${count("done", "kept")}/${states.length} · ${count("running")} running · ${count("failed")} failed`;
    if (this.#host.kind === "terminal") {
      this.#host.display({ "text/plain": words }, { displayId: this.#displayId });
      return;
    }
    const rows = this.#planned.map(({ id, varied }) => {
      const { state } = this.#rows.get(id) as SweepRow;
      const message = state === "running" ? this.#messages.get(id) : undefined;
      const [metric] = Object.entries(message?.metrics ?? {});
      return {
        ...Object.fromEntries(Object.entries(varied).map(([name, value]) => [name, text(value)])),
        state,
        step: message ? `${message.step}/${message.steps}` : "",
        now: metric ? `${metric[0]} ${Number(metric[1].toPrecision(3))}` : "",
      };
    });
    this.#host.display(
      tableBundle(rowsTable(rows, { typed: false, caption: words }), { maxRows: 40, maxColumns: 12 }),
      {
        displayId: this.#displayId,
      },
    );
  }

  end(interrupted: boolean): void {
    if (interrupted || this.#drawn > Number.NEGATIVE_INFINITY) this.draw(true);
  }
}
