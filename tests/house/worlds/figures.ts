// What the pages of notebooks/worlds show: of each world the call that makes it, the shifts in its table, and its figure.
import type { Example } from "../../../lib/data/example.ts";
import { distributionOf } from "../../../lib/report/chart/distribution.ts";
import type { ChartSpec, Series } from "../../../lib/report/chart/spec.ts";
import type { World } from "../../../lib/world/world.ts";
import { solutions } from "../../../lib/world/countdown/solve.ts";
import { world } from "../../../lib/world/worlds.ts";

export interface Page {
  /** Of notebooks/worlds/NAME.md and NAME.svg. */
  readonly name: string;
  readonly world: World;
  /** By what the table calls them. */
  readonly shifts: Readonly<Record<string, object>>;
  readonly figure: ChartSpec;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const bars = (name: string, y: readonly number[]): Series => ({ name, mark: "bar", x: y.map((_, i) => i), y });
const share = (examples: readonly Example[], test: (e: Example) => boolean) =>
  examples.filter(test).length / examples.length;
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

function stateMachine(): Page {
  const task = world.stateMachine({ seed: 7, states: 8, actions: 8, depth: [4, 9] });
  const taken = range(8).map(() => range(8).map(() => 0));
  for (const { prompt, completion } of task.train(4000).examples) {
    const states = [(/ s(\d+)/u.exec(prompt) ?? [])[1], ...completion.split(" ").map((s) => s.slice(1))];
    Array.from(prompt.matchAll(/ a(\d+)/gu)).forEach(([, a], i) => {
      const row = taken[Number(states[i])] as number[];
      row[Number(a)] = (row[Number(a)] as number) + 1;
    });
  }
  const total = (row: readonly number[]) => row.reduce((a, b) => a + b, 0);
  return {
    name: "state-machine",
    world: task,
    shifts: {
      "depth: [10, 13]": { depth: [10, 13] },
      'nuisance: "uniform"': { nuisance: "uniform" },
      'policy: "uniform"': { policy: "uniform" },
    },
    figure: {
      title: "Which action training takes in which state",
      x: { label: "action", scale: "category", categories: range(8).map((a) => `a${a}`) },
      y: { label: "state", scale: "category", categories: range(8).map((s) => `s${s}`) },
      series: [],
      heat: {
        z: taken.map((row) => row.map((n) => n / total(row))),
        label: "share of the state's steps",
        percent: true,
      },
    },
  };
}

function modular(): Page {
  const task = world.modular({ seed: 7 });
  const surprisal = (set: { readonly examples: readonly Example[] }) =>
    set.examples.map((e) => task.distanceToTrain(e).surprisal);
  const sets = {
    train: task.train(2000),
    "deeper (5-8)": task.test({ n: 1000, depth: [5, 8] }),
    "uniform operators": task.test({ n: 1000, operators: "uniform" }),
  };
  return {
    name: "modular",
    world: task,
    shifts: { "depth: [5, 8]": { depth: [5, 8] }, 'operators: "uniform"': { operators: "uniform" } },
    figure: {
      title: "Two axes: deeper problems are no stranger, problems with more products are",
      x: { label: "", scale: "category", categories: Object.keys(sets) },
      y: { label: "surprisal (nats per operator above training)" },
      series: [],
      distributions: Object.entries(sets).map(([name, set], at) => distributionOf(name, "box", at, surprisal(set))),
    },
  };
}

function strings(): Page {
  const task = world.strings({ seed: 7 });
  const names = ["rev", "rot", "swap", "sort", "dup", "ends"];
  const used = (set: { readonly examples: readonly Example[] }) => {
    const all = set.examples.flatMap((e) => (e.prompt.split(" : ")[0] as string).split(" ").slice(1));
    return names.map((name) => all.filter((c) => c === name).length / all.length);
  };
  return {
    name: "strings",
    world: task,
    shifts: {
      "depth: [4, 6]": { depth: [4, 6] },
      "length: [7, 9]": { length: [7, 9] },
      'commands: "uniform"': { commands: "uniform" },
    },
    figure: {
      title: "What training hardly uses becomes common",
      x: { label: "command", scale: "category", categories: names },
      y: { label: "share of commands", percent: true },
      series: [
        bars("train", used(task.train(4000))),
        bars('commands: "uniform"', used(task.test({ n: 2000, commands: "uniform" }))),
      ],
    },
  };
}

function graph(): Page {
  const task = world.graph({ seed: 7 });
  const depths = range(8).map((i) => i + 1);
  return {
    name: "graph",
    world: task,
    shifts: { "depth: [5, 8]": { depth: [5, 8] }, "distractors: [3, 5]": { distractors: [3, 5] } },
    figure: {
      title: "What a problem costs, by what its question needs and what it does not",
      x: { label: "operations that the question needs", whole: true, ticks: depths },
      y: { label: "entropy of an example (nats)" },
      series: [0, 2, 4].map((n) => ({
        name: `${n} distractors`,
        mark: "line",
        x: depths,
        y: depths.map((d) => task.entropyFloor({ depth: [d, d], distractors: [n, n] }).exampleNats),
      })),
      references: [{ x: 4, label: "training ends" }],
    },
  };
}

function countdown(): Page {
  const task = world.countdown({ seed: 7 });
  const { examples } = task.train(3000);
  const ways = examples.map(({ prompt }) => {
    const [, numbers = "", target = ""] = /^use (.+) -> (\d+) =$/u.exec(prompt) ?? [];
    return solutions(numbers.split(" ").map(Number)).get(target)?.length ?? 0;
  });
  const most = 8;
  const counts = range(most).map((i) => i + 1);
  return {
    name: "countdown",
    world: task,
    shifts: { "targets: [101, 150]": { targets: [101, 150] } },
    figure: {
      title: "How many answers of a training problem are right",
      x: {
        label: "right expressions",
        scale: "category",
        categories: counts.map((n) => (n === most ? `${n} or more` : `${n}`)),
      },
      y: { label: "share of problems", percent: true },
      series: [
        bars(
          "train",
          counts.map((n) => ways.filter((w) => (n === most ? w >= n : w === n)).length / ways.length),
        ),
      ],
    },
  };
}

function stories(): Page {
  const task = world.stories({ seed: 7 });
  const sets = {
    test: task.test({ n: 300 }),
    "held-out names": task.test({ n: 300, surface: "held out" }),
    "no-op clause": task.test({ n: 300, noOp: true }),
    "numbers to 100": task.test({ n: 300, largest: 100 }),
  };
  const results = (set: { readonly examples: readonly Example[] }) =>
    set.examples.map((e) => Number(e.completion.split("#### ")[1]));
  return {
    name: "stories",
    world: task,
    shifts: {
      'surface: "held out"': { surface: "held out" },
      "noOp: true": { noOp: true },
      "largest: 100": { largest: 100 },
    },
    figure: {
      title: "Names and no-op clauses leave the numbers as they are",
      x: { label: "", scale: "category", categories: Object.keys(sets) },
      y: { label: "result" },
      series: [],
      distributions: Object.entries(sets).map(([name, set], at) => distributionOf(name, "box", at, results(set))),
    },
  };
}

function mixture(): Page {
  const parts = { sums: world.modular({ seed: 7 }), graphs: world.graph({ seed: 7 }) };
  const task = world.mixture(parts, { sums: 3, graphs: 1 }, { seed: 7 });
  const names = Object.keys(parts);
  const { examples } = task.train(3000);
  const tokens = (name: string) =>
    mean(examples.map((e) => (e.meta["world"] === name ? task.vocab.encode(`${e.prompt} ${e.completion}`).length : 0)));
  const nats = (name: string) =>
    mean(examples.map((e) => (e.meta["world"] === name ? -parts[name as keyof typeof parts].logProb(e) : 0)));
  const shared = (of: (name: string) => number) => {
    const all = names.map(of);
    return all.map((v) => v / all.reduce((a, b) => a + b, 0));
  };
  return {
    name: "mixture",
    world: task,
    shifts: { "weights: { sums: 1, graphs: 1 }": { weights: { sums: 1, graphs: 1 } } },
    figure: {
      title: "Three to one in problems is not three to one in tokens",
      x: { label: "", scale: "category", categories: ["problems", "tokens", "nats"] },
      y: { label: "share of the training data", percent: true },
      series: names.map((name, i) =>
        bars(name, [
          share(examples, (e) => e.meta["world"] === name),
          shared(tokens)[i] as number,
          shared(nats)[i] as number,
        ]),
      ),
    },
  };
}

export const PAGES: readonly (() => Page)[] = [stateMachine, modular, strings, graph, countdown, stories, mixture];
