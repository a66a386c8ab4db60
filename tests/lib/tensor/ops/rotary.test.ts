// Rotary positions against a turn of each pair of columns, on every engine.
import * as fc from "fast-check";
import { beforeAll, describe, test } from "vitest";
import { startEngine } from "../../../../lib/tensor/backend.ts";
import { rotary } from "../../../../lib/tensor/ops/rotary.ts";
import * as tf from "../../../../lib/tensor/tf.ts";
import { allEngines } from "../../engines.ts";
import { expectHolds, plain, size, someCases } from "./reference.ts";
import type { Case } from "./reference.ts";

/** Columns i and i + half of a head at position t turn by t / 10^i; columns behind both halves stay. */
function caseOf(B: number, T: number, heads: number, half: number, rest: number): Case {
  const width = 2 * half + rest;
  const C = heads * width;
  const angle = (t: number, i: number) => Math.fround(t / 10 ** (i % half));
  const tables = (of: (angle: number, first: boolean) => number, still: number) =>
    tf.tensor2d(
      Float32Array.from({ length: T * C }, (_, at) => {
        const [t, i] = [Math.floor(at / C), at % width];
        return i < 2 * half ? of(angle(t, i), i < half) : still;
      }),
      [T, C],
    );
  return {
    inputs: [plain("x", B, T, C)],
    reference: ([x]) =>
      Array.from({ length: B * T * C }, (_, at) => {
        const [t, i] = [Math.floor(at / C) % T, at % width];
        const own = x?.[at] as number;
        if (i >= 2 * half) return own;
        const [cos, sin] = [Math.cos(angle(t, i)), Math.sin(angle(t, i))];
        return i < half ? own * cos - (x?.[at + half] as number) * sin : own * cos + (x?.[at - half] as number) * sin;
      }),
    run([x]) {
      const cos = tables((a) => Math.cos(a), 1);
      const sin = tables((a, first) => (first ? -Math.sin(a) : Math.sin(a)), 0);
      const { y, back } = rotary(x as tf.Tensor, { cos, sin, parts: [half, half, rest] });
      return { y, back: (dy) => [back(dy)] };
    },
  };
}

describe.each(allEngines)("on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test("turns and their gradients on random shapes, one token and one head among them, whole heads and parts", async () => {
    await expectHolds(caseOf(1, 1, 1, 1, 0));
    await fc.assert(
      fc.asyncProperty(size(3), size(6), size(3), size(3), fc.integer({ min: 0, max: 3 }), (B, T, heads, half, rest) =>
        expectHolds(caseOf(B, T, heads, half, rest)),
      ),
      someCases(engine),
    );
  });

  test("without a table of sines it is a product with one row", () =>
    expectHolds({
      inputs: [plain("x", 2, 3, 4)],
      reference: ([x]) => (x as Float64Array).map((value, at) => value * ((at % 4) + 0.5)),
      run([x]) {
        const { y, back } = rotary(x as tf.Tensor, {
          cos: tf.tensor2d([[0.5, 1.5, 2.5, 3.5]]),
          sin: undefined,
          parts: [0, 0, 4],
        });
        return { y, back: (dy) => [back(dy)] };
      },
    }));
});
