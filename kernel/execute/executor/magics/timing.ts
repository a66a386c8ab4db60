// %time and %timeit.
import process from "node:process";

/** How long %timeit goes on, and how many samples it takes in that time. */
const TIMEIT_MS = 1_000;
const SAMPLES = 15;

/** @example formatMs(0.0123) // "12.3 µs" */
export function formatMs(ms: number): string {
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)} min ${((ms % 60_000) / 1000).toFixed(0)} s`;
  if (ms >= 1000) return `${(ms / 1000).toPrecision(3)} s`;
  if (ms >= 1) return `${ms.toPrecision(3)} ms`;
  return ms >= 0.001 ? `${(ms * 1000).toPrecision(3)} µs` : `${(ms * 1e6).toPrecision(3)} ns`;
}

/** A clock that says its time when it is disposed: at the end of a cell that begins with %%time, also when that fails. */
export function clock(): Disposable {
  const started = performance.now();
  const before = process.cpuUsage();
  return {
    [Symbol.dispose]() {
      const wall = performance.now() - started;
      const { user, system } = process.cpuUsage(before);
      process.stdout.write(`time: ${formatMs(wall)}, CPU ${formatMs((user + system) / 1000)}\n`);
    },
  };
}

/** @returns what the code gave */
export async function time<T>(code: () => T | Promise<T>): Promise<T> {
  using timed = clock();
  const value = await code();
  void timed;
  return value;
}

/** Prints the median time of one call. */
export async function timeit(code: () => unknown): Promise<void> {
  const isAsync = code.constructor.name === "AsyncFunction";
  const once = async (calls: number): Promise<number> => {
    const started = performance.now();
    if (isAsync) for (let i = 0; i < calls; i++) await code();
    else for (let i = 0; i < calls; i++) code();
    return performance.now() - started;
  };
  // As many calls a sample as fill its share of the time, found by doubling.
  const share = TIMEIT_MS / SAMPLES;
  let calls = 1;
  let took = await once(calls);
  while (took < share / 2 && calls < 1e9) {
    calls *= Math.max(2, Math.min(10, Math.floor(share / 2 / Math.max(took, 1e-3))));
    took = await once(calls);
  }
  const samples = [took / calls];
  const deadline = performance.now() + TIMEIT_MS;
  while (samples.length < SAMPLES && performance.now() < deadline) samples.push((await once(calls)) / calls);
  samples.sort((a, b) => a - b);
  const median = samples[samples.length >> 1] ?? took;
  process.stdout.write(
    `${formatMs(median)} per call (median of ${samples.length} × ${calls}; fastest ${formatMs(samples[0] ?? took)})\n`,
  );
}
