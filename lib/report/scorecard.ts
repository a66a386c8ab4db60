// The scorecard of a blank slate and its twin: predictions of distribution fitting beside what was measured, and two sentences made
// from the numbers. Of one evaluation that is there, or of experiments in several worlds and seeds that it runs itself.
import { DISPLAY_SYMBOL, type MimeBundle } from "../core/host.ts";
import { Shown } from "../core/shown.ts";
import { html } from "../core/html.ts";
import { rowsTable, tableBundle } from "../core/table.ts";
import {
  atLeast,
  checkOptions,
  listOf,
  named,
  record,
  required,
  type Rules,
  shaped,
  share,
  text,
} from "../core/options.ts";
import { level } from "../probe/words.ts";
import { passDifference, passRate } from "../probe/differences.ts";
import { type Moved, type Prediction, readPredictions, type ScorecardInput, type Shifted } from "../probe/scorecard.ts";
import { independentDifference } from "../probe/reading.ts";
import { sentencesOf } from "../probe/sentences.ts";
import { CONTROL_RULES, type ControlRewardsPlan } from "../probe/controlRewards.ts";
import { SEEDS } from "../probe/options.ts";
import { TWINS_RULES, type TwinsPlan } from "../probe/twins.ts";
import type { Verdicts } from "../probe/verdicts.ts";
import type { Finding } from "./finding.ts";
import { controlRewards, twins } from "./probes/seeds.ts";
import { type Evidence, verdicts } from "./probes/verdicts.ts";
import { type DataFrame, frameOf } from "./frame.ts";
import type { Score } from "./score.ts";

/** Which scores the scorecard reads. */
export interface ScorecardOptions<M extends string, S extends string, P extends string> {
  /** The post-trained blank slate's name in the score. */
  readonly blank: NoInfer<M>;
  /** The post-trained pre-trained twin's. */
  readonly twin: NoInfer<M>;
  readonly inDistribution: NoInfer<S>;
  /** Default: every other set. */
  readonly shifted?: readonly NoInfer<S>[];
  /** Accuracy of guessing, e.g. `task.chance`. */
  readonly chance: number;
  /** Post-training tokens that each of the two has read, e.g. `run.tokens`. */
  readonly tokens: number;
  /** A score with several completions per problem of a model before and after RL; its first set and largest k are read. */
  readonly rl?: { readonly score: Score<P>; readonly before: NoInfer<P>; readonly after: NoInfer<P> };
}

const MARKS = { agrees: "✓ agrees", disagrees: "✗ disagrees", undecided: "○ undecided" } as const;

export class Scorecard extends Shown {
  readonly predictions: readonly Prediction[];
  /** Two sentences, computed from the intervals. */
  readonly sentences: readonly [string, string];

  readonly #confidence: number;

  constructor(input: ScorecardInput, confidence: number) {
    super();
    this.#confidence = confidence;
    this.predictions = readPredictions(input);
    this.sentences = sentencesOf(input);
  }

  /** @returns one row per prediction: what was measured with its interval, and its reading */
  frame(): DataFrame {
    return frameOf(
      this.predictions.map(({ prediction, interval: { value, low, high }, reading, why = "" }) => ({
        prediction,
        value,
        low,
        high,
        reading,
        why,
      })),
    );
  }

  [DISPLAY_SYMBOL](): MimeBundle {
    const rows = this.predictions.map((p) => ({
      "distribution fitting predicts": p.prediction,
      measured: p.measured,
      reading: p.why === undefined ? MARKS[p.reading] : `${MARKS[p.reading]}: ${p.why}`,
    }));
    const count = (reading: Prediction["reading"]): number =>
      this.predictions.filter((p) => p.reading === reading).length;
    const note = `${count("agrees")} agree, ${count("disagrees")} disagree, ${count("undecided")} undecided; ${level(this.#confidence)} intervals in brackets. One world, one seed: a reading of this run, not of the claim.`;
    const table = tableBundle(
      rowsTable(rows, { typed: false, caption: "Scorecard: is post-training fitting a distribution?", note }),
    );
    const paragraphs = this.sentences.map((sentence) => html`<p style="max-width:46em;margin:.6em 0">${sentence}</p>`);
    return {
      "text/html": `${String(table["text/html"])}${html`${paragraphs}`.toString()}`,
      "text/latex": table["text/latex"],
      "text/plain": `${String(table["text/plain"])}\n\n${this.sentences.join("\n\n")}`,
    };
  }
}

/** Experiments of one world; the seeds are the scorecard's. */
export interface WorldPlan {
  /** Accuracy of guessing, `task.chance`. */
  readonly chance: number;
  readonly twins: Omit<TwinsPlan<string>, "seeds">;
  /** The true reward first; without them P4 and P5 are not read. */
  readonly rewards?: Omit<ControlRewardsPlan<string>, "seeds">;
}

