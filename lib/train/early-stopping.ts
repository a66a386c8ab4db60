// Ends a run whose held-out loss no longer falls. What it counts is part of a checkpoint, so a resumed run stops where the whole one would.

export interface EarlyStoppingOptions {
  /** Evaluations in a row without a new best after which the run ends. */
  readonly patience: number;
  /** By how many nats a loss must be below the best to be a new best; default 0. */
  readonly minImprovement?: number;
}

export class EarlyStopping {
  readonly #patience: number;
  readonly #minImprovement: number;
  #best: number;
  #without: number;

  /** @param counters of a checkpoint, or empty */
  constructor({ patience, minImprovement = 0 }: EarlyStoppingOptions, counters: Readonly<Record<string, number>>) {
    this.#patience = patience;
    this.#minImprovement = minImprovement;
    this.#best = counters["bestHeldOutLoss"] ?? Infinity;
    this.#without = counters["evaluationsWithoutBest"] ?? 0;
  }

  /** @param loss of an evaluation, nats */
  see(loss: number): void {
    const better = loss < this.#best - (this.#best === Infinity ? 0 : this.#minImprovement);
    if (better) this.#best = loss;
    this.#without = better ? 0 : this.#without + 1;
  }

  get isOver(): boolean {
    return this.#without >= this.#patience;
  }

  /** For a checkpoint; empty before the first evaluation (JSON has no infinity). */
  get counters(): Readonly<Record<string, number>> {
    if (this.#best === Infinity) return {};
    return { bestHeldOutLoss: this.#best, evaluationsWithoutBest: this.#without };
  }
}
