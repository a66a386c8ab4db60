// The predictions P1 to P5 over worlds and seeds as one table: every reading with its effect, its interval and what each seed gave.
import { checkOptions, named, record, required, type Rules, shaped, share } from "../../core/options.ts";
import { figures, level, listed, points } from "../../probe/words.ts";
import { type Claim, type ClaimVerdict, type Verdicts, verdictsOf, type WorldEvidence } from "../../probe/verdicts.ts";
import type { Verdict } from "../../probe/reading.ts";
import type { Twins } from "../../probe/twins.ts";
import type { RewardGain } from "../../probe/controlRewards.ts";
import { Finding } from "../finding.ts";
import { bars } from "./fit.ts";

export const WORDS: Readonly<Record<Verdict, string>> = {
  agrees: "✓ supported",
  disagrees: "✗ contradicted",
  undecided: "○ undecided",
};
/** Short enough for a table. */
const TITLES: Readonly<Record<Claim, string>> = {
  P1: "blank slates do well in distribution",
  P2: "pre-training adds little there, more outside",
  P3: "accuracy falls with distance",
  P4: "RL sharpens, and only by a reward that says something",
  P5: "against it: RL reaches new problems",
};
const PLAIN: Readonly<Record<Verdict, string>> = {
  agrees: "supported",
  disagrees: "contradicted",
  undecided: "undecided",
};

/** Findings of one world's experiments, or their results. */
export interface Evidence {
  /** Accuracy of guessing, `task.chance`. */
  readonly chance: number;
  readonly twins: Finding<Twins>;
  /** Of `probe.controlRewards`, the true reward first. */
  readonly rewards?: Finding<readonly RewardGain[]>;
}

const EVIDENCE: Rules<Evidence> = { chance: required(share), twins: required(record), rewards: record };

function claimWords({ claim, worlds, overall }: ClaimVerdict): string {
  const each = Object.entries(worlds);
  if (overall !== "undecided")
    return `${claim} is ${PLAIN[overall]} in ${each.length === 1 ? "the one world" : `all ${each.length} worlds`}`;
  const said = (["agrees", "disagrees", "undecided"] as const).flatMap((verdict) => {
    const names = each.filter(([, v]) => v === verdict).map(([name]) => name);
    return names.length === 0 ? [] : [`${PLAIN[verdict]} in ${listed(names)}`];
  });
  return `${claim} is undecided (${said.join("; ")})`;
}

/** One reading per claim and world for the chart: the first of each in the table's order. */
const HEADLINES = [
  ["P1 blank", "P1", "accuracy"],
  ["P2 gap", "P2", "difference"],
  ["P3 drop", "P3", "difference"],
  ["P4 pass@1", "P4", "difference"],
  ["P5 pass@k", "P5", "difference"],
] as const;

/**
 * The predictions P1 to P5 read off experiments in several worlds: supported, contradicted or undecided, each with effect, interval and seeds.
 * @param worlds what `probe.twins` and `probe.controlRewards` found in each
 * @example probe.verdicts({ machine: { chance: task.chance, twins: gaps, rewards: gains } })
 */
export function verdicts(worlds: Readonly<Record<string, Evidence>>): Finding<Verdicts> {
  checkOptions("verdicts", { worlds }, { worlds: required(named(shaped<Evidence>(EVIDENCE))) });
  const evidence = Object.fromEntries(
    Object.entries(worlds).map(([name, { chance, twins, rewards }]): [string, WorldEvidence] => [
      name,
      { chance, twins: twins.result, ...(rewards ? { rewards: rewards.result } : {}) },
    ]),
  );
  const found = verdictsOf(evidence);
  const experiments = Object.values(evidence).flatMap(({ twins, rewards = [] }) => [twins, ...rewards]);
  const levels = listed([...new Set(experiments.map(({ confidence }) => level(confidence)))]);
  const names = Object.keys(worlds);
  const headlines = HEADLINES.filter(([, claim]) => found.claims.some((c) => c.claim === claim));
  return new Finding(found, {
    title: "Every reading",
    rows: found.readings.map(({ claim, world, prediction, interval, unit, reading, why, seeds }) => ({
      claim,
      world,
      reading: WORDS[reading],
      effect: unit === "nats per token" || unit === "temperature" ? figures(interval) : points(interval),
      seeds,
      "each seed": (interval.each ?? []).map((v) => v.toFixed(2)).join("  "),
      prediction: why === undefined ? prediction : `${prediction} (${why})`,
    })),
    summary: {
      title: "Predictions of distribution fitting, over worlds and seeds",
      rows: found.claims.map(({ claim, worlds, overall }) => ({
        claim,
        ...Object.fromEntries(names.map((name) => [name, worlds[name] ? WORDS[worlds[name]] : "not measured"])),
        together: WORDS[overall],
        prediction: TITLES[claim],
      })),
    },
    chart: {
      title: "Effects with their intervals over seeds",
      x: { label: "", scale: "category", categories: headlines.map(([label]) => label) },
      y: { label: "accuracy or difference of accuracies", percent: true },
      series: names.map((world) =>
        bars(
          world,
          headlines.map(
            ([, claim, unit]) =>
              found.readings.find((r) => r.world === world && r.claim === claim && r.unit === unit)?.interval ?? null,
          ),
        ),
      ),
      references: [{ y: 0, label: "0" }],
    },
    sentence: `${found.claims.map(claimWords).join(". ")}.`,
    note: `Effects in points of accuracy (P3's slope: per unit of distance), nats per token or temperature; intervals: ${levels}, Student's over seeds, not corrected for their number.`,
  });
}
