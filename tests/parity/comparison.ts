// One comparison of our numbers with reference numbers: the largest deviation, and how much of the tolerance it uses. Tests expect `worst` to
// be undefined or the share at most 1; the parity command prints the same as a row of its table.

export interface Tolerance {
  readonly absolute?: number;
  /** Times the reference's size; added to `absolute`. */
  readonly relative?: number;
}

export class Comparison {
  readonly what: string;
  /** Numbers or cases compared. */
  compared = 0;
  /** Largest |ours - reference|; for things that are equal or not, how many are not. */
  deviation = 0;
  /** Largest deviation in units of what is allowed: above 1 the comparison failed. */
  share = 0;
  /** Where `share` was reached. */
  at = "";

  constructor(what: string) {
    this.what = what;
  }

  /** Whether something was compared and all of it was within tolerance. */
  get holds(): boolean {
    return this.compared > 0 && this.share <= 1;
  }

  number(ours: number, reference: number, { absolute = 0, relative = 0 }: Tolerance, at = ""): void {
    const off = Object.is(ours, reference) ? 0 : Math.abs(ours - reference);
    const allowed = absolute + relative * Math.abs(reference);
    this.#add(off, off === 0 ? 0 : off / allowed, at);
  }

  /** @param counts leaves elements out */
  numbers(
    ours: ArrayLike<number>,
    reference: ArrayLike<number>,
    tolerance: Tolerance,
    at = "",
    counts: (i: number) => boolean = () => true,
  ): void {
    if (ours.length !== reference.length)
      this.#add(Infinity, Infinity, `${at}: ${ours.length} numbers for ${reference.length}`);
    for (let i = 0; i < reference.length; i++)
      if (counts(i)) this.number(ours[i] as number, reference[i] as number, tolerance, `${at}[${i}]`);
  }

  /** Equal as JSON, or not. */
  same(ours: unknown, reference: unknown, at: string): void {
    const equal = JSON.stringify(ours) === JSON.stringify(reference);
    this.compared += 1;
    if (equal) return;
    this.deviation += 1;
    this.share = Infinity;
    this.at ||= at;
  }

  #add(off: number, share: number, at: string): void {
    this.compared += 1;
    if (!(off <= this.deviation)) this.deviation = off;
    // Written so that NaN counts as the worst.
    if (share <= this.share) return;
    this.share = Number.isNaN(share) ? Infinity : share;
    this.at = at;
  }
}

/** Throws with the row of a comparison that does not hold: what a test calls. */
export function assertHolds(comparison: Comparison): void {
  const { what, compared, deviation, share, at } = comparison;
  if (comparison.holds) return;
  throw new Error(`${what}: off by ${deviation}, ${share} of the tolerance, at ${at}; ${compared} compared`);
}
