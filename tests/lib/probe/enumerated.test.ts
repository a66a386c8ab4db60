// Probes on models against sums over every completion that there is: six tokens, three at most, so 43 prefixes and 156 completions of a prompt. The probes draw;
// what they say must lie within four standard errors of the sums, whose variance is summed as well.
import { beforeAll, describe, expect, test } from "vitest";
import type { Example, ExampleSet } from "../../../lib/data/example.ts";
import { init } from "../../../lib/model/init.ts";
import { forward } from "../../../lib/model/forward.ts";
import type { Model } from "../../../lib/model/model.ts";
import { crossPerplexityOf } from "../../../lib/probe/crossPerplexity.ts";
import { klBetween } from "../../../lib/probe/kl.ts";
import { retentionOf } from "../../../lib/probe/retention.ts";
import { sharpeningOf } from "../../../lib/probe/sharpening.ts";
import { temperatureSweepOf } from "../../../lib/probe/temperatureSweep.ts";
import { useEngine } from "../../../lib/tensor/backend.ts";
import * as tf from "../../../lib/tensor/tf.ts";
import { wordTokenizer } from "../../../lib/tokenizer/word.ts";
import { trainSft } from "../../../lib/train/sft.ts";

const LENGTH = 3;
const vocab = wordTokenizer(["a", "b", ">"]);
const V = vocab.vocabSize;
const example = (prompt: string, completion: string) => ({ id: prompt, prompt, completion, meta: {} });
const set: ExampleSet = {
  name: "letters",
  examples: [example("a >", "a b"), example("b >", "b"), example("a b >", "b a")],
  verify: ({ completion }, text) => text.trim() === completion,
};
const PROMPTS = set.examples.map(({ prompt }) => vocab.encode(prompt));

/** Logits after every prefix, by its tokens. */
type Table = ReadonlyMap<string, Float64Array>;
interface Known {
  readonly model: Model;
  readonly tables: readonly Table[];
}
let old: Known;
let young: Known;

async function known(model: Model): Promise<Known> {
  const tails = Array.from({ length: V ** (LENGTH - 1) }, (_, i) => [Math.floor(i / V), i % V]);
  const tables: Table[] = [];
  for (const prompt of PROMPTS) {
    const ids = tf.tensor2d(
      tails.map((tail) => [...prompt, ...tail]),
      undefined,
      "int32",
    );
    const logits = forward(model, ids);
    const values = await logits.array();
    tf.dispose([ids, logits]);
    const table = new Map<string, Float64Array>();
    tails.forEach((tail, row) => {
      for (let t = 0; t < LENGTH; t++)
        table.set(tail.slice(0, t).join(), Float64Array.from(values[row]?.[prompt.length - 1 + t] ?? []));
    });
    tables.push(table);
  }
  return { model, tables };
}

const logSoftmax = (logits: Float64Array, temperature = 1): number[] => {
  const scaled = Array.from(logits, (x) => x / temperature);
  const norm = Math.log(scaled.reduce((sum, x) => sum + Math.exp(x), 0));
  return scaled.map((x) => x - norm);
};

interface Leaf {
  readonly tokens: readonly number[];
  readonly p: number;
  /** Of what was asked for at each of its prefixes. */
  readonly total: number;
}

/** Every completion of a prompt with its probability, and the sum of `at` over its prefixes, the distribution of the writer there given. */
function leavesOf(table: Table, at: (prefix: string, log: readonly number[]) => number, temperature = 1): Leaf[] {
  const walk = (tokens: readonly number[], p: number, total: number): Leaf[] => {
    if (tokens.length === LENGTH || tokens.at(-1) === vocab.eosId) return [{ tokens, p, total }];
    const prefix = tokens.join();
    const log = logSoftmax(table.get(prefix) as Float64Array, temperature);
    const here = total + at(prefix, log);
    return log.flatMap((x, v) => walk([...tokens, v], p * Math.exp(x), here));
  };
  return walk([], 1, 0);
}

const sumOver = (leaves: readonly Leaf[], of: (leaf: Leaf) => number) =>
  leaves.reduce((s, leaf) => s + leaf.p * of(leaf), 0);
