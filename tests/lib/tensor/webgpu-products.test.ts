// The webgpu engine's matrix products, each shader by name on shapes that fill no tile, against float64. What the engine chooses by itself is told in ops/linear.test.ts and by every model.
import { beforeAll, describe, expect, test } from "vitest";
import { key, normal } from "../../../lib/core/rng.ts";
import { startEngine } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import type { WebgpuBackend } from "../../../lib/tensor/webgpu/backend.ts";
import { multiply } from "../../../lib/tensor/webgpu/kernels/product/product.ts";
import { tiled } from "../../../lib/tensor/webgpu/kernels/product/tiled.ts";
import { source } from "../../../lib/tensor/webgpu/launch.ts";
import type { Operands, Plan } from "../../../lib/tensor/webgpu/kernels/product/product.ts";
import { allEngines } from "../engines.ts";

const LONG = process.env["BLANKSLATE_LONG"] === "1";
/** Shaders with all their code written out take a second each to compile for a processor. */
const SLOW = { timeout: 300_000 };
const backend = () => tf.backend() as unknown as WebgpuBackend;

const TILES = {
  large: { across: 16, down: 16, columns: 2, rows: 2 },
  middle: { across: 8, down: 8, columns: 2, rows: 2 },
  small: { across: 8, down: 8, columns: 1, rows: 1 },
} as const;
const tiles = (name: keyof typeof TILES, parts = 1): Plan => ({ kind: "tiled", tile: TILES[name], parts });

interface Case {
  readonly plan: Plan | undefined;
  readonly shape: readonly [batch: number, M: number, N: number, K: number];
  readonly transpose?: readonly [a: boolean, b: boolean];
  readonly bias?: boolean;
  readonly plus?: boolean;
  readonly gated?: boolean;
  readonly activation?: "silu";
}

const CASES: Readonly<Record<string, Case>> = {
  "few rows, whole quads": { plan: { kind: "thin" }, shape: [1, 5, 132, 136], bias: true, plus: true },
  "few rows, no quads, B transposed": { plan: { kind: "thin" }, shape: [2, 3, 7, 9], transpose: [false, true] },
  "few rows, gated": { plan: { kind: "thin" }, shape: [1, 6, 136, 68], bias: true, activation: "silu", gated: true },
  "small tiles, whole quads, A transposed": { plan: tiles("small"), shape: [1, 36, 40, 52], transpose: [true, false] },
  "small tiles, no quads, both transposed": { plan: tiles("small"), shape: [2, 37, 39, 21], transpose: [true, true] },
  "small tiles in three parts, with a bias and a residual": {
    plan: tiles("small", 3),
    shape: [2, 33, 35, 101],
    bias: true,
    plus: true,
  },
  "middle tiles, gated, no quads": {
    plan: tiles("middle"),
    shape: [1, 66, 134, 34],
    bias: true,
    activation: "silu",
    gated: true,
  },
  "middle tiles in two parts, gated": {
    plan: tiles("middle", 2),
    shape: [1, 9, 72, 64],
    activation: "silu",
    gated: true,
  },
  "large tiles, B transposed": { plan: tiles("large"), shape: [1, 132, 140, 36], transpose: [false, true] },
  "what is chosen for weights' gradients: deep, few tiles": {
    plan: undefined,
    shape: [1, 20, 24, 1_030],
    transpose: [true, false],
  },
};

/** Every shader, transposed in every way. */
const ALL: Readonly<Record<string, Case>> = Object.fromEntries(
  [
    { kind: "thin" } as const,
    ...(["large", "middle", "small"] as const).flatMap((name) => [tiles(name), tiles(name, 3)]),
  ].flatMap((plan) =>
    [0, 1, 2, 3].flatMap((way) =>
      [
        [2, 5, 7, 9],
        [1, 36, 40, 52],
        [1, 130, 66, 100],
      ].flatMap(([batch, M, N, K]): [string, Case][] => {
        const transpose = [way > 1, way % 2 === 1] as const;
        if (plan.kind === "thin" && transpose[0]) return [];
        const shape = [batch, M, N, K] as Case["shape"];
        return [[JSON.stringify({ plan, shape, transpose }), { plan, shape, transpose }]];
      }),
    ),
  ),
);

