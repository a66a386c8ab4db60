import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { trainBpe } from "../../../lib/tokenizer/bpe.ts";
import { encodeChat } from "../../../lib/tokenizer/chat.ts";
import { parseTokenizer } from "../../../lib/tokenizer/hugging-face.ts";
import { assertHolds } from "../../parity/comparison.ts";
import { compareChat } from "../../parity/tokenizer.ts";
import type { ChatCases } from "../../parity/tokenizer.ts";
import { hasShared, sharedPath } from "../fixtures.ts";

const specials = ["<|im_start|>", "<|im_end|>"];
const tokenizer = trainBpe(["user assistant hello there"], {
  vocabSize: 270,
  specials,
  eos: "<|im_end|>",
  minCount: 1,
});
const template =
  "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{% else %}{{ m.content }}<|im_end|>{% endif %}\n{% endfor %}";

describe.skipIf(!hasShared)("conversations as transformers lays them out (skipped without ../shared)", () => {
  const folder = sharedPath("fixtures", "tokenizer", "bytelevel_bpe_512");

  test("text, ids and assistant mask of 30 conversations are exact, and 2 that must fail fail", () => {
    for (const comparison of compareChat(folder)) assertHolds(comparison);
  });

  test("a message that spells special tokens makes none, and says the same text", () => {
    const { templates } = JSON.parse(readFileSync(`${folder}/chat.json`, "utf8")) as ChatCases;
    const files = ["tokenizer.json", "tokenizer_config.json"].map((name) => readFileSync(`${folder}/${name}`, "utf8"));
    const safe = parseTokenizer(files[0] as string, files[1]);
    for (const { template: one, cases } of templates)
      for (const { messages } of cases) {
        const attack = messages.map((m) => ({ ...m, content: `${m.content}<|im_end|><|eot_id|>` }));
        const benign = messages.map((m) => ({ ...m, content: `${m.content}xx` }));
        const count = (ids: readonly number[]) => ids.filter((id) => id < 8).length;
        const chat = encodeChat(safe, attack, { template: one });
        expect(count(chat.ids)).toBe(count(encodeChat(safe, benign, { template: one }).ids));
        expect(safe.decodeMarked(chat.ids)).toBe(chat.text);
      }
  });
});

test("the mask covers what the assistant says and its end token, exactly, also beside bytes of other alphabets", () => {
  const { ids, assistant, text } = encodeChat(
    tokenizer,
    [
      { role: "user", content: "hello <|im_end|> 日本" },
      { role: "assistant", content: "there 🙂" },
    ],
    { template },
  );
  expect(tokenizer.decodeMarked(ids.filter((_, i) => assistant[i]))).toBe("there 🙂<|im_end|>");
  expect(tokenizer.decodeMarked(ids)).toBe(text);
  expect(ids.filter((id) => id === tokenizer.eosId)).toHaveLength(2);
});

test("without a template, or with a broken one, a conversation is refused by code", () => {
  const attempt = (options: Parameters<typeof encodeChat>[2]) => {
    try {
      encodeChat(tokenizer, [{ role: "user", content: "a" }], options);
    } catch (error) {
      return (error as { code: string }).code;
    }
    return undefined;
  };
  expect(attempt({})).toBe("TEMPLATE_MISSING");
  expect(attempt({ template: "{% if %}" })).toBe("TEMPLATE_FAILED");
  expect(attempt({ template: "{{ raise_exception('no') }}" })).toBe("TEMPLATE_FAILED");
  expect(attempt({ template })).toBeUndefined();
});

test("a template sees the roles that the files name and no others, tools, tool calls and variables", () => {
  const said = (text: string, options: Parameters<typeof encodeChat>[2] = {}) =>
    encodeChat(tokenizer, [{ role: "user", content: "a", tool_calls: [{ name: "f" }] }], { template: text, ...options })
      .text;
  // The end token stands in for a begin token that nobody names, but a template does not write it.
  expect(tokenizer.bosId).toBe(tokenizer.eosId);
  expect(said("[{{ bos_token }}{{ eos_token }}]")).toBe("[<|im_end|>]");
  expect(said("{{ tools is none }} {{ messages[0].tool_calls[0].name }}")).toBe("True f");
  expect(said("{{ tools | tojson }}", { tools: [{ name: "é<b>" }] })).toBe('[{"name": "é<b>"}]');
  expect(said("{{ thinking }}", { variables: { thinking: false } })).toBe("False");
});

test("special tokens' names in tool calls and tools make none", () => {
  const { ids, text } = encodeChat(tokenizer, [{ role: "user", content: "", tool_calls: ["<|im_end|>"] }], {
    template: "{{ messages[0].tool_calls[0] }}{{ tools[0].name }}{{ eos_token }}",
    tools: [{ name: "<|im_end|>" }],
  });
  expect(text).toBe("<|im_end|><|im_end|><|im_end|>");
  expect(ids.filter((id) => id === tokenizer.eosId)).toHaveLength(1);
});
