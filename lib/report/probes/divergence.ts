// How far training moved a model: KL in both directions, and how much of it a lower temperature explains.
import { host } from "../../core/host.ts";
import type { Interval } from "../../core/table.ts";
import type { ExampleSet } from "../../data/example.ts";
import type { Model } from "../../model/model.ts";
import { type Kl, klBetween, type KlOptions } from "../../probe/kl.ts";
import { type Sharpening, sharpeningOf } from "../../probe/sharpening.ts";
import { figures, level } from "../../probe/words.ts";
import { columns } from "../chart/spec.ts";
import { Finding } from "../finding.ts";

/**
 * KL divergence between two checkpoints on the prompts of a set, exact over the vocabulary at every token, in both directions.
 * @throws VOCABULARY_MISMATCH, TOO_LONG
 * @example await probe.kl({ before: run.model, after: tuned.model }, task.test({ n: 64 }))
 */
export async function kl(
  models: { readonly before: Model; readonly after: Model },
  set: ExampleSet,
  options: KlOptions = {},
): Promise<Finding<Kl>> {
  const found = await host().cooperate((signal) => klBetween(models.before, models.after, set, { ...options, signal }));
  const directions = [
    ["before ‖ after", "what before wrote", found.forward],
    ["after ‖ before", "what after wrote", found.reverse],
  ] as const;
  const perToken = directions.map(([, , d]) => d.perToken);
  return new Finding(found, {
    title: `KL divergence, ${set.name}`,
    rows: directions.map(([direction, on, d]) => ({
      direction,
      on,
      "nats per token": d.perToken,
      "nats per completion": d.perCompletion,
    })),
    chart: {
      title: `KL divergence, ${set.name}`,
      x: { label: "", scale: "category", categories: directions.map(([direction]) => direction) },
      y: { label: "nats per token" },
      series: [
        {
          name: "KL",
          mark: "bar",
          x: [0, 1],
          ...columns(perToken),
        },
      ],
    },
    sentence: `Training moved the model by ${figures(found.forward.perToken)} nats per token on what it wrote before, and by ${figures(found.reverse.perToken)} on what it writes now.`,
    note: `${found.problems} prompts, ${found.samples} completions of each; exact over the vocabulary at every token. Intervals: ${level(options.confidence)} over prompts.`,
  });
}

/** A KL below this many nats per token is hardly a move, and a share of it means nothing. */
const HARDLY = 1e-3;

function sharpeningWords(s: Sharpening): string {
  const moved = `RL moved the model by ${figures(s.kl)} nats per token`;
  if (s.kl.high < HARDLY) return `${moved}: too little to ask what kind of move it was.`;
  const tempered = `the model before it comes closest at temperature ${figures(s.temperature)}, which explains ${figures({ value: 100 * s.explained.value, low: 100 * s.explained.low, high: 100 * s.explained.high })} % of that`;
  if (s.atEnd) return `${moved}; ${tempered}; the temperature lies at an end of what was tried.`;
  if (s.temperature.high < 1 && s.explained.low > 0.5) return `${moved}; ${tempered}: mostly sharpening.`;
  if (s.temperature.high < 1)
    return `${moved}; ${tempered}: some sharpening, and something else that a temperature cannot do.`;
  if (s.temperature.low > 1) return `${moved}; ${tempered}: it flattened the model.`;
  return `${moved}; ${tempered}: no sharpening can be told.`;
}

/**
 * Is the model after RL the model before it at a lower temperature? The temperature that comes closest, and the share of the KL it explains.
 * Nominal 95 % intervals of τ* and of what it leaves held the truth in 95 % of simulated experiments over 200 prompts, in 94 % over 60.
 * @param set prompts that neither was trained on
 * @throws VOCABULARY_MISMATCH, TOO_LONG
 * @example await probe.sharpening({ before: run.model, after: tuned.model }, task.test({ n: 64 }))
 */
export async function sharpening(
  models: { readonly before: Model; readonly after: Model },
  set: ExampleSet,
  options: KlOptions = {},
): Promise<Finding<Sharpening>> {
  const found = await host().cooperate((signal) =>
    sharpeningOf(models.before, models.after, set, { ...options, signal }),
  );
  const row = (measure: string, interval: Interval) => ({ measure, value: interval });
  return new Finding(found, {
    title: `Sharpening, ${set.name}`,
    rows: [
      row("temperature τ* that comes closest", found.temperature),
      row("KL(after ‖ before), nats per token", found.kl),
      row("KL(after ‖ before at τ*), nats per token", found.klLeft),
      row("share explained by τ*", found.explained),
      row("entropy before, nats per token", found.entropyBefore),
      row("entropy after, nats per token", found.entropyAfter),
    ],
    chart: {
      title: "How close the model before comes at each temperature",
      x: { label: "temperature of the model before", scale: "log", ticks: [0.2, 0.5, 1, 2, 5] },
      y: { label: "KL(after ‖ before at τ), nats per token" },
      series: [
        {
          name: "KL",
          mark: "line",
          x: found.curve.map((c) => c.temperature),
          y: found.curve.map((c) => c.kl),
        },
      ],
    },
    sentence: sharpeningWords(found),
    note: `${found.problems} prompts, ${found.samples} completions of the model after; exact over the vocabulary at every token. Intervals: ${level(options.confidence)} over prompts.${found.kl.high < HARDLY ? " Of so small a KL neither τ* nor a share means anything." : ""}`,
  });
}
