// What a model answered to a batch of problems, before anyone judged it; kept in a folder under the hash of everything it depends on, so
// that an evaluation that was ended, or killed, goes on where it was, and one that is asked for again is read. Verdicts are not kept: they are
// made anew from the texts, so that a better verifier judges old answers.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fault, hasCode } from "../core/errors.ts";
import { writeFileAtomic } from "../core/files.ts";
import { isChat } from "../data/chats.ts";
import type { Example } from "../data/example.ts";
import type { Model } from "../model/model.ts";
import { promptIds, referenceIds } from "../model/prompt.ts";
import { engineStatus } from "../tensor/backend.ts";

export interface Problem {
  readonly example: Example;
  /** Tells equal examples of one set apart. */
  readonly occurrence: number;
}

/** By problem, then by sample. */
export interface Answers {
  readonly texts: readonly (readonly string[])[];
  /** Whether the end token was drawn. */
  readonly finished: readonly (readonly boolean[])[];
  /** Tokens, the end token included. */
  readonly tokens: readonly (readonly number[])[];
  /** -log-probability of the whole completion under the policy (greedy: under the model). */
  readonly nats: readonly (readonly number[])[];
  /** By problem: -log-probability of the reference completion with its end token. */
  readonly referenceNats: readonly number[];
  /** Of the whole batch, when it was drawn. */
  readonly seconds: number;
}

export interface AnswerOptions {
  readonly samples: number;
  readonly temperature: number;
  readonly seed: number | string;
  readonly maxNewTokens: number;
}

/** Raised when the meaning of a file changes: older ones are then not found. */
const VERSION = 1;

/** @returns hex; equal for equal weights, words, problems, policy and engine (engines round differently) */
export async function answersKey(model: Model, problems: readonly Problem[], options: AnswerOptions): Promise<string> {
  const { samples, temperature, seed, maxNewTokens } = options;
  const content = {
    version: VERSION,
    engine: engineStatus()?.name,
    weights: await model.hash(),
    tokenizer: model.tokenizer.hash,
    problems: problems.map(({ example, occurrence }) => {
      const { id, prompt, completion } = example;
      // The template that lays a conversation out is no part of its tokenizer's hash.
      const turn = isChat(example) ? [promptIds(example, model.tokenizer), referenceIds(example, model.tokenizer)] : [];
      return [id, occurrence, prompt, completion, ...turn];
    }),
    policy: [samples, temperature, seed, maxNewTokens],
  };
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

const pathOf = (folder: string, key: string) => join(folder, `${key}.json`);

/**
 * @returns what was kept under the key; undefined where nothing was
 * @throws CACHE_CORRUPT the file holds something else
 */
export async function readAnswers(folder: string, key: string, problems: number): Promise<Answers | undefined> {
  const path = pathOf(folder, key);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  const answers = parseAnswers(text);
  if (answers?.texts.length !== problems)
    throw fault("CACHE_CORRUPT", `${path} holds no answers to ${problems} problems.`, "remove it; it is drawn again.");
  return answers;
}

export const writeAnswers = (folder: string, key: string, answers: Answers): Promise<void> =>
  writeFileAtomic(pathOf(folder, key), `${JSON.stringify(answers)}\n`);

function parseAnswers(text: string): Answers | undefined {
  let value: Partial<Answers>;
  try {
    value = JSON.parse(text) as Partial<Answers>;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const { texts, finished, tokens, nats, referenceNats, seconds } = value;
  const lists = [texts, finished, tokens, nats, referenceNats];
  const whole = lists.every((list) => Array.isArray(list) && list.length === texts?.length);
  return whole && typeof seconds === "number" ? (value as Answers) : undefined;
}
