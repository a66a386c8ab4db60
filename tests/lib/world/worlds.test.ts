// What every world promises, tried on all of them, under the training law and under every shift.
import { describe, expect, test } from "vitest";
import { DISPLAY_SYMBOL } from "../../../lib/core/host.ts";
import type { Example } from "../../../lib/data/example.ts";
import type { World } from "../../../lib/world/world.ts";
import { world } from "../../../lib/world/worlds.ts";

const sums = world.modular({ seed: 1 });
const chains = world.graph({ seed: 1 });
interface Row {
  readonly name: string;
  readonly make: () => World;
  readonly shifts: readonly object[];
  /** What makes two prompts the same problem. */
  readonly problem: (example: Example) => string;
  /** Problems in prompts and test; small where the world is small. */
  readonly n?: number;
}
const prompt = (e: Example) => e.prompt;
/** Definitions that the working names, whatever their order. */
const neededLines = (e: Example) => {
  const lines = e.prompt.replace(/^given | \?.*$/gu, "").split(" ; ");
  return lines
    .filter((line) => e.completion.split(" ").includes(line.split(" ")[0] ?? ""))
    .sort()
    .join(" ; ");
};
/** Of a puzzle, and of an equation that gives one away. */
const numbersAndTarget = (e: Example) => {
  const [given = "", target = e.completion] = e.prompt.replace(" =", "").split(" -> ");
  return `${(given.match(/\d+|[JQK]/gu) ?? []).sort().join(" ")} -> ${target}`;
};
const WORLDS: readonly Row[] = [
  {
    name: "modular arithmetic",
    make: () => world.modular({ seed: 3, modulus: 11 }),
    shifts: [{ depth: [5, 6] }, { operators: "uniform" }],
    problem: prompt,
  },
  {
    name: "modular arithmetic, answers alone",
    make: () => world.modular({ seed: 3, show: "answer" }),
    shifts: [{}],
    problem: prompt,
  },
  {
    name: "string programs",
    make: () => world.strings({ seed: 3 }),
    shifts: [{ depth: [4, 5] }, { length: [8, 9] }, { commands: "uniform" }],
    problem: prompt,
  },
  {
    name: "operation graphs",
    make: () => world.graph({ seed: 3 }),
    shifts: [{ depth: [5, 6] }, { distractors: [4, 5] }],
    problem: neededLines,
  },
  {
    name: "countdown",
    make: () => world.countdown({ seed: 3 }),
    shifts: [{ targets: [101, 120] }, { operands: [2, 2] }],
    problem: numbersAndTarget,
  },
  {
    name: "the 24 game",
    n: 6,
    make: () => world.countdown({ seed: 3, operands: [3, 3], targets: [24, 24], largest: 10, faces: "ten" }),
    shifts: [{ faces: "rank" }],
    problem: numbersAndTarget,
  },
  {
    name: "word problems",
    make: () => world.stories({ seed: 3 }),
    shifts: [{ surface: "held out" }, { noOp: true }, { largest: 90 }],
    problem: (e) => `${e.meta["template"]} ${e.completion}`,
  },
  {
    name: "state machine",
    make: () => world.stateMachine({ seed: 3, states: 6, actions: 6, depth: [3, 6] }),
    shifts: [{ depth: [8, 9] }, { policy: "uniform" }],
    problem: (e) => e.prompt.replace(/c\d+ /gu, ""),
  },
  {
    name: "a mixture",
    make: () => world.mixture({ sums, chains }, { sums: 3, chains: 1 }),
    shifts: [{ weights: { sums: 1, chains: 1 } }],
    problem: prompt,
  },
];
const mean = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0) / xs.length;

