// Conversations as token ids by a tokenizer's own chat template, with an exact mask of what the assistant says.
// Source: transformers' apply_chat_template, the {% generation %} blocks of templates included. Differs from it in: special tokens written
// in a message are plain text unless asked for, so a message cannot end its own turn; the template's own special tokens are special.
// Words: break = a character sequence of this call alone that is put into special tokens' names inside messages, and taken out after rendering.
import { randomUUID } from "node:crypto";
import { Template } from "@huggingface/jinja";
import { fault } from "../core/errors.ts";
import { BYTE_LETTERS } from "./bytes.ts";
import type { HuggingFaceTokenizer } from "./hugging-face.ts";

export interface Message {
  readonly role: string;
  readonly content: string;
}

export interface ChatOptions {
  /** Whether the beginning of an assistant's turn follows, for it to be written; default false. */
  readonly addGenerationPrompt?: boolean;
  /** Whether special tokens written in messages are special, as in transformers; default false. */
  readonly parseSpecials?: boolean;
  /** Jinja; default: the tokenizer's own. */
  readonly template?: string;
}

export interface Chat {
  /** As rendered, special tokens written out. */
  readonly text: string;
  readonly ids: readonly number[];
  /** Per id, whether the assistant says it (its end-of-turn token too, where the template has it inside its generation block). */
  readonly assistant: readonly boolean[];
}

/**
 * @throws TEMPLATE_MISSING  neither the tokenizer nor the options have a template
 * @throws TEMPLATE_FAILED   the template is no Jinja, or refuses the conversation
 * @throws CHAT_MASK_UNSUPPORTED  the template marks what the assistant says and the tokenizer is not byte-level
 * @example const { ids, assistant } = encodeChat(tokenizer, [{ role: "user", content: "2+2?" }, { role: "assistant", content: "4" }]);
 */
export function encodeChat(
  tokenizer: HuggingFaceTokenizer,
  messages: readonly Message[],
  { addGenerationPrompt = false, parseSpecials = false, template = tokenizer.chatTemplate }: ChatOptions = {},
): Chat {
  if (template === undefined)
    throw fault("TEMPLATE_MISSING", "the tokenizer has no chat template.", "give one as { template: … }, in Jinja.");
  const mark = randomUUID();
  const rendered = render(template, {
    messages: parseSpecials ? messages : messages.map((message) => breakSpecials(message, tokenizer, `${mark}.`)),
    add_generation_prompt: addGenerationPrompt,
    bos_token: tokenizer.token(tokenizer.bosId),
    eos_token: tokenizer.token(tokenizer.eosId),
    [OPEN]: `${mark}(`,
    [CLOSE]: `${mark})`,
  });
  const { text, spans } = takeSpans(rendered, mark);
  const ids = idsOf(text, tokenizer, `${mark}.`);
  const plainText = text.replaceAll(`${mark}.`, "");
  const none = ids.map(() => false);
  return { text: plainText, ids, assistant: spans.length === 0 ? none : maskOf(tokenizer, ids, plainText, spans) };
}

/** Template variables that stand for the ends of a generation block. */
const OPEN = "blankslate_generation_open";
const CLOSE = "blankslate_generation_close";

function render(template: string, values: Readonly<Record<string, unknown>>): string {
  // The library drops generation blocks. Blocks that print a mark keep the white-space rules that the tags had.
  const marked = template
    .replaceAll(/\{%(-?)\s*generation\s*(-?)%\}/gu, `{%$1 if true %}{{ ${OPEN} }}{% endif $2%}`)
    .replaceAll(/\{%(-?)\s*endgeneration\s*(-?)%\}/gu, `{%$1 if true %}{{ ${CLOSE} }}{% endif $2%}`);
  try {
    return new Template(marked).render({ ...values });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw fault(
      "TEMPLATE_FAILED",
      `the chat template says: ${said}`,
      "change the conversation or the template.",
      error,
    );
  }
}

/** The message with a break inside every special token's name. */
function breakSpecials(message: Message, { specials }: HuggingFaceTokenizer, broken: string): Message {
  let { content } = message;
  for (const name of specials.keys())
    content = content.replaceAll(name, () => name.slice(0, 1) + broken + name.slice(1));
  return { ...message, content };
}

type Span = readonly [from: number, to: number];

/** Takes the marks of generation blocks out. @returns the text with breaks, and the blocks' places in UTF-8 bytes of the text without them */
function takeSpans(rendered: string, mark: string): { readonly text: string; readonly spans: readonly Span[] } {
  const parts = rendered.split(mark);
  let text = parts[0] as string;
  let bytes = Buffer.byteLength(text);
  const spans: Span[] = [];
  let from = 0;
  for (const part of parts.slice(1)) {
    const end = part[0];
    if (end === "(") from = bytes;
    else if (end === ")") spans.push([from, bytes]);
    text += end === "." ? mark + part : part.slice(1);
    bytes += Buffer.byteLength(part) - 1;
  }
  return { text, spans: spans.filter(([a, b]) => b > a) };
}

/** Ids of a text in which breaks keep names of special tokens from being special. */
function idsOf(text: string, tokenizer: HuggingFaceTokenizer, broken: string): number[] {
  const names = [...tokenizer.specials.keys()].sort((a, b) => b.length - a.length);
  if (names.length === 0) return tokenizer.encode(text);
  const pattern = new RegExp(`(${names.map((name) => RegExp.escape(name)).join("|")})`, "u");
  return text.split(pattern).flatMap((piece) => {
    const special = tokenizer.specials.get(piece);
    return special === undefined ? tokenizer.encode(piece.replaceAll(broken, "")) : [special];
  });
}

/** A token belongs to a span when a byte of it does. */
function maskOf(
  tokenizer: HuggingFaceTokenizer,
  ids: readonly number[],
  text: string,
  spans: readonly Span[],
): boolean[] {
  const unsupported = () =>
    fault(
      "CHAT_MASK_UNSUPPORTED",
      "tokens of this vocabulary are no runs of the text's bytes, so what the assistant says cannot be marked exactly.",
      "use a byte-level tokenizer, or a template without generation blocks.",
    );
  if (!tokenizer.byteLevel) throw unsupported();
  const specialNames = new Map(Array.from(tokenizer.specials, ([name, id]) => [id, name]));
  let at = 0;
  const mask = ids.map((id) => {
    const start = at;
    const special = specialNames.get(id);
    at += special === undefined ? tokenizer.token(id).length : Buffer.byteLength(special);
    return spans.some(([from, to]) => start < to && at > from);
  });
  // A token outside GPT-2's alphabet (an added one that is not special) has letters that are no bytes.
  const spelled = ids.every(
    (id) => specialNames.has(id) || Array.from(tokenizer.token(id)).every((letter) => LETTERS.has(letter)),
  );
  if (at !== Buffer.byteLength(text) || !spelled) throw unsupported();
  return mask;
}

const LETTERS = new Set(BYTE_LETTERS);
