// An example as ids: what a model is given before it answers, and the reference answer with its end. Of a conversation both are as the
// tokenizer's chat template lays them out: a model is asked in the form that it was trained on, not in one that it never saw.
// Words: turn = the assistant's last message, which is the answer; end = the token at which generation stops.
import { fault } from "../core/errors.ts";
import { type ChatExample, isChat } from "../data/chats.ts";
import type { Example } from "../data/example.ts";
import { encodeChat, type Message } from "../tokenizer/chat.ts";
import type { HuggingFaceTokenizer } from "../tokenizer/hugging-face.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";

/**
 * @returns ids before the answer
 * @throws TEMPLATE_MISSING, TEMPLATE_FAILED, CHAT_MASK_UNSUPPORTED, CHAT_ENDLESS  of conversations
 */
export const promptIds = (example: Example, tokenizer: Tokenizer): readonly number[] =>
  isChat(example) ? turnOf(example, tokenizer).prompt : tokenizer.encode(example.prompt);

/** @returns ids of the reference answer, the end token included @throws as promptIds */
export const referenceIds = (example: Example, tokenizer: Tokenizer): readonly number[] =>
  isChat(example) ? turnOf(example, tokenizer).reference : [...tokenizer.encode(example.completion), tokenizer.eosId];

/** @returns of examples of one set, tokens of the longest reference answer @throws as promptIds */
export const longestReference = (examples: readonly Example[], tokenizer: Tokenizer): number =>
  examples.reduce((longest, example) => Math.max(longest, referenceIds(example, tokenizer).length), 0);

/** @throws TEMPLATE_MISSING  it lays no conversations out */
export function chatTokenizer(tokenizer: Tokenizer): HuggingFaceTokenizer {
  if ("chatTemplate" in tokenizer && tokenizer.chatTemplate !== undefined) return tokenizer as HuggingFaceTokenizer;
  throw fault(
    "TEMPLATE_MISSING",
    "the model's tokenizer has no chat template.",
    "load the tokenizer of a chat model, give tokenizer.train a chatTemplate, or take prompts and completions instead of messages.",
  );
}

/** @returns ids of a conversation and of the beginning of an answer, for it to be written */
export function openedIds(messages: readonly Message[], tokenizer: HuggingFaceTokenizer): readonly number[] {
  const opened = encodeChat(tokenizer, messages, { addGenerationPrompt: true });
  if (opened.text !== encodeChat(tokenizer, messages).text) return opened.ids;
  // A template that knows no beginning of an answer: where it would mark one.
  const { ids, assistant } = encodeChat(tokenizer, [...messages, { role: "assistant", content: "." }]);
  return assistant.includes(true) ? ids.slice(0, answerFrom(ids, assistant, opened.ids)) : opened.ids;
}

interface Turn {
  readonly prompt: readonly number[];
  readonly reference: readonly number[];
}

/** An evaluation asks for the same turn six times, and Jinja takes its time. */
const known = new WeakMap<ChatExample, Turn & { readonly tokenizer: Tokenizer }>();

function turnOf(example: ChatExample, tokenizer: Tokenizer): Turn {
  const before = known.get(example);
  if (before?.tokenizer === tokenizer) return before;
  const turn = { ...layOut(example, chatTokenizer(tokenizer)), tokenizer };
  known.set(example, turn);
  return turn;
}

function layOut({ id, messages }: ChatExample, tokenizer: HuggingFaceTokenizer): Turn {
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  if (last < 0) return { prompt: openedIds(messages, tokenizer), reference: [tokenizer.eosId] };
  const opened = openedIds(messages.slice(0, last), tokenizer);
  const { ids, assistant } = encodeChat(tokenizer, messages.slice(0, last + 1));
  const from = answerFrom(ids, assistant, opened);
  if (from === undefined)
    throw fault(
      "CHAT_MASK_UNSUPPORTED",
      `the chat template lays conversation ${id} out otherwise once it is answered, so where the answer begins cannot be told.`,
      "put {% generation %} … {% endgeneration %} around what the assistant says in the template.",
    );
  const end = ids.indexOf(tokenizer.eosId, from);
  if (end < 0)
    throw fault(
      "CHAT_ENDLESS",
      `the chat template ends no answer with ${tokenizer.token(tokenizer.eosId)}, at which generation stops.`,
      "put {{ eos_token }} behind what the assistant says in the template, or name the token that ends its turns as eos of the tokenizer.",
    );
  return { prompt: ids.slice(0, from), reference: ids.slice(from, end + 1) };
}

/** Where the answer begins: at the mark of the last turn, which training counts from; of a template without marks behind the beginning of an answer. */
function answerFrom(
  ids: readonly number[],
  assistant: readonly boolean[],
  opened: readonly number[],
): number | undefined {
  const last = assistant.lastIndexOf(true);
  if (last >= 0) return assistant.lastIndexOf(false, last) + 1;
  return opened.every((one, i) => ids[i] === one) ? opened.length : undefined;
}