const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const logOf = (table: Table, tokens: readonly number[], temperature = 1) =>
  tokens.reduce(
    (sum, token, t) =>
      sum + (logSoftmax(table.get(tokens.slice(0, t).join()) as Float64Array, temperature)[token] as number),
    0,
  );

/** Exact total per completion and per token over the three prompts, and the standard errors of `samples` draws of each. */
function exact(trees: readonly Leaf[][], samples: number) {
  const perCompletion = meanOf(trees.map((leaves) => sumOver(leaves, (l) => l.total)));
  const length = meanOf(trees.map((leaves) => sumOver(leaves, (l) => l.tokens.length)));
  const perToken = perCompletion / length;
  const error = (of: (leaf: Leaf) => number) => {
    const variances = trees.map((leaves) => sumOver(leaves, (l) => of(l) ** 2) - sumOver(leaves, of) ** 2);
    return Math.sqrt(variances.reduce((a, b) => a + b, 0) / samples) / trees.length;
  };
  return {
    perCompletion,
    perToken,
    completionError: error((l) => l.total),
    tokenError: error((l) => l.total - perToken * l.tokens.length) / length,
  };
}

const klAt =
  (other: Table, temperature = 1) =>
  (prefix: string, log: readonly number[]) => {
    const q = logSoftmax(other.get(prefix) as Float64Array, temperature);
    return log.reduce((sum, x, v) => sum + Math.exp(x) * (x - (q[v] as number)), 0);
  };
const treesOf = (from: Known, to: Known, temperature = 1) =>
  from.tables.map((table, i) => leavesOf(table, klAt(to.tables[i] as Table, temperature)));

const near = (value: number | undefined, truth: number, error: number) =>
  expect(Math.abs((value ?? Number.NaN) - truth), `${value} for ${truth} ± ${error}`).toBeLessThan(4 * error + 1e-6);

beforeAll(async () => {
  await useEngine("wasm");
  const blank = await init({ vocab, layers: 1, width: 16, heads: 2, maxLength: 16, seed: 3 });
  const train = (steps: number) => trainSft(blank, set, { steps, batch: 3, learningRate: 1e-2 });
  old = await known((await train(6)).model);
  young = await known((await train(12)).model);
  blank.dispose();
  return () => [old, young].forEach(({ model }) => model.dispose());
});

test("the sums are sums over all there is: probabilities add up to 1, and the chain rule makes a KL of completions of KLs of tokens", () => {
  const [table, other] = [old.tables[0] as Table, young.tables[0] as Table];
  const leaves = leavesOf(table, klAt(other));
  expect(leaves).toHaveLength(5 ** 2 * 6 + 5 + 1);
  expect(sumOver(leaves, () => 1)).toBeCloseTo(1, 12);
  const direct = sumOver(leaves, (l) => logOf(table, l.tokens) - logOf(other, l.tokens));
  expect(sumOver(leaves, (l) => l.total)).toBeCloseTo(direct, 12);
  expect(direct).toBeGreaterThan(0.05);
});

test("kl: both directions, per completion and per token", async () => {
  const samples = 1500;
  const found = await klBetween(old.model, young.model, set, { samples, maxNewTokens: LENGTH });
  for (const [direction, truth] of [
    [found.forward, exact(treesOf(old, young), samples)],
    [found.reverse, exact(treesOf(young, old), samples)],
  ] as const) {
    near(direction.perCompletion.value, truth.perCompletion, truth.completionError);
    near(direction.perToken.value, truth.perToken, truth.tokenError);
    expect(truth.completionError / truth.perCompletion).toBeLessThan(0.05);
  }
});

