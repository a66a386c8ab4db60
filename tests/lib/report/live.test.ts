import { afterEach, expect, test } from "vitest";
import { HOST_SYMBOL, type Host, type MimeBundle } from "../../../lib/core/host.ts";
import { each } from "../../../lib/report/each.ts";
import { type LiveReport, type LiveView, watchLive } from "../../../lib/report/live.ts";
import { durationText, progressLine } from "../../../lib/report/progress.ts";

interface Drawn {
  readonly bundle: MimeBundle;
  readonly displayId: string | undefined;
  readonly at: number;
}

/** A notebook that keeps what it is told to draw and can be interrupted. */
function notebook() {
  const drawn: Drawn[] = [];
  let controller = new AbortController();
  const place: Host = {
    kind: "notebook",
    display: (bundle, options) => void drawn.push({ bundle, displayId: options?.displayId, at: performance.now() }),
    cooperate: (work) => {
      controller = new AbortController();
      return work(controller.signal);
    },
  };
  (globalThis as { [HOST_SYMBOL]?: Host })[HOST_SYMBOL] = place;
  return { drawn, interrupt: () => controller.abort() };
}

afterEach(() => {
  delete (globalThis as { [HOST_SYMBOL]?: Host })[HOST_SYMBOL];
});

const view: LiveView<LiveReport> = {
  title: "sft",
  unit: "step",
  shown: (r) => ({ loss: r.metrics["loss"] ?? 0 }),
  trace: "loss",
  chart: (reports) => ({
    title: "loss",
    x: { label: "step" },
    y: { label: "loss" },
    series: [
      { name: "loss", x: reports.map((r) => r.step), y: reports.map((r) => r.metrics["loss"] ?? 0), mark: "line" },
    ],
  }),
};
const pause = (ms: number): Promise<void> => new Promise((done) => void setTimeout(done, ms));
const report = (step: number, steps: number): LiveReport => ({
  step,
  steps,
  tokens: step * 100,
  seconds: step / 10,
  metrics: { loss: 3 / step },
});

test("1,000 steps in a second draw at most six times under one id; the final state stays and weighs less than twice one chart", async () => {
  const { drawn } = notebook();
  const start = performance.now();
  const result = await watchLive(view, async ({ onStep }) => {
    for (let step = 1; step <= 1000; step++) {
      onStep(report(step, 1000));
      if (step % 100 === 0) await pause(100);
    }
    return "trained";
  });
  const seconds = (performance.now() - start) / 1000;
  expect(result).toBe("trained");
  expect(drawn.length).toBeLessThanOrEqual(4 * seconds + 2);
  expect(new Set(drawn.map((d) => d.displayId)).size).toBe(1);
  const last = drawn.at(-1)?.bundle ?? {};
  expect(String(last["text/plain"])).toContain("step 1000/1000");
  expect(String(last["text/html"])).toContain("<svg");
  expect(String(last["text/html"]).length).toBeLessThan(100_000);
});

test("an interrupt aborts the signal; what the work returns is returned and the display says so", async () => {
  const { drawn, interrupt } = notebook();
  const result = await watchLive(view, async ({ signal, onStep }) => {
    let step = 0;
    while (!signal.aborted) {
      onStep(report(++step, 50));
      if (step === 7) interrupt();
    }
    return step;
  });
  expect(result).toBe(7);
  expect(String(drawn.at(-1)?.bundle["text/plain"])).toContain("step 7/50 · interrupted, results so far are kept");
});

test("an error passes through and the display says failed", async () => {
  const { drawn } = notebook();
  const work = watchLive(view, async ({ onStep }) => {
    onStep(report(1, 5));
    throw new RangeError("no");
  });
  await expect(work).rejects.toThrow(RangeError);
  expect(String(drawn.at(-1)?.bundle["text/plain"])).toContain("failed");
  await expect(watchLive(view, async () => "next call works")).resolves.toBe("next call works");
});

test("the line has step, time left, tokens per second and the metric: time left ignores the slow first step", () => {
  const line = progressLine({
    title: "sft",
    unit: "step",
    step: 3,
    steps: 13,
    seconds: 12,
    firstSeconds: 10,
    tokens: 24_000,
    state: "running",
    metrics: { loss: 1.2345 },
    trace: [3, 2, 1.2345],
  });
  expect(line).toBe("sft ━━━━━┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈ step 3/13 · 10 s left · 2000 tokens/s · loss 1.23 █▄▁");
  expect([0.04, 12.4, 75.4, 7320].map(durationText)).toEqual(["0.0 s", "12 s", "1 min 15 s", "2 h 2 min"]);
});

test("a run that goes on from step 10 reckons time left and tokens per second from its own steps", async () => {
  const { drawn } = notebook();
  await watchLive({ ...view, shown: () => ({}) }, async ({ onStep }) => {
    // A second each but for the first, 100 tokens a step; 1,000 tokens were read before.
    for (const [i, step] of [11, 12, 13].entries()) {
      onStep({ step, steps: 20, tokens: 100 * step, seconds: 4 + i, metrics: { loss: 1 } });
      await pause(300);
    }
  });
  const lines = drawn.map((d) => String(d.bundle["text/plain"]));
  expect(lines[0]).toContain("step 11/20 · starting");
  expect(lines[2]).toContain("step 13/20 · 7.0 s left · 33 tokens/s");
});

test("three runs at points of their own are one display: a bar for all, under it the run's own bar; the end is one line without the inner ones", async () => {
  const { drawn } = notebook();
  const results = await each(
    [1, 2, 3],
    (seed) =>
      watchLive(view, async ({ onStep }) => {
        for (let step = 1; step <= 3; step++) {
          onStep(report(step, 3));
          await pause(120);
        }
        return seed * 10;
      }),
    { title: "seeds", name: (seed) => `seed ${seed}`, metric: (result) => result },
  );
  expect(results).toEqual([10, 20, 30]);
  expect(new Set(drawn.map((d) => d.displayId)).size).toBe(1);
  const lines = drawn.map((d) => String(d.bundle["text/plain"]));
  expect(lines.some((line) => /run 1\/3 .* ▸ seed 2 ▸ sft .*step \d\/3/.test(line))).toBe(true);
  expect(lines.at(-1)).toMatch(/^seeds ━{20} run 3\/3 · [\d.]+ s · last 30 ▁▅█$/);
  expect(String(drawn.at(-1)?.bundle["text/html"]).match(/role="progressbar"/g)).toHaveLength(1);
});

test("an interrupt ends the runs after the point that it stopped, whose result is kept; an error passes through", async () => {
  const { drawn, interrupt } = notebook();
  const results = await each([1, 2, 3, 4], async (point) => {
    if (point === 2) interrupt();
    return point;
  });
  expect(results).toEqual([1, 2]);
  expect(String(drawn.at(-1)?.bundle["text/plain"])).toContain("run 2/4 · interrupted, results so far are kept");
  const failing = each([1], () => Promise.reject(new RangeError("no")));
  await expect(failing).rejects.toThrow(RangeError);
  expect(await each([5], (point) => Promise.resolve(point))).toEqual([5]);
});
