// Learning-rate multipliers by step: a linear warm-up, then constant, linear, cosine or warm-up-stable-decay.
// Sources: transformers' schedulers (optimization.py) after the warm-up; the warm-up is (step + 1) / (warmup + 1), nanoGPT's, because
// transformers' own starts at 0 and so throws the first batch away.

export type ScheduleKind = "constant" | "linear" | "cosine" | "wsd";

export interface Schedule {
  readonly kind: ScheduleKind;
  readonly steps: number;
  /** Steps of warm-up. */
  readonly warmup: number;
  /** Multiplier at the end, 0..1. */
  readonly minimum: number;
  /** Only "wsd": steps of decay at the end (default a fifth), and its shape (default "linear"). */
  readonly decay?: number;
  readonly decayShape?: "linear" | "cosine" | "1-sqrt";
}

const cosineFall = (progress: number) => 0.5 * (1 + Math.cos(Math.PI * progress));

const DECAYS: Readonly<Record<NonNullable<Schedule["decayShape"]>, (progress: number) => number>> = {
  linear: (progress) => 1 - progress,
  cosine: cosineFall,
  "1-sqrt": (progress) => 1 - Math.sqrt(progress),
};

/** Of the share of the peak above the minimum, by progress 0..1 after the warm-up. */
const FALLS: Readonly<Record<ScheduleKind, (progress: number, schedule: Schedule, step: number) => number>> = {
  constant: () => 1,
  linear: (progress) => 1 - progress,
  cosine: cosineFall,
  wsd(_, { steps, decay = Math.ceil(steps * 0.2), decayShape = "linear" }, step) {
    return DECAYS[decayShape](Math.min(1, Math.max(0, (step - (steps - decay)) / decay)));
  },
};

/**
 * @param step 0 for the first optimizer step
 * @returns what the peak learning rate is multiplied with
 * @example multiplierAt({ kind: "cosine", steps: 50, warmup: 5, minimum: 0.1 }, 5) // 1
 */
export function multiplierAt(schedule: Schedule, step: number): number {
  const { kind, steps, warmup, minimum } = schedule;
  if (step < warmup) return (step + 1) / (warmup + 1);
  const progress = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
  return minimum + (1 - minimum) * FALLS[kind](progress, schedule, step);
}