test("sharpening: τ*, what it leaves and explains, and both entropies, on completions of the model after", async () => {
  const samples = 600;
  const found = await sharpeningOf(old.model, young.model, set, { samples, maxNewTokens: LENGTH });
  const at = (log: number) => exact(treesOf(young, old, Math.exp(log)), samples).perToken;
  let [low, high] = [-1.5, 1.5];
  const golden = (Math.sqrt(5) - 1) / 2;
  while (high - low > 1e-4) {
    const [a, b] = [high - golden * (high - low), low + golden * (high - low)];
    if (at(a) < at(b)) high = b;
    else low = a;
  }
  const best = exact(treesOf(young, old, Math.exp(low)), samples);
  const whole = exact(treesOf(young, old), samples);
  near(found.kl.value, whole.perToken, whole.tokenError);
  near(found.klLeft.value, best.perToken, best.tokenError);
  expect(found.explained.value).toBeCloseTo(1 - found.klLeft.value / found.kl.value, 12);
  expect(Math.abs(found.temperature.value / Math.exp(low) - 1)).toBeLessThan(0.04);
  expect(found.temperature.value).toBeLessThan(0.95);
  for (const [entropy, reader] of [
    [found.entropyAfter, young],
    [found.entropyBefore, old],
  ] as const) {
    const own = young.tables.map((table, i) =>
      leavesOf(table, (prefix) => {
        const log = logSoftmax(reader.tables[i]?.get(prefix) as Float64Array);
        return -log.reduce((sum, x) => sum + x * Math.exp(x), 0);
      }),
    );
    const truth = exact(own, samples);
    near(entropy.value, truth.perToken, truth.tokenError);
  }
});

test("crossPerplexity: every writer under every reader, the references too; the excess is the KL per token", async () => {
  const samples = 1500;
  const cells = await crossPerplexityOf({ old: old.model, young: young.model }, set, { samples, maxNewTokens: LENGTH });
  const models = { old, young } as const;
  for (const { writer, reader, nats, perplexity, excess } of cells) {
    const read = models[reader as "old"];
    expect(perplexity.value).toBeCloseTo(Math.exp(nats.value), 12);
    if (writer === "reference") {
      const rows = set.examples.map((e) => [...vocab.encode(e.completion), vocab.eosId]);
      const total = rows.reduce((sum, row, i) => sum - logOf(read.tables[i] as Table, row), 0);
      expect(nats.value).toBeCloseTo(total / rows.reduce((sum, row) => sum + row.length, 0), 5);
      expect(excess).toBeNull();
      continue;
    }
    const wrote = models[writer as "old"];
    const of = (value: (i: number, tokens: readonly number[]) => number) =>
      exact(
        wrote.tables.map((table, i) => leavesOf(table, () => 0).map((l) => ({ ...l, total: value(i, l.tokens) }))),
        samples,
      );
    const truth = of((i, tokens) => -logOf(read.tables[i] as Table, tokens));
    near(nats.value, truth.perToken, truth.tokenError);
    const more = of((i, tokens) => logOf(wrote.tables[i] as Table, tokens) - logOf(read.tables[i] as Table, tokens));
    near(excess?.value, more.perToken, more.tokenError);
    expect(more.perToken).toBeCloseTo(exact(treesOf(wrote, read), 1).perToken, 10);
  }
});

test("temperatureSweep: accuracy, pass@k and the cost of temperature 1 are the probabilities of the answers", async () => {
  const samples = 400;
  const models = { old: old.model, young: young.model };
  const found = await temperatureSweepOf(models, set, { temperatures: [0.4, 1], samples, maxNewTokens: LENGTH });
  const rights = ({ tables }: Known, temperature: number) =>
    set.examples.map((e, i) =>
      Math.exp(logOf(tables[i] as Table, [...vocab.encode(e.completion), vocab.eosId], temperature)),
    );
  const errorOf = (ps: readonly number[]) =>
    Math.sqrt(ps.reduce((sum, p) => sum + p * (1 - p), 0) / samples) / ps.length;
  for (const { model, temperature, accuracy, reach } of found.rows) {
    const ps = rights({ old, young }[model as "old"], temperature);
    near(accuracy.value, meanOf(ps), errorOf(ps));
    const reached = ps.map((p) => 1 - (1 - p) ** samples);
    near(reach.value, meanOf(reached), Math.sqrt(reached.reduce((sum, q) => sum + q * (1 - q), 0)) / ps.length);
  }
  const cost = ({ tables, model }: Known) => {
    const [cold, warm] = [rights({ tables, model }, 0.4), rights({ tables, model }, 1)];
    return { value: meanOf(cold) - meanOf(warm), error: Math.hypot(errorOf(cold), errorOf(warm)) };
  };
  near(found.cost["old"]?.value, cost(old).value, cost(old).error);
  near(found.cost["young"]?.value, cost(young).value, cost(young).error);
  expect(found.flatter?.value).toBeCloseTo((found.cost["old"]?.value ?? 0) - (found.cost["young"]?.value ?? 0), 12);
});

