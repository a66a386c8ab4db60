import { expect, test } from "vitest";
import { rewards } from "../../../lib/world/rewards.ts";
import { world } from "../../../lib/world/worlds.ts";

const task = world.stateMachine({ seed: 1, states: 6, actions: 6 });
const examples = task.test({ n: 200 }).examples;

test("a random reward has its mean, repeats itself, and knows nothing: it is the same for right and wrong, within 4 standard errors", () => {
  const reward = rewards.random({ p: 0.3, seed: 2 });
  const share = (text: (right: string) => string) =>
    examples.reduce((sum, e) => sum + reward(e, text(e.completion)), 0) / examples.length;
  const error = 4 * Math.sqrt((0.3 * 0.7) / examples.length);
  for (const text of [(right: string) => right, (right: string) => `${right} s0`, () => ""]) {
    expect(Math.abs(share(text) - 0.3)).toBeLessThan(error);
    expect(share(text)).toBe(share(text));
  }
  expect(examples.map((e) => reward(e, ""))).not.toEqual(
    examples.map((e) => rewards.random({ p: 0.3, seed: 3 })(e, "")),
  );
});

test("inverted, format and length reward what they say and nothing else", () => {
  const [example] = examples;
  if (!example) throw new Error("an example is expected");
  const wrong = example.completion.replace(/s\d+$/u, (s) => (s === "s0" ? "s1" : "s0"));
  expect([
    rewards.inverted(task.verify)(example, example.completion),
    rewards.inverted(task.verify)(example, wrong),
  ]).toEqual([0, 1]);
  const format = rewards.format();
  expect([
    format(example, example.completion),
    format(example, wrong),
    format(example, "s0"),
    format(example, example.completion.replaceAll("s", "a")),
  ]).toEqual([1, 1, 0, 0]);
  const boxed = rewards.format(/\\boxed\{.+\}/gu);
  expect([boxed(example, "\\boxed{1}"), boxed(example, "\\boxed{1}"), boxed(example, "1")]).toEqual([1, 1, 0]);
  const length = rewards.length(4);
  expect([length(example, ""), length(example, "a b"), length(example, "a b c d e f")]).toEqual([0, 0.5, 1]);
  expect(rewards.sum([task.reward, 1], [format, 0.1])(example, wrong)).toBeCloseTo(0.1, 12);
  expect(() => rewards.random({ p: 2 })).toThrow(/probability/u);
});
