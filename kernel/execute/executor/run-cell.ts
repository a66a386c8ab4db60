// One execute request from code to `done`. A stop may unwind any of this code and drop its continuations, so everything hangs off
// `finish`, which may be called again and sends `done` once.
import { bundleOf } from "../../display/bundle.ts";
import { type CellError, type DownMessage, type ExpressionResult, NO_CELL } from "../protocol.ts";
import type { Evaluator } from "./evaluate.ts";
import { cellError, interruptedError, syntaxError } from "./fault.ts";
import { keepResult } from "./last-result.ts";
import { isLeaving } from "./leave.ts";
import { liveIn, liveNames, release } from "./live.ts";
import { regainReserve, spendReserve } from "./reserve.ts";
import { createRun, within, type Run } from "./run.ts";
import { SLOT, signalEvent, type Shared } from "./shared.ts";
import { type Relocate, rememberSource, SOURCE_MARK } from "./sources.ts";
import type { CellScript, CellSyntaxError } from "./transform.ts";
import { IMPORTS } from "./transform/references.ts";
import type { Up } from "./up.ts";

type ExecuteRequest = Extract<DownMessage, { readonly type: "execute" }>;

export interface CellRunner {
  execute(request: ExecuteRequest): void;
  /** Ends a run as stopped, unless it is over. */
  finishStopped(run: Run): void;
  /** Ends a run of no cell as stopped. */
  rehearse(): void;
}

export function createCellRunner(up: Up, shared: Shared, evaluator: Evaluator): CellRunner {
  const { state } = shared;

  function finish(run: Run, error: CellError | null, expressions: Readonly<Record<string, ExpressionResult>>): void {
    // The wire process says what became of a cell whose process ends; V8 gives up its evaluation on the way.
    if (run.over || isLeaving()) return;
    run.waits.clear();
    if (error) spendReserve(error);
    up.send({ type: "done", cell: run.cell, error, interrupted: run.asked || run.stopped, expressions });
    run.over = true;
    if (state[SLOT.running] === run.serial) {
      Atomics.store(state, SLOT.running, 0);
      Atomics.store(state, SLOT.inside, 0);
    }
    signalEvent(state);
  }

  async function present(run: Run, script: CellScript, value: unknown, request: ExecuteRequest): Promise<void> {
    if (script.hasResult && value !== undefined && !request.silent) {
      keepResult(value);
      const data = await bundleOf(value);
      if (run.over) return;
      up.send({ type: "result", cell: run.cell, data, metadata: {} });
    }
    const expressions: Record<string, ExpressionResult> = {};
    for (const [name, code] of Object.entries(request.userExpressions)) expressions[name] = await expression(code);
    finish(run, null, expressions);
  }

  async function expression(code: string): Promise<ExpressionResult> {
    const prepared = await prepare(code, 0);
    if ("error" in prepared) return { status: "error", ...syntaxError(prepared.error, 0, code) };
    const outcome = await new Promise<Parameters<Parameters<Evaluator["evaluate"]>[1]>[0]>((resolve) => {
      evaluator.evaluate(prepared.code, resolve);
    });
    if (outcome.kind === "error") return { status: "error", ...outcome.error };
    if (outcome.kind === "stopped") return { status: "error", ...interruptedError() };
    return { status: "ok", data: await bundleOf(outcome.value), metadata: {} };
  }

  async function start(run: Run, request: ExecuteRequest): Promise<void> {
    const prepared = await prepare(request.code, request.count);
    if (run.over) return;
    if ("error" in prepared) return finish(run, syntaxError(prepared.error, request.count, request.code), {});
    // Here is a microtask, as the evaluation needs: begun by a plain callback, a stop would abort the process on some versions.
    Atomics.store(state, SLOT.inside, Date.now() | 0);
    evaluator.evaluate(prepared.code, (outcome) => {
      if (run.over) return;
      if (outcome.kind === "stopped") {
        run.stopped = true;
        finish(run, interruptedError(), {});
      } else if (outcome.kind === "error") {
        finish(run, outcome.error, {});
      } else {
        present(run, prepared, outcome.value, request).catch((error: unknown) => finish(run, cellError(error), {}));
      }
    });
    Atomics.store(state, SLOT.inside, 0);
  }

  return {
    execute(request) {
      regainReserve();
      const run = createRun(request);
      up.eager();
      Atomics.store(state, SLOT.cooperating, 0);
      Atomics.store(state, SLOT.running, run.serial);
      Atomics.add(state, SLOT.begun, 1);
      signalEvent(state);
      within(run, () => {
        start(run, request).catch((error: unknown) => finish(run, cellError(error), {}));
      });
    },
    finishStopped(run) {
      run.stopped = true;
      evaluator.abandon();
      finish(run, interruptedError(), {});
    },
    rehearse() {
      const nobody = { cell: NO_CELL, count: 0, silent: true, allowStdin: false };
      finish(createRun(nobody, { latest: false }), interruptedError(), {});
    },
  };
}

