import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Interval } from "../../../lib/core/table.ts";
import { independentDifference } from "../../../lib/probe/reading.ts";
import {
  type Moved,
  type Prediction,
  readCounterEvidence,
  readPredictions,
  type ScorecardInput,
  type Shifted,
} from "../../../lib/probe/scorecard.ts";
import { sentencesOf } from "../../../lib/probe/sentences.ts";
import { share } from "../../../lib/probe/words.ts";

const at = (value: number, half = 0.02): Interval => ({ value, low: value - half, high: value + half });
const moved = (before: number, difference: number, half = 0.02): Moved => ({
  before: at(before),
  after: at(before + difference),
  difference: at(difference, half),
});
/** A set of problems out of distribution, from both accuracies. */
const shift = (blank: number, twin: number, half = 0.02): Omit<Shifted, "more" | "drop"> => ({
  name: "deeper",
  blank: at(blank),
  twin: at(twin),
  gap: at(twin - blank, half),
});
type Given = Partial<Omit<ScorecardInput, "shifted">> & {
  readonly shifted?: readonly Omit<Shifted, "more" | "drop">[];
};
const compared = (given: Omit<ScorecardInput, "shifted"> & Pick<Required<Given>, "shifted">): ScorecardInput => ({
  ...given,
  shifted: given.shifted.map((set) => ({
    ...set,
    more: independentDifference(set.gap, given.gap),
    drop: independentDifference(given.blank, set.blank),
  })),
});
const input = compared({
  chance: 0.001,
  tokens: 1_250_000,
  blank: at(0.9),
  twin: at(0.91),
  gap: at(0.01),
  shifted: [shift(0.1, 0.3)],
  rl: { k: 32, one: moved(0.7, 0.05), many: moved(0.85, -0.01) },
});
const read = (given: Given): readonly Prediction[] => readPredictions(compared({ ...input, ...given }));
const readings = (given: Given): string[] => read(given).map((p) => p.reading);
const MORE = 2;
const FALLS = 3;
const RL_ONE = 4;

test("the readings follow the intervals: all six agree here, the evidence against does not, and each turns when its own numbers turn", () => {
  expect(readings({})).toEqual(Array.from({ length: 6 }, () => "agrees"));
  expect(readCounterEvidence(input).map((p) => p.reading)).toEqual(["disagrees"]);
  expect(readings({ blank: at(0.005, 0.001) })[0]).toBe("disagrees");
  expect(readings({ gap: at(0.1) })[1]).toBe("disagrees");
  expect(readings({ gap: at(0.05) })[1]).toBe("undecided");
  expect(readings({ rl: { k: 32, one: moved(0.7, -0.05), many: moved(0.6, 0.15) } }).slice(RL_ONE)).toEqual([
    "disagrees",
    "disagrees",
  ]);
});

test("a twin that is 12 points worse in distribution and level on the floor outside has added nothing: undecided, with the floor named", () => {
  const given = { blank: at(0.6), twin: at(0.48), gap: at(-0.12), shifted: [shift(0.01, 0.012)] };
  expect(read(given)[MORE]).toMatchObject({
    reading: "undecided",
    why: expect.stringContaining("both near 0 % (floor)"),
  });
  // Level above the floor: the whole interval says that there is next to no lead.
  expect(read({ ...given, shifted: [shift(0.3, 0.3)] })[MORE]).toMatchObject({
    reading: "disagrees",
    why: "less than 5 points, if anything",
  });
  // Behind there too, if by less.
  expect(read({ ...given, shifted: [shift(0.3, 0.25)] })[MORE]).toMatchObject({ reading: "disagrees" });
});

