// A model asked in words says what generate says in tokens.
import { beforeAll, expect, test } from "vitest";
import { DISPLAY_SYMBOL } from "../../../lib/core/host.ts";
import { key } from "../../../lib/core/rng.ts";
import { complete } from "../../../lib/model/complete.ts";
import { generate } from "../../../lib/model/generate.ts";
import { init } from "../../../lib/model/init.ts";
import type { Model } from "../../../lib/model/model.ts";
import { tokenizer } from "../../../lib/tokenizer/tokenizers.ts";
import { useEngineNamed } from "../engines.ts";

let model: Model;
beforeAll(async () => {
  await useEngineNamed("wasm");
  const vocab = tokenizer.words(["a", "b", "c", "d"]);
  model = await init({ layers: 1, width: 16, heads: 2, maxLength: 12, vocab, seed: 1 });
  return () => model.dispose();
});

test("texts give texts, greedily the tokens of generate; a single text is a list of one; a cell shows a table", async () => {
  const said = await complete(model, ["a b", "c"], { maxNewTokens: 4 });
  const ids = ["a b", "c"].map((text) => model.tokenizer.encode(text));
  const { tokens } = await generate(model, ids, { maxNewTokens: 4, temperature: 0, key: key(0) });
  expect(said.map(({ completion }) => completion)).toEqual(tokens.map((row) => model.tokenizer.decode([...row])));
  expect((await complete(model, "c", { maxNewTokens: 4 }))[0]).toEqual(said[1]);
  expect(said[DISPLAY_SYMBOL]()["text/plain"]).toMatch(/^prompt +completion +finished\na b /);
});

test("samples differ, the same seed repeats them, and by default there are as many tokens as there is room for", async () => {
  const [one, again, other] = [
    await complete(model, "a", { samples: 8 }),
    await complete(model, "a", { samples: 8 }),
    await complete(model, "a", { samples: 8, seed: 1 }),
  ];
  expect(one).toHaveLength(8);
  expect(new Set(one.map(({ completion }) => completion)).size).toBeGreaterThan(4);
  expect(again.map((row) => row.completion)).toEqual(one.map((row) => row.completion));
  expect(other.map((row) => row.completion)).not.toEqual(one.map((row) => row.completion));
  expect(Math.max(...one.map(({ completion }) => completion.split(" ").length))).toBeLessThanOrEqual(11);
  expect(one.some(({ finished }) => finished)).toBe(true);
});

test("no room, a misspelt option and no prompt are said; nothing asked, nothing said", async () => {
  await expect(complete(model, "a ".repeat(12).trim())).rejects.toMatchObject({ code: "TOO_LONG" });
  await expect(complete(model, "a", { maxTokens: 3 } as object)).rejects.toMatchObject({ code: "OPTION_UNKNOWN" });
  await expect(complete(model, "")).rejects.toMatchObject({ code: "EMPTY_PROMPT" });
  expect(await complete(model, [])).toHaveLength(0);
});
