// RL against what the model before it gives when it is used differently: at other temperatures, by vote, by choice, or trained on its own
// right answers.
import { host } from "../../core/host.ts";
import type { ExampleSet } from "../../data/example.ts";
import type { Model } from "../../model/model.ts";
import { type Counterfactuals, counterfactualsOf, type CounterfactualsPlan } from "../../probe/counterfactuals.ts";
import type { ProbeOptions } from "../../probe/options.ts";
import { type TemperatureSweep, temperatureSweepOf, type TemperatureSweepPlan } from "../../probe/temperatureSweep.ts";
import { level, listed, points } from "../../probe/words.ts";
import type { StepReport } from "../../train/run.ts";
import { columns } from "../chart/spec.ts";
import { Finding } from "../finding.ts";
import { watchLive } from "../live.ts";
import { bars } from "./fit.ts";

function sweepWords({ cost, flatter }: TemperatureSweep): string {
  const names = Object.keys(cost);
  const costs = listed(Object.entries(cost).map(([model, interval]) => `“${model}” ${points(interval)}`));
  const said = `Going from temperature 1 to the lowest gives ${costs}`;
  if (!flatter) return `${said}.`;
  if (flatter.low > 0) return `${said}: “${names.at(-1)}” is flatter than “${names[0]}” by ${points(flatter)}.`;
  return flatter.high < 0
    ? `${said}: “${names.at(-1)}” is steeper than “${names[0]}” by ${points(flatter)}.`
    : `${said}: which of them is flatter cannot be told (${points(flatter)}).`;
}

/**
 * Accuracy against the sampling temperature, one line per model, and what the rise to temperature 1 costs each.
 * @throws BAD_TEMPERATURE, TOO_LONG, EMPTY_DATA
 * @example await probe.temperatureSweep({ "before RL": run.model, "after RL": tuned.model }, task.test({ n: 64 }))
 */
export async function temperatureSweep(
  models: Readonly<Record<string, Model>>,
  set: ExampleSet,
  plan: TemperatureSweepPlan = {},
  options: Omit<ProbeOptions, "signal"> = {},
): Promise<Finding<TemperatureSweep>> {
  const found = await host().cooperate((signal) => temperatureSweepOf(models, set, plan, { ...options, signal }));
  const { rows, samples } = found;
  const temperatures = [...new Set(rows.map((r) => r.temperature))];
  return new Finding(found, {
    title: `Accuracy by temperature, ${set.name}`,
    rows: temperatures.map((temperature) => ({
      temperature,
      ...Object.fromEntries(
        rows
          .filter((r) => r.temperature === temperature)
          .flatMap((r) => [
            [r.model, r.accuracy],
            [`${r.model}, pass@${samples}`, r.reach],
          ]),
      ),
    })),
    chart: {
      title: `Accuracy by temperature, ${set.name}`,
      x: { label: "sampling temperature", ticks: temperatures },
      y: { label: "accuracy", percent: true },
      series: Object.keys(models).map((model) => {
        const here = rows.filter((r) => r.model === model);
        return {
          name: model,
          mark: "line",
          x: here.map((r) => r.temperature),
          ...columns(here.map((r) => r.accuracy)),
        };
      }),
    },
    sentence: sweepWords(found),
    note: `${set.examples.length} problems, ${samples} completions of each at each temperature. Intervals: ${level(options.confidence)} over problems, differences paired.`,
  });
}

function counterWords({ rows, sharpening }: Counterfactuals): string {
  const asGood = rows.filter((r) => r.what.startsWith("before RL") && r.against && r.against.low >= 0);
  const open = rows.filter(
    (r) => r.what.startsWith("before RL") && r.against && r.against.low < 0 && r.against.high >= 0,
  );
  const name = (r: (typeof rows)[number]) =>
    `${r.what.replace("before RL, ", "")}${r.needsVerifier ? " (with the verifier)" : ""}`;
  const good =
    asGood.length > 0 ? `at least as good as RL: ${listed(asGood.map(name))}` : "nothing is surely as good as RL";
  const rest = open.length > 0 ? `; not to be told apart from it: ${listed(open.map(name))}` : "";
  return `Of what the model before RL gives otherwise, ${good}${rest}. τ* = ${sharpening.temperature.value.toFixed(2)}.`;
}

/**
 * What else would have given what RL gave: the model before RL at τ*, greedy, by majority, by best of k, or after expert iteration.
 * Trains once (expert iteration, as many steps as RL), with a live line. An interrupt ends it without a result.
 * @throws VOCABULARY_MISMATCH, TOO_LONG, and what training throws
 * @example
 * await probe.counterfactuals({ before: run.model, after: tuned.model, prompts, rl: tuned.options, test: task.test({ n: 100 }) })
 */
export async function counterfactuals(plan: CounterfactualsPlan): Promise<Finding<Counterfactuals>> {
  const view = {
    title: "counterfactuals",
    unit: "step",
    shown: ({ metrics }: StepReport) => ({ reward: metrics["reward"] ?? Number.NaN }),
  };
  const found = await watchLive(view, (watch) => counterfactualsOf(plan, watch));
  const { rows } = found;
  return new Finding(found, {
    title: `What else gives what RL gave, ${plan.test.name}`,
    rows: rows.map(({ what, completions, needsVerifier, accuracy, against }) => ({
      what,
      "completions per answer": completions,
      "needs the verifier": needsVerifier,
      accuracy,
      "minus after RL": against,
    })),
    chart: {
      title: `What else gives what RL gave, ${plan.test.name}`,
      x: {
        label: "",
        scale: "category",
        categories: rows.map((r) => r.what.replace("before RL, ", "").replace("before RL at ", "")),
      },
      y: { label: "accuracy", percent: true, range: [0, 1] },
      series: [
        bars(
          "accuracy",
          rows.map((r) => r.accuracy),
        ),
      ],
    },
    sentence: counterWords(found),
    note: `${plan.test.examples.length} problems, ${found.samples} completions of each, one where greedy; the same random numbers for all. Intervals: ${level(plan.confidence)} over problems, differences paired.`,
  });
}
