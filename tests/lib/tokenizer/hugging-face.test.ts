import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { trainBpe } from "../../../lib/tokenizer/bpe.ts";
import { parseTokenizer } from "../../../lib/tokenizer/hugging-face.ts";
import { assertHolds } from "../../parity/comparison.ts";
import { compareEncoding, TOKENIZER_CONFIGS } from "../../parity/tokenizer.ts";
import { hasShared, sharedPath } from "../fixtures.ts";

const code = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
};
const SPECIALS = ["<|end|>", "<|user|>", "<s>"];
const trained = trainBpe(["the cat sat on the mat, the cat", "<|end|> <s> is text here"], {
  vocabSize: 290,
  specials: SPECIALS,
});

describe.skipIf(!hasShared)("tokenizer.json of the tokenizers library (skipped without ../shared)", () => {
  const folder = sharedPath("fixtures", "tokenizer", "bytelevel_bpe_512");
  test.each(TOKENIZER_CONFIGS)("200 texts encode and decode exactly, special text parsed and not, by %s", (config) => {
    for (const comparison of compareEncoding(folder, config)) assertHolds(comparison);
  });
});

test("T11: decode undoes encode for 20,000 Unicode texts, and no text makes a special token", () => {
  const ids = new Set(trained.specials.values());
  const piece = oneof(
    string({ unit: "binary" }),
    constantFrom(...SPECIALS, "<|", "|>", "\r\n", " ", "é", "e\u0301", "\ufeff"),
  );
  const texts = array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
  assert(
    property(texts, (text) => {
      const encoded = trained.encode(text);
      return trained.decode(encoded) === text && !encoded.some((id) => ids.has(id));
    }),
    { numRuns: 20_000 },
  );
  expect(trained.encodeMarked("<|end|>")).toEqual([trained.eosId]);
});

test("special tokens written out are read back, and left out by decode", () => {
  const ids = trained.encodeMarked("the<|user|>cat<|end|>");
  expect(trained.decodeMarked(ids)).toBe("the<|user|>cat<|end|>");
  expect(trained.decode(ids)).toBe("thecat");
  expect(trained.decode([])).toBe("");
});

test("its files make the same tokenizer again, with the same hash; other roles are another tokenizer", () => {
  const { files } = trained;
  const again = parseTokenizer(files["tokenizer.json"] as string, files["tokenizer_config.json"]);
  expect(again.hash).toBe(trained.hash);
  expect(again.encode("the cat")).toEqual(trained.encode("the cat"));
  const other = parseTokenizer(files["tokenizer.json"] as string, files["tokenizer_config.json"], { eos: "<s>" });
  expect(other.hash).not.toBe(trained.hash);
});

test("what is no tokenizer, has no end token or does not know an id is refused by code", () => {
  const json = trained.files["tokenizer.json"] as string;
  expect(code(() => parseTokenizer("{"))).toBe("TOKENIZER_INVALID");
  expect(code(() => parseTokenizer("[]"))).toBe("TOKENIZER_INVALID");
  expect(code(() => parseTokenizer('{"model": {"type": "Other"}}'))).toBe("TOKENIZER_INVALID");
  expect(code(() => parseTokenizer(json))).toBe("SPECIAL_TOKEN_MISSING");
  expect(code(() => parseTokenizer(json, "{}", { eos: "<nowhere>" }))).toBe("SPECIAL_TOKEN_MISSING");
  expect(code(() => trained.decode([290]))).toBe("UNKNOWN_TOKEN");
  expect(parseTokenizer(json, "{}", { eos: "<s>" }).eosId).toBe(2);
});
