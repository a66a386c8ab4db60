import { expect, test } from "vitest";
import { frameBundle } from "../../../lib/core/table.ts";
import { frameOf } from "../../../lib/report/frame.ts";
import { startEngine } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";

test("a frame's tensor is one of our tensors: tf.mean of it gives 2 on our engine, and loading Danfo leaves the engine alone", async () => {
  await startEngine("wasm");
  const frame = frameOf([{ x: 1 }, { x: 3 }]);
  expect(tf.getBackend()).toBe("wasm");
  expect(frame.tensor instanceof tf.Tensor).toBe(true);
  expect((await tf.mean(frame.tensor as tf.Tensor).data())[0]).toBe(2);
});

test("rows may lack columns: a missing number is NaN, a missing text null, and the frame still draws", () => {
  const frame = frameOf([{ model: "blank", k1: 0.5 }, { model: "twin", k8: 0.9 }, { k1: 1 }]);
  expect(frame.columns).toEqual(["model", "k1", "k8"]);
  expect(frame.values).toEqual([
    ["blank", 0.5, Number.NaN],
    ["twin", Number.NaN, 0.9],
    [null, 1, Number.NaN],
  ]);
  expect(String(frameBundle(frame)["text/plain"])).toContain("NaN");
  expect(frameOf([]).shape).toEqual([0, 0]);
});