test.each<[string, Given, string, string?]>([
  ["a lead outside and none inside", {}, "agrees"],
  [
    "equal leads of 20 points",
    { blank: at(0.6), twin: at(0.8), gap: at(0.2), shifted: [shift(0.3, 0.5)] },
    "undecided",
    "open",
  ],
  [
    "a smaller lead outside",
    { blank: at(0.5), twin: at(0.9), gap: at(0.4), shifted: [shift(0.3, 0.4)] },
    "disagrees",
    "no more",
  ],
  ["a lead that may be none", { shifted: [shift(0.3, 0.35, 0.08)] }, "undecided"],
  ["both near all right outside", { shifted: [shift(0.97, 0.99)] }, "undecided", "ceiling"],
  [
    "no room for a gap inside",
    { blank: at(0.98), twin: at(0.99), gap: at(0.01) },
    "undecided",
    "in distribution both near 100 %",
  ],
  [
    "no lead outside, no room inside",
    { blank: at(0.98), twin: at(0.99), gap: at(0.01), shifted: [shift(0.5, 0.4)] },
    "disagrees",
  ],
  ["one at the floor, the other not", { shifted: [shift(0.01, 0.2)] }, "agrees"],
])("pre-training adds more out of distribution: %s", (_, given, reading, why) => {
  const found = read(given)[MORE];
  expect(found?.reading).toBe(reading);
  if (why !== undefined) expect(found?.why).toContain(why);
});

test.each<[string, Given, string]>([
  ["from 90 to 10 %", {}, "agrees"],
  ["from 90 to 89 %", { shifted: [shift(0.89, 0.9)] }, "disagrees"],
  ["from 90 to 85 %, the margin", { shifted: [shift(0.85, 0.9)] }, "undecided"],
  [
    "from 99 to 98 %: solving everything outside is what it excludes",
    { blank: at(0.99), shifted: [shift(0.98, 0.99)] },
    "disagrees",
  ],
  ["upwards", { shifted: [shift(0.97, 0.99)] }, "disagrees"],
  ["from 2 to 1 %, where nothing can fall", { blank: at(0.02), shifted: [shift(0.01, 0.01)] }, "undecided"],
])("accuracy falls: %s", (_, given, reading) => {
  expect(readings(given)[FALLS]).toBe(reading);
});

test("little in distribution is not read where neither learned anything, nor where both solve everything", () => {
  expect(read({ blank: at(0.01), twin: at(0.01), gap: at(0) })[1]).toMatchObject({
    reading: "undecided",
    why: expect.stringContaining("floor"),
  });
  expect(read({ blank: at(0.98), twin: at(0.99), gap: at(0.01) })[1]).toMatchObject({
    reading: "undecided",
    why: expect.stringContaining("ceiling"),
  });
  expect(readings({ blank: at(0.5), twin: at(0.3), gap: at(-0.2) })[1]).toBe("agrees");
});

test("ten times a tiny chance is not yet a success; where ten times chance is beyond 100 %, half of the rest is asked for", () => {
  expect(read({ chance: 0.0001, blank: at(0.03) })[0]).toMatchObject({
    reading: "undecided",
    why: expect.stringContaining("floor"),
  });
  expect(readings({ blank: at(0.02, 0.015) })[0]).toBe("undecided");
  expect(read({ chance: 0.25, blank: at(0.9) })[0]).toMatchObject({
    reading: "agrees",
    prediction: "blank slate above halfway from chance (25.0 %) to all right in distribution",
  });
  expect(readings({ chance: 0.25, blank: at(0.5) })[0]).toBe("disagrees");
});

test("sharpening needs a pass@1 that rose and a reach that could have grown", () => {
  const rl = (one: Moved, many: Moved) => read({ rl: { k: 32, one, many } }).slice(RL_ONE, RL_ONE + 2);
  expect(rl(moved(0.7, 0), moved(0.85, 0))).toMatchObject([
    { reading: "undecided" },
    { reading: "undecided", why: "RL did not surely raise pass@1 either" },
  ]);
  expect(rl(moved(0.7, 0.1), moved(0.98, 0.01))).toMatchObject([
    { reading: "agrees" },
    { reading: "undecided", why: expect.stringContaining("ceiling") },
  ]);
  expect(rl(moved(0.01, 0.01), moved(0.2, 0.2))).toMatchObject([
    { reading: "undecided", why: expect.stringContaining("floor") },
    { reading: "disagrees" },
  ]);
  expect(rl(moved(0.97, 0.02), moved(0.99, 0))[0]).toMatchObject({ reading: "undecided" });
});

