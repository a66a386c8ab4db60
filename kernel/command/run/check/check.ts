// `blankslate run --check`: do the cells give what the notebook says they gave? Compares a notebook's stored outputs with those of a
// fresh run, cell by cell, and says in words what differs. Does not judge cells after one that failed: they did not run.
import { fault } from "../../../../lib/core/errors.ts";
import { bold, faint, markLine, say } from "../../terminal.ts";
import type { CodeCell, Notebook } from "../notebook.ts";
import { compareOutputs, type Difference } from "./outputs.ts";

/** Same engine, same machine: sums come out equal to the bit, what is printed of them even more so. */
export const DEFAULT_TOLERANCE = 1e-6;

export interface CellDifference {
  readonly number: number;
  readonly id: string;
  readonly differences: readonly Difference[];
}
export interface CheckReport {
  readonly cells: number;
  readonly tolerance: number;
  readonly different: readonly CellDifference[];
  /** Times and paths that were left out. */
  readonly left: number;
  /** [stored, now] when the two runs computed on different engines or processors. */
  readonly places: readonly [string, string] | undefined;
}

const codeCells = (notebook: Notebook): CodeCell[] => notebook.cells.filter((cell) => cell.cell_type === "code");

/**
 * @returns a copy of a notebook as it is stored, before a run overwrites its outputs
 * @throws CHECK_NOTHING no cell of it has been executed
 */
export function storedResults(notebook: Notebook, name: string): Notebook {
  if (codeCells(notebook).every((cell) => cell.execution_count === null && cell.outputs.length === 0)) {
    throw fault(
      "CHECK_NOTHING",
      `${name} has no stored results.`,
      "execute it first (blankslate run) and check the executed notebook.",
    );
  }
  return structuredClone(notebook);
}

/**
 * @param now the same notebook after a run; cells that did not run in it are not compared
 * @param laboratory what its process said of itself
 */
export function checkNotebook(
  stored: Notebook,
  now: Notebook,
  tolerance: number,
  laboratory: unknown = null,
): CheckReport {
  const before = new Map(codeCells(stored).map((cell) => [cell.id, cell]));
  const compared = codeCells(now).flatMap((cell, index) => {
    const old = before.get(cell.id);
    if (!old || cell.execution_count === null) return [];
    return [{ number: index + 1, id: cell.id, ...compareOutputs(old.outputs, cell.outputs, tolerance) }];
  });
  return {
    cells: compared.length,
    tolerance,
    different: compared.filter(({ differences }) => differences.length > 0),
    left: compared.reduce((sum, cell) => sum + cell.left, 0),
    places: changeOfPlace(stored, laboratory),
  };
}

/** An engine's sums follow its version, its threads and, on the processor, which kind that is: libraries choose their kernels by it. */
function changeOfPlace(stored: Notebook, laboratory: unknown): CheckReport["places"] {
  const about = stored.metadata["blankslate"] as { manifest?: { laboratory?: unknown } } | undefined;
  const [before, after] = [about?.manifest?.laboratory, laboratory].map((lab) => {
    const { engine, machine } = (lab ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;
    const told = (from: Readonly<Record<string, unknown>> | null | undefined, key: string) => String(from?.[key]);
    const where = told(engine, "device") === "cpu" ? told(machine, "cpu") : told(engine, "device");
    return (
      engine && `${told(engine, "name")} ${told(engine, "version")} on ${where}, ${told(engine, "threads")} threads`
    );
  });
  return before && after && before !== after ? [before, after] : undefined;
}

/** Says which cells differ and how. */
export function sayCheck(report: CheckReport): void {
  const { cells, tolerance, different, left, places } = report;
  const rule = `numbers within ${tolerance} (relative)${left === 0 ? "" : `, ${left} times and paths left out`}`;
  say();
  if (different.length === 0) {
    say(markLine("ok", `${bold("The stored results hold:")} ${cells} cells compared, ${rule}.`));
    return;
  }
  say(markLine("fail", `${bold(`${different.length} of ${cells} cells differ`)} from the stored results; ${rule}.`));
  if (places) {
    say(markLine("note", `Stored on ${places[0]}; this run: ${places[1]}.`));
    say(
      "  Sums differ in their last digits then, and training makes those a difference of the size of another seed's.",
    );
  }
  for (const { number, id, differences } of different) {
    say(`\n  ${bold(`Cell ${number}`)} ${faint(`id ${id}`)}`);
    for (const { what, stored, now } of differences) {
      const from = firstShown(stored, now);
      say(`    ${what}\n      ${faint("stored")}  ${cut(stored, from)}\n      ${faint("now   ")}  ${cut(now, from)}`);
    }
  }
}

const MAX_SHOWN = 160;
/** What is equal before the difference, for orientation. */
const LEAD = 60;

/** @returns from where long texts are shown, so that their difference is seen */
function firstShown(stored: string, now: string): number {
  let equal = 0;
  while (equal < stored.length && stored[equal] === now[equal]) equal++;
  return equal > MAX_SHOWN - LEAD ? equal - LEAD : 0;
}

function cut(text: string, from: number): string {
  const shown = text.slice(from, from + MAX_SHOWN).toWellFormed();
  return `${from > 0 ? "…" : ""}${shown}${from + MAX_SHOWN < text.length ? "…" : ""}`;
}
