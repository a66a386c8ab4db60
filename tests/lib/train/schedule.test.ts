import { describe, expect, test } from "vitest";
import { multiplierAt } from "../../../lib/train/schedule.ts";
import { assertHolds } from "../../parity/comparison.ts";
import { compareSchedules } from "../../parity/schedules.ts";
import { hasShared, sharedPath } from "../fixtures.ts";

describe.skipIf(!hasShared)("learning-rate multipliers (skipped without ../shared)", () => {
  test("12 schedules agree with transformers' within 1e-7 from the end of the warm-up to the last step", () => {
    const comparison = compareSchedules(sharedPath("fixtures", "eval", "schedules.json"));
    assertHolds(comparison);
    expect(comparison.compared).toBeGreaterThan(500);
  });
});

test("the warm-up is (step + 1) / (warmup + 1), so that the first batch is used", () => {
  const schedule = { kind: "cosine", steps: 50, warmup: 5, minimum: 0.1 } as const;
  expect([0, 4, 5].map((step) => multiplierAt(schedule, step))).toEqual([1 / 6, 5 / 6, 1]);
});
