// Overlong shaping: near the longest allowed completion the reward falls, so that a model learns to end before it is cut off.
// Source: Yu et al. 2025, DAPO (2503.14476), eq. 13: nothing up to the buffer, then linear, minus `penalty` where there is no room left.

export interface OverlongOptions {
  /** Tokens before the end of the room over which the reward falls. */
  readonly buffer: number;
  /** What is taken away at the end; default 1. */
  readonly penalty?: number;
}

/**
 * @param length tokens of a completion, end token included
 * @param room   most tokens that it may have
 * @returns at most 0
 * @example overlongPenalty(95, 100, { buffer: 10 }) // -0.5
 */
export function overlongPenalty(length: number, room: number, { buffer, penalty = 1 }: OverlongOptions): number {
  const over = length - (room - buffer);
  return over <= 0 ? 0 : -penalty * Math.min(1, over / buffer);
}