test("retention: the distance moved is the enumerated KL, the loss gained the difference of exact log-probabilities, the accuracies greedy ones", async () => {
  const samples = 1500;
  const oldTask = { ...set, examples: [2, 0].map((i) => set.examples[i] as Example) };
  const found = await retentionOf(
    { before: old.model, after: { young: young.model }, newTask: set, oldTask },
    { samples, maxNewTokens: LENGTH },
  );
  const truth = exact(treesOf(old, young), samples);
  const [row] = found.rows;
  near(row?.moved.value, truth.perToken, truth.tokenError);
  const rows = [2, 0].map((i) => [i, [...vocab.encode(set.examples[i]?.completion ?? ""), vocab.eosId]] as const);
  const lost = rows.reduce(
    (sum, [i, tokens]) => sum + logOf(old.tables[i] as Table, tokens) - logOf(young.tables[i] as Table, tokens),
    0,
  );
  expect(row?.forgotten.value).toBeCloseTo(lost / 6, 5);
  const greedy = ({ tables }: Known, i: number) => {
    const said: number[] = [];
    while (said.length < LENGTH && said.at(-1) !== vocab.eosId) {
      const logits = tables[i]?.get(said.join()) as Float64Array;
      said.push(logits.indexOf(Math.max(...logits)));
    }
    return Number(said.at(-1) === vocab.eosId && vocab.decode(said.slice(0, -1)) === set.examples[i]?.completion);
  };
  const gain = (at: readonly number[]) => meanOf(at.map((i) => greedy(young, i) - greedy(old, i)));
  expect(row?.old.value).toBeCloseTo(gain([2, 0]), 12);
  expect(row?.gained.value).toBeCloseTo(gain([0, 1, 2]), 12);
  expect(found.slope).toBeNull();
});

describe("a model beside itself", () => {
  test("has moved 0, is explained by nothing, has one entropy and no excess, and forgot nothing", async () => {
    const same = await sharpeningOf(old.model, old.model, set, { maxNewTokens: LENGTH });
    expect(same.kl).toEqual({ value: 0, low: 0, high: 0 });
    expect(same.klLeft.value).toBe(0);
    expect(same.explained.value).toBe(0);
    expect(same.temperature.value).toBeCloseTo(1, 5);
    expect(same.temperature.high - same.temperature.low).toBeLessThan(1e-4);
    expect(same.entropyBefore).toEqual(same.entropyAfter);
    const cells = await crossPerplexityOf({ one: old.model, two: old.model }, set, { maxNewTokens: LENGTH });
    for (const { excess } of cells) if (excess) expect(excess.value).toBeCloseTo(0, 12);
    const kept = await retentionOf({ before: old.model, after: { same: old.model }, newTask: set, oldTask: set });
    expect(kept.rows[0]?.forgotten.value).toBe(0);
    expect(kept.rows[0]?.old.value).toBe(0);
    const sweep = await temperatureSweepOf({ one: old.model, two: old.model }, set, {
      temperatures: [0.5],
      samples: 4,
    });
    expect(sweep.flatter?.value).toBe(0);
  });

  test("one problem says nothing about others: every interval over problems is without ends", async () => {
    const one = { ...set, examples: set.examples.slice(0, 1) };
    const { forward: there } = await klBetween(old.model, young.model, one);
    expect(there.perToken.value).toBeGreaterThan(0);
    expect([there.perToken.low, there.perToken.high]).toEqual([Number.NaN, Number.NaN]);
    const sharp = await sharpeningOf(old.model, young.model, one);
    for (const interval of [sharp.temperature, sharp.kl, sharp.explained])
      expect([interval.low, interval.high]).toEqual([Number.NaN, Number.NaN]);
  });
});
