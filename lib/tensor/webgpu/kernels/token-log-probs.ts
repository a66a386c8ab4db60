// Log-probabilities of given tokens: a group for each row of logits, which is read once; the way back makes the gradient of all logits in one launch, from the row's
// highest logit and what the exponentials above it sum to. (Not from log(sum(exp(logits))): at logits of 1e8 their number is lost in it.)
import type { EngineKernels } from "../../ops/engine-kernel.ts";
import type { TensorInfo } from "../../tf.ts";
import type { WebgpuBackend } from "../backend.ts";
import { launch } from "../launch.ts";
import type { Shader } from "../launch.ts";

const LANES = 128;

const FORWARD: Shader = {
  name: "blankslate_token_log_probs",
  results: { logProbs: "f32", logPartition: "f32", entropy: "f32", meanLogProbs: "f32", totals: "vec2<f32>" },
  inputs: { logits: "f32", targets: "i32" },
  scalars: { V: "i32" },
  lanes: LANES,
  // Each lane keeps its sums about its own highest logit; the row's are about the highest of all.
  body: `
    let start = group * scalars.V;
    var highest = -3.0e38;
    var total = 0.0;
    var weighted = 0.0;
    var sum = 0.0;
    for (var v = lane; v < scalars.V; v += LANES) {
      let logit = logits[start + v];
      sum += logit;
      if (logit > highest) {
        if (total > 0.0) {
          let shrink = exp(highest - logit);
          weighted = shrink * (weighted + total * (highest - logit));
          total *= shrink;
        }
        highest = logit;
      }
      let share = exp(logit - highest);
      total += share;
      weighted += share * (logit - highest);
    }
    let top = maxAll(lane, highest);
    let down = max(highest - top, -200.0);
    weighted = sumAll(lane, exp(down) * (weighted + total * down));
    total = sumAll(lane, exp(down) * total);
    sum = sumAll(lane, sum);
    if (lane == 0) {
      let logTotal = log(total);
      logProbs[group] = logits[start + targets[2 * group + 1]] - top - logTotal;
      logPartition[group] = top + logTotal;
      entropy[group] = logTotal - weighted / total;
      meanLogProbs[group] = sum / f32(scalars.V) - top - logTotal;
      totals[group] = vec2<f32>(top, 1.0 / total);
    }`,
};

const backward = (withMean: boolean, withPartition: boolean): Shader => ({
  name: `blankslate_token_log_probs_back_${withMean}_${withPartition}`,
  results: { dLogits: "f32" },
  inputs: {
    logits: "f32",
    targets: "i32",
    totals: "vec2<f32>",
    dLogProbs: "f32",
    ...(withMean && { dMeanLogProbs: "f32" }),
    ...(withPartition && { dLogPartition: "f32" }),
  },
  scalars: { count: "i32", V: "i32" },
  lanes: LANES,
  body: `
    let at = group * LANES + lane;
    if (at >= scalars.count) { return; }
    let row = at / scalars.V;
    let pull = dLogProbs[row];
    let all = -pull ${withMean ? "- dMeanLogProbs[row]" : ""} ${withPartition ? "+ dLogPartition[row]" : ""};
    var d = exp(logits[at] - totals[row].x) * totals[row].y * all;
    if (at % scalars.V == targets[2 * row + 1]) { d += pull; }
    ${withMean ? "d += dMeanLogProbs[row] / f32(scalars.V);" : ""}
    dLogits[at] = d;`,
});

export function tokenLogProbs(
  backend: WebgpuBackend,
  { logits, targets }: EngineKernels["TokenLogProbs"]["inputs"],
): readonly TensorInfo[] {
  const [N, V] = logits.shape as [number, number];
  const results = [[N], [N], [N], [N], [N, 2]].map((shape) => backend.makeTensorInfo(shape, "float32"));
  launch(backend, FORWARD, { results, inputs: [logits, targets], scalars: [V], groups: N });
  return results;
}

export function tokenLogProbsGradient(
  backend: WebgpuBackend,
  given: EngineKernels["TokenLogProbsGradient"]["inputs"],
): readonly TensorInfo[] {
  const { logits, targets, totals, dLogProbs, dMeanLogProbs, dLogPartition } = given;
  const [N, V] = logits.shape as [number, number];
  const dLogits = backend.makeTensorInfo(logits.shape, "float32");
  const optional = [dMeanLogProbs, dLogPartition].filter((d) => d !== undefined);
  launch(backend, backward(dMeanLogProbs !== undefined, dLogPartition !== undefined), {
    results: [dLogits],
    inputs: [logits, targets, totals, dLogProbs, ...optional],
    scalars: [N * V, V],
    groups: Math.ceil((N * V) / LANES),
  });
  return [dLogits];
}
