// A linear layer against its sums, on every engine.
import * as fc from "fast-check";
import { beforeAll, describe, test } from "vitest";
import { startEngine } from "../../../../lib/tensor/backend.ts";
import { linear } from "../../../../lib/tensor/ops/linear.ts";
import type * as tf from "../../../../lib/tensor/tf.ts";
import { allEngines } from "../../engines.ts";
import { expectHolds, plain, size, someCases } from "./reference.ts";
import type { Case } from "./reference.ts";

const caseOf = (N: number, I: number, O: number, biased: boolean): Case => ({
  inputs: [plain("x", N, I), plain("w", I, O), ...(biased ? [plain("b", O)] : [])],
  reference: ([x, w, b]) =>
    Array.from({ length: N * O }, (_, at) => {
      const [n, o] = [Math.floor(at / O), at % O];
      let sum = b?.[o] ?? 0;
      for (let i = 0; i < I; i++) sum += (x?.[n * I + i] as number) * (w?.[i * O + o] as number);
      return sum;
    }),
  run([x, w, b]) {
    const { y, back } = linear(x as tf.Tensor, w as tf.Tensor, b);
    return {
      y,
      back(dy) {
        const { dx, dWeight, dBias } = back(dy);
        return [dx, dWeight, dBias];
      },
    };
  },
});

describe.each(allEngines)("on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test("a product, its bias and their three gradients on random shapes", () =>
    fc.assert(
      fc.asyncProperty(size(6), size(6), size(6), fc.boolean(), (N, I, O, biased) =>
        expectHolds(caseOf(N, I, O, biased)),
      ),
      someCases(engine),
    ));
});
