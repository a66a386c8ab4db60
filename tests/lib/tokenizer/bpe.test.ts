import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { trainBpe } from "../../../lib/tokenizer/bpe.ts";
import { hasShared, sharedPath } from "../fixtures.ts";

test("the most frequent pair is merged first, ties by the smaller ids, overlaps counted once", () => {
  const bpe = trainBpe(["aaaa aaaa ab"], { vocabSize: 260, minCount: 1 });
  const { merges } = (JSON.parse(bpe.files["tokenizer.json"] as string) as { model: { merges: string[][] } }).model;
  // Six times a a; then twice aa aa; then "a b" and others once each, of which "a b" has the smallest ids.
  expect(merges).toEqual([
    ["a", "a"],
    ["aa", "aa"],
    ["a", "b"],
  ]);
  expect(bpe.encode("aaaa ab")).toEqual([258, 220 + 1, 259]);
});

test("text of other alphabets falls back to bytes and comes back whole", () => {
  const bpe = trainBpe(["low low"], { vocabSize: 260, minCount: 1 });
  expect(bpe.encode(" low")).toHaveLength(1);
  expect(bpe.decode(bpe.encode("日本 🙂"))).toBe("日本 🙂");
});

test("a vocabulary without room, or special tokens that are none, are refused", () => {
  const attempt = (options: Parameters<typeof trainBpe>[1]) => {
    try {
      trainBpe(["a"], options);
    } catch (error) {
      return (error as { code: string }).code;
    }
    return undefined;
  };
  expect(attempt({ vocabSize: 256 })).toBe("BAD_VOCABULARY");
  expect(attempt({ vocabSize: Number.NaN })).toBe("BAD_VOCABULARY");
  expect(attempt({ vocabSize: 300, specials: ["<a>", "<a>"] })).toBe("BAD_VOCABULARY");
  expect(attempt({ vocabSize: 300, specials: ["<a>"], eos: "<b>" })).toBe("BAD_VOCABULARY");
  expect(attempt({ vocabSize: 300 })).toBeUndefined();
});

describe.skipIf(!hasShared)("on the texts of GSM8K (skipped without ../shared)", () => {
  test("248 merges are those of the tokenizers library, in their order", () => {
    const texts = readFileSync(sharedPath("data", "gsm8k", "train.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { question: string; answer: string })
      .map(({ question, answer }) => `${question}\n${answer}`);
    const reference = JSON.parse(
      readFileSync(sharedPath("fixtures", "tokenizer", "bytelevel_bpe_512", "tokenizer.json"), "utf8"),
    ) as { added_tokens: { content: string }[]; model: { vocab: Record<string, number>; merges: string[][] } };
    const specials = reference.added_tokens.map(({ content }) => content);
    const bpe = trainBpe(texts, { vocabSize: 512, specials, eos: "<|im_end|>" });
    const { model } = JSON.parse(bpe.files["tokenizer.json"] as string) as typeof reference;
    expect(model.merges).toEqual(reference.model.merges);
    expect(model.vocab).toEqual(reference.model.vocab);
    expect(model.merges).toHaveLength(248);
  });
});
