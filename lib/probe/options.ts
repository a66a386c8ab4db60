// What every probe on models takes beside its own plan.

export interface ProbeOptions {
  /** Of samples and resamples; default 0. */
  readonly seed?: number | string;
  /** Of all intervals; default 0.95. */
  readonly confidence?: number;
  /** Aborting it ends the probe with the signal's error: half of a comparison would be another comparison. */
  readonly signal?: AbortSignal | undefined;
}
