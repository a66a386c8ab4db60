// RMS norm and layer norm against their formulas, on every engine.
import * as fc from "fast-check";
import { beforeAll, describe, test } from "vitest";
import { startEngine } from "../../../../lib/tensor/backend.ts";
import { norm } from "../../../../lib/tensor/ops/norm.ts";
import type * as tf from "../../../../lib/tensor/tf.ts";
import { allEngines } from "../../engines.ts";
import { expectHolds, plain, size, someCases } from "./reference.ts";
import type { Case } from "./reference.ts";

const EPSILON = 1e-5;

/** (x - mean) / sqrt(variance + epsilon) * weight + bias, or without bias x / sqrt(mean square + epsilon) * weight. */
const reference =
  (D: number): Case["reference"] =>
  ([x, weight, bias]) => {
    const all = x as Float64Array;
    return Array.from({ length: all.length / D }, (_, n) => {
      const row = all.subarray(n * D, (n + 1) * D);
      const mean = bias ? row.reduce((sum, value) => sum + value, 0) / D : 0;
      const deviation = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / D + EPSILON);
      return Array.from(row, (value, d) => ((value - mean) / deviation) * (weight?.[d] as number) + (bias?.[d] ?? 0));
    }).flat();
  };

const run: Case["run"] = ([x, weight, bias]) => {
  const { y, back } = norm(x as tf.Tensor, weight as tf.Tensor, bias, EPSILON);
  return {
    y,
    back(dy) {
      const { dx, dWeight, dBias } = back(dy);
      return [dx, dWeight, dBias];
    },
  };
};

const caseOf = (N: number, D: number, centred: boolean): Case => ({
  inputs: [plain("x", N, D), plain("w", D), ...(centred ? [plain("b", D)] : [])],
  reference: reference(D),
  run,
});

describe.each(allEngines)("on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test.each([
    ["RMS norm", false],
    ["layer norm", true],
  ] as const)("%s and its gradients on random shapes, one row and one column among them", async (_, centred) => {
    await expectHolds(caseOf(1, 6, centred));
    // One column less its mean is 0: a layer norm's result is its bias.
    await expectHolds(caseOf(4, 1, centred));
    await fc.assert(
      fc.asyncProperty(size(5), fc.integer({ min: 2, max: 20 }), (N, D) => expectHolds(caseOf(N, D, centred))),
      someCases(engine),
    );
  });

  test("a row of zeros stays finite, and so does its gradient", async () => {
    const zeros = { shape: [2, 4], data: new Float64Array(8) };
    const { inputs, ...rest } = caseOf(2, 4, false);
    // Slopes of 1 / sqrt(epsilon) = 316 make finite differences of 1e-5 coarse: one of the two rows is enough.
    zeros.data.set(plain("row", 4).data, 4);
    await expectHolds({ ...rest, inputs: [zeros, ...inputs.slice(1)] });
  });
});
