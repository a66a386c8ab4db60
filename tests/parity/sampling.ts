// A file sampling_filters.json against our sampling policy: probabilities after temperature, top-k, top-p and min-p, on the engine that is running.
import { readFileSync } from "node:fs";
import { policyLogits } from "../../lib/tensor/ops/sample.ts";
import * as tf from "../../lib/tensor/tf.ts";
import { Comparison } from "./comparison.ts";

interface Filters {
  readonly logits: number[][];
  readonly cases: readonly {
    readonly settings: Readonly<Record<string, number>>;
    readonly probabilities: readonly (readonly number[])[];
  }[];
}

const OURS: Readonly<Record<string, string>> = {
  temperature: "temperature",
  top_k: "topK",
  top_p: "topP",
  min_p: "minP",
};

/** Within 1e-6. */
export async function compareSampling(file: string): Promise<Comparison> {
  const comparison = new Comparison("sampling filters");
  const { logits, cases } = JSON.parse(readFileSync(file, "utf8")) as Filters;
  for (const { settings, probabilities } of cases) {
    const at = JSON.stringify(settings);
    const unknown = Object.keys(settings).filter((name) => !(name in OURS));
    if (unknown.length > 0) {
      comparison.same(unknown, [], at);
      continue;
    }
    const policy = Object.fromEntries(Object.entries(settings).map(([name, value]) => [OURS[name] as string, value]));
    const ours = tf.tidy(() => tf.softmax(policyLogits(tf.tensor2d(logits), { temperature: 1, ...policy })));
    comparison.numbers(await ours.data(), probabilities.flat(), { absolute: 1e-6 }, at);
    ours.dispose();
  }
  return comparison;
}
