// A gated pair of linear layers against its sums, on every engine.
import * as fc from "fast-check";
import { beforeAll, describe, test } from "vitest";
import { startEngine } from "../../../../lib/tensor/backend.ts";
import { linearActivate } from "../../../../lib/tensor/ops/linear-activate.ts";
import type * as tf from "../../../../lib/tensor/tf.ts";
import { allEngines } from "../../engines.ts";
import { expectHolds, plain, size, someCases } from "./reference.ts";
import type { Case } from "./reference.ts";

const caseOf = (N: number, I: number, M: number, biased: boolean): Case => ({
  inputs: [plain("x", N, I), plain("w", I, 2 * M), ...(biased ? [plain("b", 2 * M)] : [])],
  reference: ([x, w, b]) =>
    Array.from({ length: N * M }, (_, at) => {
      const [n, m] = [Math.floor(at / M), at % M];
      const column = (o: number) => {
        let sum = b?.[o] ?? 0;
        for (let i = 0; i < I; i++) sum += (x?.[n * I + i] as number) * (w?.[i * 2 * M + o] as number);
        return sum;
      };
      const gate = column(m);
      return (gate / (1 + Math.exp(-gate))) * column(M + m);
    }),
  run([x, w, b]) {
    const { y, back } = linearActivate(x as tf.Tensor, w as tf.Tensor, b, "silu", true);
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

  test("values and their gradients on random shapes, width 1 among them", async () => {
    await expectHolds(caseOf(1, 1, 1, true));
    await fc.assert(
      fc.asyncProperty(size(5), size(5), size(5), fc.boolean(), (N, I, M, biased) =>
        expectHolds(caseOf(N, I, M, biased)),
      ),
      someCases(engine),
    );
  });
});
