// A tokenizer folder (tokenizer.json, tokenizer_config.json, encode_decode.json, chat.json) against the ids, texts and masks that lie in it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeChat } from "../../lib/tokenizer/chat.ts";
import type { Message } from "../../lib/tokenizer/chat.ts";
import { parseTokenizer } from "../../lib/tokenizer/hugging-face.ts";
import type { HuggingFaceTokenizer } from "../../lib/tokenizer/hugging-face.ts";
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
  readonly partial_decodes: readonly { readonly ids: readonly number[]; readonly decoded: string }[];
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
      readonly text: string;
      readonly input_ids: readonly number[];
      readonly assistant_masks: readonly number[];
    }[];
    readonly must_fail: readonly { readonly messages: readonly Message[]; readonly error: string }[];
  }[];
}

const text = (folder: string, name: string) => readFileSync(join(folder, name), "utf8");
const json = (folder: string, name: string): unknown => JSON.parse(text(folder, name));

export const TOKENIZER_CONFIGS = ["tokenizer_config.json", "tokenizer_config.v4.json"];

/** The cases of encode_decode.json, by one of the configuration files. */
export function compareEncoding(folder: string, configName: string): Comparison[] {
  const tokenizer = parseTokenizer(text(folder, "tokenizer.json"), text(folder, configName));
  const { cases, partial_decodes } = json(folder, "encode_decode.json") as EncodeDecode;
  const encoded = new Comparison(`encode, special text parsed (${configName})`);
  const plain = new Comparison(`encode, special text not parsed (${configName})`);
  const decoded = new Comparison(`decode (${configName})`);
  for (const one of cases) {
    const at = JSON.stringify(one.text);
    const plainIds = one.ids_special_text_not_parsed ?? one.ids;
    encoded.same(tokenizer.encodeMarked(one.text), one.ids, at);
    encoded.same(
      one.ids.map((id) => tokenizer.token(id)),
      one.tokens,
      at,
    );
    plain.same(tokenizer.encode(one.text), plainIds, at);
    decoded.same(tokenizer.decodeMarked(one.ids), one.decoded, at);
    decoded.same(tokenizer.decode(one.ids), one.decoded_skip_special, at);
    decoded.same(tokenizer.decode(plainIds), one.decoded_special_text_not_parsed ?? one.decoded_skip_special, at);
  }
  for (const one of partial_decodes)
    decoded.same(tokenizer.decodeMarked(one.ids), one.decoded, `ids ${one.ids.join()}`);
  return [encoded, plain, decoded];
}

/** The templates of chat.json: text, ids and masks of every conversation, and refusal of those that must fail. */
export function compareChat(folder: string): Comparison[] {
  const files = [text(folder, "tokenizer.json"), text(folder, "tokenizer_config.json")] as const;
  return (json(folder, "chat.json") as ChatCases).templates.map((one) => {
    const chat = new Comparison(`chat template ${one.template_name}: text, ids, mask`);
    const tokenizer = parseTokenizer(...files, { eos: one.eos_token, ...(one.bos_token && { bos: one.bos_token }) });
    const { template } = one;
    for (const { why, messages, add_generation_prompt: addGenerationPrompt, ...expected } of one.cases) {
      const ours = encodeChat(tokenizer, messages, { template, addGenerationPrompt, parseSpecials: true });
      chat.same(ours.text, expected.text, why);
      chat.same(ours.ids, expected.input_ids, why);
      chat.same(ours.assistant.map(Number), expected.assistant_masks, why);
    }
    for (const { messages, error } of one.must_fail) chat.same(refusal(tokenizer, messages, template), error, error);
    return chat;
  });
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
