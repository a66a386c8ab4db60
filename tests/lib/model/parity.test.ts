// Our models against transformers: logits, loss, gradients, three AdamW steps, greedy text and log-probabilities of every family for which there
// are reference numbers, on every engine. What is compared and how closely is in tests/parity/models.ts.
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { assertHolds } from "../../parity/comparison.ts";
import {
  compareAdamW,
  compareGradients,
  compareGreedy,
  compareLogits,
  compareLogProbs,
  readModelFixture,
} from "../../parity/models.ts";
import type { Fixture } from "../../parity/models.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { hasShared, sharedPath } from "../fixtures.ts";

/** Those that travel with the repository (made by transformers 5.23 with the shared ones' generator), and the shared ones. */
const own = join(import.meta.dirname, "../../fixtures/models");
const shared = sharedPath("fixtures", "models");
const folders = (root: string) =>
  readdirSync(root, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? [join(root, e.name)] : []));
const fixtures = [...folders(own), ...(hasShared ? folders(shared) : [])].map((folder) => [basename(folder), folder]);

describe.each(engines)("on %s", (engine) => {
  describe.each(fixtures)("%s agrees with transformers:", (_, folder) => {
    let fixture: Fixture;
    beforeAll(async () => {
      await useEngineNamed(engine);
      fixture = await readModelFixture(folder);
    });
    afterAll(() => fixture.model.dispose());

    test.each(["config.json", "config.v4.json"])("logits within 1e-4, by %s", async (file) => {
      assertHolds(await compareLogits(fixture, file));
    });

    test("loss within 1e-5 and every gradient within 2e-5 + 1e-3 |g|", async () => {
      for (const comparison of await compareGradients(fixture)) assertHolds(comparison);
    });

    test("three AdamW steps: losses within 5e-5, norms 1e-4 relative, weights 1e-5 but for 0.1 % of them", async () => {
      for (const comparison of await compareAdamW(fixture)) assertHolds(comparison);
    });

    test("greedy text token by token, prompts of different lengths in one batch", async () => {
      assertHolds(await compareGreedy(fixture));
    });

    test.each([1, 0.7])("completion log-probabilities within 2e-4 at temperature %s", async (temperature) => {
      assertHolds(await compareLogProbs(fixture, temperature));
    });
  });
});
