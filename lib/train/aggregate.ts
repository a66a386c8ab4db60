// How tokens are weighted into one loss: the part that implementations get wrong. Weights are of the whole batch, so micro-batches of it add up.

export type Aggregation = "sequence-mean" | "token-mean" | "fixed-length" | "sequence-sum";

/**
 * @param lengths   completion tokens of each row, end token included
 * @param maxLength only "fixed-length": the constant to divide by
 * @returns [R] weight of every token of a row
 *   sequence-mean: mean over rows of each row's mean (GRPO; a row without tokens stays in the divisor, as in TRL)
 *   token-mean: sum over all tokens / number of tokens (DAPO)
 *   fixed-length: sum / (rows * maxLength) (Dr. GRPO)
 *   sequence-sum: mean over rows of each row's sum (REINFORCE, RLOO)
 */
export function tokenWeights(aggregation: Aggregation, lengths: Int32Array, maxLength: number): Float64Array {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const R = lengths.length;
  return Float64Array.from(lengths, (length) => {
    switch (aggregation) {
      case "sequence-mean":
        return 1 / (R * Math.max(1, length));
      case "token-mean":
        return 1 / Math.max(1, total);
      case "fixed-length":
        return 1 / (R * maxLength);
      default:
        return 1 / R;
    }
  });
}
