// Two sentences about a scorecard, made from its intervals: they say what was found whichever way it fell, and "cannot be told" where
// an interval leaves it open. Nothing here is written for an outcome that one would like.
import type { Interval } from "../core/table.ts";
import { endOf, MARGIN } from "./reading.ts";
import { farAbove, type ScorecardInput } from "./scorecard.ts";
import { listed, percent, points, share } from "./words.ts";

const counted = (tokens: number): string =>
  tokens >= 1e6 ? `${(tokens / 1e6).toFixed(1)} million` : tokens.toLocaleString("en-US");

function againstChance(blank: Interval, chance: number): string {
  const { bar, words } = farAbove(chance);
  if (blank.low > bar)
    return endOf([blank]) === "floor"
      ? `above ${words}, and yet next to nothing`
      : `far above chance (${percent(chance)})`;
  if (blank.low > chance) return `above chance (${percent(chance)}), but not shown to be above ${words}`;
  return blank.high < chance
    ? `below chance (${percent(chance)})`
    : `which cannot be told from chance (${percent(chance)})`;
}

function gapWords({ blank, twin, gap }: ScorecardInput): string {
  const margin = `${MARGIN * 100} points`;
  if (endOf([blank, twin]) === "floor") return "which says nothing about pre-training, as neither learned the task";
  if (endOf([blank, twin]) === "ceiling") return "which leaves no room to see what pre-training is worth here";
  if (gap.low > MARGIN) return `so pre-training is worth more than ${margin} here`;
  if (gap.low > 0)
    return gap.high <= MARGIN
      ? `so pre-training helps, by less than ${margin}`
      : "so pre-training helps, by how much is open";
  if (gap.high < 0) return "so pre-training hurts here";
  return gap.high <= MARGIN
    ? `so pre-training is worth less than ${margin} here, if anything`
    : "which leaves open what pre-training is worth here";
}

function shiftWords({ shifted }: ScorecardInput): string {
  if (shifted.length === 0) return "Nothing was measured out of distribution";
  const parts = shifted.map(({ name, blank: there, gap, drop }) => {
    const on = `${share(there)} on “${name}” (twin ${points(gap)})`;
    if (drop.low > 0) return `down to ${on}`;
    return drop.high < 0 ? `up to ${on}` : `still at ${on} within the uncertainty`;
  });
  return `Away from its training distribution the blank slate is ${listed(parts)}`;
}

function rlWords({ rl }: ScorecardInput): string {
  if (!rl) return "RL was not measured";
  const [one, many] = [rl.one.difference, rl.many.difference];
  const measured = `RL moved pass@1 by ${points(one)} and pass@${rl.k} by ${points(many)}`;
  if (endOf([rl.one.before, rl.one.after]) === "floor") return `${measured}: there was next to nothing to reinforce`;
  if (one.low > 0 && many.low > 0)
    return `${measured}: it also solves problems that ${rl.k} tries did not reach before`;
  if (one.low > 0 && endOf([rl.many.before]) === "ceiling")
    return `${measured}: more right at first try, while ${rl.k} tries reached nearly everything before`;
  if (one.low > 0 && many.high <= MARGIN) return `${measured}: it sharpened what fine-tuning had put there`;
  if (one.low > 0) return `${measured}: more right at first try, while the effect on reach is open`;
  if (one.high < 0) return `${measured}: it made the first try worse`;
  return many.low > 0
    ? `${measured}: reach grew, the first try did not measurably`
    : `${measured}: no effect on the first try can be told`;
}

/** @returns two sentences: what was fitted, and how far it carries */
export function sentencesOf(input: ScorecardInput): readonly [string, string] {
  const { blank, twin, gap, chance, tokens } = input;
  const fit = `From random weights and ${counted(tokens)} post-training tokens, the blank slate solves ${share(blank)} of the problems in distribution, ${againstChance(blank, chance)}; its pre-trained twin solves ${share(twin)} after the same tokens, a gap of ${points(gap)}, ${gapWords(input)}.`;
  return [fit, `${shiftWords(input)}; ${rlWords(input)}.`];
}
