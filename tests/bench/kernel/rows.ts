// The rows of the kernel benchmark's table: what is read from a kernel's results, whether the kernel did it correctly, and who is first.
// Words: a *figure* is the number that counts, smaller is better; a kernel that loses output, finds nothing or dies has none in that row.

/** What kernel_bench.py prints for one kernel; sections that failed are missing. */
export interface Result {
  readonly kernel: string;
  readonly errors?: Readonly<Record<string, string>>;
  readonly [section: string]: unknown;
}

interface Cell {
  readonly text: string;
  readonly figure: number | undefined;
}

interface Row {
  readonly name: string;
  /** Whether it holds a cell's way through the type checker: then kernels that check stand beside kernels that check. */
  readonly isChecked?: true;
  /** DESIGN.md §7: the largest figure allowed, of a checked and of an unchecked cell. */
  readonly target?: { readonly checked: number; readonly unchecked?: number };
  cell(result: Result): Cell;
}

/** Slower than the first by at most this counts as first: two runs of one kernel differ by as much. */
const AS_GOOD = 1.1;
/** Differences below this, in milliseconds, are the clock's and the client's. */
const GRAIN_MS = 0.2;

const NONE: Cell = { text: "–", figure: undefined };

function at(result: Result, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], result);
}
const number = (result: Result, path: string) => {
  const value = at(result, path);
  return typeof value === "number" ? value : undefined;
};

/** A median in milliseconds. @param isRight what must hold for the kernel to have done it */
function ms(
  path: string,
  isRight: (result: Result) => boolean = () => true,
  wrong = "wrong",
): (result: Result) => Cell {
  return (result) => {
    const value = number(result, path);
    if (value === undefined) return NONE;
    const text = value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
    return isRight(result)
      ? { text: `${text} ms`, figure: value }
      : { text: `${text} ms, ${wrong}`, figure: undefined };
  };
}

function interrupt(kind: string): (result: Result) => Cell {
  return (result) => {
    const found = at(result, kind) as { replied: boolean; ms: number; alive: boolean; state_kept: boolean } | undefined;
    if (!found) return NONE;
    const text = found.replied ? `${Math.round(found.ms)} ms` : "no reply";
    const end = !found.alive ? "kernel dies" : found.state_kept ? "state kept" : "state lost";
    return { text: `${text}, ${end}`, figure: found.replied && found.state_kept ? found.ms : undefined };
  };
}

const answersAll = (result: Result) =>
  number(result, "trivial_not_ok") === 0 && number(result, "trivial_lost_idle") === 0;
const isTrue = (path: string) => (result: Result) => at(result, path) === true;
const isZero = (path: string) => (result: Result) => at(result, path) === 0;

export const ROWS: readonly Row[] = [
  { name: "start to first reply", target: { checked: 350 }, cell: ms("cold_start_ms.median") },
  { name: "first cell, a sum", isChecked: true, cell: ms("first_execute_ms.median") },
  { name: "first cell that declares", isChecked: true, cell: ms("typed.first_ms", isZero("typed.wrong"), "fails") },
  { name: "start and first cell", isChecked: true, cell: startAndFirst },
  {
    name: "sum of two numbers",
    isChecked: true,
    target: { checked: 15, unchecked: 5 },
    cell: ms("trivial_idle_ms.median", answersAll, "idle lost"),
  },
  {
    name: "small cell that declares",
    isChecked: true,
    target: { checked: 15, unchecked: 5 },
    cell: ms("typed.small_ms", isZero("typed.wrong"), "fails"),
  },
  {
    name: "cell of 100 lines",
    isChecked: true,
    target: { checked: 60 },
    cell: ms("cell100_idle_ms.median", isZero("cell100_not_ok"), "fails"),
  },
  { name: "completion of `JSON.stri`", cell: ms("complete_ms.median", isTrue("complete_found"), "not found") },
  { name: "completion on a local name", cell: ms("complete2_ms.median", isTrue("complete2_found"), "not found") },
  { name: "inspection", cell: ms("inspect_ms.median", isTrue("inspect_found"), "not found") },
  { name: "first output of a 1.5 s cell", isChecked: true, cell: ms("live_output_in_sync_cell.first_out_ms") },
  { name: "heartbeat while a cell spins", target: { checked: 50 }, cell: ms("while_busy_2000ms.heartbeat_ms") },
  { name: "control message meanwhile", cell: ms("while_busy_2000ms.control_kernel_info_ms") },
  { name: "printed lines that arrive in time", target: { checked: 1_000 }, cell: printed },
  { name: "small cells with late or lost output", cell: ordered },
  {
    name: "`while (true) {}` stopped by SIGINT",
    target: { checked: 250 },
    cell: interrupt("interrupt_sync_loop_signal"),
  },
  {
    name: "… by message, as JupyterLab's button",
    target: { checked: 250 },
    cell: interrupt("interrupt_sync_loop_message"),
  },
  { name: "loop at top level : in a function", target: { checked: 1.5 }, cell: hotLoop },
  { name: "memory after the first cell", cell: megabytes("rss_after_first_mb") },
  { name: "last cell of many : tenth cell", target: { checked: 1.2 }, cell: growth },
  {
    name: "completion after many cells",
    cell: ms("growth.complete_after_growth_ms.median", isTrue("growth.complete_after_growth_found"), "not found"),
  },
  { name: "memory after many cells", cell: megabytes("growth.rss_after_mb") },
];

