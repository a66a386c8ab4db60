// How far a model's loss lies above the least that any model could have. The data's own entropy is known exactly, so cross-entropy minus
// entropy is the divergence KL(data || model), and not merely "a loss"; on problems that training showed, on new ones, and on shifted ones.
// Source: CE(p, q) = H(p) + KL(p || q). Words: seen = examples that training read; memorised = loss on new problems minus loss on seen ones.
// Where the data's completion is determined by its prompt, the total variation between the two distributions of completions is 1 minus the
// probability that the model gives the reference, exactly.
import { fault } from "../core/errors.ts";
import { checkOptions, named, record, required, type Ruled, whole } from "../core/options.ts";
import { fold, key } from "../core/rng.ts";
import type { Interval } from "../core/table.ts";
import type { ExampleSet } from "../data/example.ts";
import { clusteredIntervals } from "../eval/clustered.ts";
import type { Model } from "../model/model.ts";
import { promptIds, referenceIds } from "../model/prompt.ts";
import { scoreCompletions } from "../model/score.ts";
import type { World } from "../world/world.ts";
import { checkModels, EXAMPLES } from "../train/arguments.ts";
import { PROBE_RULES, type ProbeOptions } from "./options.ts";
import { independentDifference } from "./reading.ts";

export interface NllGapPlan<Shift extends object> {
  /** Examples that the models were fine-tuned on; the first `n` are scored. */
  readonly seen: ExampleSet;
  /** New problems by name, each a shift of the world's law; `{}` is in distribution. */
  readonly sets: Readonly<Record<string, Shift>>;
  /** Examples of each set; default 256. */
  readonly n?: number;
}

/** Nats per completion token, the end token counted. */
export interface NllGapRow {
  readonly model: string;
  /** "seen", or one of the plan's. */
  readonly set: string;
  readonly problems: number;
  readonly crossEntropy: Interval;
  /** Entropy of the set's own law: no model can lie below it on average. */
  readonly floor: number;
  /** KL(data || model): cross-entropy minus floor. */
  readonly kl: Interval;
  /** Cross-entropy here minus that on seen examples; null for those. */
  readonly gap: Interval | null;
  /** Between the distributions of whole completions; null where the prompt leaves several right ones. */
  readonly totalVariation: Interval | null;
}

/** An entropy below this is rounding: the completion is determined. */
const DETERMINED = 1e-9;

const RULES: Ruled = { seen: required(EXAMPLES), sets: required(named(record)), n: whole(1) };

/**
 * @param task the world that all examples come from
 * @throws EMPTY_DATA nothing seen; TOO_LONG
 * @example await nllGapOf({ sft: run.model }, task, { seen: data, sets: { test: {}, deeper: { depth: [10, 12] } } })
 */
export async function nllGapOf<Shift extends object>(
  models: Readonly<Record<string, Model>>,
  task: World<Shift>,
  plan: NllGapPlan<Shift>,
  options: ProbeOptions = {},
): Promise<readonly NllGapRow[]> {
  const { seen, sets, n = 256 } = checkOptions("nllGap", plan, RULES);
  const { seed = 0, confidence = 0.95, signal } = checkOptions("nllGap", options, PROBE_RULES);
  checkModels(models);
  if (seen.examples.length === 0) throw fault("EMPTY_DATA", "nothing was seen.", "pass the data of the fine-tuning.");
  const floors = new Map(Object.entries(sets).map(([set, shift]) => [set, task.entropyFloor(shift).completion]));
  const { ratio, rate } = clusteredIntervals(fold(key(seed), "nllGap"), confidence);
  const rows: NllGapRow[] = [];
  for (const [name, model] of Object.entries(models)) {
    const { tokenizer } = model;
    const measure = async (set: string, { examples }: ExampleSet, floor: number) => {
      signal?.throwIfAborted();
      const references = examples.map((example) => referenceIds(example, tokenizer));
      const prompts = examples.map((example) => promptIds(example, tokenizer));
      const nats = (await scoreCompletions(model, prompts, references)).map((row) => -row.reduce((a, b) => a + b, 0));
      const crossEntropy = ratio(
        examples,
        nats,
        references.map((row) => row.length),
      );
      const { value, low, high } = crossEntropy;
      return {
        model: name,
        set,
        problems: examples.length,
        crossEntropy,
        floor,
        kl: { value: value - floor, low: low - floor, high: high - floor },
        totalVariation:
          floor < DETERMINED
            ? rate(
                examples,
                nats.map((x) => 1 - Math.exp(-x)),
              )
            : null,
      };
    };
    const known = { ...seen, examples: seen.examples.slice(0, n) };
    const first = await measure("seen", known, task.entropyFloor().completion);
    rows.push({ ...first, gap: null });
    for (const [set, shift] of Object.entries(sets)) {
      const here = await measure(set, task.test({ n, ...shift }), floors.get(set) as number);
      rows.push({ ...here, gap: independentDifference(here.crossEntropy, first.crossEntropy) });
    }
  }
  return rows;
}
