// Preference losses with their gradients to the logits against the references. On the engine that is running.
import { tokenLogProbs } from "../../../lib/tensor/ops/token-log-probs.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { preferenceLoss } from "../../../lib/train/dpo.ts";
import type { PreferenceLoss } from "../../../lib/train/dpo.ts";
import { Comparison } from "../comparison.ts";
import type { Losses, PreferenceCase } from "./file.ts";

const PREFERENCES: Readonly<Record<string, PreferenceLoss>> = {
  sigmoid: "sigmoid",
  conservative: "sigmoid",
  robust: "robust",
  hinge: "hinge",
  ipo_summed: "ipo",
  ipo_length_normalised: "ipo-mean",
};

/** The preference losses that we have. */
export const preferenceCases = ({ dpo }: Losses) => dpo.cases.filter((one) => one.loss_type in PREFERENCES);

/** Loss within 2e-6 + 1e-5 relative, gradient to the logits within 1e-6 + 1e-5 relative, accuracy exact. */
export async function comparePreference({ dpo }: Losses, one: PreferenceCase): Promise<Comparison> {
  const comparison = new Comparison(`preference loss ${one.loss_type}, beta ${one.beta}`);
  const [rows, L, V] = dpo.inputs.policy_logits.shape as [number, number, number];
  // Position t predicts token t + 1; the last position predicts nothing.
  const N = rows * L;
  const next = (numbers: readonly number[], i: number) => (i % L === L - 1 ? 0 : (numbers[i + 1] as number));
  const counts = Float32Array.from({ length: N }, (_, i) => next(dpo.inputs.completion_mask.data, i));
  const targets = Array.from({ length: N }, (_, i) => [i, next(dpo.inputs.input_ids.data, i)]);
  const feeds = { counts: tf.tensor1d(counts), refSums: tf.tensor1d([...dpo.ref_sequence_logps.data]) };
  const kind = PREFERENCES[one.loss_type] as PreferenceLoss;
  const loss = preferenceLoss({ beta: one.beta, loss: kind, labelSmoothing: one.label_smoothing });
  const [gradient, value, accuracy] = tf.tidy(() => {
    const logits = tf.tensor2d([...dpo.inputs.policy_logits.data], [N, V]);
    const policy = tokenLogProbs(logits, tf.tensor2d(targets, [N, 2], "int32"));
    const out = loss(policy, feeds);
    return [policy.back(out), ...out.metrics];
  }) as [tf.Tensor, tf.Tensor, tf.Tensor];
  comparison.number((await value.data())[0] as number, one.loss, { absolute: 2e-6, relative: 1e-5 }, "loss");
  comparison.number((await accuracy.data())[0] as number, one.accuracy, { absolute: 1e-6 }, "accuracy");
  comparison.numbers(
    await gradient.data(),
    one.grad_policy_logits.data,
    { absolute: 1e-6, relative: 1e-5 },
    "gradient",
  );
  tf.dispose([gradient, value, accuracy, feeds.counts, feeds.refSums]);
  return comparison;
}
