// Cross-entropy with its gradient to the logits against the references: label smoothing, z-loss and every reduction. On the engine that is running.
import { tokenLogProbs } from "../../../lib/tensor/ops/token-log-probs.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { crossEntropy } from "../../../lib/train/cross-entropy.ts";
import { Comparison } from "../comparison.ts";
import type { CrossEntropyCase, Losses } from "./file.ts";

/** Loss within 2e-6 + 1e-5 relative, gradient to the logits within 1e-6: label smoothing, z-loss and every reduction, which are weights here. */
export async function compareCrossEntropy({ cross_entropy }: Losses): Promise<Comparison> {
  const comparison = new Comparison("cross-entropy");
  const { logits, labels_already_aligned: labels, ignore_index } = cross_entropy.inputs;
  const [B, T, V] = logits.shape as [number, number, number];
  const keep = labels.data.map((label) => (label === ignore_index ? 0 : 1));
  const targets = labels.data.map((label, i) => [i, Math.max(0, label)]);
  const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const rowOf = (i: number) => keep.slice(Math.floor(i / T) * T, (Math.floor(i / T) + 1) * T);
  const reductions: Readonly<Record<string, (one: CrossEntropyCase) => readonly number[]>> = {
    sum: () => keep,
    token_mean: () => keep.map((k) => k / sumOf(keep)),
    sequence_mean_of_token_means: () => keep.map((k, i) => k / sumOf(rowOf(i)) / B),
    weighted_token_mean: ({ token_weights }) => {
      const weights = keep.map((k, i) => k * (token_weights?.data[i] as number));
      return weights.map((weight) => weight / sumOf(weights));
    },
  };
  for (const one of cross_entropy.cases) {
    const { label_smoothing: labelSmoothing, z_loss_coef: zLoss = 0, reduction } = one;
    const [gradient, value] = tf.tidy(() => {
      const flat = tf.tensor2d([...logits.data], [B * T, V]);
      const policy = tokenLogProbs(flat, tf.tensor2d(targets, [B * T, 2], "int32"));
      const weights = tf.tensor1d([...(reductions[reduction] as (one: CrossEntropyCase) => readonly number[])(one)]);
      const { metrics, ...d } = crossEntropy({ labelSmoothing, zLoss })(policy, { weights });
      return [policy.back(d), metrics[0] as tf.Tensor];
    }) as [tf.Tensor, tf.Tensor];
    const name = `${reduction}, smoothing ${labelSmoothing}, z-loss ${zLoss}`;
    comparison.number((await value.data())[0] as number, one.loss, { absolute: 2e-6, relative: 1e-5 }, name);
    // A sum over 20 tokens has 20 times the mean's gradient.
    comparison.numbers(
      await gradient.data(),
      one.grad_logits.data,
      { absolute: 1e-6, relative: 1e-5 },
      `${name}: gradient`,
    );
    tf.dispose([gradient, value]);
  }
  return comparison;
}