function startAndFirst(result: Result): Cell {
  const [start, first] = [number(result, "cold_start_ms.median"), number(result, "first_execute_ms.median")];
  if (start === undefined || first === undefined) return NONE;
  return { text: `${Math.round(start + first).toLocaleString("en")} ms`, figure: start + first };
}

function megabytes(path: string): (result: Result) => Cell {
  return (result) => {
    const value = number(result, path);
    return value === undefined ? NONE : { text: `${Math.round(value)} MB`, figure: value };
  };
}

/** The time counts only where all lines came, none after idle. */
function printed(result: Result): Cell {
  const lines = number(result, "stdout.lines_printed");
  const got = number(result, "stdout.lines_received");
  const idle = number(result, "stdout.idle_ms");
  if (lines === undefined || got === undefined) return NONE;
  const isWhole = got === lines && number(result, "stdout.late_after_idle") === 0 && idle !== undefined;
  const messages = number(result, "stdout.iopub_messages") ?? 0;
  return isWhole
    ? { text: `all in ${Math.round(idle)} ms, ${messages} messages`, figure: idle }
    : { text: `${got.toLocaleString("en")} of ${lines.toLocaleString("en")}`, figure: undefined };
}

function ordered(result: Result): Cell {
  const kinds = ["cells_with_output_after_idle", "cells_without_their_output", "cells_without_idle"];
  const cells = number(result, "iopub_order.cells");
  if (cells === undefined) return NONE;
  const bad = kinds.reduce((sum, kind) => sum + (number(result, `iopub_order.${kind}`) ?? 0), 0);
  return { text: `${bad} of ${cells}`, figure: bad };
}

/** The client's clock ticks in milliseconds, and a loop in a function takes thirty. */
function hotLoop(result: Result): Cell {
  const [inside, top] = [
    number(result, "hot_loop_20M_ms.in_function"),
    number(result, "hot_loop_20M_ms.cell_top_level"),
  ];
  if (!inside || top === undefined) return NONE;
  const ratio = top / inside;
  return { text: ratio < 10 ? ratio.toFixed(1) : ratio.toFixed(0), figure: Math.max(1, ratio) };
}

function growth(result: Result): Cell {
  const ratio = number(result, "growth.ratio_last_to_first");
  const cells = number(result, "growth.cells_run");
  if (ratio === undefined || cells === undefined || number(result, "growth.not_ok") !== 0) return NONE;
  // Becoming faster is no virtue to compare.
  return { text: `${ratio.toFixed(2)} (${cells} cells)`, figure: Math.max(1, ratio) };
}

/** @returns "first", "as good" or by how much `own` is behind which rival; "–" without a figure of its own or a rival's */
function verdict(own: Cell, rivals: readonly (readonly [string, Cell])[]): string {
  const right = rivals.filter(([, cell]) => cell.figure !== undefined);
  if (own.figure === undefined) return right.length > 0 ? "not done" : "–";
  const [name, best] = right.toSorted(([, a], [, b]) => (a.figure ?? 0) - (b.figure ?? 0))[0] ?? [];
  if (best?.figure === undefined) return "alone";
  if (own.figure <= best.figure) return "first";
  if (own.figure <= best.figure * AS_GOOD || own.figure - best.figure <= GRAIN_MS) return "within 10 %";
  return `${(own.figure / best.figure).toFixed(1)} × ${name}`;
}

const CHECKED = "blankslate";
const UNCHECKED = "unchecked";
/** The rival that checks types too. */
const CHECKS = new Set(["tslab"]);

/** @returns the table as Markdown, a column per kernel and two that say how ours compares */
export function table(results: Readonly<Record<string, Result>>, titles: Readonly<Record<string, string>>): string {
  const kernels = Object.keys(results);
  const lines = ROWS.map((row) => {
    const cells = new Map(kernels.map((kernel) => [kernel, row.cell(results[kernel]!)]));
    const rivals = [...cells].filter(([kernel]) => kernel !== CHECKED && kernel !== UNCHECKED);
    const judge = (own: string) => {
      const cell = cells.get(own);
      const others = rivals.filter(([kernel]) => own === UNCHECKED || !row.isChecked || CHECKS.has(kernel));
      return cell
        ? verdict(
            cell,
            others.map(([kernel, rival]) => [titles[kernel] ?? kernel, rival]),
          )
        : "–";
    };
    return [row.name, ...[...cells.values()].map((cell) => cell.text), judge(CHECKED), judge(UNCHECKED)];
  });
  const head = ["", ...kernels.map((kernel) => titles[kernel] ?? kernel), "checked is", "unchecked is"];
  return [head, head.map(() => "---"), ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

/** @returns what misses DESIGN.md §7, in words; nothing when all is met */
export function missed(results: Readonly<Record<string, Result>>): string[] {
  return ROWS.flatMap((row) =>
    ([CHECKED, UNCHECKED] as const).flatMap((own) => {
      const result = results[own];
      const limit = own === UNCHECKED ? (row.target?.unchecked ?? row.target?.checked) : row.target?.checked;
      if (!result || limit === undefined) return [];
      const { text, figure } = row.cell(result);
      return figure !== undefined && figure <= limit ? [] : [`${own}: ${row.name}: ${text}, wanted ${limit}`];
    }),
  );
}
