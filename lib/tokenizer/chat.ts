// Conversations as token ids by a tokenizer's own chat template, with an exact mask of what the assistant says.
// Source: transformers' apply_chat_template, the {% generation %} blocks of templates included. Differs from it in: special tokens written
// in a message are plain text unless asked for, so a message cannot end its own turn; the template's own special tokens are special. White space
// that the assistant says counts, where transformers leaves it out if the file asks for trimmed offsets.
// Words: mark = a character sequence of this call alone: with a dot it is put into special tokens' names inside messages, with a parenthesis
// it stands for the ends of a generation block; all are taken out after rendering.
import { randomUUID } from "node:crypto";
import { checkOptions, flag, listOf, record, type Rules, text as aText } from "../core/options.ts";
import { fault } from "../core/errors.ts";
import type { HuggingFaceTokenizer } from "./hugging-face.ts";
import type { Range } from "./pipeline/edits.ts";
import type { IsPlain } from "./pipeline/pipeline.ts";
import { renderTemplate } from "./template.ts";

export interface Message {
  readonly role: string;
  readonly content: string;
  /** Functions that the assistant calls, as its template reads them. */
  readonly tool_calls?: readonly unknown[];
  /** The call that a tool's message answers. */
  readonly tool_call_id?: string;
  readonly name?: string;
  /** What the assistant thought, where the template writes it. */
  readonly reasoning_content?: string;
}

export interface ChatOptions {
  /** Whether the beginning of an assistant's turn follows, for it to be written; default false. */
  readonly addGenerationPrompt?: boolean;
  /** Whether special tokens written in messages are special, as in transformers; default false. */
  readonly parseSpecials?: boolean;
  /** Jinja; default: the tokenizer's own. */
  readonly template?: string;
  /** Functions that the assistant may call, as JSON schemas; only where the template writes them. */
  readonly tools?: readonly Readonly<Record<string, unknown>>[];
  /** Further variables of the template: enable_thinking, date_string, ... */
  readonly variables?: Readonly<Record<string, unknown>>;
}

export interface Chat {
  /** As rendered, special tokens written out. */
  readonly text: string;
  readonly ids: readonly number[];
  /** Per id, whether the assistant says it (its end-of-turn token too, where the template has it inside its generation block). */
  readonly assistant: readonly boolean[];
}

const RULES: Rules<ChatOptions> = {
  addGenerationPrompt: flag,
  parseSpecials: flag,
  template: aText,
  tools: listOf(record, 0),
  variables: record,
};

/**
 * @throws TEMPLATE_MISSING  neither the tokenizer nor the options have a template
 * @throws TEMPLATE_FAILED   the template is no Jinja, or refuses the conversation
 * @example const { ids, assistant } = encodeChat(tokenizer, [{ role: "user", content: "2+2?" }, { role: "assistant", content: "4" }]);
 */
export function encodeChat(
  tokenizer: HuggingFaceTokenizer,
  messages: readonly Message[],
  asked: ChatOptions = {},
): Chat {
  const options = checkOptions("tokenizer.chat", asked, RULES);
  const { addGenerationPrompt = false, parseSpecials = false, template = tokenizer.chatTemplate } = options;
  if (template === undefined)
    throw fault("TEMPLATE_MISSING", "the tokenizer has no chat template.", "give one as { template: … }, in Jinja.");
  const mark = randomUUID();
  const names = [...tokenizer.specials.keys()];
  const safe = <T>(value: T): T => (parseSpecials ? value : (broken(value, names, `${mark}.`) as T));
  const rendered = render(template, {
    ...tokenizer.roles,
    messages: messages.map((message) => ({ ...safe(message), role: message.role })),
    tools: safe(options.tools ?? null),
    ...safe(options.variables ?? {}),
    add_generation_prompt: addGenerationPrompt,
    [OPEN]: `${mark}(`,
    [CLOSE]: `${mark})`,
  });
  const { text, spans, breaks } = takeMarks(rendered, mark);
  const isPlain: IsPlain = (from, to) => breaks.some((at) => from < at && at < to);
  const tokens = tokenizer.tokens(text, parseSpecials ? undefined : isPlain);
  return {
    text,
    ids: tokens.map(({ id }) => id),
    assistant: tokens.map((token) => {
      if (spans.length === 0) return false;
      const [start, end] = token.range();
      return spans.some(([from, to]) => start < to && end > from);
    }),
  };
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
    return renderTemplate(marked, values);
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

/** A value with a break inside every special token's name in its texts. */
function broken(value: unknown, names: readonly string[], mark: string): unknown {
  if (typeof value === "string")
    return names.reduce((text, name) => text.replaceAll(name, () => name.slice(0, 1) + mark + name.slice(1)), value);
  if (Array.isArray(value)) return value.map((one) => broken(one, names, mark));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([field, one]) => [field, broken(one, names, mark)]));
}

/** @returns the text without marks, the generation blocks' places in it, and those of breaks */
function takeMarks(rendered: string, mark: string) {
  const parts = rendered.split(mark);
  let text = parts[0] as string;
  const spans: Range[] = [];
  const breaks: number[] = [];
  let from = 0;
  for (const part of parts.slice(1)) {
    if (part[0] === "(") from = text.length;
    else if (part[0] === ".") breaks.push(text.length);
    else if (text.length > from) spans.push([from, text.length]);
    text += part.slice(1);
  }
  return { text, spans, breaks };
}
