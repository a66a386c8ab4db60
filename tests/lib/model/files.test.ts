// Model folders that carry their tokenizer: what is saved can be loaded alone.
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { model as models } from "../../../lib/model/models.ts";
import { createPrivateTemporaryDirectory } from "../../../lib/core/files.ts";
import { trainBpe } from "../../../lib/tokenizer/bpe.ts";
import { wordTokenizer } from "../../../lib/tokenizer/word.ts";
import { useEngineNamed } from "../engines.ts";

let folder: string;
beforeAll(async () => {
  folder = await createPrivateTemporaryDirectory("blankslate-test");
  await useEngineNamed("wasm");
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const sizes = { layers: 1, width: 16, heads: 2, maxLength: 16, seed: 0 };

test("a model saved with a BPE tokenizer is loaded from its folder alone, and reads text the same way", async () => {
  const vocab = trainBpe(["to be or not to be"], { vocabSize: 262 });
  const saved = await models.init({ ...sizes, vocab });
  const at = join(folder, "bpe");
  await models.save(saved, at);
  expect((await readdir(at)).sort()).toEqual([
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer.sha256",
    "tokenizer_config.json",
  ]);
  const loaded = await models.load(at);
  expect(await loaded.hash()).toBe(await saved.hash());
  expect(loaded.tokenizer.hash).toBe(vocab.hash);
  expect(loaded.tokenizer.encode("to be")).toEqual(vocab.encode("to be"));
  const twin = await models.blank({ like: loaded, seed: 1 });
  expect(twin.config).toEqual(loaded.config);
  expect(await twin.hash()).not.toBe(await loaded.hash());
  for (const made of [saved, loaded, twin]) made.dispose();
});

test("a folder without a tokenizer needs one, and takes the one it was saved with", async () => {
  const vocab = wordTokenizer(["a", "b"]);
  const saved = await models.init({ ...sizes, vocab });
  const at = join(folder, "words");
  await models.save(saved, at);
  await expect(models.load(at)).rejects.toMatchObject({ code: "TOKENIZER_MISSING" });
  const loaded = await models.load(at, { vocab });
  expect(await loaded.hash()).toBe(await saved.hash());
  for (const made of [saved, loaded]) made.dispose();
});
