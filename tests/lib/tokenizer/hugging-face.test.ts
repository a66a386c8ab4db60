import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { trainBpe } from "../../../lib/tokenizer/bpe.ts";
import { readFileSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createPrivateTemporaryDirectory, removePath } from "../../../lib/core/files.ts";
import { load, save } from "../../../lib/model/files.ts";
import { init } from "../../../lib/model/init.ts";
import { parseTokenizer } from "../../../lib/tokenizer/hugging-face.ts";
import type { HuggingFaceTokenizer } from "../../../lib/tokenizer/hugging-face.ts";
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

const foreign = () => {
  const text = (name: string) => readFileSync(sharedPath("fixtures", "tokenizer", "bytelevel_bpe_512", name), "utf8");
  return parseTokenizer(text("tokenizer.json"), text("tokenizer_config.json"));
};
/** Ours, and one that the tokenizers library trained. */
const tokenizers: readonly (readonly [string, () => HuggingFaceTokenizer])[] = [
  ["trained here", () => trained],
  ...(hasShared ? [["trained by the tokenizers library", foreign] as const] : []),
];

test.each(tokenizers)(
  "T11: decode undoes encode for 20,000 Unicode texts, and no text makes a special token: %s",
  (_, make) => {
    const tokenizer = make();
    const ids = new Set(tokenizer.specials.values());
    expect(ids.size).toBeGreaterThan(0);
    const piece = oneof(
      string({ unit: "binary" }),
      constantFrom(...SPECIALS, ...tokenizer.specials.keys(), "<|", "|>", "\r\n", " ", "é", "e\u0301", "\ufeff"),
    );
    const texts = array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
    assert(
      property(texts, (text) => {
        const encoded = tokenizer.encode(text);
        return tokenizer.decode(encoded) === text && !encoded.some((id) => ids.has(id));
      }),
      { numRuns: 20_000 },
    );
    for (const [text, id] of tokenizer.specials) expect(tokenizer.encodeMarked(text)).toEqual([id]);
  },
);

test("T11: a tokenizer with more ids than the model has, or another one than it was saved with, is refused", async () => {
  const folder = await createPrivateTemporaryDirectory("tokenizer");
  const model = await init({ layers: 1, width: 16, heads: 2, vocab: trained, seed: 0 });
  await save(model, folder);
  const other = trainBpe(["another text altogether"], { vocabSize: 290, specials: SPECIALS });
  await expect(load(folder, { vocab: other })).rejects.toMatchObject({ code: "TOKENIZER_MISMATCH" });
  // As others save it: nothing says which tokenizer it was.
  for (const name of readdirSync(folder))
    if (!/^(config\.json|model\.safetensors)$/u.test(name)) await rm(join(folder, name));
  const larger = trainBpe(Array(9).fill("these are some more words that stand often in it"), {
    vocabSize: 320,
    specials: SPECIALS,
  });
  expect(larger.vocabSize).toBeGreaterThan(trained.vocabSize);
  await expect(load(folder, { vocab: larger })).rejects.toMatchObject({
    code: "TOKENIZER_MISMATCH",
    fact: `the tokenizer has ${larger.vocabSize} ids, the model ${trained.vocabSize}.`,
  });
  const again = await load(folder, { vocab: trained });
  expect(await again.hash()).toBe(await model.hash());
  for (const made of [model, again]) made.dispose();
  await removePath(folder);
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

test("of several chat templates the default one is meant; a saved tokenizer names the roles that it was given, and no others", () => {
  const json = trained.files["tokenizer.json"] as string;
  const chat_template = [
    { name: "tool_use", template: "tools" },
    { name: "default", template: "plain" },
  ];
  const one = parseTokenizer(json, JSON.stringify({ eos_token: "<|end|>", unk_token: null, chat_template }));
  expect(one.chatTemplate).toBe("plain");
  expect(one.roles).toEqual({ eos_token: "<|end|>" });
  expect(JSON.parse(one.files["tokenizer_config.json"] as string)).not.toHaveProperty("bos_token");
});

test("tokens that the configuration names are special, though tokenizer.json does not say so, as in transformers", () => {
  const vocab = { "<unk>": 0, cat: 1, the: 2, END: 3, sat: 4 };
  const json = {
    added_tokens: [],
    pre_tokenizer: { type: "Whitespace" },
    model: { type: "WordLevel", vocab, unk_token: "<unk>" },
  };
  const config = { eos_token: "END", additional_special_tokens: ["sat"] };
  const one = parseTokenizer(JSON.stringify(json), JSON.stringify(config));
  expect(one.encodeMarked("theENDcat sat xEND")).toEqual([2, 3, 1, 4, 0, 3]);
  expect(one.decode([2, 3, 1, 4])).toBe("the cat");
  expect(one.encode("the END sat")).toEqual([2, 0, 0]);
  const plain = { id: 3, content: "END", special: false, single_word: true, normalized: true };
  const word = parseTokenizer(JSON.stringify({ ...json, added_tokens: [plain] }), JSON.stringify(config));
  expect(word.encodeMarked("theENDcat sat xEND END")).toEqual([0, 4, 0, 3]);
  expect(word.decode([2, 3, 1, 4])).toBe("the cat");
});
