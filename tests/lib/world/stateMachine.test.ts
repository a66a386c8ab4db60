import { describe, expect, test } from "vitest";
import type { Example } from "../../../lib/data/example.ts";
import { stateMachine } from "../../../lib/world/stateMachine.ts";

const small = stateMachine({ seed: 7, states: 8, actions: 8, depth: [4, 9] });
const problem = (example: Example) => example.prompt.replace(/c\d+ /gu, "");
const change = (example: Example, part: Partial<Example>): Example => ({ ...example, ...part });
const code = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
};

describe("problems", () => {
  test("the completion is the path of the table, for 2,000 of 2,000 training examples", () => {
    for (const { prompt, completion, meta } of small.train(2000).examples) {
      const words = prompt.split(" ");
      let state = Number(words[1]?.slice(1));
      const path = words
        .filter((w) => w.startsWith("a"))
        .map((a) => `s${(state = small.transitions[state]?.[Number(a.slice(1))] ?? -1)}`);
      expect(completion).toBe(path.join(" "));
      expect(path).toHaveLength(meta["depth"] as number);
      expect(small.vocab.decode(small.vocab.encode(`${prompt} ${completion}`))).toBe(`${prompt} ${completion}`);
    }
  });

  test("the same seed gives the same world and examples, another seed another", () => {
    const twin = stateMachine({ seed: 7, states: 8, actions: 8, depth: [4, 9] });
    expect(twin.train(50)).toEqual({ ...small.train(50) });
    expect(twin.vocab.hash).toBe(small.vocab.hash);
    expect(stateMachine({ seed: 8, states: 8, actions: 8, depth: [4, 9] }).transitions).not.toEqual(small.transitions);
    expect(small.train(50).examples).toEqual(small.train(200).examples.slice(0, 50));
    expect(small.train(10, { from: 40 }).examples).toEqual(small.train(50).examples.slice(40));
  });

  test("train, prompts and test share no problem among 20,000 + 500 + 1,500, whatever the shift; prompts and test have no repetition", () => {
    const train = new Set(small.train(20_000).examples.map(problem));
    const prompts = small.prompts(500).examples.map(problem);
    const tests = [{}, { nuisance: "uniform" }, { policy: "uniform" }] as const;
    for (const shift of tests) {
      const test = small.test({ n: 500, ...shift }).examples.map(problem);
      expect(new Set([...test, ...prompts]).size).toBe(1000);
      expect([...test, ...prompts].filter((p) => train.has(p))).toEqual([]);
    }
    expect(code(() => stateMachine({ states: 2, actions: 2, depth: [1, 1] }).test({ n: 50 }))).toBe("WORLD_EXHAUSTED");
  });

  test("a test with uniform cues has the same problems as the test, with other cues", () => {
    const plain = small.test({ n: 100 });
    const other = small.test({ n: 100, nuisance: "uniform" });
    expect(other.examples.map(problem)).toEqual(plain.examples.map(problem));
    expect(other.examples.filter((e, i) => e.prompt !== plain.examples[i]?.prompt).length).toBeGreaterThan(90);
    expect([plain.name, other.name, small.test({ n: 1, depth: [11, 14] }).name]).toEqual([
      "test",
      "test, uniform cues",
      "test, depth 11-14",
    ]);
  });

  test("longest holds for every example of a law, in tokens with the end token", () => {
    const { prompt, completion } = small.longest({ depth: [4, 14] });
    const set = small.test({ n: 300, depth: [4, 14] }).examples;
    expect(Math.max(...set.map((e) => small.vocab.encode(e.prompt).length))).toBe(prompt);
    expect(Math.max(...set.map((e) => small.vocab.encode(e.completion).length + 1))).toBe(completion);
  });
});

describe("verifier", () => {
  test("accepts the path alone: not a prefix, not a longer one, not a wrong last state, not prose", () => {
    const [example] = small.test({ n: 1 }).examples as [Example];
    const path = example.completion;
    expect(small.verify(example, path)).toBe(true);
    expect(small.verify(example, `  ${path}\n`)).toBe(true);
    const wrong = path.replace(/s(\d)$/u, (_, s) => `s${(Number(s) + 1) % 8}`);
    for (const text of [
      path.slice(0, -3),
      `${path} s0`,
      wrong,
      "",
      "the answer",
      path.replaceAll(" ", ""),
      "\u0000",
      path.toUpperCase(),
    ]) {
      expect(small.verify(example, text)).toBe(false);
      expect(small.reward(example, text)).toBe(0);
    }
    expect(small.reward(example, path)).toBe(1);
  });

  test("chance is the mean over depths of states^-depth: 7/48 for two states and depth 2 to 4", () => {
    const tiny = stateMachine({ seed: 1, states: 2, actions: 2, depth: [2, 4] });
    expect(tiny.chance).toBeCloseTo(7 / 48, 12);
    expect(small.chance).toBeLessThan(1e-4);
  });
});

