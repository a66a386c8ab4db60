import { array, assert, constantFrom, property } from "fast-check";
import { expect, test } from "vitest";
import { wordTokenizer } from "../../../lib/tokenizer/word.ts";

const vocab = wordTokenizer(["s0", "s1", "a0", "="]);
const code = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
};

test("decode undoes encode for every text of the vocabulary, whatever its white space", () => {
  assert(
    property(array(constantFrom("s0", "s1", "a0", "=")), constantFrom(" ", "\n", " \t "), (words, gap) => {
      const ids = vocab.encode(words.join(gap));
      expect(ids).toHaveLength(words.length);
      expect(vocab.decode(ids)).toBe(words.join(" "));
    }),
  );
});

test("a special token written as text is refused and never becomes a control token", () => {
  for (const text of ["<eos>", "s0 <pad> s1", "<bos>"]) expect(code(() => vocab.encode(text))).toBe("UNKNOWN_WORD");
  expect(vocab.decode([1, 3, 2, 0])).toBe("s0");
  expect(code(() => wordTokenizer(["x", "<eos>"]))).toBe("BAD_VOCABULARY");
  expect(vocab.encode("s0")).toEqual([3]);
});

test("unknown words, foreign ids and unusable vocabularies are errors with a code", () => {
  expect(code(() => vocab.encode("s0 s9"))).toBe("UNKNOWN_WORD");
  for (const id of [-1, 7, 1.5, Number.NaN]) expect(code(() => vocab.decode([id]))).toBe("UNKNOWN_TOKEN");
  for (const words of [["a", "a"], ["a b"], [""]]) expect(code(() => wordTokenizer(words))).toBe("BAD_VOCABULARY");
  // A word that Object.prototype knows is still unknown.
  expect(code(() => vocab.encode("constructor"))).toBe("UNKNOWN_WORD");
});

test("the hash changes with any word and with their order, and is the same for the same list", () => {
  const hashes = [["a", "b"], ["b", "a"], ["a", "c"], ["a"]].map((words) => wordTokenizer(words).hash);
  expect(new Set(hashes).size).toBe(4);
  expect(hashes[0]).toBe(wordTokenizer(["a", "b"]).hash);
  expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
});
