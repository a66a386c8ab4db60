// The baseline that a language model has to beat: interpolated Kneser-Ney n-grams over token ids.
// Source: Chen and Goodman 1999, section 2.7, with one discount of 0.75. Order 1 is the plain unigram.

const DISCOUNT = 0.75;

interface Context {
  total: number;
  readonly counts: Map<number, number>;
}

/** Which tokens of a sequence are predicted: those from `from` on. */
export interface Predicted {
  readonly tokens: readonly number[];
  readonly from: number;
}

/** @returns mean nats per predicted token of `test`, by a model fitted to the predicted tokens of `train` */
export function ngramLoss(
  order: number,
  train: readonly Predicted[],
  test: readonly Predicted[],
  vocabSize: number,
): number {
  const tables = Array.from({ length: order }, () => new Map<string, Context>());
  const contextOf = (tokens: readonly number[], i: number, length: number) => tokens.slice(i - length, i).join();
  /** @returns whether the token is new after this context */
  const count = (length: number, context: string, token: number): boolean => {
    const table = tables[length] as Map<string, Context>;
    let entry = table.get(context);
    if (!entry) table.set(context, (entry = { total: 0, counts: new Map() }));
    const before = entry.counts.get(token) ?? 0;
    entry.counts.set(token, before + 1);
    entry.total += 1;
    return before === 0;
  };
  for (const { tokens, from } of train)
    for (let i = from; i < tokens.length; i++) {
      // The longest context counts occurrences; a shorter one counts in how many longer ones a token was new (Kneser-Ney).
      let length = Math.min(order - 1, i);
      while (count(length, contextOf(tokens, i, length), tokens[i] as number) && length > 0) length -= 1;
    }

  let nats = 0;
  let predicted = 0;
  for (const { tokens, from } of test)
    for (let i = from; i < tokens.length; i++) {
      let probability = 1 / vocabSize;
      for (let length = 0; length < order && length <= i; length++) {
        const entry = tables[length]?.get(contextOf(tokens, i, length));
        if (!entry) break;
        const seen = entry.counts.get(tokens[i] as number) ?? 0;
        const spared = (DISCOUNT * entry.counts.size) / entry.total;
        probability = Math.max(seen - DISCOUNT, 0) / entry.total + spared * probability;
      }
      nats -= Math.log(probability);
      predicted += 1;
    }
  return nats / predicted;
}