/** Loaded late, so that `ready` does not wait for the parser. */
const loading = () => Promise.all([import("./transform.ts"), import("./shadow.ts")]);
/** Names of globals that cells use for things of their own. */
let hidden: ReadonlySet<string> = new Set();
let scripts: Scripts | undefined;

/** The notebook's, also after a cell changed the working directory. */
const FOLDER = process.cwd();

/** Functions that many cells share: one made per cell would keep all of its parts for as long as the process lives. */
interface Scripts {
  readonly hidden: ReadonlySet<string>;
  readonly live: ReturnType<typeof liveNames>;
  /** @param read what is read where live imports are, instead of these */
  readonly make: (source: string, read?: ReadonlySet<string>) => CellScript | { readonly error: CellSyntaxError };
  readonly relocate: Relocate;
}

function scriptsWith(
  names: ReadonlySet<string>,
  live: ReturnType<typeof liveNames>,
  [{ transformCell }, shadow]: Awaited<ReturnType<typeof loading>>,
): Scripts {
  const known = liveIn(FOLDER, live);
  const make: Scripts["make"] = (source, read = known.read) => {
    const script = transformCell(source, { ...known, read });
    if ("error" in script) return script;
    const renamed = names.size > 0 ? shadow.renameHiding(script.code, names) : undefined;
    return renamed ? { ...script, code: renamed.code, locate: shadow.locateBefore(script.locate, renamed) } : script;
  };
  return {
    hidden: names,
    live,
    make,
    relocate(source) {
      const again = make(source);
      return "error" in again ? () => undefined : again.locate;
    },
  };
}

async function prepare(source: string, count: number): Promise<CellScript | { readonly error: CellSyntaxError }> {
  const modules = await loading();
  const live = liveNames();
  if (scripts?.hidden !== hidden || scripts.live !== live) scripts = scriptsWith(hidden, live, modules);
  let script = scripts.make(source);
  if ("error" in script) return script;
  const more = modules[1].hiding(script.names).filter((name) => !hidden.has(name));
  if (more.length > 0) {
    hidden = new Set([...hidden, ...more]);
    scripts = scriptsWith(hidden, live, modules);
    script = scripts.make(source);
    if ("error" in script) return script;
  }
  release(script.names);
  const url = rememberSource(count, source, scripts.relocate);
  return { ...script, code: `${script.code}\n//# sourceURL=${url}\n${SOURCE_MARK}` };
}

/** What a source would become now, without running; undefined before the parser is there. */
export function draft(
  source: string,
  read?: ReadonlySet<string>,
): CellScript | { readonly error: CellSyntaxError } | undefined {
  return scripts?.make(source, read);
}

/** The name a cell's own variable has in V8, for queries about it. */
export function ownName(name: string): string {
  if (liveNames().read.has(name)) return `${IMPORTS}.${name}`;
  return hidden.has(name) ? `${name}$` : name;
}

/** The other way: the name that a variable in V8 has in cells. */
export function nameInCells(name: string): string {
  return name.endsWith("$") && hidden.has(name.slice(0, -1)) ? name.slice(0, -1) : name;
}

/** Resolves when a cell's text can be read (`draft`). */
export async function loadParser(): Promise<void> {
  const modules = await loading();
  scripts ??= scriptsWith(hidden, liveNames(), modules);
}

/** What cells declare and await, to be read only: nothing of nobody's may be declared. */
const PRACTICE = `interface Row { id: number }
const rows: Row[] = [1, 2].map((id) => ({ id }));
function find(id: number): Row | undefined { return rows.find((row) => row.id === id); }
await find(2)`;

/**
 * Loads the parser, and does once for nobody what every cell needs, while the process waits for its first cell: V8 has compiled then what
 * that would wait for, 15 ms; 1 ms of them for what only cells that declare need.
 */
export async function warmUp(evaluator: Evaluator): Promise<void> {
  await loadParser();
  const script = draft("({ a: 1 })");
  if (!script || "error" in script) return;
  // In a microtask, as after `await` it is.
  evaluator.evaluate(script.code, (outcome) => {
    if (outcome.kind === "value") void bundleOf(outcome.value);
  });
  draft(PRACTICE);
}
