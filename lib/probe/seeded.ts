// The scorecard of whole experiments repeated under several seeds: the same rules as for one run, on intervals over seeds. Comparisons are
// made within a seed before they are averaged, so what a seed does to all of its models cancels.
import { checkOptions, listOf, record, required, type Rules, share } from "../core/options.ts";
import { overSeeds } from "../eval/seeds.ts";
import type { RewardGain } from "./controlRewards.ts";
import type { Measured } from "./reading.ts";
import type { ScorecardInput } from "./scorecard.ts";
import type { Twins, TwinsPoint } from "./twins.ts";

export interface SeededOptions {
  /** Accuracy of guessing, e.g. `task.chance`. */
  readonly chance: number;
  /** RL under the true reward, as controlRewards found it. */
  readonly rl?: RewardGain;
  /** RL under rewards that say nothing of the task. */
  readonly controls?: readonly RewardGain[];
}

const RULES: Rules<SeededOptions> = {
  chance: required(share),
  rl: record,
  controls: listOf(record, 0),
};

/** @returns what `readPredictions` reads: the largest budget's numbers, and the gap's way from the smallest budget to it */
export function seededInput(found: Twins, options: SeededOptions): ScorecardInput {
  const { chance, rl, controls } = checkOptions("predictions", options, RULES);
  const { confidence } = found;
  const of = (set: string | undefined) => found.points.filter((p) => p.set === set);
  const [inside = "", ...shifted] = found.sets;
  const last = of(inside).at(-1) as TwinsPoint;
  const first = of(inside)[0] as TwinsPoint;
  const over = (each: readonly number[]): Measured => ({ ...overSeeds(each, confidence), each });
  const minus = (a: readonly number[], b: readonly number[]) => over(a.map((value, i) => value - (b[i] as number)));
  const one = ({ one, seeds }: RewardGain): Measured => ({
    ...one.difference,
    each: seeds.map((s) => s.after - s.before),
  });
  const many = ({ many, seeds }: RewardGain): Measured => ({
    ...many.difference,
    each: seeds.map((s) => s.reachAfter - s.reachBefore),
  });
  const sharp = (rl?.seeds ?? []).flatMap((s) => s.sharpening ?? []);
  return {
    chance,
    tokens: Math.round(last.tokens),
    blank: over(last.blanks),
    twin: over(last.twins),
    gap: over(last.gaps),
    ...(first === last
      ? {}
      : {
          shrink: {
            difference: minus(last.gaps, first.gaps),
            accuracies: [first.blank, first.twin, last.blank, last.twin],
          },
        }),
    shifted: shifted.map((name) => {
      const there = of(name).at(-1) as TwinsPoint;
      return {
        name,
        blank: over(there.blanks),
        twin: over(there.twins),
        gap: over(there.gaps),
        more: minus(there.gaps, last.gaps),
        drop: minus(last.blanks, there.blanks),
      };
    }),
    ...(found.slopes ? { slope: over(found.slopes) } : {}),
    ...(rl
      ? {
          rl: {
            k: rl.k,
            one: { ...rl.one, difference: one(rl) },
            many: { ...rl.many, difference: many(rl) },
          },
        }
      : {}),
    ...(sharp.length > 0 && sharp.length === rl?.seeds.length
      ? {
          sharpening: {
            entropy: over(sharp.map((s) => s.entropy)),
            temperature: over(sharp.map((s) => s.temperature)),
          },
        }
      : {}),
    ...(controls ? { controls: controls.map((found) => ({ name: found.reward, gain: one(found) })) } : {}),
  };
}
