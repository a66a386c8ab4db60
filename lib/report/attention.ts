// Attention weights as a map: which token looks at which.
import { fault } from "../core/errors.ts";
import { checkOptions, type Rules, text, whole } from "../core/options.ts";
import { heat } from "./chart/generic.ts";
import type { Figure } from "./chart/figure.ts";

type Matrix = readonly ArrayLike<number>[];
/** A tensor of any copy of TensorFlow.js. */
interface TensorLike {
  readonly shape: readonly number[];
  arraySync(): unknown;
}

export interface AttentionOptions {
  readonly title?: string;
  /** Which head; default: the mean of all. */
  readonly head?: number;
}

const RULES: Rules<AttentionOptions> = { title: text, head: whole(0) };

const isTensor = (value: object): value is TensorLike => "arraySync" in value && typeof value.arraySync === "function";

/** Entry by entry; all of one shape. */
const meanOf = (heads: readonly Matrix[]): number[][] =>
  (heads[0] ?? []).map((row, r) =>
    Array.from(row, (_, c) => heads.reduce((sum, head) => sum + Number(head[r]?.[c]), 0) / heads.length),
  );

/**
 * Attention weights as a map: each row is a token that looks, each column one that is looked at.
 * @param weights [T, T], or [heads, T, T]: arrays or a tensor; rows are the tokens that look and sum to 1
 * @param tokens [T] texts of the tokens
 * @throws SHAPE_MISMATCH the weights are not square in the number of tokens, or there is no such head
 * @example chart.attention([[1, 0], [0.5, 0.5]], ["the", "cat"]).spec.heat?.z // [[1, NaN], [0.5, 0.5]]
 */
export function attention(
  weights: Matrix | readonly Matrix[] | TensorLike,
  tokens: readonly string[],
  options: AttentionOptions = {},
): Figure {
  const values = (isTensor(weights) ? weights.arraySync() : weights) as Matrix | readonly Matrix[];
  const isSingle = typeof (values[0] as ArrayLike<unknown> | undefined)?.[0] === "number";
  const heads = isSingle ? [values as Matrix] : (values as readonly Matrix[]);
  const { head, title } = checkOptions("chart.attention", options, RULES);
  const chosen = head === undefined ? (heads.length === 1 ? heads[0] : meanOf(heads)) : heads[head];
  const isSquare = chosen?.length === tokens.length && chosen.every((row) => row.length === tokens.length);
  if (!chosen || !isSquare)
    throw fault(
      "SHAPE_MISMATCH",
      chosen
        ? `the weights are [${chosen.length}, ${chosen[0]?.length}], there are ${tokens.length} tokens.`
        : `there is no head ${head} of ${heads.length}.`,
      "weights are [T, T] or [heads, T, T] with T tokens; heads count from 0.",
    );
  const which = head === undefined ? (heads.length > 1 ? `mean of ${heads.length} heads` : "") : `head ${head}`;
  // A token cannot look ahead: an exact 0 above the diagonal is no measurement.
  const z = chosen.map((row, r) => Array.from(row, (v, c) => (c > r && v === 0 ? Number.NaN : v)));
  return heat(z, {
    title: title ?? `Attention${which === "" ? "" : `, ${which}`}`,
    rows: tokens,
    columns: tokens,
    x: "token that is looked at",
    y: "token that looks",
    z: "attention weight",
    range: [0, 1],
  });
}
