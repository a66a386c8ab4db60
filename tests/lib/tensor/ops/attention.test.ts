// Causal attention against sums over the tokens that a query may look at, on every engine; and what it keeps for the way back.
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { startEngine } from "../../../../lib/tensor/backend.ts";
import { capture } from "../../../../lib/tensor/capture/capture.ts";
import { attention, causalMask, MASKED } from "../../../../lib/tensor/ops/attention.ts";
import type { HeadCounts } from "../../../../lib/tensor/ops/attention.ts";
import * as tf from "../../../../lib/tensor/tf.ts";
import { allEngines, engines } from "../../engines.ts";
import { expectClose, expectHolds, plain, size, someCases } from "./reference.ts";
import type { Case } from "./reference.ts";

interface Layout {
  readonly window?: number;
  /** [B * T] */
  readonly sequences?: readonly number[];
}

function caseOf(B: number, T: number, counts: HeadCounts, { window, sequences }: Layout = {}): Case {
  const { heads, kvHeads, headWidth } = counts;
  const C = (heads + 2 * kvHeads) * headWidth;
  const isSeen = (b: number, query: number, key: number) =>
    key <= query &&
    (window === undefined || key > query - window) &&
    (!sequences || sequences[b * T + query] === sequences[b * T + key]);
  return {
    inputs: [plain(`qkv ${B} ${T} ${C}`, B, T, C)],
    reference([qkv]) {
      const at = (b: number, t: number, head: number, d: number) =>
        qkv?.[(b * T + t) * C + head * headWidth + d] as number;
      return Array.from({ length: B * T * heads * headWidth }, (_, i) => {
        const [b, t] = [Math.floor(i / (T * heads * headWidth)), Math.floor(i / (heads * headWidth)) % T];
        const [head, d] = [Math.floor(i / headWidth) % heads, i % headWidth];
        const shared = heads + Math.floor((head * kvHeads) / heads);
        let [total, sum] = [0, 0];
        for (let key = 0; key < T; key++) {
          if (!isSeen(b, t, key)) continue;
          let score = 0;
          for (let e = 0; e < headWidth; e++) score += at(b, t, head, e) * at(b, key, shared, e);
          total += Math.exp(score);
          sum += Math.exp(score) * at(b, key, shared + kvHeads, d);
        }
        return sum / total;
      });
    },
    run([qkv]) {
      const mask = causalMask(T, counts, {
        window,
        sequences: sequences && tf.tensor2d([...sequences], [B, T], "int32"),
      });
      const { y, back } = attention(qkv as tf.Tensor, mask, counts);
      return { y, back: (dy) => [back(dy)] };
    },
  };
}

describe.each(allEngines)("on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test("values and gradients on random shapes: one token, one head, shared heads, and lengths beyond four head widths, where nothing is kept", async () => {
    await expectHolds(caseOf(2, 1, { heads: 1, kvHeads: 1, headWidth: 3 }));
    await expectHolds(caseOf(1, 6, { heads: 4, kvHeads: 2, headWidth: 1 }));
    await fc.assert(
      fc.asyncProperty(size(2), size(6), size(2), size(2), size(3), (B, T, kvHeads, share, headWidth) =>
        expectHolds(caseOf(B, T, { heads: kvHeads * share, kvHeads, headWidth })),
      ),
      someCases(engine),
    );
  });

  test("a window, and several sequences in a row", async () => {
    const counts = { heads: 2, kvHeads: 1, headWidth: 2 };
    await expectHolds(caseOf(1, 6, counts, { window: 2 }));
    await expectHolds(caseOf(2, 5, counts, { sequences: [0, 0, 0, 1, 1, 0, 1, 1, 1, -1] }));
    await expectHolds(caseOf(1, 5, counts, { window: 1, sequences: [0, 0, 1, 1, 1] }));
  });

  test("a query that may look at nothing gets finite numbers and gradients, and the others those they have without it", async () => {
    const counts = { heads: 1, kvHeads: 1, headWidth: 2 };
    const [qkv] = caseOf(1, 4, counts).inputs as [Case["inputs"][0]];
    const runWith = async (blind: readonly number[]) => {
      const made = tf.tidy(() => {
        const hidden = tf.mul(tf.oneHot(tf.tensor1d([1], "int32"), 4).reshape([4, 1]), blind.length * MASKED);
        const mask = tf.add(causalMask(4, counts), hidden);
        const { y, back } = attention(tf.tensor(Float32Array.from(qkv.data), [1, 4, 6]), mask, counts);
        return [y, back(tf.ones(y.shape))];
      });
      const [y, d] = await Promise.all(made.map(async (tensor) => Array.from(await tensor.data())));
      tf.dispose(made);
      return { y: y as number[], d: d as number[] };
    };
    const [all, without] = [await runWith([]), await runWith([1])];
    expect([...without.y, ...without.d].every(Number.isFinite)).toBe(true);
    const others = (y: readonly number[]) => [...y.slice(0, 2), ...y.slice(4)];
    expectClose(others(without.y), others(all.y), "y");
  });
});

test.each(engines)(
  "on %s 96 tokens of heads 8 wide: the way back keeps less than one [T, T], and a replayed step gives the traced one's bits",
  async (engine) => {
    await startEngine(engine);
    const [T, counts] = [96, { heads: 2, kvHeads: 2, headWidth: 8 }] as const;
    const qkv = tf.tensor(Float32Array.from(plain("long", T * 48).data), [1, T, 48]);
    const mask = causalMask(T, counts);
    const before = tf.memory().numBytes;
    tf.engine().startScope();
    attention(qkv, mask, counts);
    const kept = tf.memory().numBytes - before;
    tf.engine().endScope();
    expect(kept).toBeLessThan(T * T * 4);
    const step = capture(({ x }) => {
      const { y, back } = attention(x as tf.Tensor, mask, counts);
      return [y, back(y)];
    });
    const bits: number[][] = [];
    for (let n = 0; n < 3; n++) {
      const made = await step.run({ x: qkv });
      bits.push((await Promise.all(made.map((tensor) => tensor.data()))).flatMap((values) => Array.from(values)));
      tf.dispose(made);
    }
    expect(step.status()[0]).toMatchObject({ state: "captured" });
    expect(bits[2]).toEqual(bits[0]);
    step.dispose();
    tf.dispose([qkv, mask]);
  },
);
