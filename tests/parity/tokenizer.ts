// A tokenizer folder (tokenizer.json, tokenizer_config.json, encode_decode.json, chat.json) against the ids, texts and masks that lie in it.
// Differs from them in one thing, on purpose: text is never read as a special token, where the tokenizers library's unigram and word-level
// models read it so even when they are told to encode special tokens as text.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "../../lib/core/errors.ts";
import { encodeChat } from "../../lib/tokenizer/chat.ts";
import type { ChatOptions, Message } from "../../lib/tokenizer/chat.ts";
import { parseTokenizer } from "../../lib/tokenizer/hugging-face.ts";
import type { HuggingFaceTokenizer } from "../../lib/tokenizer/hugging-face.ts";
import type { Json } from "../../lib/tokenizer/pipeline/component.ts";
import { parsePipeline } from "../../lib/tokenizer/pipeline/pipeline.ts";
import { Comparison } from "./comparison.ts";

interface EncodeDecode {
  readonly cases: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly ids_special_text_not_parsed: readonly number[] | null;
    readonly tokens: readonly string[];
    readonly decoded: string;
    readonly decoded_skip_special: string;
    readonly decoded_special_text_not_parsed: string | null;
  }[];
  readonly partial_decodes?: readonly { readonly ids: readonly number[]; readonly decoded: string }[];
}

export interface ChatCases {
  readonly templates: readonly {
    readonly template_name: string;
    readonly template: string;
    readonly bos_token: string | null;
    readonly eos_token: string;
    readonly cases: readonly {
      readonly why: string;
      readonly messages: readonly Message[];
      readonly add_generation_prompt: boolean;
      readonly tools?: NonNullable<ChatOptions["tools"]>;
      readonly text: string;
      readonly input_ids: readonly number[];
      readonly assistant_masks?: readonly number[];
    }[];
    readonly must_fail?: readonly { readonly messages: readonly Message[]; readonly error: string }[];
  }[];
}

const text = (folder: string, name: string) => readFileSync(join(folder, name), "utf8");
const json = (folder: string, name: string): unknown => JSON.parse(text(folder, name));

export const TOKENIZER_CONFIGS = ["tokenizer_config.json", "tokenizer_config.v4.json"];

/** By each configuration file of the folder, or by none where it has none. */
export const compareEncodings = (folder: string): Comparison[] => {
  const configs = TOKENIZER_CONFIGS.filter((name) => existsSync(join(folder, name)));
  return (configs.length > 0 ? configs : [undefined]).flatMap((name) => compareEncoding(folder, name));
};

/** The cases of encode_decode.json, by one of the configuration files. */
export function compareEncoding(folder: string, configName: string | undefined): Comparison[] {
  const by = configName ?? "no configuration";
  const tokenizer = readTokenizer(folder, configName);
  const specials = specialsOf(tokenizer, json(folder, "tokenizer.json") as Json);
  const { cases, partial_decodes = [] } = json(folder, "encode_decode.json") as EncodeDecode;
  const encoded = new Comparison(`encode, special text parsed (${by})`);
  const plain = new Comparison(`encode, special text not parsed (${by})`);
  const decoded = new Comparison(`decode (${by})`);
  for (const one of cases) {
    const at = JSON.stringify(one.text);
    const plainIds = one.ids_special_text_not_parsed ?? one.ids;
    encoded.same(tokenizer.encodeMarked(one.text), one.ids, at);
    encoded.same(
      tokenizer.tokens(one.text).map((token) => token.text),
      one.tokens,
      at,
    );
    const ours = tokenizer.encode(one.text);
    const isSafe = !ours.some((id) => specials.has(id));
    if (isSafe && plainIds.some((id) => specials.has(id))) plain.same(isSafe, true, at);
    else plain.same(ours, plainIds, at);
    decoded.same(tokenizer.decodeMarked(one.ids), one.decoded, at);
    decoded.same(tokenizer.decode(one.ids), one.decoded_skip_special, at);
    if (one.decoded_special_text_not_parsed !== null)
      decoded.same(tokenizer.decodeMarked(plainIds), one.decoded_special_text_not_parsed, at);
  }
  for (const one of partial_decodes)
    decoded.same(tokenizer.decodeMarked(one.ids), one.decoded, `ids ${one.ids.join()}`);
  return [encoded, plain, decoded];
}

