// What the laboratory gives as plain objects is shown as what it is.
import { expect, test } from "vitest";
import { bundleOf } from "../../../kernel/display/bundle.ts";
import { data } from "../../../lib/data/data-sets.ts";
import { tokenizer } from "../../../lib/tokenizer/tokenizers.ts";
import { world } from "../../../lib/world/worlds.ts";

const evil = "<img src=x onerror=alert(1)>";

test("a set of examples is a table of prompts, completions and what is known of them, with its name and size, escaped", async () => {
  const rows = [
    ...Array.from({ length: 12 }, (_, i) => ({ q: `${i} =`, a: String(i), level: i })),
    { q: "0 =", a: "0", level: 0 },
  ];
  const set = await data.rows([...rows, { q: evil, a: "x", level: 9 }], {
    prompt: "q",
    completion: "a",
    meta: ["level"],
    name: "own",
  });
  const { "text/plain": text, "text/html": html } = await bundleOf(set);
  expect(text).toMatch(/^own, 13 examples\n+prompt +completion +level\n/);
  expect(text).toContain("\n1 row left out: an equal one came before.");
  expect(html).toContain("&lt;img");
  expect(html).not.toContain("<img");
  const test = await bundleOf(world.modular({ seed: 0 }).test({ n: 3 }));
  expect(test["text/plain"]).toMatch(/^test, 3 examples\n+prompt +completion +/);
});

test("a tokenizer is a table of its tokens and their roles; what only resembles a set or a tokenizer is an object", async () => {
  const trained = await bundleOf(tokenizer.train(["low low lower"], { vocabSize: 262, minCount: 1 }));
  expect(trained["text/plain"]).toMatch(/^262 tokens\n+ +id +token +role\n +0 +"" +.*end\n/);
  expect(trained["text/plain"]).toMatch(/\nsha256 [0-9a-f]{12}$/);
  const words = await bundleOf(world.modular({ seed: 0 }).vocab);
  expect(words["text/plain"]).toContain("<pad>");
  const { "text/plain": plain } = await bundleOf({ name: "x", examples: [1], verify: () => true });
  expect(plain).toContain("examples: [ 1 ]");
});

test.each(["name", "examples", "verify", "vocabSize", "eosId", "hash", "columnNames"])(
  "a getter called %s is not called to find out what a value is",
  async (key) => {
    let calls = 0;
    const value = Object.defineProperty({}, key, { enumerable: true, get: () => ++calls });
    expect((await bundleOf(value))["text/plain"]).toBe(`{ ${key}: [Getter] }`);
    expect(calls).toBe(0);
  },
);
