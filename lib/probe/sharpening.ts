// Is the model after RL the model before it at a lower temperature? The temperature τ* at which the old model comes closest to the new one,
// and how much of the distance between them it explains. Pure sharpening is 100 %; what is left is something else that RL did.
// Source: the temperature-distillation reading of RL-Wall, arXiv 2505.22756; made a number here: τ* minimises KL(after || before at τ), exact over
// the vocabulary at every token, on completions that the new model wrote. One temperature for all tokens; sharpening of some tokens alone
// counts as unexplained.
import { fold, key } from "../core/rng.ts";
import type { Interval } from "../core/table.ts";
import type { ExampleSet } from "../data/example.ts";
import { drawResamples, expandedTail, percentileInterval } from "../eval/bootstrap.ts";
import { type Clustered, clusteredIntervals, clustersOf } from "../eval/clustered.ts";
import type { Model } from "../model/model.ts";
import { checkSameVocabulary, completionLogits, drawContexts, entropyOfLogits, klOfLogits } from "./divergence.ts";
import type { KlOptions } from "./kl.ts";

export interface Sharpening {
  readonly problems: number;
  readonly samples: number;
  /** τ*: below 1 RL sharpened. */
  readonly temperature: Interval;
  /** Whether τ*, or an end of its interval, lies at an end of what was tried, TEMPERATURES. */
  readonly atEnd: boolean;
  /** KL(after || before) in nats per token: as they are, and with the old model at τ*. */
  readonly kl: Interval;
  readonly klLeft: Interval;
  /** 1 - klLeft / kl; about 0 over 0, and so without meaning, where RL hardly moved the model. */
  readonly explained: Interval;
  /** Nats per token on the same contexts. */
  readonly entropyBefore: Interval;
  readonly entropyAfter: Interval;
  /** KL per token at each temperature tried. */
  readonly curve: readonly { readonly temperature: number; readonly kl: number }[];
}

/** 0.2 to 5, in equal steps of the logarithm that contain 1. */
const TEMPERATURES: readonly number[] = Array.from({ length: 81 }, (_, i) => 5 ** (i / 40 - 1));

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** The lowest point of a curve over log temperature: of the parabola through the smallest value and its neighbours. */
function lowest(curve: ArrayLike<number>): { readonly temperature: number; readonly kl: number } {
  let i = 0;
  for (let t = 1; t < curve.length; t++) if ((curve[t] as number) < (curve[i] as number)) i = t;
  const at = curve[i] as number;
  const [left, right] = [curve[i - 1], curve[i + 1]];
  if (left === undefined || right === undefined) return { temperature: TEMPERATURES[i] as number, kl: at };
  const bend = left - 2 * at + right;
  const shift = bend > 0 ? (left - right) / (2 * bend) : 0;
  return { temperature: 5 ** ((i + shift) / 40 - 1), kl: at - ((left - right) * shift) / 4 };
}

/**
 * @param before, after checkpoints of one vocabulary
 * @param set prompts that neither was trained on
 * @throws VOCABULARY_MISMATCH, TOO_LONG
 * @example (await sharpeningOf(run.model, tuned.model, task.test({ n: 64 }))).temperature
 */
export async function sharpeningOf(
  before: Model,
  after: Model,
  set: ExampleSet,
  options: KlOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<Sharpening> {
  checkSameVocabulary(before, after);
  const { samples = 4, seed = 0, confidence = 0.95, signal } = options;
  const { tokenizer } = after;
  const V = after.config.vocabSize;
  const prompts = set.examples.map(({ prompt }) => tokenizer.encode(prompt));
  const maxNewTokens =
    options.maxNewTokens ?? Math.max(...set.examples.map((e) => tokenizer.encode(e.completion).length + 1));
  const contexts = await drawContexts(after, prompts, {
    samples,
    maxNewTokens,
    temperature: 1,
    key: key(seed),
    signal,
  });
  const [p, q] = [await completionLogits(after, contexts), await completionLogits(before, contexts)];

  // Everything below is sums per cluster of prompts: [cluster][temperature].
  const problems: readonly Clustered[] = set.examples;
  const rowsOf = clustersOf(problems).map((members) =>
    members.flatMap((m) => Array.from({ length: samples }, (_, s) => m * samples + s)),
  );
  const tokens = rowsOf.map((rows) => sum(rows.map((r) => contexts[r]?.completion.length ?? 0)));
  const kls = rowsOf.map((rows) =>
    Float64Array.from(TEMPERATURES, (t) =>
      sum(rows.map((r) => klOfLogits(p[r] as Float32Array, q[r] as Float32Array, V, t))),
    ),
  );
  const one = TEMPERATURES.indexOf(1);
  const pooled = (at: Iterable<number>) => {
    const curve = new Float64Array(TEMPERATURES.length);
    let count = 0;
    for (const cluster of at) {
      (kls[cluster] as Float64Array).forEach((value, t) => (curve[t] = (curve[t] as number) + value));
      count += tokens[cluster] as number;
    }
    const perToken = curve.map((value) => value / count);
    const best = lowest(perToken);
    const kl = perToken[one] as number;
    const left = Math.max(0, best.kl);
    return { perToken, temperature: best.temperature, kl, left, explained: kl > 0 ? 1 - left / kl : 0 };
  };
  const whole = pooled(kls.keys());
  const { n, indices } = drawResamples(fold(key(seed), "sharpening"), kls.length, 500);
  const resampled = Array.from({ length: indices.length / n }, (_, b) => pooled(indices.subarray(b * n, (b + 1) * n)));
  const interval = (read: (r: typeof whole) => number): Interval => {
    const [low, high] = percentileInterval(Float64Array.from(resampled, read), expandedTail(confidence, n));
    return { value: read(whole), low, high };
  };
  const temperature = interval((r) => r.temperature);
  const { ratio } = clusteredIntervals(fold(key(seed), "entropy"), confidence);
  const lengths = prompts.map((_, i) =>
    sum(contexts.slice(i * samples, (i + 1) * samples).map((c) => c.completion.length)),
  );
  const entropy = (logits: readonly Float32Array[]) =>
    ratio(
      problems,
      prompts.map((_, i) => sum(logits.slice(i * samples, (i + 1) * samples).map((row) => entropyOfLogits(row, V)))),
      lengths,
    );
  return {
    problems: prompts.length,
    samples,
    temperature,
    atEnd: temperature.low <= (TEMPERATURES[0] as number) || temperature.high >= (TEMPERATURES.at(-1) as number),
    kl: interval((r) => r.kl),
    klLeft: interval((r) => r.left),
    explained: interval((r) => r.explained),
    entropyBefore: entropy(q),
    entropyAfter: entropy(p),
    curve: TEMPERATURES.map((t, i) => ({ temperature: t, kl: whole.perToken[i] as number })),
  };
}
