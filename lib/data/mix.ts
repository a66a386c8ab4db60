// A mixture of data sets by weight: which part the next example comes from is drawn anew each time, and each part is read in its own order,
// again and again. So a small part is repeated, not used up, and the shares hold at every point of the training.
import { createHash } from "node:crypto";
import { fault } from "../core/errors.ts";
import { checkOptions, record, type Rules, seed as aSeed } from "../core/options.ts";
import { fold, key, permutation, uniform } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import type { AnyVerify, Example, ExampleSet } from "./example.ts";
import { hashExamples, isStream, once, withTake } from "./stream.ts";
import type { ExampleStream } from "./stream.ts";

export interface MixOptions {
  /** By part; need not sum to 1. Default: every part its number of examples, so that all are seen equally often. */
  readonly weights?: Readonly<Record<string, number>>;
  /** Default 0. */
  readonly seed?: number | string;
}

/** What weights may be is said where they are weighed. */
const RULES: Rules<MixOptions> = { weights: record, seed: aSeed };

/**
 * A stream of several sets and streams; an example's `meta.part` names the one it comes from, and its id begins with it.
 * @param parts by name
 * @throws BAD_WEIGHTS  no part, or weights that are not positive numbers of the parts
 * @example const both = await data.mix({ maths: gsm8k, code: humaneval }, { weights: { maths: 3, code: 1 } });
 */
export async function mix(
  parts: Readonly<Record<string, ExampleSet | ExampleStream>>,
  asked: MixOptions = {},
): Promise<ExampleStream> {
  const options = checkOptions("data.mix", asked, RULES);
  const { seed = 0 } = options;
  const root = fold(key(seed), "mix");
  const streams = Object.entries(parts).map(([name, part]) => ({
    name,
    stream: isStream(part) ? part : endless(part, fold(root, "order", name)),
  }));
  const weights = options.weights ?? (await sizes(streams));
  const shares = sharesOf(Object.keys(parts), weights);
  const choose = (position: number): number => {
    const u = uniform(fold(root, position), 1)[0] as number;
    let sum = 0;
    return Math.max(
      0,
      shares.findIndex((share) => u < (sum += share)),
    );
  };
  const verify: AnyVerify = (example, completion, signal) => {
    const part = parts[String(example.meta["part"])];
    return part !== undefined && part.verify(example, completion, signal);
  };
  return withTake({
    name: streams.map(({ name }, i) => `${name} ${Math.round(100 * (shares[i] as number))} %`).join(", "),
    verify,
    survey: once(async () => {
      const surveys = await Promise.all(streams.map(({ stream }) => stream.survey()));
      const sha = createHash("sha256").update(JSON.stringify([seed, weights, surveys]));
      return { examples: surveys.reduce((sum, s) => sum + s.examples, 0), hash: sha.digest("hex") };
    }),
    async *open(position) {
      const starts = streams.map(() => 0);
      for (let p = 0; p < position; p++) starts[choose(p)] = (starts[choose(p)] as number) + 1;
      const sources = streams.map(({ stream }, i) => stream.open(starts[i] as number));
      try {
        for (let p = position; ; p++) {
          const i = choose(p);
          const { value } = await (sources[i] as (typeof sources)[number]).next();
          const { name } = streams[i] as (typeof streams)[number];
          yield { ...value, id: `${name}/${value.id}`, meta: { ...value.meta, part: name } };
        }
      } finally {
        await Promise.all(sources.map((source) => source.return(undefined as never)));
      }
    },
  });
}

function endless({ name, examples, verify }: ExampleSet, k: Key): ExampleStream {
  return withTake({
    name,
    verify,
    survey: once(async () => Promise.resolve({ examples: examples.length, hash: hashExamples(examples) })),
    // oxlint-disable-next-line require-await -- a stream of a set that is there
    async *open(position) {
      for (let p = position, order = permutation(k, 0), pass = -1; ; p++) {
        const wanted = Math.floor(p / examples.length);
        if (wanted !== pass) order = permutation(fold(k, (pass = wanted)), examples.length);
        yield examples[order[p % examples.length] as number] as Example;
      }
    },
  });
}

async function sizes(streams: readonly { readonly name: string; readonly stream: ExampleStream }[]) {
  const entries = streams.map(async ({ name, stream }) => [name, (await stream.survey()).examples] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function sharesOf(names: readonly string[], weights: Readonly<Record<string, number>>): number[] {
  const given = names.map((name) => weights[name] ?? 0);
  const total = given.reduce((a, b) => a + b, 0);
  const strange = Object.keys(weights).find((name) => !names.includes(name));
  if (strange !== undefined || given.some((w) => !(w >= 0 && w < Infinity)) || !(total > 0))
    throw fault(
      "BAD_WEIGHTS",
      `the weights ${JSON.stringify(weights)} are not weights of ${names.join(", ") || "no parts"}.`,
      "give each part a number of at least 0, not all 0.",
    );
  return given.map((w) => w / total);
}
