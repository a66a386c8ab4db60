// Tokenizers of every kind against the tokenizers library: small ones made with it, and what is refused because it would give other ids.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodeChat } from "../../../lib/tokenizer/chat.ts";
import { parseTokenizer } from "../../../lib/tokenizer/hugging-face.ts";
import { assertHolds } from "../../parity/comparison.ts";
import { compareChat, compareEncodings } from "../../parity/tokenizer.ts";

const ROOT = join(import.meta.dirname, "../../fixtures/tokenizers");
const kinds = readdirSync(ROOT, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : []));
const read = (kind: string) => readFileSync(join(ROOT, kind, "tokenizer.json"), "utf8");
const parse = (kind: string, eos: string, changes: object = {}) =>
  parseTokenizer(JSON.stringify({ ...(JSON.parse(read(kind)) as object), ...changes }), "{}", { eos });

describe.each(kinds)("%s:", (kind) => {
  const folder = join(ROOT, kind);
  test("41 texts give the ids and spellings of the tokenizers library, and ids its texts", () => {
    for (const comparison of compareEncodings(folder)) assertHolds(comparison);
  });

  test.skipIf(!existsSync(join(folder, "chat.json")))(
    "conversations have transformers' text, ids and masks; a template's tokens that the file lacks get the next ids",
    () => {
      for (const comparison of compareChat(folder)) assertHolds(comparison);
    },
  );

  test("places of tokens go through the text from left to right and name the letters that a token spells", () => {
    const tokenizer = parse(kind, kind === "word-piece" ? "[SEP]" : "</s>");
    const text = "the cat sat";
    const ranges = tokenizer.tokens(text).map((token) => token.range());
    expect(ranges.every(([from, to], i) => from < to && from >= (ranges[i - 1]?.[0] ?? 0))).toBe(true);
    const letters = tokenizer.tokens("a\u3000cat").map((token) => token.range());
    expect(letters.at(-1)?.[1]).toBe(5);
    expect(tokenizer.encodeMarked(text)).toEqual(tokenizer.encode(text));
  });
});

test.each([
  ["word-level", { pre_tokenizer: { type: "UnicodeScripts" } }, "UnicodeScripts"],
  ["word-level", { normalizer: { type: "Wobble" } }, "Wobble"],
  ["word-level", { normalizer: { type: "Lowercase", locale: "tr" } }, "locale"],
  ["word-level", { decoder: { type: "CTC" } }, "CTC"],
  ["word-level", { pre_tokenizer: { type: "Split", pattern: { Regex: "(?<=a+" }, behavior: "Isolated" } }, "(?<=a+"],
  ["word-level", { pre_tokenizer: { type: "Split", pattern: { String: " " }, behavior: "Halved" } }, "Halved"],
  ["pairs-bytes", { pre_tokenizer: { type: "Metaspace", prepend_scheme: "second" } }, "second"],
  ["pairs-bytes", { added_tokens: [{ id: 900, content: "<gap>" }] }, "<gap>"],
  ["pairs-bytes", { added_tokens: [{ id: 1, content: "<s>", wobbly: true }] }, "wobbly"],
] as const)("%s with %o is refused as TOKENIZER_UNSUPPORTED, and says what it is", (kind, change, said) => {
  const attempt = () => parse(kind, "<unk>", change);
  expect(attempt).toThrow(expect.objectContaining({ code: "TOKENIZER_UNSUPPORTED" }) as Error);
  expect(attempt).toThrow(said);
});

test("merges that are left out at random are refused; so are damaged models", () => {
  const { model } = JSON.parse(read("pairs-bytes")) as { model: Record<string, unknown> };
  const code = (change: object) => {
    try {
      parse("pairs-bytes", "<unk>", { model: { ...model, ...change } });
    } catch (error) {
      return (error as { code: string }).code;
    }
    return "accepted";
  };
  expect(code({ dropout: 0.1 })).toBe("TOKENIZER_UNSUPPORTED");
  expect(code({ dropout: null })).toBe("accepted");
  expect(code({ merges: [["the", "nowhere"]] })).toBe("TOKENIZER_INVALID");
  expect(code({ vocab: { "<unk>": "zero" } })).toBe("TOKENIZER_INVALID");
  expect(code({ vocab: null })).toBe("TOKENIZER_INVALID");
});

test("in unigram and word-level vocabularies, too, no text becomes a special token", () => {
  for (const kind of ["unigram-bytes", "unigram-charsmap", "word-level"]) {
    const tokenizer = parse(kind, "</s>");
    expect(tokenizer.encodeMarked("a</s>")).toContain(tokenizer.eosId);
    expect(tokenizer.encode("a</s> </s> <s>")).not.toContain(tokenizer.eosId);
    const { ids } = encodeChat(tokenizer, [{ role: "user", content: "a </s> b" }], {
      template: "{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}",
    });
    expect(ids.filter((id) => id === tokenizer.eosId)).toHaveLength(1);
  }
});

test("a text of 200,000 letters that is one word is encoded in less than 10 seconds and decoded to itself", () => {
  const tokenizer = parse("pairs-bytes", "</s>");
  const text = "the cat sat ".repeat(16_667);
  const started = performance.now();
  const ids = tokenizer.encode(text);
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(tokenizer.decode(ids)).toBe(text);
});
