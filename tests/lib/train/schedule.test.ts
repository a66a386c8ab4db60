import { describe, expect, test } from "vitest";
import { multiplierAt } from "../../../lib/train/schedule.ts";
import type { Schedule } from "../../../lib/train/schedule.ts";
import { hasFixtures, readJson } from "../model/fixtures.ts";

interface Tables {
  readonly tables: Readonly<Record<string, { readonly multiplier_by_step: readonly number[] }>>;
}

const at = { steps: 50, warmup: 5, minimum: 0 };
const wsd = { ...at, kind: "wsd", decay: 10 } as const;
const SCHEDULES: readonly (readonly [string, Schedule])[] = [
  ["constant_with_warmup", { ...at, kind: "constant" }],
  ["linear", { ...at, kind: "linear" }],
  ["cosine", { ...at, kind: "cosine" }],
  ["cosine_no_warmup", { ...at, kind: "cosine", warmup: 0 }],
  ["cosine_with_min_lr", { ...at, kind: "cosine", minimum: 0.1 }],
  ["wsd_linear_min0.0", { ...wsd, decayShape: "linear" }],
  ["wsd_linear_min0.1", { ...wsd, decayShape: "linear", minimum: 0.1 }],
  ["wsd_cosine_min0.0", { ...wsd, decayShape: "cosine" }],
  ["wsd_cosine_min0.1", { ...wsd, decayShape: "cosine", minimum: 0.1 }],
  ["wsd_1-sqrt_min0.0", { ...wsd, decayShape: "1-sqrt" }],
  ["wsd_1-sqrt_min0.1", { ...wsd, decayShape: "1-sqrt", minimum: 0.1 }],
];

describe.skipIf(!hasFixtures)("learning-rate multipliers agree with transformers' within 1e-7", () => {
  const { tables } = (hasFixtures ? readJson("eval", "schedules.json") : { tables: {} }) as Tables;

  test.each(SCHEDULES)("%s, from the end of the warm-up to the last step", (name, schedule) => {
    const reference = tables[name]?.multiplier_by_step as readonly number[];
    for (let step = schedule.warmup; step <= schedule.steps; step++)
      expect(multiplierAt(schedule, step), `step ${step}`).toBeCloseTo(reference[step] as number, 7);
  });

  test("our warm-up, (step + 1) / (warmup + 1), uses the first batch: every step of the variant's table", () => {
    const reference = tables["cosine_warmup_plus_one_variant"]?.multiplier_by_step as readonly number[];
    const schedule: Schedule = { ...at, kind: "cosine", minimum: 0.1 };
    reference.forEach((multiplier, step) => expect(multiplierAt(schedule, step)).toBeCloseTo(multiplier, 7));
    expect(multiplierAt(schedule, 0)).toBeGreaterThan(0);
  });
});
