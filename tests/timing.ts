// Figures of time in tests, on machines that have other things to do.
import { readFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";

/** Times that a figure is measured anew on a machine that has more to do than cores. */
const TRIES = 4;
/** Of the time of one core. */
const MUCH_STOLEN = 0.02;

/** @returns milliseconds of cores that other virtual machines had of this one's, as Linux counts them */
function stolenMs(): number {
  if (process.platform !== "linux") return 0;
  const [, ...ticks] = /^cpu .*/.exec(readFileSync("/proc/stat", "utf8"))?.[0].split(/ +/) ?? [];
  return Number(ticks[7] ?? 0) * 10;
}

/**
 * A figure of time that a claim names, as the median of several. Where other processes want more than all cores, or other machines take
 * them, they are waited for and it is measured again: then what was measured is them.
 */
export async function medianWithin(
  limitMs: number,
  times: number,
  measure: (i: number) => Promise<number>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const all: number[] = [];
    const [began, before] = [performance.now(), stolenMs()];
    for (let i = 0; i < times; i++) all.push(await measure(i));
    const stolen = (stolenMs() - before) / (performance.now() - began);
    const median = all.toSorted((a, b) => a - b)[Math.floor(times / 2)] ?? NaN;
    if (median <= limitMs) return;
    const load = loadavg()[0] ?? 0;
    if (attempt === TRIES || (load <= availableParallelism() && stolen < MUCH_STOLEN))
      throw new Error(
        `${median.toFixed(0)} ms in the median of ${times}, at most ${limitMs} are allowed; load ${load}, ${(100 * stolen).toFixed(0)} % of a core stolen`,
      );
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}
