// Accuracy against the sampling temperature, before and after RL. Fine-tuned models lose accuracy as the temperature rises; a model whose RL
// "distilled the temperature" holds it: its curve is flat, because at temperature 1 it says what the old one says at a low one.
// Source: RL-Wall, "Decomposing Elements of Problem Solving", arXiv 2505.22756 (13 temperatures from 0.025 to 2). Differs from it: what the rise from
// the lowest temperature to 1 costs has an interval, paired over problems, and so has the difference of that cost between two models.
import { fault } from "../core/errors.ts";
import { checkOptions, listOf, number, type Rules, whole } from "../core/options.ts";
import type { Interval } from "../core/table.ts";
import type { ExampleSet } from "../data/example.ts";
import { evaluateModels } from "../eval/evaluate.ts";
import type { ProblemScore } from "../eval/scores.ts";
import type { Model } from "../model/model.ts";
import { intervalsOf } from "./differences.ts";
import { PROBE_RULES, type ProbeOptions } from "./options.ts";

export interface TemperatureSweepPlan {
  /** Above 0; 1 is always among them. Default 0.1 to 2. */
  readonly temperatures?: readonly number[];
  /** Completions of each problem at each temperature; default 8. */
  readonly samples?: number;
  readonly maxNewTokens?: number;
}

export interface TemperatureSweepRow {
  readonly model: string;
  readonly temperature: number;
  readonly accuracy: Interval;
  /** pass@k at the number of samples. */
  readonly reach: Interval;
}

export interface TemperatureSweep {
  readonly samples: number;
  readonly rows: readonly TemperatureSweepRow[];
  /** Of each model: accuracy at the lowest temperature minus that at 1; near 0 is a flat curve. */
  readonly cost: Readonly<Record<string, Interval>>;
  /** The first model's cost minus the last one's, paired: above 0 the last one is flatter. null with one model. */
  readonly flatter: Interval | null;
}

const DEFAULT_TEMPERATURES = [0.1, 0.4, 0.7, 1, 1.3, 1.6, 2] as const;

const RULES: Rules<TemperatureSweepPlan> = {
  temperatures: listOf(number),
  samples: whole(1),
  maxNewTokens: whole(1),
};

/**
 * @throws BAD_TEMPERATURE one is not above 0, or none lies below 1; TOO_LONG, EMPTY_DATA
 * @example (await temperatureSweepOf({ before: run.model, after: tuned.model }, task.test({ n: 64 }))).flatter
 */
export async function temperatureSweepOf(
  models: Readonly<Record<string, Model>>,
  set: ExampleSet,
  plan: TemperatureSweepPlan = {},
  options: ProbeOptions = {},
): Promise<TemperatureSweep> {
  const what = "temperatureSweep";
  const { temperatures = DEFAULT_TEMPERATURES, samples = 8, maxNewTokens } = checkOptions(what, plan, RULES);
  const { seed = 0, confidence = 0.95, signal } = checkOptions(what, options, PROBE_RULES);
  const all = [...new Set([...temperatures, 1])].sort((a, b) => a - b);
  const [lowest] = all as [number];
  if (!(lowest > 0 && lowest < 1))
    throw fault("BAD_TEMPERATURE", `the lowest temperature is ${lowest}.`, "give one between 0 and 1.");
  const rows: TemperatureSweepRow[] = [];
  const outcomes = new Map<string, readonly ProblemScore[]>();
  let intervals: ReturnType<typeof intervalsOf> | undefined;
  for (const temperature of all) {
    const options = { samples, temperature, passAt: [1, samples], seed, confidence };
    const scores = await evaluateModels(
      models,
      { test: set },
      maxNewTokens === undefined ? options : { ...options, maxNewTokens },
      { signal },
    );
    signal?.throwIfAborted();
    intervals ??= intervalsOf(scores, "temperature cost");
    for (const { model, accuracy, passAt } of scores.rows) {
      rows.push({ model, temperature, accuracy, reach: passAt[samples] as Interval });
      outcomes.set(
        `${temperature} ${model}`,
        scores.perProblem.filter((p) => p.model === model),
      );
    }
  }
  const { difference } = intervals as ReturnType<typeof intervalsOf>;
  const accuracies = (model: string, temperature: number) =>
    (outcomes.get(`${temperature} ${model}`) as readonly ProblemScore[]).map(
      ({ solved }) => solved.filter(Boolean).length / solved.length,
    );
  const problems = outcomes.values().next().value as readonly ProblemScore[];
  const costs = (model: string) => {
    const warm = accuracies(model, 1);
    return accuracies(model, lowest).map((cold, i) => cold - (warm[i] as number));
  };
  const names = Object.keys(models);
  const [first, last] = [names[0] as string, names.at(-1) as string];
  const [one, two] = [costs(first), costs(last)];
  return {
    samples,
    rows,
    cost: Object.fromEntries(names.map((name) => [name, difference(problems, costs(name))])),
    flatter:
      names.length < 2
        ? null
        : difference(
            problems,
            one.map((c, i) => c - (two[i] as number)),
            2,
          ),
  };
}
