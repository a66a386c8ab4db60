// A step is traced before it is replayed: had replayed steps other bits, a resumed run, whose first steps are traced again, would not be the run that never ended. For every family.
import { beforeAll, describe, expect, test } from "vitest";
import { normal, key } from "../../../lib/core/rng.ts";
import { useEngine } from "../../../lib/tensor/backend.ts";
import { capture } from "../../../lib/tensor/capture/capture.ts";
import { findNative } from "../../../lib/tensor/native/start.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { tablesOf } from "../../../lib/model/decoder.ts";
import { FAMILIES } from "../../../lib/model/families.ts";
import type { Architecture } from "../../../lib/model/families.ts";
import { init } from "../../../lib/model/init.ts";
import { rotaryTables } from "../../../lib/model/rotary.ts";
import { crossEntropy } from "../../../lib/train/cross-entropy.ts";
import { lossGradient } from "../../../lib/train/gradient.ts";
import { disposeState, makeState } from "../../../lib/train/state.ts";
import { world } from "../../../lib/world/worlds.ts";

const ALL = Object.keys(FAMILIES) as Architecture[];
const [B, T] = [8, 12];
const engines = ["tensorflow", "wasm"] as const;

describe.each(engines)("on %s", (engine) => {
  describe.skipIf(engine === "tensorflow" && !findNative())("where it is set up", () => {
    beforeAll(async () => void (await useEngine(engine)));

    test.each(ALL)("the gradient of %s replayed has the bits that it has traced", async (arch) => {
      const { vocab } = world.stateMachine({ seed: 1 });
      const model = await init({ arch, layers: 2, width: 64, heads: 2, vocab, seed: 0 });
      const state = makeState(model);
      // As after some training: at init norms are 1 and biases 0, and what is put in another order stays the same.
      const noise = Float32Array.from(normal(key("moved"), state.layout.count), (x) => x / 10);
      const moved = tf.tidy(() => tf.add(state.theta, tf.tensor1d(noise)));
      state.theta.assign(moved);
      const ids = Array.from({ length: B * T }, (_, i) => (i * 7) % vocab.vocabSize);
      const feeds = {
        ids: tf.tensor2d(ids, [B, T], "int32"),
        targets: tf.tensor2d(
          ids.map((id, i) => [i, (id + 5) % vocab.vocabSize]),
          [B * T, 2],
          "int32",
        ),
        weights: tf.tensor1d(ids.map(() => 1 / ids.length)),
      };
      const step = capture(
        (given) => {
          const tables = tablesOf(state.config, rotaryTables(state.config, T), T);
          return [lossGradient(state, crossEntropy({ labelSmoothing: 0, zLoss: 0 }), given, tables).gradient];
        },
        [state.theta],
      );
      const gradients: ArrayLike<number>[] = [];
      for (let n = 0; n < 3; n++) {
        const [gradient] = await step.run(feeds);
        gradients.push(await (gradient as tf.Tensor).data());
        gradient?.dispose();
      }
      expect(step.status()).toMatchObject([{ state: "captured" }]);
      expect(Array.from(gradients[0] as Float32Array).some((x) => Math.abs(x) > 1e-3)).toBe(true);
      expect(gradients[2]).toEqual(gradients[0]);
      step.dispose();
      tf.dispose([moved, ...Object.values(feeds)]);
      disposeState(state);
      model.dispose();
    });
  });
});
