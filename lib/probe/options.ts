// What every probe on models takes beside its own plan.
import { listOf, number, type Rules, seed, signal } from "../core/options.ts";
import { CONFIDENCE } from "../eval/interval.ts";

export interface ProbeOptions {
  /** Of samples and resamples; default 0. */
  readonly seed?: number | string;
  /** Of all intervals; default 0.95. */
  readonly confidence?: number;
  /** Aborting it ends the probe with the signal's error: half of a comparison would be another comparison. */
  readonly signal?: AbortSignal | undefined;
}

export const PROBE_RULES: Rules<ProbeOptions> = { seed, confidence: CONFIDENCE, signal };
/** How few seeds there may be, and that none comes twice, each probe says itself. */
export const SEEDS = listOf(number, 0);
