// Advantages, policy losses with their gradients, KL estimators and preference losses against reference numbers made with PyTorch and cross-checked
// with TRL and verl. What is compared and how closely is in tests/parity/losses.
import { beforeAll, describe, test } from "vitest";
import { assertHolds } from "../../parity/comparison.ts";
import { compareCrossEntropy } from "../../parity/losses/cross-entropy.ts";
import { readLosses } from "../../parity/losses/file.ts";
import type { Losses } from "../../parity/losses/file.ts";
import { compareExactKl, compareKl } from "../../parity/losses/kl.ts";
import { compareCispo, compareMicroBatches, comparePolicyLoss, policyCases } from "../../parity/losses/policy.ts";
import { comparePpo } from "../../parity/losses/ppo.ts";
import { comparePreference, preferenceCases } from "../../parity/losses/preference.ts";
import { compareAdvantages, compareRewards } from "../../parity/losses/rewards.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { hasShared, sharedPath } from "../fixtures.ts";

const EMPTY = { policy_losses: [], dpo: { cases: [] } } as unknown as Losses;

describe.skipIf(!hasShared).each([101, 102])("seed %i (skipped without ../shared):", (seed) => {
  const losses = hasShared ? readLosses(sharedPath("fixtures", "losses", `losses_seed${seed}.json`)) : EMPTY;

  test("advantages within 1e-5: group, batch and no scaling, leave-one-out", () => {
    assertHolds(compareAdvantages(losses));
  });

  test("RLOO and REINFORCE++ put KL into the reward as the references do", () => {
    assertHolds(compareRewards(losses));
  });

  describe.each(engines)("on %s", (engine) => {
    beforeAll(() => useEngineNamed(engine));

    test.each(policyCases(losses))("$name: loss within 2e-6, gradient within 1e-6, clip share exact", async (one) => {
      assertHolds(await comparePolicyLoss(losses, one));
    });

    test("two micro-batches of half add up to the loss and gradient of the batch", async () => {
      assertHolds(await compareMicroBatches(losses));
    });

    test("cross-entropy with label smoothing, z-loss, token weights and every reduction", async () => {
      assertHolds(await compareCrossEntropy(losses));
    });

    test("k1, k2 and k3 per token within 1e-6, and their slopes", async () => {
      assertHolds(await compareKl(losses));
    });

    test("the KL over the whole vocabulary, its gradient and the entropy within 1e-6 + 1e-5 relative", async () => {
      assertHolds(await compareExactKl(losses));
    });

    test("CISPO: loss within 2e-6, gradient within 1e-6", async () => {
      assertHolds(await compareCispo(losses));
    });

    test("PPO: token rewards, advantages, returns, both losses, their gradients and clip shares", async () => {
      assertHolds(await comparePpo(losses));
    });

    test.each(preferenceCases(losses))(
      "$loss_type, beta $beta: loss within 2e-6 + 1e-5 relative, gradient to the logits within 1e-6 + 1e-5",
      async (one) => {
        assertHolds(await comparePreference(losses, one));
      },
    );
  });
});
