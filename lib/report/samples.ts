// The sample browser: what models wrote, one completion per row, to be searched, sorted and leafed through in the page.
import { checkOptions, flag, listOf, named, oneOf, record, type Ruled, whole } from "../core/options.ts";
import type { Table } from "../core/table.ts";
import type { ExampleSet } from "../data/example.ts";
import type { ProblemScore } from "../eval/scores.ts";
import { Run } from "./run.ts";
import { Score } from "./score.ts";
import { TableView } from "./table.ts";

export interface SampleOptions<M extends string, S extends string> {
  /** Only these models; default all. */
  readonly models?: readonly NoInfer<M>[];
  readonly sets?: readonly NoInfer<S>[];
  /** The sets as they were evaluated, for their prompts and reference completions. */
  readonly examples?: Readonly<Partial<Record<NoInfer<S>, ExampleSet>>>;
  /** Only right (true) or wrong (false) completions; default both. */
  readonly right?: boolean;
  /** Rows shown at once; default 10. */
  readonly rows?: number;
}

interface Sampled {
  readonly problem: ProblemScore;
  readonly at: number;
}

function ofScore(score: Score, options: SampleOptions<string, string>): Table {
  const { models = score.models, sets = score.sets, right, examples = {} } = options;
  const known = new Map(
    Object.entries(examples).flatMap(
      ([set, given]) => given?.examples.map((e) => [`${set} ${e.id}`, e] as const) ?? [],
    ),
  );
  const rows = score.perProblem
    .filter(({ model, set }) => models.includes(model) && sets.includes(set))
    .flatMap((problem) => problem.completions.map((_, at): Sampled => ({ problem, at })))
    .filter(({ problem, at }) => right === undefined || problem.solved[at] === right);
  const exampleOf = ({ problem }: Sampled) => known.get(`${problem.set} ${problem.id}`);
  const columns: readonly (readonly [string, (row: Sampled) => unknown])[] = [
    ...(models.length > 1 ? [["model", ({ problem }: Sampled) => problem.model] as const] : []),
    ...(sets.length > 1 ? [["set", ({ problem }: Sampled) => problem.set] as const] : []),
    ["problem", ({ problem }) => problem.id],
    ...(known.size > 0 ? [["prompt", (row: Sampled) => exampleOf(row)?.prompt ?? null] as const] : []),
    ["right", ({ problem, at }) => (problem.solved[at] ? "✓" : "✗")],
    ["completion", ({ problem, at }) => problem.completions[at]],
    ...(known.size > 0 ? [["reference", (row: Sampled) => exampleOf(row)?.completion ?? null] as const] : []),
  ];
  const share = rows.filter(({ problem, at }) => problem.solved[at]).length / rows.length;
  return {
    columns: columns.map(([name]) => ({ name, type: "" })),
    rowCount: rows.length,
    cell: (row, column) => columns[column]?.[1](rows[row] as Sampled),
    caption: "Completions",
    note: `${rows.length} completions${rows.length > 0 ? `, ${(share * 100).toFixed(1)} % of them right` : ""}.`,
  };
}

function ofRun(run: Run<unknown>): Table {
  const shown = run.history.flatMap(({ step, sample }) => (sample ? [{ step, ...sample }] : []));
  const names = ["step", "prompt", "completion", "reward"] as const;
  return {
    columns: names.map((name) => ({ name, type: "" })),
    rowCount: shown.length,
    cell: (row, column) => shown[row]?.[names[column] as (typeof names)[number]],
    caption: "One completion of every step",
    note: `${shown.length} completions, as they were drawn while training.`,
  };
}

/**
 * What was written: the completions of an evaluation, or one of every step of an RL run. Searched, sorted and leafed through in the page.
 * @example chart.samples(score, { models: ["after RL"], right: false, examples: sets })
 */
export function samples<M extends string, S extends string>(
  given: Score<M, S> | Run<unknown>,
  options: SampleOptions<M, S> = {},
): TableView {
  const names = given instanceof Score ? [given.models, given.sets] : [];
  const [models, sets] = names.map((all) => listOf(oneOf(...all)));
  const rules: Ruled = {
    rows: whole(1),
    ...(models && sets && { models, sets, examples: named(record), right: flag }),
  };
  const { rows = 10 } = checkOptions("chart.samples", options, rules);
  return new TableView(given instanceof Score ? ofScore(given, options) : ofRun(given), rows);
}