export interface ScorecardPlan {
  readonly worlds: Readonly<Record<string, WorldPlan>>;
  /** At least four. */
  readonly seeds: readonly number[];
}

type Rl = NonNullable<ScorecardOptions<string, string, string>["rl"]>;
const READ_RULES: Rules<ScorecardOptions<string, string, string>> = {
  blank: required(text),
  twin: required(text),
  inDistribution: required(text),
  shifted: listOf(text, 0),
  chance: required(share),
  tokens: required(atLeast(0)),
  rl: shaped<Rl>({ score: required(record), before: required(text), after: required(text) }),
};
/** All that will be run, looked at before the first hour of it. */
const RUN_RULES: Rules<ScorecardPlan> = {
  worlds: required(
    named(
      shaped<WorldPlan>({
        chance: required(share),
        // A plan that was made for the probe itself has seeds, and the scorecard's take their place.
        twins: required(shaped<TwinsPlan<string>>({ ...TWINS_RULES, seeds: SEEDS })),
        rewards: shaped<ControlRewardsPlan<string>>({ ...CONTROL_RULES, seeds: SEEDS }),
      }),
    ),
  ),
  seeds: required(SEEDS),
};

/**
 * Reads the predictions of distribution fitting off an evaluation of a blank slate and its pre-trained twin.
 * @returns a table, and two sentences that say what was found whichever way it fell
 * @throws NO_SUCH_SCORE a model or set that the score lacks (after an interrupt)
 * @example probe.scorecard(score, { blank: "blank", twin: "twin", inDistribution: "test", chance: task.chance, tokens: run.tokens })
 */
export function scorecard<M extends string, S extends string, P extends string = never>(
  score: Score<M, S>,
  options: ScorecardOptions<M, S, P>,
): Scorecard;
/**
 * Runs `probe.twins`, and where they are planned `probe.controlRewards`, in every world under every seed, and reads P1 to P5 off all of them.
 * Shows live lines. An interrupt ends it without a result: a part of the seeds would be a choice of them.
 * @returns a table of every reading with effect, interval and each seed; `result.claims` has the verdicts
 * @throws TOO_FEW_SEEDS, and what the probes throw
 * @example await probe.scorecard({ seeds: [0, 1, 2, 3], worlds: { machine: { chance: task.chance, twins: plan, rewards: rewardsPlan } } })
 */
export function scorecard(plan: ScorecardPlan): Promise<Finding<Verdicts>>;
export function scorecard(
  given: Score | ScorecardPlan,
  options?: ScorecardOptions<string, string, string>,
): Scorecard | Promise<Finding<Verdicts>> {
  return options === undefined ? runScorecard(given as ScorecardPlan) : readScorecard(given as Score, options);
}

async function runScorecard(plan: ScorecardPlan): Promise<Finding<Verdicts>> {
  const { seeds, worlds } = checkOptions("scorecard", plan, RUN_RULES);
  const found: Record<string, Evidence> = {};
  for (const [name, plan] of Object.entries(worlds)) {
    const gaps = await twins({ ...plan.twins, seeds });
    const evidence = { chance: plan.chance, twins: gaps };
    found[name] = plan.rewards ? { ...evidence, rewards: await controlRewards({ ...plan.rewards, seeds }) } : evidence;
  }
  return verdicts(found);
}

function readScorecard(score: Score, asked: ScorecardOptions<string, string, string>): Scorecard {
  const options = checkOptions("scorecard", asked, READ_RULES);
  const { blank, twin, inDistribution, chance, tokens, rl } = options;
  const shifted = options.shifted ?? score.sets.filter((set) => set !== inDistribution);
  const k = Math.max(...(rl?.score.options.passAt ?? [1]));
  const set = rl?.score.sets[0];
  const moved = (scores: Score, before: string, after: string, k: number): Moved => ({
    before: passRate(scores, before, set as string, k),
    after: passRate(scores, after, set as string, k),
    difference: passDifference(scores, set as string, before, after, k),
  });
  const inside = passRate(score, blank, inDistribution, 1);
  const gap = passDifference(score, inDistribution, blank, twin, 1);
  const input: ScorecardInput = {
    chance,
    tokens,
    blank: inside,
    twin: passRate(score, twin, inDistribution, 1),
    gap,
    shifted: shifted.map((name): Shifted => {
      const there = passRate(score, blank, name, 1);
      const gapThere = passDifference(score, name, blank, twin, 1);
      return {
        name,
        blank: there,
        twin: passRate(score, twin, name, 1),
        gap: gapThere,
        more: independentDifference(gapThere, gap),
        drop: independentDifference(inside, there),
      };
    }),
    ...(rl && set !== undefined
      ? {
          rl: {
            k,
            one: moved(rl.score, rl.before, rl.after, 1),
            many: moved(rl.score, rl.before, rl.after, k),
          },
        }
      : {}),
  };
  return new Scorecard(input, score.options.confidence);
}