describe("probabilities", () => {
  const nats = (set: readonly Example[], shift = {}) => set.map((e) => -small.logProb(e, shift));
  const mean = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0) / xs.length;

  test("the probabilities of all examples of a small world sum to 1, under every law", () => {
    const tiny = stateMachine({ seed: 3, states: 2, actions: 2, cues: 2, depth: [1, 3] });
    for (const shift of [{}, { nuisance: "uniform" }, { policy: "uniform" }, { depth: [2, 2] }] as const) {
      let total = 0;
      for (let depth = 1; depth <= 3; depth++) {
        for (let code = 0; code < 2 * 4 ** depth; code++) {
          const bits = code.toString(2).padStart(2 * depth + 1, "0");
          const actions = Array.from({ length: depth }, (_, i) => bits[1 + i]);
          const prompt = `m0 s${bits[0]} ${actions.map((a, i) => `c${bits[1 + depth + i]} a${a}`).join(" ")} =`;
          let state = Number(bits[0]);
          const completion = actions.map((a) => `s${(state = tiny.transitions[state]?.[Number(a)] ?? -1)}`).join(" ");
          total += Math.exp(tiny.logProb({ id: "", prompt, completion, meta: {} }, shift));
        }
      }
      expect(total).toBeCloseTo(1, 10);
    }
  });

  test("drawn examples cost the entropy floor on average, to 1 % in training and 2 % in test sets of every law", () => {
    for (const shift of [{}, { nuisance: "uniform" }, { policy: "uniform" }, { depth: [11, 14] }] as const) {
      const set = small.test({ n: 2000, ...shift }).examples;
      const costs = nats(set, shift);
      const tokens = mean(set.map((e) => small.vocab.encode(`${e.prompt} ${e.completion}`).length)); // + end token - first token
      const sd = Math.sqrt(mean(costs.map((c) => (c - mean(costs)) ** 2)));
      const floor = small.entropyFloor(shift).example * tokens;
      // Test sets hold different problems, so the most common walks are a little rarer in them than in the law: hence 2 %.
      expect(Math.abs(mean(costs) - floor)).toBeLessThan((4 * sd) / Math.sqrt(costs.length) + 0.02 * floor);
    }
    const train = small.train(5000).examples;
    const costs = nats(train);
    const floor =
      small.entropyFloor().example * mean(train.map((e) => small.vocab.encode(`${e.prompt} ${e.completion}`).length));
    expect(Math.abs(mean(costs) / floor - 1)).toBeLessThan(0.01);
  });

  test("what the law cannot produce has log-probability -Infinity, and logProb never throws", () => {
    const [example] = small.train(1).examples as [Example];
    expect(small.logProb(example)).toBeGreaterThan(-60);
    const [deep] = small.test({ n: 1, depth: [11, 14] }).examples as [Example];
    expect(small.logProb(deep)).toBe(-Infinity);
    expect(small.logProb(deep, { depth: [11, 14] })).toBeGreaterThan(-100);
    for (const prompt of ["", "m0 s9 c0 a0 =", "m0 s0 =", "m1 s0 c0 a0 =", example.prompt.slice(1)]) {
      expect(small.logProb(change(example, { prompt }))).toBe(-Infinity);
    }
    expect(small.logProb(change(example, { completion: "s0" }))).toBe(-Infinity);
  });

  test("distance to training is 0 on average in distribution, counts steps beyond it, and grows when actions are uniform", () => {
    const distance = (set: readonly Example[]) => set.map((e) => small.distanceToTrain(e));
    const usual = distance(small.train(3000).examples);
    expect(usual.every((d) => d.structural === 0)).toBe(true);
    expect(Math.abs(mean(usual.map((d) => d.surprisal)))).toBeLessThan(0.03);
    expect(distance(small.test({ n: 50, depth: [12, 12] }).examples).every((d) => d.structural === 3)).toBe(true);
    expect(mean(distance(small.test({ n: 500, policy: "uniform" }).examples).map((d) => d.surprisal))).toBeGreaterThan(
      1,
    );
  });
});

describe("pre-training corpus", () => {
  test("tells of other machines only, and their tables agree with the task's no more than by chance (1/8 of 192 facts, within 4 standard deviations)", () => {
    const corpus = small.pretrainCorpus(6000).examples;
    const facts = new Map<string, string>();
    for (const { prompt, completion } of corpus) {
      const [machine, start, ...rest] = prompt.split(" ") as [string, string, ...string[]];
      expect(machine).not.toBe("m0");
      const actions = rest.filter((w) => w.startsWith("a"));
      let state = start;
      completion.split(" ").forEach((to, i) => {
        facts.set(`${machine} ${state} ${actions[i]}`, to);
        state = to;
      });
    }
    const agreeing = [...facts].filter(([fact, to]) => {
      const [, state, action] = fact.split(" ").map((w) => Number(w.slice(1)));
      return `s${small.transitions[state ?? -1]?.[action ?? -1]}` === to;
    }).length;
    expect(facts.size).toBeGreaterThan(150);
    expect(Math.abs(agreeing - facts.size / 8)).toBeLessThan(4 * Math.sqrt(facts.size * (1 / 8) * (7 / 8)));
    expect(new Set(corpus.map((e) => e.meta["machine"])).size).toBe(3);
  });
});

test("impossible sizes are refused with BAD_WORLD", () => {
  for (const options of [
    { states: 1 },
    { actions: 2.5 },
    { cues: 0 },
    { depth: [3, 2] as const },
    { depth: [0, 2] as const },
    { otherMachines: -1 },
  ]) {
    expect(code(() => stateMachine(options))).toBe("BAD_WORLD");
  }
  expect(code(() => small.test({ depth: [5, 4] }))).toBe("BAD_WORLD");
  expect(code(() => stateMachine({ otherMachines: 0 }).pretrainCorpus(1))).toBe("BAD_WORLD");
});

test("describe is JSON, and says that a completion has no entropy given its prompt", () => {
  const description = small.describe();
  expect(JSON.parse(JSON.stringify(description))).toEqual(description);
  expect(description.entropyFloor.completion).toBe(0);
  expect(description.entropyFloor.example).toBeGreaterThan(0.3);
  expect(small.verify({ id: "", meta: {}, ...description.example }, description.example.completion)).toBe(true);
});
