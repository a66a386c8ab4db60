// Advantages: how much better a completion did than what it is compared with. Plain numbers in float64; rows of one prompt are neighbours.
// Words: group = the rows of one prompt; G = group size.
import { fault } from "../core/errors.ts";

/** TRL's; keeps a group whose rewards hardly differ from being blown up. */
const STD_EPSILON = 1e-4;

/** 0 for none. */
const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, x) => sum + x, 0) / Math.max(1, values.length);

/** Bessel-corrected, as torch.std; 0 for one value. */
function std(values: ArrayLike<number>): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  return Math.sqrt(Array.from(values).reduce((sum, x) => sum + (x - centre) ** 2, 0) / (values.length - 1));
}

/** Rewards of each group, in order. */
export function groupsOf(rewards: Float64Array, G: number): Float64Array[] {
  if (rewards.length % G !== 0)
    throw fault(
      "SHAPE_MISMATCH",
      `${rewards.length} rewards in groups of ${G}.`,
      "every prompt needs equally many completions.",
    );
  return Array.from({ length: rewards.length / G }, (_, g) => rewards.subarray(g * G, (g + 1) * G));
}

/**
 * Reward minus the group's mean, divided by a standard deviation.
 * @param scale "group": of its group (GRPO); "batch": of all rewards; "none": not divided (Dr. GRPO)
 * @returns [R]; a group of equal rewards gives zeros
 * @example groupAdvantages(Float64Array.of(1, 0), 2, "none") // Float64Array [0.5, -0.5]
 */
export function groupAdvantages(rewards: Float64Array, G: number, scale: "group" | "batch" | "none"): Float64Array {
  const batch = std(rewards);
  return Float64Array.from(
    groupsOf(rewards, G).flatMap((group) => {
      const centre = mean(group);
      const divisor = { none: 1, batch: batch + STD_EPSILON, group: std(group) + STD_EPSILON }[scale];
      return Array.from(group, (reward) => (reward - centre) / divisor);
    }),
  );
}

/**
 * Reward minus the mean of the others in the group.
 * Source: Ahmadian et al. 2024 (2402.14740), eq. 8.
 */
export function leaveOneOut(rewards: Float64Array, G: number): Float64Array {
  return groupAdvantages(rewards, G, "none").map((advantage) => (G > 1 ? (advantage * G) / (G - 1) : 0));
}

/** Share of groups whose rewards are all equal: they teach nothing. */
export function zeroVarianceShare(rewards: Float64Array, G: number): number {
  const groups = groupsOf(rewards, G);
  return groups.filter((group) => group.every((reward) => reward === group[0])).length / groups.length;
}

/** Values of the tokens that the policy chose. */
const chosen = (rows: readonly Float64Array[], forced?: readonly Uint8Array[]) =>
  rows.flatMap((row, r) => (forced ? [...row].filter((_, t) => forced[r]?.[t] !== 1) : [...row]));

/**
 * Tokens' values minus their mean over all tokens, divided by their standard deviation.
 * Source: OpenRLHF's masked normalisation: the biased variance, floored at 1e-8.
 * @param forced tokens that are 1 here count neither in the mean nor in the deviation
 */
export function whiten(rows: readonly Float64Array[], forced?: readonly Uint8Array[]): Float64Array[] {
  const all = chosen(rows, forced);
  const centre = mean(all);
  const variance = all.reduce((sum, x) => sum + (x - centre) ** 2, 0) / Math.max(1, all.length);
  const scale = 1 / Math.sqrt(Math.max(variance, 1e-8));
  return rows.map((row) => row.map((x) => (x - centre) * scale));
}

/** @returns for every token the discounted sum of the rewards from it on */
export function returnsToGo(rows: readonly Float64Array[], gamma: number): Float64Array[] {
  return rows.map((row) => {
    const out = new Float64Array(row.length);
    let running = 0;
    for (let t = row.length - 1; t >= 0; t--) out[t] = running = (row[t] as number) + gamma * running;
    return out;
  });
}

/**
 * As whiten, with the unbiased variance plus 1e-8: TRL's and verl's.
 */
export function whitenUnbiased(rows: readonly Float64Array[], forced?: readonly Uint8Array[]): Float64Array[] {
  const all = chosen(rows, forced);
  const centre = mean(all);
  const variance = all.length < 2 ? 0 : all.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (all.length - 1);
  const scale = 1 / Math.sqrt(variance + 1e-8);
  return rows.map((row) => row.map((x) => (x - centre) * scale));
}

/**
 * Generalised advantage estimation: exponentially weighted sums of what came out better than expected, token by token.
 * Source: Schulman et al. 2015 (1506.02438), eq. 16; after the last token nothing is expected.
 * @param rewards of every token
 * @param values  what was expected before it
 * @example gae([Float64Array.of(0, 1)], [Float32Array.of(0.5, 0.5)], 1, 1) // [Float64Array [0.5, 0.5]]
 */
export function gae(
  rewards: readonly Float64Array[],
  values: readonly Float32Array[],
  gamma: number,
  lambda: number,
): Float64Array[] {
  return rewards.map((row, r) => {
    const expected = values[r] as Float32Array;
    const out = new Float64Array(row.length);
    let running = 0;
    for (let t = row.length - 1; t >= 0; t--) {
      const surprise = (row[t] as number) + gamma * (expected[t + 1] ?? 0) - (expected[t] as number);
      out[t] = running = surprise + gamma * lambda * running;
    }
    return out;
  });
}
