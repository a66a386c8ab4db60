// KL between a model and the distribution of its data, in both directions, over whole examples: the model as a generator beside the true one.
// For models that learned every token (pretrain on task.train, or sft with maskPrompt: false); a model that learned completions alone
// is measured by nllGap.
//
// forward = KL(data || model): mean over fresh draws x of the data's law of log p(x) - log q(x); p is known, so the data's own entropy cancels
// draw by draw. It is large where the model misses what the data do.
// reverse = KL(model || data): the model writes x, the world says log p(x). What the law cannot produce has p = 0, which makes the reverse KL
// infinite; so it is told in two numbers: the share of such texts, and the KL of the rest, mean(log q - log p) - log(share of the rest).
//
// The first token is given: p and q are of the rest. Where it tells which world a problem is from (a mixture), the model is given first tokens
// in the data's shares, and what is measured is the KL of the whole mixture. Draws come from the training split, which keeps four fifths of the
// problems by a hash: a model that knew the hash could reach forward = log 0.8 = -0.22 nats an example.
import { checkOptions, type Rules, whole } from "../core/options.ts";
import { fold, key } from "../core/rng.ts";
import type { Interval } from "../core/table.ts";
import type { Example } from "../data/example.ts";
import { clusteredIntervals } from "../eval/clustered.ts";
import { wilson } from "../eval/rate.ts";
import { FEWEST_SEEDS, overSeeds } from "../eval/seeds.ts";
import { generate } from "../model/generate.ts";
import type { Model } from "../model/model.ts";
import { scoreCompletions } from "../model/score.ts";
import type { World } from "../world/world.ts";
import { checkModels } from "../train/arguments.ts";
import { PROBE_RULES, type ProbeOptions } from "./options.ts";
import { independentDifference } from "./reading.ts";

export interface DataKlPlan {
  /** Draws of the data, and texts of the model; default 512 each. */
  readonly n?: number;
  /** Where in the training stream fresh draws begin: beyond everything that was trained on. Default 1,000,000. */
  readonly from?: number;
}

/** Nats per example. */
export interface DataKl {
  readonly model: string;
  readonly n: number;
  /** Of the law: the entropy of an example. */
  readonly entropy: number;
  readonly forward: Interval;
  /** Of the model's texts: not an example that the law can produce. */
  readonly outside: Interval;
  /** KL(model, given that it stays inside || data); without ends (NaN) where fewer than four texts were inside, null where none was. */
  readonly reverse: Interval | null;
}

/** log p of an example, given its first word. */
const logProbOf = (task: World, openings: ReturnType<World["openings"]>, example: Example): number =>
  task.logProb(example) - Math.log(openings[example.prompt.split(" ")[0] as string] ?? 0);

/**
 * log p of a text, given its first word: its prompt ends at an "=", at the first that makes it an example; undefined where none does.
 * @param meta of the law's examples: a rule that no prompt tells may stand there
 */
function logProbOfText(
  task: World,
  openings: ReturnType<World["openings"]>,
  text: string,
  meta: Example["meta"],
): number | undefined {
  const words = text.split(" ");
  for (const [i, word] of words.entries()) {
    if (word !== "=") continue;
    const [prompt, completion] = [words.slice(0, i + 1).join(" "), words.slice(i + 1).join(" ")];
    const logProb = logProbOf(task, openings, { id: "", prompt, completion, meta });
    if (logProb > -Infinity) return logProb;
  }
  return undefined;
}

/**
 * KL of what stays inside the law, from texts of the model: a mean minus the logarithm of a share, whose errors are independent, because how many
 * texts are inside says nothing about their ratios. So the mean has Student's interval, the share Wilson's, and they add in quadrature.
 * Source: Zou and Donner (2008), intervals of a difference from those of its parts.
 * @param ratios log q - log p of each text; undefined outside
 * @returns no ends (NaN) where fewer than four were inside, as over seeds; null where nothing was
 * @example reverseKl([1, 2, undefined])?.value // 1.9054651081081644
 */
export function reverseKl(ratios: readonly (number | undefined)[], confidence = 0.95): Interval | null {
  const inside = ratios.filter((r) => r !== undefined);
  if (inside.length === 0) return null;
  const share = wilson(inside.length, ratios.length, confidence);
  if (inside.length < FEWEST_SEEDS) {
    const mean = inside.reduce((sum, r) => sum + r, 0) / inside.length;
    return { value: mean - Math.log(share.value), low: Number.NaN, high: Number.NaN };
  }
  const log = { value: Math.log(share.value), low: Math.log(share.low), high: Math.log(share.high) };
  return independentDifference(overSeeds(inside, confidence), log);
}

const RULES: Rules<DataKlPlan> = { n: whole(1), from: whole(0) };

/**
 * @throws TOO_LONG the model cannot hold an example
 * @example (await dataKlOf({ reading: reading.model }, task)).at(0)?.forward
 */
export async function dataKlOf(
  models: Readonly<Record<string, Model>>,
  task: World,
  plan: DataKlPlan = {},
  options: ProbeOptions = {},
): Promise<readonly DataKl[]> {
  const { n = 512, from = 1_000_000 } = checkOptions("dataKl", plan, RULES);
  const { seed = 0, confidence = 0.95, signal } = checkOptions("dataKl", options, PROBE_RULES);
  checkModels(models);
  const openings = task.openings();
  const { examples } = task.train(n, { from });
  const root = fold(key(seed), "dataKl");
  const found: DataKl[] = [];
  for (const [name, model] of Object.entries(models)) {
    signal?.throwIfAborted();
    const { tokenizer, config } = model;
    const rows = examples.map((e) => [
      ...tokenizer.encode(e.prompt),
      ...tokenizer.encode(e.completion),
      tokenizer.eosId,
    ]);
    const given = rows.map((row) => row.slice(0, 1));
    const logQ = await scoreCompletions(
      model,
      given,
      rows.map((row) => row.slice(1)),
    );
    const gaps = examples.map(
      (e, i) => logProbOf(task, openings, e) - (logQ[i] as Float32Array).reduce((a, b) => a + b, 0),
    );

    const drawn = await generate(model, given, {
      maxNewTokens: config.maxLength - 1,
      temperature: 1,
      key: fold(root, "texts"),
      signal,
    });
    signal?.throwIfAborted();
    const ratios = drawn.tokens.map((tokens, i) => {
      const text = tokenizer.decode([...(given[i] as number[]), ...tokens]);
      // Special tokens have no text: one in the middle would make two token sequences one example.
      const plain = drawn.finished[i] === true && tokenizer.encode(text).length === tokens.length + 1;
      const inside = plain ? logProbOfText(task, openings, text, (examples[i] as Example).meta) : undefined;
      const nats = (drawn.logProbs[i] as Float32Array).reduce((a, b) => a + b, 0);
      return inside === undefined ? undefined : nats - inside;
    });
    found.push({
      model: name,
      n,
      entropy: task.entropyFloor().exampleNats,
      forward: clusteredIntervals(fold(root, "forward"), confidence).mean(examples, gaps),
      outside: wilson(ratios.filter((r) => r === undefined).length, n, confidence),
      reverse: reverseKl(ratios, confidence),
    });
  }
  return found;
}
