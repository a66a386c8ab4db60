import { expect, test } from "vitest";
import type { Example, ExampleSet } from "../../../lib/data/example.ts";
import { findLeaks } from "../../../lib/eval/leakage.ts";
import { world } from "../../../lib/world/worlds.ts";

const example = (id: string, prompt: string): Example => ({ id, prompt, completion: "", meta: {} });
const set = (name: string, examples: readonly Example[]): ExampleSet => ({ name, examples, verify: () => false });
const long = "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May.";

test("each rule catches its own plant, the first rule that holds is named, and the clean set holds the rest", () => {
  const train = set("train", [example("1", "two and two"), example("2", long), example("3", "How many?")]);
  const planted = set("test", [
    example("1", "another prompt"),
    example("a", "two and two"),
    example("b", "  how  MANY!"),
    example("c", `First: ${long.slice(0, 80)} and so on`),
    example("d", "nothing of the kind"),
    example("e", "? !"),
  ]);
  const report = findLeaks(planted, [train], { ngrams: true });
  expect(report.leaks.map((l) => [l.id, l.rule])).toEqual([
    ["1", "same id"],
    ["a", "same prompt"],
    ["b", "same words"],
    ["c", "shared n-gram"],
  ]);
  expect(report.clean.examples.map((e) => e.id)).toEqual(["d", "e"]);
  expect(report.clean.name).toBe("test, clean");
  expect(report.leakedShare.value).toBeCloseTo(4 / 6, 12);
  expect(findLeaks(planted, [train]).counts["shared n-gram"]).toBe(0);
});

test("no world leaks: 0 of its test problems are in 3,000 training examples, its prompts or its corpus", () => {
  for (const one of [
    world.modular(),
    world.strings(),
    world.graph(),
    world.stories(),
    world.stateMachine({ states: 6, actions: 6 }),
  ]) {
    const report = findLeaks(one.test({ n: 100 }), [one.train(3000), one.prompts(50), one.pretrainCorpus(1000)]);
    expect([one.name, report.leaks]).toEqual([one.name, []]);
    expect(report.clean.examples).toHaveLength(100);
    expect(report.leakedShare.high).toBeLessThan(0.05);
  }
});

test("a planted training example in the test set of a world is found", () => {
  const one = world.stories();
  const train = one.train(500);
  const test = one.test({ n: 20 });
  const dirty = { ...test, examples: [...test.examples, ...train.examples.slice(0, 3)] };
  const report = findLeaks(dirty, [train]);
  expect(report.counts["same id"]).toBe(3);
  expect(report.clean.examples).toEqual(test.examples);
  expect(report.sharedTemplates).toBe(23);
});
