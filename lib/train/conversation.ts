// A conversation as a sequence whose targets are exactly the tokens that the assistant says, in every turn. Where the chat template marks them
// with {% generation %} blocks, those are they; where it does not, they are what each assistant's turn adds to the conversation before it with
// the beginning of an answer behind - if the template lets a conversation grow at its end only. A template that rewrites earlier turns (one
// that takes thoughts out of them, say) has no such tokens and is refused.
import { fault } from "../core/errors.ts";
import type { ChatExample } from "../data/chats.ts";
import { chatTokenizer } from "../model/prompt.ts";
import { encodeChat } from "../tokenizer/chat.ts";
import type { HuggingFaceTokenizer } from "../tokenizer/hugging-face.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { Sequence } from "./batch.ts";

/**
 * @throws TEMPLATE_MISSING  the tokenizer has no chat template
 * @throws CHAT_MASK_UNSUPPORTED  what the assistant says cannot be told apart
 * @throws TEMPLATE_FAILED
 */
export function encodeConversation({ id, messages }: ChatExample, tokenizer: Tokenizer): Sequence {
  const own = chatTokenizer(tokenizer);
  const { ids, assistant } = encodeChat(own, messages);
  const marked = assistant.some(Boolean) || !messages.some(({ role }) => role === "assistant");
  const targets = marked ? Uint8Array.from(assistant, Number) : targetsByGrowth(messages, ids, own);
  const first = targets.indexOf(1);
  return { id, tokens: Int32Array.from(ids), promptLength: first < 0 ? ids.length : first, targets };
}

function targetsByGrowth(
  messages: ChatExample["messages"],
  ids: readonly number[],
  tokenizer: HuggingFaceTokenizer,
): Uint8Array {
  const startsWith = (whole: readonly number[], start: readonly number[]) => start.every((id, i) => whole[i] === id);
  const targets = new Uint8Array(ids.length);
  messages.forEach(({ role }, i) => {
    if (role !== "assistant") return;
    const before = encodeChat(tokenizer, messages.slice(0, i), { addGenerationPrompt: true }).ids;
    const after = encodeChat(tokenizer, messages.slice(0, i + 1)).ids;
    if (!startsWith(after, before) || !startsWith(ids, after))
      throw fault(
        "CHAT_MASK_UNSUPPORTED",
        `the chat template lays message ${i} out otherwise once the conversation goes on, so what the assistant says cannot be marked.`,
        "put {% generation %} … {% endgeneration %} around it in the template, or cut conversations after the assistant's last turn.",
      );
    targets.fill(1, before.length, after.length);
  });
  return targets;
}
