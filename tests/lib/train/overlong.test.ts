import { expect, test } from "vitest";
import { gae } from "../../../lib/train/advantage.ts";
import { overlongPenalty } from "../../../lib/train/overlong.ts";

test("the reward falls over the buffer, from nothing to the penalty, and no further: DAPO's numbers", () => {
  const options = { buffer: 4096 };
  const at = (length: number) => overlongPenalty(length, 20_480, options);
  expect([at(1), at(16_384), at(18_432), at(20_480), at(30_000)].map((x) => x + 0)).toEqual([0, 0, -0.5, -1, -1]);
  expect(overlongPenalty(95, 100, { buffer: 10 })).toBe(-0.5);
  expect(overlongPenalty(100, 100, { buffer: 10, penalty: 0.25 })).toBe(-0.25);
});

test("with lambda 1 an advantage is what came after less what was expected; with lambda 0 it looks one token ahead", () => {
  const [rewards, values] = [[Float64Array.of(0, 0, 1)], [Float32Array.of(0.5, 0.25, 0.75)]];
  expect(gae(rewards, values, 1, 1)).toEqual([Float64Array.of(0.5, 0.75, 0.25)]);
  expect(gae(rewards, values, 1, 0)).toEqual([Float64Array.of(-0.25, 0.5, 0.25)]);
  expect(gae([new Float64Array(0)], [new Float32Array(0)], 1, 1)).toEqual([new Float64Array(0)]);
});
