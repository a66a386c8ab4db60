// What `evaluate` shows: rows and comparisons of two models on simulated problems.
import type { Drawer } from "../../../../lib/core/rng.ts";
import { key } from "../../../../lib/core/rng.ts";
import { majAtK } from "../../../../lib/eval/majAtK.ts";
import { pairedTest } from "../../../../lib/eval/pairedTest.ts";
import type { ProblemScore, ScoreRow } from "../../../../lib/eval/scores.ts";
import { summarise, votesOf } from "../../../../lib/eval/summarise.ts";
import { passDifference } from "../../../../lib/probe/differences.ts";
import { type Asked, flips, optionsOf, outcome, scoresOf } from "./outcomes.ts";
import { covers, many, NONE, type Outcome, type Simulation, truthOf } from "./simulation.ts";

const facts = { parameters: 1, firstTokenSeconds: null };

function rowOf(problems: readonly ProblemScore[], options: ReturnType<typeof optionsOf>): ScoreRow {
  const asked = { models: ["a"], sets: ["test"], facts: { a: facts }, leaks: {} };
  return summarise(asked, problems, options).rows[0] as ScoreRow;
}

/** A problem of success p with one right and three wrong answers, of which one is twice as likely as each other. */
function sampled(drawer: Drawer, n: number, p: number): Pick<Asked, "solved" | "completions"> {
  const solved = flips(drawer, n, p);
  const wrong = (u: number) => (u < 0.5 ? "a" : u < 0.75 ? "b" : "c");
  return { solved, completions: solved.map((right) => (right ? "right" : wrong(drawer.uniform()))) };
}

/** A reference of 3 to 10 tokens, most of them known, of 2 to 5 bytes each. */
function reference(drawer: Drawer): NonNullable<Asked["reference"]> {
  const tokens = 3 + drawer.integer(8);
  const nats = many(tokens, () => (drawer.uniform() < 0.9 ? 0.05 * drawer.uniform() : -Math.log(1 - drawer.uniform())));
  return {
    tokens,
    nats: nats.reduce((a, b) => a + b, 0),
    bytes: many(tokens, () => 2 + drawer.integer(4)).reduce((a, b) => a + b, 0),
  };
}
const NATS = 0.9 * 0.025 + 0.1;

/** By size and shape; see Simulation. */
const WHY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "25 hard problems, most are never solved": {
    "accuracy by depth or category, 13 problems":
      "exactly 97.5 %: 2.5 % too high, 0 % too low, because one right of 104, 3.6 % of outcomes, is held or is not: 94.0 %",
  },
  "25 easy problems, most are always solved": {
    "pass@8": "in 99.999 % of experiments every problem is solved: one interval, which holds or does not",
  },
};

const SHAPES = [
  { name: "hard problems, most are never solved", sizes: [25, 100], p: (u: number) => 0.3 * u ** 4, accuracy: 0.06 },
  { name: "problems of every difficulty", sizes: [25], p: (u: number) => u ** 2, accuracy: 1 / 3 },
  { name: "easy problems, most are always solved", sizes: [25], p: (u: number) => u ** 0.05, accuracy: 1 / 1.05 },
] as const;

const rows = SHAPES.flatMap(({ name, sizes, p, accuracy }) =>
  sizes.map((n): Simulation => ({
    of: "evaluate",
    what: `${n} problems, 8 samples; ${name}`,
    ...(WHY[`${n} ${name}`] && { why: WHY[`${n} ${name}`] as Readonly<Record<string, string>> }),
    make: () => {
      const reach = truthOf(`${name} pass@8`, 200_000, (d) => 1 - (1 - p(d.uniform())) ** 8);
      const vote = truthOf(`${name} maj@5`, 50_000, (d) => {
        const one = outcome({ model: "a", id: "", ...sampled(d, 8, p(d.uniform())) });
        return majAtK(votesOf(one), "right", 5);
      });
      return (drawer): Outcome => {
        const problems = many(n, (i) =>
          outcome({
            model: "a",
            id: `${i}`,
            ...sampled(drawer, 8, p(drawer.uniform())),
            meta: { depth: i % 2 },
            reference: reference(drawer),
          }),
        );
        const row = rowOf(problems, optionsOf(8, { passAt: [1, 8], majAt: [5] }));
        return {
          accuracy: covers(row.accuracy, accuracy),
          "pass@8": covers(row.passAt[8] as ScoreRow["accuracy"], reach),
          "maj@5": covers(row.majAt[5] as ScoreRow["accuracy"], vote),
          [`accuracy by depth or category, ${Math.ceil(n / 2)} problems`]: covers(
            row.byDepth[0]?.accuracy as ScoreRow["accuracy"],
            accuracy,
          ),
          "nats per token": covers(row.nllPerToken, NATS),
          "bits per byte": covers(row.bitsPerByte, NATS / Math.LN2 / 3.5),
        };
      };
    },
  })),
);

