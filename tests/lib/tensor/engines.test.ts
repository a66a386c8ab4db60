// Choosing an engine, and the engines' agreement: the same operations give the same numbers and leave the same tensors, whatever computes them.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { engineStatus, startEngine } from "../../../lib/tensor/backend.ts";
import { findNative } from "../../../lib/tensor/native/start.ts";
import type { Probe } from "../../../lib/tensor/probe.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { allEngines } from "../engines.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("../../../lib/tensor/probe.ts", import.meta.url));
const probeWith = async (env: NodeJS.ProcessEnv): Promise<Probe> => {
  const { stdout } = await run(process.execPath, [script], { env: { ...process.env, ...env } });
  return JSON.parse(stdout) as Probe;
};

const wave = (...shape: number[]) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 0.7)),
    shape,
  );
const ints = (...values: number[]) => tf.tensor1d(values, "int32");

/** What models, losses, optimizers and sampling here are made of. */
const OPERATIONS: Readonly<Record<string, () => tf.Tensor | tf.Tensor[]>> = {
  "products in all four variants": () =>
    [false, true].flatMap((a) =>
      [false, true].map((b) => tf.matMul(a ? wave(2, 5, 3) : wave(2, 3, 5), b ? wave(2, 4, 5) : wave(2, 5, 4), a, b)),
    ),
  "softmax and its logarithm": () => [tf.softmax(wave(3, 7)), tf.logSoftmax(wave(3, 7))],
  "sums, means and maxima along axes": () => [
    tf.sum(wave(3, 4, 5), 1),
    tf.mean(wave(3, 4, 5), -1, true),
    tf.max(wave(3, 4, 5), [0, 2]),
  ],
  "gather, gatherND and scatterND": () => [
    tf.gather(wave(6, 3), ints(5, 0, 5)),
    tf.gather(wave(2, 6), ints(1, 4), 1),
    tf.gatherND(
      wave(4, 5),
      tf.tensor2d(
        [
          [0, 4],
          [3, 1],
        ],
        [2, 2],
        "int32",
      ),
    ),
    tf.scatterND(tf.tensor2d([[1], [1], [0]], [3, 1], "int32"), wave(3, 2), [4, 2]),
  ],
  "split, concat, slice, pad, transpose, reshape": () => [
    ...tf.split(wave(4, 6), [1, 2, 3], 1),
    tf.concat([wave(2, 3), wave(2, 2)], 1),
    tf.slice(wave(4, 5), [1, 2], [2, 3]),
    tf.pad(wave(2, 3), [
      [1, 0],
      [0, 2],
    ]),
    tf.transpose(wave(2, 3, 4), [2, 0, 1]),
    tf.expandDims(wave(2, 3), -1),
  ],
  "elementwise functions": () => {
    const x = wave(4, 4);
    return [
      tf.exp(x),
      tf.tanh(x),
      tf.sigmoid(x),
      tf.square(x),
      tf.rsqrt(tf.add(tf.abs(x), 1)),
      tf.log1p(tf.abs(x)),
      tf.erf(x),
      tf.div(x, 3),
      tf.minimum(x, 0.2),
    ];
  },
  "comparisons, where and cumulative sums": () => {
    const x = wave(3, 5);
    return [
      tf.where(tf.greater(x, 0), x, tf.zerosLike(x)),
      tf.cumsum(x, 1),
      tf.cast(tf.lessEqual(x, 0.1), "float32"),
      tf.cast(tf.argMax(x, 1), "float32"),
    ];
  },
  "gradients through a product, a norm and a loss": () => {
    const loss = (w: tf.Tensor) =>
      tf.mean(tf.square(tf.sub(tf.matMul(tf.mul<tf.Tensor2D>(wave(5, 4), 2), w as tf.Tensor2D), wave(5, 3))));
    return tf.grad(loss)(wave(4, 3));
  },
};

describe.skipIf(allEngines.length === 1)("engines agree", () => {
  test.each(Object.entries(OPERATIONS))(
    `%s: ${allEngines.join(", ")} within 1e-5, nothing left behind`,
    async (_, operation) => {
      const results: number[][] = [];
      for (const engine of allEngines) {
        await startEngine(engine);
        expect(engineStatus()?.name).toBe(engine);
        const before = tf.memory().numTensors;
        const made = tf.tidy(() => [operation()].flat());
        const values = await Promise.all(made.map((tensor) => tensor.data()));
        tf.dispose(made);
        expect(tf.memory().numTensors).toBe(before);
        results.push(values.flatMap((one) => Array.from(one)));
      }
      const [first, ...others] = results as [number[], ...number[][]];
      for (const other of others) {
        expect(other).toHaveLength(first.length);
        expect(Math.max(...first.map((x, i) => Math.abs(x - (other[i] as number)) / (1 + Math.abs(x))))).toBeLessThan(
          1e-5,
        );
      }
    },
  );
});

describe("the choice of an engine", () => {
  test("without a native library it is wasm, and the status says how to get the other", async () => {
    const { engines, chosen } = await probeWith({ BLANKSLATE_CACHE: "/nonexistent", BLANKSLATE_ENGINE: "" });
    expect(chosen).toMatchObject({ name: "wasm", device: "cpu" });
    expect((chosen as { why: string }).why).toContain("blankslate setup");
    expect(engines.find(({ name }) => name === "wasm")).toMatchObject({ works: true });
    expect(engines.find(({ name }) => name === "tensorflow")).toMatchObject({ works: false });
  });

  test("every engine that works says what it holds: after its trial no tensor and no byte, and wasm that it takes 4 GiB at most", async () => {
    const { engines } = await probeWith({});
    const working = engines.filter(({ works }) => works);
    expect(working.map(({ name }) => name)).toContain("wasm");
    for (const { memory } of working) expect(memory).toMatchObject({ tensors: 0, bytes: 0 });
    expect(working.find(({ name }) => name === "wasm")?.memory?.limitBytes).toBe(2 ** 32);
  });

  test("an engine asked for by name that is not there is an error, not another engine", async () => {
    const asked = await probeWith({ BLANKSLATE_CACHE: "/nonexistent", BLANKSLATE_ENGINE: "tensorflow" });
    expect((asked.chosen as { problem: string }).problem).toContain("not set up");
    const unknown = await probeWith({ BLANKSLATE_ENGINE: "quantum" });
    expect((unknown.chosen as { problem: string }).problem).toContain('BLANKSLATE_ENGINE is "quantum"');
  });

  test("a tensor made on one engine moves to the next when it is used, and starting wasm leaves the process's handlers alone", async () => {
    const handlers = process.listenerCount("unhandledRejection");
    await startEngine("wasm");
    const x = tf.tensor1d([1, 2, 3]);
    if (findNative()) await startEngine("tensorflow");
    expect(Array.from(tf.square(x).dataSync())).toEqual([1, 4, 9]);
    expect(process.listenerCount("unhandledRejection")).toBe(handlers);
    x.dispose();
  });

  test.skipIf(!findNative())("an index out of range throws on tensorflow, and the next gather is right", async () => {
    await startEngine("tensorflow");
    expect(() => tf.gather(tf.tensor1d([1, 2]), ints(5)).dataSync()).toThrow(/not in \[0, 2\)/);
    expect(tf.gather(tf.tensor1d([1, 2]), ints(1)).dataSync()[0]).toBe(2);
  });
});