async function expectRight({ plan, shape, transpose = [false, false], bias, plus, ...attrs }: Case): Promise<void> {
  const [batch, M, N, K] = shape;
  const random = (name: string, ...size: number[]) => {
    const data = Float32Array.from(normal(key(name), tf.util.sizeFromShape(size)));
    return { data, tensor: tf.tensor(data, size) };
  };
  const before = tf.memory().numTensors;
  const a = random("a", batch, ...(transpose[0] ? [K, M] : [M, K]));
  const b = random("b", batch, ...(transpose[1] ? [N, K] : [K, N]));
  const added = { bias: bias ? random("bias", N) : undefined, plus: plus ? random("plus", batch, M, N) : undefined };
  const operands: Operands = {
    a: a.tensor,
    b: b.tensor,
    transposeA: transpose[0],
    transposeB: transpose[1],
    bias: added.bias?.tensor,
    plus: added.plus?.tensor,
    ...attrs,
  };
  const made = multiply(backend(), operands, plan).filter((tensor) => tensor !== undefined);
  const [product, active] = (await Promise.all(made.map(({ dataId }) => backend().read(dataId)))) as Float32Array[];
  const sums = new Float64Array(batch * M * N);
  let worst = 0;
  for (let at = 0; at < sums.length; at++) {
    const [z, m, n] = [Math.floor(at / (M * N)), Math.floor(at / N) % M, at % N];
    const rest = (added.bias?.data[n] ?? 0) + (added.plus?.data[at] ?? 0);
    let [sum, size] = [rest, 1 + Math.abs(rest)];
    for (let k = 0; k < K; k++) {
      const x = a.data[z * M * K + (transpose[0] ? k * M + m : m * K + k)] as number;
      const y = b.data[z * K * N + (transpose[1] ? n * K + k : k * N + n)] as number;
      sum += x * y;
      size += Math.abs(x * y);
    }
    sums[at] = sum;
    worst = Math.max(worst, Math.abs((product?.[at] as number) - sum) / size);
  }
  expect(product).toHaveLength(sums.length);
  expect(worst).toBeLessThan(1e-6);
  if (active) {
    const width = attrs.gated ? N / 2 : N;
    const silu = (x: number) => x / (1 + Math.exp(-x));
    const expected = Array.from({ length: batch * M * width }, (_, at) => {
      const gate = Math.floor(at / width) * N + (at % width);
      return silu(sums[gate] as number) * (attrs.gated ? (sums[gate + width] as number) : 1);
    });
    const off = expected.map((value, at) => Math.abs((active[at] as number) - value) / (1 + Math.abs(value)));
    expect(Math.max(...off)).toBeLessThan(2e-5);
  }
  for (const { dataId } of made) backend().disposeData(dataId);
  tf.dispose([a, b, added.bias, added.plus].flatMap((one) => one?.tensor ?? []));
  expect(tf.memory().numTensors).toBe(before);
}

describe.skipIf(!allEngines.includes("webgpu"))("webgpu", () => {
  beforeAll(() => startEngine("webgpu"));

  test.each(Object.entries(LONG ? { ...CASES, ...ALL } : CASES))(
    "a product by %s is float64's within 1e-6 of its terms, and leaves no tensor",
    SLOW,
    (_, one) => expectRight(one),
  );

  test("tiles in 16 bits compile for a device with shader-f16, and no other product asks for it", async () => {
    const { create } = await import("webgpu");
    // Dawn's own device that does nothing: it compiles.
    const adapter = await create(["backend=null"]).requestAdapter();
    const device = (await adapter?.requestDevice({ requiredFeatures: ["shader-f16"] })) as GPUDevice;
    const quads = { a: true, b: false, c: true };
    const form = {
      transposeA: true,
      transposeB: false,
      quads,
      bias: true,
      plus: true,
      activation: undefined,
      gated: false,
    };
    const codeOf = (half: boolean) => source(tiled(form, TILES.middle, false, half), false);
    expect(codeOf(false)).not.toMatch(/f16/);
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code: codeOf(true) });
    device.createComputePipeline({ compute: { module, entryPoint: "start" }, layout: "auto" });
    expect(await device.popErrorScope()).toBeNull();
    device.destroy();
  });

  test("operands broadcast over batch axes: one B for all, one A for all, and crossed axes", SLOW, async () => {
    const shapes = [
      [
        [5, 6, 7],
        [7, 9],
      ],
      [
        [1, 6, 7],
        [5, 7, 9],
      ],
      [
        [3, 1, 6, 7],
        [1, 4, 7, 9],
      ],
    ] as const;
    for (const [shapeA, shapeB] of shapes) {
      const [ours, theirs] = tf.tidy(() => {
        const [a, b] = [tf.randomNormal([...shapeA]), tf.randomNormal([...shapeB])];
        const [wide, high] = [tf.expandDims(a, -1), tf.expandDims(b, -3)];
        return [tf.matMul(a, b), tf.sum(tf.mul(wide, high), -2)];
      });
      expect(ours.shape).toEqual(theirs.shape);
      const [x, y] = [Array.from((await ours.data()) as Float32Array), await theirs.data()];
      expect(Math.max(...x.map((value, i) => Math.abs(value - (y[i] as number))))).toBeLessThan(1e-5);
      tf.dispose([ours, theirs]);
    }
  });
});