const templates: Simulation[] = [6, 30].map((n) => ({
  of: "evaluate",
  what: `${n} templates of 10 problems that share their difficulty, one sample`,
  make:
    () =>
    (drawer): Outcome => {
      const ease = many(n, () => drawer.uniform());
      const problems = many(10 * n, (i) =>
        outcome({
          model: "a",
          id: `${i}`,
          solved: flips(drawer, 1, ease[i % n] as number),
          meta: { template: `t${i % n}` },
          reference: reference(drawer),
        }),
      );
      const row = rowOf(problems, optionsOf(1));
      return { accuracy: covers(row.accuracy, 0.5), "nats per token": covers(row.nllPerToken, NATS) };
    },
}));

/** Answers to hard problems are longer: of 4 tokens, and up to 20 more. */
const costs = [
  { n: 25, samples: 1 },
  { n: 25, samples: 8 },
  { n: 100, samples: 8 },
].map(({ n, samples }): Simulation => ({
  of: "evaluate's cost per right answer",
  what: `${n} problems of every difficulty, ${samples} ${samples === 1 ? "sample" : "samples"}; answers to hard ones are longer`,
  ...(samples === 1 && { quick: 400 }),
  make: () => {
    const length = (d: Drawer, ease: number) => 4 + Math.floor(d.uniform() * (1 + 20 * (1 - ease)));
    const mean = truthOf("length of an answer", 200_000, (d) => length(d, d.uniform()));
    // A third is right; each problem's prompt of one token is read once, by one parameter.
    const [tokens, flops] = [3 * mean, 3 * 2 * (mean + 1 / samples)];
    return (drawer): Outcome => {
      const problems = many(n, (i) => {
        const ease = drawer.uniform();
        return outcome({
          model: "a",
          id: `${i}`,
          solved: flips(drawer, samples, ease ** 2),
          tokens: many(samples, () => length(drawer, ease)).reduce((a, b) => a + b, 0),
        });
      });
      const row = rowOf(problems, optionsOf(samples));
      return {
        "tokens per right answer": covers(row.tokensPerCorrect ?? NONE, tokens),
        "FLOPs per right answer": covers(row.flopsPerCorrect ?? NONE, flops),
      };
    };
  },
}));

/** As an evaluation compares two models. */
function compared(problems: readonly ProblemScore[], samples: number) {
  const of = (model: string) => problems.filter((p) => p.model === model);
  const accuracy = ({ solved }: ProblemScore) => solved.filter(Boolean).length / solved.length;
  const [before, after] = [of("a"), of("b")];
  const differences = after.map((q, i) => accuracy(q) - accuracy(before[i] as ProblemScore));
  return {
    difference: passDifference(scoresOf(problems, samples), "test", "a", "b", 1),
    p: pairedTest(after, differences, key("flips")),
  };
}

/** Two models whose second solves what the first does not with chance `gain`. */
const comparisons = [
  { n: 25, samples: 1, gain: 0.2 },
  { n: 25, samples: 8, gain: 0.2 },
  { n: 100, samples: 1, gain: 0.2 },
  { n: 100, samples: 8, gain: 0.2 },
  { n: 60, samples: 1, gain: 0 },
  { n: 60, samples: 8, gain: 0 },
].map(({ n, samples, gain }): Simulation => ({
  of: "evaluate's comparisons",
  what: `two models, ${n} problems, ${samples} ${samples === 1 ? "sample" : "samples"}; the second ${gain === 0 ? "as good" : "13 points better"}`,
  ...(samples === 1 && { quick: 2000 }),
  ...(gain === 0 && { tests: ["p below 0.05"] }),
  make:
    () =>
    (drawer): Outcome => {
      const problems = many(n, (i) => {
        const p = drawer.uniform() ** 2;
        const one = (model: string, chance: number) =>
          outcome({ model, id: `${i}`, solved: flips(drawer, samples, chance) });
        return [one("a", p), one("b", p + gain * (1 - p))];
      }).flat();
      const { difference, p } = compared(problems, samples);
      const held = { "difference in accuracy": covers(difference, (2 * gain) / 3) };
      return gain === 0 ? { ...held, "p below 0.05": p < 0.05 } : held;
    },
}));

/** Equal in the long run; on each template one of them is better by chance. */
const byTemplate: Simulation[] = [8, 30].map((n) => ({
  of: "evaluate's comparisons",
  what: `two models, ${n} templates of 10 problems; as good over templates, not on each`,
  quick: 400,
  tests: ["p below 0.05"],
  make:
    () =>
    (drawer): Outcome => {
      const lead = many(n, () => 0.4 * (drawer.uniform() - 0.5));
      const problems = many(10 * n, (i) => {
        const meta = { template: `t${i % n}` };
        const one = (model: string, p: number) => outcome({ model, id: `${i}`, solved: flips(drawer, 1, p), meta });
        return [one("a", 0.5 - (lead[i % n] as number)), one("b", 0.5 + (lead[i % n] as number))];
      }).flat();
      const { difference, p } = compared(problems, 1);
      return { "difference in accuracy": covers(difference, 0), "p below 0.05": p < 0.05 };
    },
}));

export const EVALUATION: readonly Simulation[] = [...rows, ...templates, ...costs, ...comparisons, ...byTemplate];
