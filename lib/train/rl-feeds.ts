// A step's experience as the arrays that the surrogate takes.
import type { Model } from "../model/model.ts";
import type { Feeds } from "../tensor/capture/capture.ts";
import * as tf from "../tensor/tf.ts";
import { tokenWeights } from "./aggregate.ts";
import type { Algorithm } from "./algorithms/algorithm.ts";
import { collate } from "./batch.ts";
import type { Experience } from "./rollout.ts";

interface FeedOptions {
  readonly klWeight: number;
  readonly maxNewTokens: number;
  /** Rows per micro-batch. */
  readonly microBatch: number;
}

/** Micro-batches for the surrogate; every weight is of the whole batch. */
export function rlFeeds(algorithm: Algorithm, experience: Experience, options: FeedOptions, model: Model): Feeds[] {
  const { sequences, oldLogProbs, refLogProbs, forced } = experience;
  const advantages = algorithm.advantages(experience, options.klWeight);
  const isForced = (row: number, t: number) => forced?.[row]?.[t] === 1;
  const lengths = Int32Array.from(oldLogProbs, (row, r) => row.filter((_, t) => !isForced(r, t)).length);
  const weights = tokenWeights(algorithm.aggregation, lengths, options.maxNewTokens);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const feeds: Feeds[] = [];
  for (let start = 0; start < sequences.length; start += options.microBatch) {
    const part = sequences.slice(start, start + options.microBatch);
    const { B, T, ids, targets } = collate(part, (s) => s.promptLength, model.tokenizer.padId, model.config.maxLength);
    /** [B * T] with each row's numbers at the positions that predict its completion tokens. */
    const placed = (numbers: (row: number) => ArrayLike<number>) => {
      const out = new Float32Array(B * T);
      part.forEach(({ promptLength }, b) => out.set(numbers(start + b), b * T + promptLength - 1));
      return tf.tensor1d(out);
    };
    const constant = (value: (row: number) => number) =>
      placed((row) => (oldLogProbs[row] as Float32Array).map((_, t) => (isForced(row, t) ? 0 : value(row))));
    feeds.push({
      ids: tf.tensor2d(ids, [B, T], "int32"),
      targets: tf.tensor2d(targets, [B * T, 2], "int32"),
      weights: constant((row) => weights[row] as number),
      shares: constant(() => 1 / total),
      ...(algorithm.ratio === "sequence" && {
        rowShares: tf.tidy(() =>
          tf.reshape(
            constant((row) => 1 / (lengths[row] as number)),
            [B, T],
          ),
        ),
      }),
      advantages: placed((row) => advantages[row] as Float64Array),
      oldLogProbs: placed((row) => oldLogProbs[row] as Float32Array),
      refLogProbs: placed((row) => refLogProbs[row] as Float32Array),
    });
  }
  return feeds;
}
