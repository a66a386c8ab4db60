// The wasm engine's own matrix products against products computed here, element by element, in double precision.
import { expect, test } from "vitest";
import { startEngine } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { assembleGemm } from "../../../lib/tensor/wasm/product/gemm.ts";

await startEngine("wasm");

let state = 12_345;
const draw = () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
const integer = (below: number) => Math.floor(draw() * below);
const matrix = (...shape: number[]) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((x, y) => x * y, 1) }, () => draw() - 0.5),
    shape,
  );

/** Largest difference between C and the product summed in double precision, over the sum of absolute terms (so that cancellation is fair). */
function deviation(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): number {
  const c = tf.matMul(a, b, transposeA, transposeB);
  const [M, N] = c.shape.slice(-2) as [number, number];
  const K = a.shape.at(transposeA ? -2 : -1) as number;
  const outer = c.shape.slice(0, -2);
  const spread = (t: tf.Tensor) => tf.broadcastTo(t, [...outer, ...t.shape.slice(-2)]).dataSync() as Float32Array;
  const [x, y, z] = [spread(a), spread(b), c.dataSync() as Float32Array];
  let worst = 0;
  for (let i = 0; i < z.length; i++) {
    const [batch, m, n] = [Math.floor(i / (M * N)), Math.floor(i / N) % M, i % N];
    let [sum, size] = [0, 1e-30];
    for (let k = 0; k < K; k++) {
      const term =
        (x[batch * M * K + (transposeA ? k * M + m : m * K + k)] as number) *
        (y[batch * K * N + (transposeB ? n * K + k : k * N + n)] as number);
      sum += term;
      size += Math.abs(term);
    }
    worst = Math.max(worst, Math.abs((z[i] as number) - sum) / size);
  }
  return worst;
}

for (const [transposeA, transposeB] of [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const) {
  test(`60 random shapes from 1 to 40, transposed ${transposeA}/${transposeB}: within 1e-6 of double precision, no tensor left`, () => {
    const before = tf.memory().numTensors;
    let worst = 0;
    for (let round = 0; round < 60; round++) {
      const [batch, M, N, K] = [1 + integer(3), 1 + integer(40), 1 + integer(40), 1 + integer(40)];
      tf.tidy(() => {
        const a = transposeA ? matrix(batch, K, M) : matrix(batch, M, K);
        const b = transposeB ? matrix(batch, N, K) : matrix(batch, K, N);
        worst = Math.max(worst, deviation(a, b, transposeA, transposeB));
      });
    }
    expect(worst).toBeLessThan(1e-6);
    expect(tf.memory().numTensors).toBe(before);
  });

  test(`shapes beyond one block of columns (1,024) and depth (256), transposed ${transposeA}/${transposeB}`, () => {
    tf.tidy(() => {
      for (const [M, N, K] of [
        [7, 1_035, 263],
        [13, 1_024, 512],
        [6, 8, 1_025],
      ] as const) {
        const a = transposeA ? matrix(K, M) : matrix(M, K);
        const b = transposeB ? matrix(N, K) : matrix(K, N);
        expect(deviation(a, b, transposeA, transposeB)).toBeLessThan(1e-6);
      }
    });
  });
}

test("operands broadcast over batch axes: one B for all, one A for all, and crossed axes", () => {
  tf.tidy(() => {
    expect(deviation(matrix(5, 6, 7), matrix(1, 7, 9), false, false)).toBeLessThan(1e-6);
    expect(deviation(matrix(5, 7, 6), matrix(1, 7, 9), true, false)).toBeLessThan(1e-6);
    expect(deviation(matrix(1, 6, 7), matrix(5, 9, 7), false, true)).toBeLessThan(1e-6);
    expect(deviation(matrix(3, 1, 6, 7), matrix(1, 4, 7, 9), false, false)).toBeLessThan(1e-6);
    expect(tf.matMul(matrix(2, 3), matrix(3, 2)).shape).toEqual([2, 2]);
  });
});

test("the fused product adds its bias and leaves activations to tfjs", () => {
  tf.tidy(() => {
    const [a, b, bias] = [matrix(5, 6), matrix(6, 7), matrix(7)];
    const plain = tf.add(tf.matMul(a, b), bias);
    const fused = tf.fused.matMul({ a, b, bias });
    expect(tf.max(tf.abs(tf.sub(fused, plain))).dataSync()[0]).toBeLessThan(1e-6);
    const active = tf.fused.matMul({ a, b, bias, activation: "relu" });
    expect(tf.max(tf.abs(tf.sub(active, tf.relu(plain)))).dataSync()[0]).toBeLessThan(1e-6);
  });
});

test("mismatched inner shapes are refused and the next product is right", () => {
  expect(() => tf.matMul(matrix(2, 3), matrix(4, 5))).toThrow(/inner shapes/i);
  expect(tf.matMul([[1, 2]], [[3], [4]]).dataSync()[0]).toBe(11);
});

test("both forms of the module are valid: fused multiply-add, and plain SIMD for processors without it", () => {
  expect(WebAssembly.validate(assembleGemm(false))).toBe(true);
  expect(WebAssembly.validate(assembleGemm(true))).toBe(true);
});
