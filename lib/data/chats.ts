// Conversations as examples: the unit of SFT on chat data. What is trained on is what the assistant says in every turn; how a conversation is
// laid out in tokens is the tokenizer's chat template's business (train/conversation.ts).
import { createHash } from "node:crypto";
import { fault } from "../core/errors.ts";
import type { Message } from "../tokenizer/chat.ts";
import type { Example, ExampleSet } from "./example.ts";

export interface ChatExample extends Example {
  readonly messages: readonly Message[];
}

export const isChat = (example: Example): example is ChatExample => "messages" in example;

/**
 * @param name          as it appears in tables
 * @param conversations each a list of messages, with role ("system", "user", "assistant", …) and content
 * @returns their set; an example's prompt and completion, for people to read, are what stands before the assistant's last turn, and that turn. Models
 *   are trained on, asked and scored in the form that their tokenizer's chat template gives a conversation
 * @throws EMPTY_DATA    a conversation without messages
 * @throws DATA_INVALID  a message without role or content
 * @example chats("train", [[{ role: "user", content: "2+2?" }, { role: "assistant", content: "4" }]]).examples[0].completion // "4"
 */
export function chats(name: string, conversations: readonly (readonly Message[])[]): ExampleSet {
  return {
    name,
    examples: conversations.map(toExample),
    verify: (example, completion) => completion.trim() === example.completion.trim(),
  };
}

/** @throws EMPTY_DATA, DATA_INVALID */
export function checkConversation(messages: readonly Message[], i: number): void {
  if (messages.length === 0) throw fault("EMPTY_DATA", `conversation ${i} has no messages.`, "leave it out.");
  for (const { role, content } of messages)
    if (typeof role !== "string" || typeof content !== "string")
      throw fault(
        "DATA_INVALID",
        `conversation ${i} has a message without role or content.`,
        'each message is { role: "user", content: "…" }.',
      );
}

function toExample(messages: readonly Message[], i: number): ChatExample {
  checkConversation(messages, i);
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  const before = last < 0 ? messages : messages.slice(0, last);
  const said = (kept: readonly Message[]) => kept.map(({ role, content }) => `${role}: ${content}`).join("\n");
  return {
    id: createHash("sha256").update(JSON.stringify(messages)).digest("hex").slice(0, 16),
    messages,
    prompt: said(before),
    completion: last < 0 ? "" : said(messages.slice(last)).slice("assistant: ".length),
    meta: { turns: messages.length },
  };
}
