// What a run leaves for the one that goes on with its kernel: the notebook as it stands, where it stopped, and which process holds the
// variables. And the rule by which that one may go on: every cell that has run is the same text, in the same order.
import { createHash } from "node:crypto";
import * as z from "zod";
import { fault } from "../../../../lib/core/errors.ts";
import type { RunEnd } from "../execute.ts";
import { type CodeCell, codeCells, encodeNotebook, type Notebook, parseNotebook } from "../notebook.ts";
import { hasTag, type Parameters } from "../parameters.ts";

const resumeSchema = z.object({
  /** The cell in which it stopped; it ran again, in the state that its first attempt left. */
  cell: z.string(),
  number: z.int(),
  /** Of the source that was stopped. */
  sha256: z.string(),
  after: z.enum(["failed", "interrupted", "timeout"]),
  error: z.string().nullable(),
  at: z.string(),
});

/** One going on, as the manifest tells it. */
export type Resume = z.infer<typeof resumeSchema>;

const recordSchema = z.object({
  notebook: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  /** Code cells, from 1: those before it have run. */
  number: z.int(),
  /** Of the process that evaluates cells: another one has other variables. */
  process: z.string(),
  stop: resumeSchema.omit({ at: true }),
  resumes: z.array(resumeSchema),
  /** Display ids and the outputs that carry them: [place of the code cell, place of the output]. */
  displays: z.array(z.tuple([z.string(), z.array(z.tuple([z.int(), z.int()]))])),
  orderBefore: z.array(z.string()),
  idleMinutes: z.number(),
  ms: z.number(),
});

export type KeptRun = Omit<z.infer<typeof recordSchema>, "notebook" | "parameters"> & {
  readonly notebook: Notebook;
  readonly parameters: Parameters;
};

export function encodeRecord(run: KeptRun): string {
  const parameters = Object.fromEntries(run.parameters);
  return JSON.stringify({ ...run, notebook: encodeNotebook(run.notebook), parameters });
}

export function parseRecord(content: string): KeptRun {
  const record = recordSchema.parse(JSON.parse(content));
  const notebook = parseNotebook(record.notebook, "the kept notebook");
  return { ...record, notebook, parameters: new Map(Object.entries(record.parameters)) };
}

export function stopOf(end: Exclude<RunEnd, { kind: "finished" }>): KeptRun["stop"] {
  const { cell, number, kind } = end;
  const error = kind === "failed" ? `${end.error.ename}: ${end.error.evalue}` : null;
  return { cell: cell.id, number, sha256: sha256(cell.source), after: kind, error };
}

/**
 * Gives the cells that have run what they gave then.
 * @param notebook as it is now; it gets the outputs
 * @returns the number (from 1, of code cells) of the first that has to run; one beyond the last when none is left
 * @throws RESUME_CHANGED a cell that has run was changed, added, moved or removed
 */
export function takeOver(kept: KeptRun, notebook: Notebook): number {
  const ran = written(codeCells(kept.notebook).slice(0, kept.number - 1));
  const now = written(codeCells(notebook));
  for (const [index, { cell, number }] of ran.entries()) {
    const here = now[index];
    if (here?.cell.source !== cell.source) {
      const what = here ? `cell ${here.number} (id ${here.cell.id})` : `cell ${number} (id ${cell.id}), which is gone,`;
      const hint = hasTag(cell, "injected-parameters")
        ? "give the same parameters, or none, to go on with them; or run it again."
        : "a kernel that ran another text is no evidence for this one: run it again.";
      throw fault("RESUME_CHANGED", `${what} is not the cell that ran.`, hint);
    }
  }
  for (const [index, { cell }] of ran.entries()) {
    const here = now[index] as Numbered;
    here.cell.outputs = cell.outputs;
    here.cell.execution_count = cell.execution_count;
    here.cell.metadata = { ...here.cell.metadata, ...executionOf(cell) };
  }
  return now[ran.length]?.number ?? codeCells(notebook).length + 1;
}

interface Numbered {
  readonly cell: CodeCell;
  readonly number: number;
}

const written = (cells: readonly CodeCell[]): Numbered[] =>
  cells.map((cell, index) => ({ cell, number: index + 1 })).filter(({ cell }) => cell.source.trim() !== "");

const executionOf = ({ metadata: { execution } }: CodeCell) => (execution === undefined ? {} : { execution });
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