test("the gap shrinks with tokens, and rewards without content give nothing: each read by its own interval", () => {
  const shrink = (difference: Interval, accuracies = [at(0.3), at(0.6)]) =>
    read({ shrink: { difference, accuracies } })[2];
  expect(shrink(at(-0.2))).toMatchObject({ claim: "P2", reading: "agrees" });
  expect(shrink(at(0.2))?.reading).toBe("disagrees");
  expect(shrink(at(0.01))?.reading).toBe("undecided");
  expect(shrink(at(-0.03), [at(0), at(0.01)])).toMatchObject({ reading: "undecided", why: "all near 0 % (floor)" });
  const control = (gain: Interval) =>
    read({ controls: [{ name: "random", gain }] }).find((p) => p.prediction.includes("random"));
  expect(control(at(0.01))?.reading).toBe("agrees");
  expect(control(at(-0.3))).toMatchObject({ reading: "agrees", why: "it even lost" });
  expect(control(at(0.04, 0.01))?.reading).toBe("disagrees");
  expect(control(at(0, 0.2))?.reading).toBe("undecided");
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
    "From random weights and 1.3 million post-training tokens, the blank slate solves 90.0 % (88.0–92.0) of the problems in distribution, far above chance (0.1 %); its pre-trained twin solves 91.0 % (89.0–93.0) after the same tokens, a gap of +1.0 points (−1.0 to +3.0), so pre-training is worth less than 5 points here, if anything.",
  );
  expect(reach).toBe(
    "Away from its training distribution the blank slate is down to 10.0 % (8.0–12.0) on “deeper” (twin +20.0 points (+18.0 to +22.0)); RL moved pass@1 by +5.0 points (+3.0 to +7.0) and pass@32 by −1.0 points (−3.0 to +1.0): it sharpened what fine-tuning had put there.",
  );
});

test("and when it does not: no learning, a large gap, no drop, RL that hurts or expands", () => {
  const none = compared({
    ...input,
    chance: 0.05,
    tokens: 900,
    blank: at(0.05),
    twin: at(0.8),
    gap: at(0.75),
    shifted: [shift(0.05, 0.05)],
  });
  const [fit, reach] = sentencesOf({ ...none, rl: { k: 8, one: moved(0.5, -0.1), many: moved(0.7, 0) } });
  expect(fit).toContain("900 post-training tokens");
  expect(fit).toContain("cannot be told from chance (5.0 %)");
  expect(fit).toContain("so pre-training is worth more than 5 points here");
  expect(reach).toContain("still at 5.0 % (3.0–7.0) on “deeper”");
  expect(reach).toContain("it made the first try worse");
  const said = (one: Moved, many: Moved) => sentencesOf({ ...none, rl: { k: 8, one, many } })[1];
  expect(said(moved(0.5, 0.1), moved(0.7, 0.1))).toContain("it also solves problems that 8 tries did not reach before");
  expect(said(moved(0.5, 0.1), moved(0.98, 0))).toContain("8 tries reached nearly everything before");
  expect(said(moved(0.001, 0.001), moved(0.2, 0))).toContain("there was next to nothing to reinforce");
  expect(sentencesOf({ ...none, shifted: [] })[1]).toContain("Nothing was measured out of distribution");
  expect(sentencesOf({ ...none, twin: at(0.04), gap: at(0) })[0]).toContain("neither learned the task");
  expect(sentencesOf({ ...input, blank: at(0.98), twin: at(0.99) })[0]).toContain("leaves no room");
  expect(sentencesOf({ ...input, chance: 1e-5, blank: at(0.03) })[0]).toContain("and yet next to nothing");
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
        const one = { before: at(0.5), after: at(0.5), difference: passOne };
        const many = { before: at(0.5), after: at(0.5), difference: passMany };
        const [fit, reach] = sentencesOf({ ...input, chance, blank, twin, gap, rl: { k: 32, one, many } });
        expect(fit.endsWith(".") && reach.endsWith(".")).toBe(true);
        expect(fit + reach).not.toMatch(/undefined|NaN|\.\.|  /);
        expect(fit.includes("far above chance")).toBe(
          blank.value > 0.05 && blank.low > Math.min(10 * chance, (1 + chance) / 2),
        );
        if (reach.includes("sharpened")) expect(passOne.low).toBeGreaterThan(0);
      },
    ),
    { numRuns: 1000 },
  );
  expect(share(at(0.5))).toBe("50.0 % (48.0–52.0)");
});
