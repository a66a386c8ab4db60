// A model asked in words: texts in, texts out. Tokens, log-probabilities and keys of one's own are generate.ts's.
import { fault } from "../core/errors.ts";
import { DISPLAY_SYMBOL, type MimeBundle, host } from "../core/host.ts";
import { atLeast, checkOptions, seed as anySeed, texts, whole } from "../core/options.ts";
import type { Rules } from "../core/options.ts";
import { key } from "../core/rng.ts";
import { INSPECT_SYMBOL, inspectedAs } from "../core/shown.ts";
import { isRecord } from "../core/record.ts";
import { rowsTable, tableBundle } from "../core/table.ts";
import { checkConversation } from "../data/chats.ts";
import type { Message } from "../tokenizer/chat.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { beforeStop, generate } from "./generate.ts";
import type { Model } from "./model.ts";
import { chatTokenizer, openedIds } from "./prompt.ts";

export interface CompleteOptions {
  /** Most tokens of a completion; default 64, or what the model has room for after the longest prompt. */
  readonly maxNewTokens?: number;
  /** Completions of each prompt; default 1. */
  readonly samples?: number;
  /** 0 = always the most likely token. Default: 0 with one sample, 1 with more. */
  readonly temperature?: number;
  /** Texts that end a completion; what comes before is kept. Default none: the end token alone. */
  readonly stop?: readonly string[];
  /** Of the draws; default 0. */
  readonly seed?: string | number;
}

export interface Completion {
  readonly prompt: string;
  readonly completion: string;
  /** Whether it ended by itself; else it was cut off after maxNewTokens. */
  readonly finished: boolean;
}

const RULES: Rules<CompleteOptions> = {
  maxNewTokens: whole(1),
  samples: whole(1),
  temperature: atLeast(0),
  stop: texts,
  seed: anySeed,
};

const DEFAULT_TOKENS = 64;
const SHOWN = 20;

/** A text, or a conversation that waits for the assistant's turn. */
export type Prompt = string | readonly Message[];

const isConversation = (prompts: Prompt | readonly Prompt[]): prompts is readonly Message[] =>
  typeof prompts !== "string" && isRecord(prompts[0]);

/** What the model reads, as text and as ids; special tokens that a person wrote in a text are text, those of a template are not. */
function read(prompt: Prompt, tokenizer: Tokenizer): { readonly prompt: string; readonly ids: readonly number[] } {
  if (typeof prompt === "string") return { prompt, ids: tokenizer.encode(prompt) };
  const chat = chatTokenizer(tokenizer);
  checkConversation(prompt, 0);
  const ids = openedIds(prompt, chat);
  return { prompt: chat.decodeMarked(ids), ids };
}

/**
 * What a model says to a text, or to each of several: the model's own tokenizer reads and writes. A conversation, or each of several, is asked in the
 * form that the tokenizer's chat template gives it.
 * @returns one row per completion, with the prompt as the model read it; a cell shows them as a table
 * @throws EMPTY_PROMPT, TOO_LONG, MODEL_DISPOSED
 * @throws TEMPLATE_MISSING, TEMPLATE_FAILED, DATA_INVALID, EMPTY_DATA  of conversations
 * @throws OPTION_UNKNOWN, OPTION_INVALID
 * @example const [said] = await complete(run.model, "m0 s1 a2 =");
 */
export async function complete(
  model: Model,
  prompts: Prompt | readonly Prompt[],
  options: CompleteOptions = {},
): Promise<readonly Completion[] & { [DISPLAY_SYMBOL](): MimeBundle }> {
  const given = checkOptions("model.complete", options, RULES);
  const { samples = 1, temperature = samples === 1 ? 0 : 1, stop = [], seed = 0 } = given;
  const { tokenizer, config } = model;
  const all = typeof prompts === "string" || isConversation(prompts) ? [prompts] : prompts;
  const asked = all.flatMap((prompt) => {
    const row = read(prompt, tokenizer);
    return Array.from({ length: samples }, () => row);
  });
  const longest = Math.max(0, ...asked.map(({ ids }) => ids.length));
  const room = config.maxLength - longest;
  if (room < 1)
    throw fault(
      "TOO_LONG",
      `a prompt has ${longest} tokens, the model takes ${config.maxLength} with what it says.`,
      "shorten it, or initialise the model with a larger maxLength.",
    );
  const { maxNewTokens = Math.min(DEFAULT_TOKENS, room) } = given;
  const made = await host().cooperate((signal) =>
    generate(
      model,
      asked.map(({ ids }) => ids),
      { maxNewTokens, temperature, stop, key: key(seed), signal },
    ),
  );
  const rows = asked.map(({ prompt }, i): Completion => ({
    prompt,
    completion: beforeStop(tokenizer.decode([...(made.tokens[i] ?? [])]), stop),
    finished: made.finished[i] ?? false,
  }));
  return Object.assign(rows, {
    [INSPECT_SYMBOL]: inspectedAs("completions"),
    [DISPLAY_SYMBOL]: () =>
      tableBundle(
        rowsTable(
          rows.map((row) => ({ ...row })),
          { typed: false },
        ),
        { maxRows: SHOWN, maxColumns: 3 },
      ),
  });
}