describe.each(WORLDS)("$name", ({ make, shifts, problem, n = 40 }) => {
  const one = make();
  const sets = [one.train(400), one.prompts(n), one.test({ n }), ...shifts.map((shift) => one.test({ n, ...shift }))];
  const all = sets.flatMap((s) => s.examples);

  test("every reference completion verifies, and neither nothing, nor a cut one, nor another's does", () => {
    for (const set of sets) {
      for (const [i, example] of set.examples.entries()) {
        expect(set.verify(example, example.completion), example.prompt).toBe(true);
        expect(one.reward(example, example.completion)).toBe(1);
        for (const text of [
          "",
          "?",
          example.completion.split(" ").slice(0, -1).join(" "),
          `${example.completion} ${example.completion}`,
        ]) {
          expect(set.verify(example, text), `${example.prompt} ${text}`).toBe(false);
        }
        const other = set.examples[(i + 1) % set.examples.length] as Example;
        if (
          other.completion.split(" ").at(-1) !== example.completion.split(" ").at(-1) &&
          !/countdown|24/u.test(one.name)
        ) {
          expect(one.reward(example, other.completion)).toBe(0);
        }
      }
    }
  });

  test("every text can be encoded, fits `longest`, and the sets are the same when drawn again", () => {
    const again = make();
    expect(again.train(400).examples).toEqual(sets[0]?.examples);
    expect(again.test({ n }).examples).toEqual(sets[2]?.examples);
    for (const [set, shift] of [[sets[2], {}], ...shifts.map((s, i) => [sets[3 + i], s] as const)] as const) {
      const longest = one.longest(shift);
      for (const e of set?.examples ?? []) {
        expect(one.vocab.encode(e.prompt).length).toBeLessThanOrEqual(longest.prompt);
        expect(one.vocab.encode(e.completion).length + 1).toBeLessThanOrEqual(longest.completion);
      }
    }
    expect(new Set(sets.map((s) => s.name)).size).toBe(3 + shifts.filter((s) => Object.keys(s).length > 0).length);
  });

  test("train, prompts, test and the pre-training corpus: no problem of prompts or test is in another", () => {
    const train = new Set(one.train(3000).examples.map(problem));
    const prompts = sets[1]?.examples.map(problem) ?? [];
    const tests = sets[2]?.examples.map(problem) ?? [];
    expect(new Set(prompts).size).toBe(prompts.length);
    expect([...prompts, ...tests].filter((p) => train.has(p))).toEqual([]);
    expect(prompts.filter((p) => tests.includes(p))).toEqual([]);
    const corpus = new Set(one.pretrainCorpus(2000).examples.map(problem));
    expect([...prompts, ...tests].filter((p) => corpus.has(p))).toEqual([]);
    for (const e of one.pretrainCorpus(50).examples) one.vocab.encode(`${e.prompt} ${e.completion}`);
  });

  test("drawn examples cost the entropy floor: whole examples and tokens within 4 standard errors of 3,000", () => {
    const drawn = one.train(3000).examples;
    const floor = one.entropyFloor();
    const costs = drawn.map((e) => -one.logProb(e));
    const tokens = drawn.map((e) => one.vocab.encode(`${e.prompt} ${e.completion}`).length);
    const near = (xs: readonly number[], wanted: number) => {
      const m = mean(xs);
      const sd = Math.sqrt(mean(xs.map((x) => (x - m) ** 2)));
      // The split keeps 80 % of all problems; where some are common, that moves the mean a little beyond chance.
      expect(Math.abs(m - wanted)).toBeLessThan((4 * sd) / Math.sqrt(xs.length) + 0.01 * wanted);
    };
    expect(costs.every(Number.isFinite)).toBe(true);
    near(
      costs.map((c) => c - (one.name === "mixture" ? mixtureWord(one, drawn) : 0)),
      floor.exampleNats,
    );
    near(tokens, floor.exampleTokens);
    near(
      drawn.map((e) => one.vocab.encode(e.completion).length + 1),
      floor.completionTokens,
    );
    expect(floor.completion).toBeGreaterThanOrEqual(0);
    expect(floor.completionNats).toBeLessThanOrEqual(floor.exampleNats);
  });

  test("what a law cannot produce has log-probability -Infinity; distance is finite for what it can, and larger out of distribution", () => {
    const [example] = one.test({ n: 1 }).examples as [Example];
    for (const change of [
      { prompt: "" },
      { prompt: `${example.prompt} ${example.prompt}` },
      { completion: "" },
      { prompt: "nonsense" },
    ]) {
      expect(one.logProb({ ...example, ...change })).toBe(-Infinity);
    }
    expect(one.distanceToTrain({ ...example, prompt: "nonsense" }).structural).toBe(Infinity);
    const distance = (set: readonly Example[]) =>
      mean(set.map((e) => one.distanceToTrain(e).structural + one.distanceToTrain(e).surprisal));
    const usual = distance(one.train(300).examples);
    expect(Number.isFinite(usual)).toBe(true);
    if (one.name === "mixture") return;
    shifts.forEach((shift, i) => {
      const set = sets[3 + i]?.examples ?? [];
      expect(
        set.every((e) => one.logProb(e, shift) > -Infinity),
        JSON.stringify(shift),
      ).toBe(true);
      if (Object.keys(shift).length > 0 && JSON.stringify(shift) !== '{"operands":[2,2]}')
        expect(distance(set), JSON.stringify(shift)).toBeGreaterThan(usual + 0.05);
    });
  });

  test("describe is JSON with an example that verifies, and chance is a probability below 0.1", () => {
    const description = one.describe();
    expect(JSON.parse(JSON.stringify(description))).toEqual(description);
    expect(one.chance).toBeGreaterThan(0);
    expect(one.chance).toBeLessThan(0.1);
    expect(all.length).toBeGreaterThan(0);
  });
});

