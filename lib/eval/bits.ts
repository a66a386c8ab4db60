// Likelihoods in units that compare across tokenizers.

/**
 * Bits per UTF-8 byte of text: sums first, one division. Tokens of zero bytes (special tokens) are left out of both sums.
 * @param nats   loss of each token
 * @param bytes  UTF-8 bytes each token stands for
 * @returns NaN when there are no bytes
 * @example bitsPerByte([0.6931471805599453, 0.6931471805599453], [1, 1]) // 1
 */
export function bitsPerByte(nats: ArrayLike<number>, bytes: ArrayLike<number>): number {
  let sum = 0;
  let size = 0;
  for (let i = 0; i < nats.length; i++) {
    if (bytes[i] === 0) continue;
    sum += nats[i] as number;
    size += bytes[i] as number;
  }
  return sum / Math.LN2 / size;
}

/** e to the mean loss. @example perplexity([0, 0]) // 1 */
export function perplexity(nats: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < nats.length; i++) sum += nats[i] as number;
  return Math.exp(sum / nats.length);
}