/** Ids that no text may have: those of special tokens but the one for unknown text. */
function specialsOf(tokenizer: HuggingFaceTokenizer, file: Json): ReadonlySet<number> {
  const model = file["model"] as { unk_token?: string; unk_id?: number; vocab: readonly (readonly [string])[] };
  const unknown = model.unk_token ?? model.vocab[model.unk_id as number]?.[0];
  return new Set(Array.from(tokenizer.specials).flatMap(([name, id]) => (name === unknown ? [] : [id])));
}

/** Encoding needs no end token: where none is named, or one that tokenizer.json does not have, any token stands for it. */
function readTokenizer(folder: string, configName: string | undefined): HuggingFaceTokenizer {
  const vocabulary = text(folder, "tokenizer.json");
  const config = configName === undefined ? "{}" : text(folder, configName);
  try {
    return parseTokenizer(vocabulary, config);
  } catch (error) {
    if (!hasCode(error, "SPECIAL_TOKEN_MISSING")) throw error;
    const [any] = parsePipeline(JSON.parse(vocabulary) as Json).vocabulary.keys() as unknown as [string];
    return parseTokenizer(vocabulary, "{}", { eos: any });
  }
}

/** The templates of chat.json: text, ids and masks of every conversation, and refusal of those that must fail. */
export function compareChat(folder: string): Comparison[] {
  return (json(folder, "chat.json") as ChatCases).templates.map((one) => {
    const chat = new Comparison(`chat template ${one.template_name}: text, ids, mask`);
    const roles = { eos: one.eos_token, ...(one.bos_token && { bos: one.bos_token }) };
    const tokenizer = parseTokenizer(
      withTokens(text(folder, "tokenizer.json"), [one.bos_token, one.eos_token]),
      "{}",
      roles,
    );
    const { template } = one;
    for (const { why, messages, add_generation_prompt: addGenerationPrompt, tools, ...expected } of one.cases) {
      const ours = encodeChat(tokenizer, messages, {
        template,
        addGenerationPrompt,
        parseSpecials: true,
        ...(tools && { tools }),
      });
      chat.same(ours.text, expected.text, why);
      chat.same(ours.ids, expected.input_ids, why);
      if (expected.assistant_masks) chat.same(ours.assistant.map(Number), expected.assistant_masks, why);
    }
    for (const { messages, error } of one.must_fail ?? [])
      chat.same(refusal(tokenizer, messages, template), error, error);
    return chat;
  });
}

/** A template's begin and end tokens are special, as transformers makes them; those that a tokenizer.json lacks get the next ids. */
function withTokens(tokenizerText: string, tokens: readonly (string | null)[]): string {
  const file = JSON.parse(tokenizerText) as { added_tokens?: readonly Json[] };
  const { vocabulary, added: given } = parsePipeline(file);
  const added = [...(file.added_tokens ?? [])];
  let next = vocabulary.size;
  for (const content of new Set(tokens)) {
    if (content === null || given.some((token) => token.content === content)) continue;
    added.push({ id: vocabulary.get(content) ?? next++, content, special: true, normalized: false });
  }
  return JSON.stringify({ ...file, added_tokens: added });
}

/** What the template itself said, or "accepted". */
function refusal(tokenizer: HuggingFaceTokenizer, messages: readonly Message[], template: string): string {
  try {
    encodeChat(tokenizer, messages, { template });
  } catch (error) {
    return ((error as { cause?: Error }).cause as Error).message;
  }
  return "accepted";
}