/** Mean nats of which part an example is from: given with its first word, so not in the floor. */
function mixtureWord(one: World, drawn: readonly Example[]): number {
  void one;
  return -mean(drawn.map((e) => Math.log(e.meta["world"] === "sums" ? 0.75 : 0.25)));
}

describe("particular promises", () => {
  test("shifted word problems have the numbers and templates of the plain test, problem by problem", () => {
    const one = world.stories({ seed: 5 });
    const plain = one.test({ n: 50 }).examples;
    for (const shift of [{ surface: "held out" }, { noOp: true }] as const) {
      const other = one.test({ n: 50, ...shift }).examples;
      expect(other.map((e) => `${e.meta["template"]} ${e.completion}`)).toEqual(
        plain.map((e) => `${e.meta["template"]} ${e.completion}`),
      );
      expect(other.every((e, i) => e.prompt !== plain[i]?.prompt)).toBe(true);
    }
  });

  test("countdown accepts any true expression with each number once, by exact fractions, and no other", () => {
    const one = world.countdown({ operands: [3, 3], largest: 10, targets: [1, 50] });
    const puzzle: Example = { id: "", prompt: "use 8 3 3 -> 24 =", completion: "", meta: {} };
    for (const text of [
      "8 * ( 3 * 3 - 3 * 2 )",
      "8 * 3",
      "24",
      "8 * 3 + 3 - 3",
      "8 * 3 * 1",
      "( 8 * 3 )",
      "8 * 3 -",
      "3 * 8 3",
      "- 3 + 8",
      "8 * 3 / ( 3 - 3 )",
      "9 * 3 - 3",
      "__proto__",
      "8 ** 3 - 3",
    ])
      expect(one.verify(puzzle, text), text).toBe(false);
    expect(one.verify({ ...puzzle, prompt: "use 8 8 3 3 -> 24 =" }, "8 / ( 3 - 8 / 3 )")).toBe(true);
    expect(one.verify({ ...puzzle, prompt: "use 5 4 4 -> 24 =" }, "4 * 5 + 4")).toBe(true);
    expect(one.verify({ ...puzzle, prompt: "use 5 4 4 -> 24 =" }, "4 + ( ( 5 * 4 ) )")).toBe(true);
  });

  test("in the 24 game the rule decides: J Q 2 with ten is another puzzle than with rank", () => {
    const one = world.countdown({ operands: [3, 3], targets: [24, 24], largest: 10, faces: "ten" });
    const puzzle = (faces: string): Example => ({
      id: "",
      prompt: "use J K 4 -> 24 =",
      completion: "",
      meta: { faces },
    });
    expect(one.verify(puzzle("ten"), "10 + 10 + 4")).toBe(true);
    expect(one.verify(puzzle("rank"), "10 + 10 + 4")).toBe(false);
    expect(one.verify({ ...puzzle("rank"), prompt: "use J K 1 -> 24 =" }, "( 11 + 13 ) * 1")).toBe(true);
  });

  test("a mixture has its parts in their shares, within 4 standard deviations of 2,000", () => {
    const one = world.mixture({ sums, chains }, { sums: 3, chains: 1 });
    const count = (weights?: Record<string, number>) =>
      (weights ? one.test({ n: 400, weights }) : one.train(2000)).examples.filter((e) => e.meta["world"] === "sums")
        .length;
    expect(Math.abs(count() - 1500)).toBeLessThan(4 * Math.sqrt(2000 * 0.75 * 0.25));
    expect(count({ sums: 1, chains: 0 })).toBe(400);
  });
});

test("every world shows itself: its rule, an example, what is known of it, and every axis of its shifts", () => {
  const shown = {
    stateMachine: world.stateMachine(),
    countdown: world.countdown({ largest: 8, targets: [1, 20] }),
    game24: world.countdown({ largest: 10, operands: [3, 3], targets: [24, 24], faces: "ten" }),
    graph: world.graph(),
    stories: world.stories({ largest: 12 }),
    modular: world.modular(),
    strings: world.strings(),
    mixture: world.mixture({ sums: world.modular(), graphs: world.graph() }),
  };
  for (const [name, task] of Object.entries(shown)) {
    const page = task[DISPLAY_SYMBOL]();
    const [text, markup] = [String(page["text/plain"]), String(page["text/html"])];
    const { rule, axes, example, notes } = task.describe();
    expect(Object.keys(axes).length, name).toBeGreaterThan(0);
    for (const part of [rule, example.completion, ...Object.keys(axes), ...notes]) expect(text, name).toContain(part);
    expect(text).toMatch(/entropy floor of completions\s+[\d.]+ nats per token/u);
    expect(markup).toContain("<pre>");
    expect(text).not.toMatch(/undefined|NaN|\[object/u);
  }
});
