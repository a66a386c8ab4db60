// Gelu, its tanh form, silu and relu, with and without a gate, against their formulas, on every engine.
import * as fc from "fast-check";
import { beforeAll, describe, test } from "vitest";
import { startEngine } from "../../../../lib/tensor/backend.ts";
import { activate } from "../../../../lib/tensor/ops/activation.ts";
import type { Activation } from "../../../../lib/tensor/ops/activation.ts";
import type * as tf from "../../../../lib/tensor/tf.ts";
import { allEngines } from "../../engines.ts";
import { expectHolds, plain, size, someCases } from "./reference.ts";
import type { Case } from "./reference.ts";

/** Twice the integral of the normal density from 0 to sqrt(2) x, by Simpson's rule: a series would cancel, and an approximation by name would be the one that is tested. */
function erf(x: number): number {
  const slices = 400;
  const h = x / slices;
  let sum = 0;
  for (let i = 0; i <= slices; i++)
    sum += (i === 0 || i === slices ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp(-((i * h) ** 2));
  return (2 / Math.sqrt(Math.PI)) * (h / 3) * sum;
}

const FORMULAS: Readonly<Record<Activation, (x: number) => number>> = {
  silu: (x) => x / (1 + Math.exp(-x)),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  relu: (x) => Math.max(0, x),
};

const caseOf = (activation: Activation, gated: boolean, N: number, M: number): Case => ({
  inputs: [plain(`${activation} ${N} ${M}`, N, gated ? 2 * M : M)],
  reference: ([x]) =>
    Array.from({ length: N * M }, (_, i) => {
      const at = Math.floor(i / M) * (gated ? 2 * M : M) + (i % M);
      return FORMULAS[activation](x?.[at] as number) * (gated ? (x?.[at + M] as number) : 1);
    }),
  run([x]) {
    const { y, back } = activate(x as tf.Tensor, activation, gated);
    return { y, back: (dy) => [back(dy)] };
  },
});

describe.each(allEngines)("on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test.each(Object.keys(FORMULAS) as Activation[])(
    "%s, alone and as a gate, and its gradient on random shapes",
    (activation) =>
      fc.assert(
        fc.asyncProperty(size(5), size(12), fc.boolean(), (N, M, gated) =>
          expectHolds(caseOf(activation, gated, N, M)),
        ),
        someCases(engine),
      ),
  );

  test.each(Object.keys(FORMULAS) as Activation[])(
    "%s of -40, 0 and 40 is 0, 0 and 40, with slopes 0 and 1",
    async (activation) => {
      const { reference, run } = caseOf(activation, false, 1, 2);
      await expectHolds({ inputs: [{ shape: [1, 2], data: Float64Array.of(-40, 40) }], reference, run });
    },
  );
});
