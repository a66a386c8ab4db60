// Examples one after another without an end, for data larger than memory and for mixtures. A stream's order is a function of its seed and
// the position alone: position p is the p-th example drawn, so a run that goes on from a checkpoint opens the stream at the position it had
// reached (the resumable cursor is that one number) and gets the same examples.
import { createHash } from "node:crypto";
import { fault } from "../core/errors.ts";
import { checkOptions, type Rules, seed as aSeed, whole } from "../core/options.ts";
import { draw, fold, key } from "../core/rng.ts";
import type { Key } from "../core/rng.ts";
import type { AnyVerify, Example, ExampleSet } from "./example.ts";

export interface ExampleStream {
  /** As it appears in tables. */
  readonly name: string;
  readonly verify: AnyVerify;
  /** Different examples in one pass, and a hash of them; reads everything once. */
  survey(): Promise<Survey>;
  /**
   * Endless; each pass over the data has another order.
   * @param position of the first example
   */
  open(position: number): AsyncGenerator<Example, never>;
  /** @returns n examples from `from` (default 0) on, in memory */
  take(n: number, options?: { readonly from?: number }): Promise<ExampleSet>;
}

export interface Survey {
  readonly examples: number;
  /** SHA-256 in hex: what a checkpoint remembers of its data. */
  readonly hash: string;
}

/** How examples of one pass are read, in the data's own order. */
type Pass = (pass: number) => AsyncIterable<Example>;

export interface ShuffleOptions {
  /** Examples held in memory to draw from; default 10,000. 1 keeps the data's own order. */
  readonly shuffleBuffer?: number;
  /** Default 0. */
  readonly seed?: number | string;
}

export const SHUFFLE_RULES: Rules<ShuffleOptions> = { shuffleBuffer: whole(1), seed: aSeed };

const TAKE = { n: whole(0), from: whole(0) };

export const isStream = (data: ExampleSet | ExampleStream): data is ExampleStream => "open" in data;

/**
 * Hash of what a training reads, in order.
 * @returns hex
 */
export function hashExamples(examples: Iterable<Example>): string {
  const sha = createHash("sha256");
  for (const example of examples) addTo(sha, example);
  return sha.digest("hex");
}

const addTo = (sha: ReturnType<typeof createHash>, { id, prompt, completion }: Example) =>
  sha.update(JSON.stringify([id, prompt, completion]));

/**
 * A stream over passes, each shuffled in a buffer: one example is drawn from the buffer, and the next one read takes its place.
 * @throws EMPTY_DATA  a pass has no examples
 */
export function shuffled(name: string, verify: AnyVerify, read: Pass, options: ShuffleOptions = {}): ExampleStream {
  const { shuffleBuffer = 10_000, seed = 0 } = options;
  const root = fold(key(seed), "stream");
  const survey = once(async (): Promise<Survey> => {
    const sha = createHash("sha256").update(JSON.stringify([shuffleBuffer, seed]));
    let examples = 0;
    for await (const example of read(0)) {
      addTo(sha, example);
      examples += 1;
    }
    if (examples === 0) throw fault("EMPTY_DATA", `${name} has no examples.`, "check its files.");
    return { examples, hash: sha.digest("hex") };
  });
  return withTake({
    name,
    verify,
    survey,
    async *open(position) {
      // The first pass needs no count, so a run starts with the first rows of however large a file.
      const size = position === 0 ? Infinity : (await survey()).examples;
      let skip = position % size;
      for (let pass = Math.floor(position / size); ; pass++) {
        let seen = 0;
        for await (const example of shuffle(read(pass), shuffleBuffer, fold(root, pass))) {
          seen += 1;
          if (seen > skip) yield example;
        }
        if (seen === 0) throw fault("EMPTY_DATA", `${name} has no examples.`, "check its files.");
        skip = 0;
      }
    },
  });
}

async function* shuffle(examples: AsyncIterable<Example>, size: number, k: Key): AsyncGenerator<Example> {
  const buffer: Example[] = [];
  const random = draw(k);
  for await (const example of examples) {
    if (buffer.length < size) {
      buffer.push(example);
      continue;
    }
    const i = random.integer(buffer.length);
    yield buffer[i] as Example;
    buffer[i] = example;
  }
  while (buffer.length > 0) {
    const i = random.integer(buffer.length);
    yield buffer[i] as Example;
    buffer[i] = buffer.at(-1) as Example;
    buffer.pop();
  }
}

/** @returns `work`, done at the first call only */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}

/** Completes a stream by what follows from the rest. */
export function withTake(stream: Omit<ExampleStream, "take">): ExampleStream {
  const whole: ExampleStream = {
    ...stream,
    async take(n, options = {}) {
      const { from = 0 } = checkOptions("take", { n, ...options }, TAKE);
      const examples: Example[] = [];
      const places = new Set<string>();
      const source = whole.open(from);
      for (let i = 0; i < n; i++) {
        const { value } = await source.next();
        // A pass that comes again gives the same example again; ids in a set are unique.
        const id = places.has(value.id) ? `${value.id}@${from + i}` : value.id;
        places.add(id);
        examples.push(id === value.id ? value : { ...value, id });
      }
      await source.return(undefined as never);
      return { name: `${whole.name}, ${n} of it`, examples, verify: whole.verify };
    },
  };
  return whole;
}
