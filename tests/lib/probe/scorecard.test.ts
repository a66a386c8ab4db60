import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Interval } from "../../../lib/core/table.ts";
import { independentDifference, readPredictions, type ScorecardInput, share } from "../../../lib/probe/scorecard.ts";
import { sentencesOf } from "../../../lib/probe/sentences.ts";

const at = (value: number, half = 0.02): Interval => ({ value, low: value - half, high: value + half });
const input: ScorecardInput = {
  chance: 0.001,
  tokens: 1_250_000,
  blank: at(0.93),
  twin: at(0.94),
  gap: at(0.01),
  shifted: [{ name: "depth 7-9", blank: at(0.1), gap: at(0.2) }],
  rl: { k: 32, passOne: at(0.05), passMany: at(-0.01) },
};
const readings = (given: ScorecardInput): string[] => readPredictions(given).map((p) => p.reading);

test("the readings follow the intervals: all six agree here, and each turns when its own numbers turn", () => {
  expect(readings(input)).toEqual(Array.from({ length: 6 }, () => "agrees"));
  expect(readings({ ...input, blank: at(0.005, 0.001) })[0]).toBe("disagrees");
  expect(readings({ ...input, blank: at(0.02, 0.015) })[0]).toBe("undecided");
  expect(readings({ ...input, gap: at(0.1) })[1]).toBe("disagrees");
  expect(readings({ ...input, gap: at(0.05) })[1]).toBe("undecided");
  expect(readings({ ...input, shifted: [{ name: "x", blank: at(0.93), gap: at(-0.2) }] }).slice(2, 4)).toEqual([
    "disagrees",
    "undecided",
  ]);
  expect(readings({ ...input, rl: { k: 32, passOne: at(-0.05), passMany: at(0.1) } }).slice(4)).toEqual([
    "disagrees",
    "disagrees",
  ]);
});

test("differences of independent estimates add their arms in quadrature", () => {
  const d = independentDifference({ value: 0.9, low: 0.87, high: 0.93 }, { value: 0.5, low: 0.46, high: 0.54 });
  expect(d.value).toBeCloseTo(0.4);
  expect(d.low).toBeCloseTo(0.35);
  expect(d.high).toBeCloseTo(0.45);
});

test("the sentences say what was found when the claim holds", () => {
  const [fit, reach] = sentencesOf(input);
  expect(fit).toBe(
    "From random weights and 1.3 million post-training tokens, the blank slate solves 93.0 % (91.0–95.0) of the problems in distribution, far above chance (0.1 %); its pre-trained twin solves 94.0 % (92.0–96.0) after the same tokens, a gap of +1.0 points (−1.0 to +3.0), so pre-training is worth less than 5 points here, if anything.",
  );
  expect(reach).toBe(
    "Away from its training distribution the blank slate is down to 10.0 % (8.0–12.0) on “depth 7-9”; RL moved pass@1 by +5.0 points (+3.0 to +7.0) and pass@32 by −1.0 points (−3.0 to +1.0): it sharpened what fine-tuning had put there.",
  );
});

test("and when it does not: no learning, a large gap, no drop, RL that hurts or expands", () => {
  const none: ScorecardInput = {
    ...input,
    chance: 0.05,
    tokens: 900,
    blank: at(0.05),
    twin: at(0.8),
    gap: at(0.75),
    shifted: [{ name: "depth 7-9", blank: at(0.05), gap: at(0) }],
  };
  const [fit, reach] = sentencesOf({ ...none, rl: { k: 8, passOne: at(-0.1), passMany: at(0) } });
  expect(fit).toContain("900 post-training tokens");
  expect(fit).toContain("cannot be told from chance (5.0 %)");
  expect(fit).toContain("so pre-training is worth more than 5 points here");
  expect(reach).toContain("still at 5.0 % (3.0–7.0) on “depth 7-9” within the uncertainty");
  expect(reach).toContain("it made the first try worse");
  expect(sentencesOf({ ...none, rl: { k: 8, passOne: at(0.1), passMany: at(0.1) } })[1]).toContain(
    "it found solutions that were not there before",
  );
  expect(sentencesOf({ ...none, shifted: [] })[1]).toContain("Nothing was measured out of distribution");
});

test("1,000 random outcomes give well-formed sentences that claim sharpening only when pass@1 surely rose", () => {
  const interval = fc
    .tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.3, noNaN: true }))
    .map(([v, h]) => at(v, h));
  const accuracy = interval.map(({ value, low }) => ({
    value: Math.abs(value),
    low: Math.max(0, Math.min(Math.abs(value), low)),
    high: Math.min(1, Math.abs(value) + 0.1),
  }));
  fc.assert(
    fc.property(
      fc.double({ min: 1e-6, max: 0.5, noNaN: true }),
      accuracy,
      accuracy,
      interval,
      interval,
      interval,
      (chance, blank, twin, gap, passOne, passMany) => {
        const [fit, reach] = sentencesOf({ ...input, chance, blank, twin, gap, rl: { k: 32, passOne, passMany } });
        expect(fit.endsWith(".") && reach.endsWith(".")).toBe(true);
        expect(fit + reach).not.toMatch(/undefined|NaN|\.\.|  /);
        expect(fit.includes("far above chance")).toBe(blank.low > 10 * chance);
        if (reach.includes("sharpened")) expect(passOne.low).toBeGreaterThan(0);
      },
    ),
    { numRuns: 1000 },
  );
  expect(share(at(0.5))).toBe("50.0 % (48.0–52.0)");
});
