import { expect, test } from "vitest";
import { sandbox } from "../../../lib/data/sandbox/sandbox.ts";
import { rewardGroup, rewards } from "../../../lib/world/rewards.ts";
import { world } from "../../../lib/world/worlds.ts";

const task = world.stateMachine({ seed: 1, states: 6, actions: 6 });
const examples = task.test({ n: 200 }).examples;

test("a random reward has its mean, repeats itself, and knows nothing: equal completions have coins of their own, within 4 standard errors", async () => {
  const coins = async (seed: number, text: (right: string) => string) => {
    const reward = rewards.random({ p: 0.3, seed });
    return (await Promise.all(examples.map((e) => rewardGroup(reward, e, Array(4).fill(text(e.completion)))))).flat();
  };
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const error = 4 * Math.sqrt((0.3 * 0.7) / (4 * examples.length));
  for (const text of [(right: string) => right, (right: string) => `${right} s0`, () => ""]) {
    const drawn = await coins(2, text);
    expect(Math.abs(mean(drawn) - 0.3)).toBeLessThan(error);
    expect(await coins(2, text)).toEqual(drawn);
    // Of four coins for one text all agree with probability 0.7^4 + 0.3^4.
    const allAgree = 0.7 ** 4 + 0.3 ** 4;
    const groups = examples.map((_, i) => drawn.slice(4 * i, 4 * i + 4));
    expect(Math.abs(mean(groups.map((g) => (new Set(g).size === 1 ? 1 : 0))) - allAgree)).toBeLessThan(
      4 * Math.sqrt((allAgree * (1 - allAgree)) / examples.length),
    );
  }
  expect(await coins(2, () => "")).not.toEqual(await coins(3, () => ""));
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

test("a vote rewards what most said: ties share it, what did not end neither votes nor wins, answers are read first", async () => {
  const [example] = examples;
  if (!example) throw new Error("an example is expected");
  const votes = (texts: readonly (string | undefined)[]) => rewardGroup(rewards.majority(), example, texts);
  expect(await votes(["a", " a", "b", undefined])).toEqual([1, 1, 0, 0]);
  expect(await votes(["a", "b"])).toEqual([0.5, 0.5]);
  expect(await votes([undefined, undefined])).toEqual([0, 0]);
  const boxed = rewards.majority((text) => /boxed (\d+)/u.exec(text)?.[1]);
  expect(await rewardGroup(boxed, example, ["so boxed 3", "boxed 3!", "4", "boxed 5"])).toEqual([1, 1, 0, 0]);
});

test("tags are all of a completion, in order, each once", () => {
  const [example] = examples;
  if (!example) throw new Error("an example is expected");
  const format = rewards.tags("think", "answer");
  const of = (text: string) => format(example, text);
  expect(of("<think>a < b\n</think> <answer>3</answer>\n")).toBe(1);
  for (const wrong of [
    "",
    "<answer>3</answer><think>a</think>",
    "<think>a</think>so<answer>3</answer>",
    "<think>a</think><answer>3",
    "<think>a<answer>3</answer></think>",
    "<think>a</think><answer>3</answer><answer>4</answer>",
  ])
    expect(of(wrong), wrong).toBe(0);
  expect(() => rewards.tags()).toThrow(/tag/u);
});

test("a product counts only when all do; a sum waits for what takes its time, and sees the group where a part does", async () => {
  const [example] = examples;
  if (!example) throw new Error("an example is expected");
  const right = example.completion;
  expect(rewards.product(task.reward, rewards.length(1000))(example, "s0")).toBe(0);
  const slow = async () => Promise.resolve(0.5);
  expect(await rewards.sum([task.reward, 1], [slow, 2])(example, right)).toBe(2);
  expect(await rewards.product(task.reward, slow)(example, right)).toBe(0.5);
  const voted = rewards.sum([task.reward, 1], [rewards.majority(), 0.1]);
  expect(await rewardGroup(voted, example, [right, right, "x", undefined])).toEqual([1.1, 1.1, 0, 0]);
  expect(await rewards.inverted(async () => Promise.resolve(false))(example, "x")).toBe(1);
});

test("code is rewarded by tests of one's own, in both languages", async () => {
  const [example] = examples;
  if (!example) throw new Error("an example is expected");
  const python = rewards.code({ language: "python", tests: () => "assert f(2) == 4" });
  expect(
    await rewardGroup(python, example, ["def f(x): return x * 2", "```python\ndef f(x):\n    return x\n```"]),
  ).toEqual([1, 0]);
  const javascript = rewards.code({ language: "javascript", tests: () => "assert.equal(f(2), [2, 2])" });
  expect(await rewardGroup(javascript, example, ["const f = (x) => [x, x]", "const f = (x) => x", undefined])).toEqual([
    1, 0, 0,
  ]);
  await sandbox.close();
});
