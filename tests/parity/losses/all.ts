// Everything of a file losses_seed*.json.
import type { Comparison } from "../comparison.ts";
import { compareCrossEntropy } from "./cross-entropy.ts";
import { readLosses } from "./file.ts";
import { compareExactKl, compareKl } from "./kl.ts";
import { compareCispo, compareMicroBatches, comparePolicyLoss, policyCases } from "./policy.ts";
import { comparePpo } from "./ppo.ts";
import { comparePreference, preferenceCases } from "./preference.ts";
import { compareAdvantages, compareRewards } from "./rewards.ts";

export async function compareLosses(file: string): Promise<Comparison[]> {
  const losses = readLosses(file);
  const comparisons = [compareAdvantages(losses), compareRewards(losses)];
  for (const one of policyCases(losses)) comparisons.push(await comparePolicyLoss(losses, one));
  comparisons.push(await compareMicroBatches(losses), await compareKl(losses), await compareCrossEntropy(losses));
  comparisons.push(await compareExactKl(losses), await compareCispo(losses), await comparePpo(losses));
  for (const one of preferenceCases(losses)) comparisons.push(await comparePreference(losses, one));
  return comparisons;
}
