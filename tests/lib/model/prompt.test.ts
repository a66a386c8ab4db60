// A conversation is asked in the form that it was trained in, wherever a model answers: its template's, not that of the text for people.
import { afterAll, beforeAll, expect, test } from "vitest";
import { chats } from "../../../lib/data/chats.ts";
import type { Example } from "../../../lib/data/example.ts";
import { evaluateModels } from "../../../lib/eval/evaluate.ts";
import { complete } from "../../../lib/model/complete.ts";
import { init } from "../../../lib/model/init.ts";
import type { Model } from "../../../lib/model/model.ts";
import { promptIds, referenceIds } from "../../../lib/model/prompt.ts";
import { crossPerplexityOf } from "../../../lib/probe/crossPerplexity.ts";
import { trainBpe } from "../../../lib/tokenizer/bpe.ts";
import { encodeChat } from "../../../lib/tokenizer/chat.ts";
import type { Tokenizer } from "../../../lib/tokenizer/tokenizer.ts";
import { trainRl } from "../../../lib/train/rl.ts";
import { trainSft } from "../../../lib/train/sft.ts";
import { useEngineNamed } from "../engines.ts";

const TURN = "<|{{ m.role }}|>{{ m.content }}{{ eos_token }}";
const PLAIN = `{% for m in messages %}${TURN}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}`;
const MARKED = `{% for m in messages %}<|{{ m.role }}|>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{{ eos_token }}{% endgeneration %}{% else %}{{ m.content }}{{ eos_token }}{% endif %}{% endfor %}`;
const ENDLESS = PLAIN.replace("{{ eos_token }}", "");
const REWRITING = `{% for m in messages %}<|{{ m.role }}|>{% if m.role == 'assistant' or not add_generation_prompt %}.{% endif %}{{ m.content }}{{ eos_token }}{% endfor %}`;

const specials = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"];
const tokenizerWith = (chatTemplate?: string) =>
  trainBpe(["red blue green"], { vocabSize: 262, specials, ...(chatTemplate && { chatTemplate }) });
const conversations = ["red", "blue", "green", "grey"].map((word) => [
  { role: "user", content: "hi" },
  { role: "assistant", content: "ho" },
  { role: "user", content: word },
  { role: "assistant", content: `${word[0]}!` },
]);
const set = chats("colours", conversations);
const [example] = set.examples as [Example];
const codeOf = (run: () => unknown) => {
  try {
    return run();
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

test.each([
  ["with generation blocks and no beginning of an answer", MARKED],
  ["without them", PLAIN],
])("a template %s: prompt and answer are the conversation cut where the last answer begins", (_, template) => {
  const tokenizer = tokenizerWith(template);
  const [prompt, reference] = [promptIds(example, tokenizer), referenceIds(example, tokenizer)];
  expect(tokenizer.decodeMarked(prompt)).toBe("<|user|>hi<|end|><|assistant|>ho<|end|><|user|>red<|end|><|assistant|>");
  expect(tokenizer.decodeMarked(reference)).toBe("r!<|end|>");
  expect([...prompt, ...reference]).toEqual(encodeChat(tokenizer, conversations[0]!).ids);
});

test("a question without an answer is its prompt alone; what stands behind the last answer is left out", () => {
  const tokenizer = tokenizerWith(PLAIN);
  const [open] = chats("open", [[{ role: "user", content: "hi" }]]).examples as [Example];
  expect(tokenizer.decodeMarked(promptIds(open, tokenizer))).toBe("<|user|>hi<|end|><|assistant|>");
  expect(referenceIds(open, tokenizer)).toEqual([tokenizer.eosId]);
  // A template that knows no beginning of an answer marks where one would be.
  expect(promptIds(open, tokenizerWith(MARKED))).toEqual(promptIds(open, tokenizer));
  const [more] = chats("more", [[...conversations[0]!, { role: "user", content: "why" }]]).examples as [Example];
  expect(referenceIds(more, tokenizer)).toEqual(referenceIds(example, tokenizer));
});

test("no template, one that never ends an answer and one that rewrites the question are refused; other examples are as ever", () => {
  expect(tokenizerWith(PLAIN).files["chat_template.jinja"]).toBe(PLAIN);
  const code = (tokenizer: Tokenizer) => codeOf(() => referenceIds(example, tokenizer));
  expect(code(tokenizerWith())).toBe("TEMPLATE_MISSING");
  expect(code(tokenizerWith(ENDLESS))).toBe("CHAT_ENDLESS");
  expect(code(tokenizerWith(REWRITING))).toBe("CHAT_MASK_UNSUPPORTED");
  const tokenizer = tokenizerWith();
  const plain = { id: "a", prompt: "red", completion: " blue", meta: {} };
  expect(promptIds(plain, tokenizer)).toEqual(tokenizer.encode("red"));
  expect(referenceIds(plain, tokenizer)).toEqual([...tokenizer.encode(" blue"), tokenizer.eosId]);
});

let blank: Model;
let tuned: Model;
beforeAll(async () => {
  await useEngineNamed("wasm");
  blank = await init({ layers: 1, width: 32, heads: 2, maxLength: 48, vocab: tokenizerWith(PLAIN), seed: 0 });
  tuned = (await trainSft(blank, set, { steps: 80, batch: 4, learningRate: 1e-2 })).model;
});
afterAll(() => {
  blank.dispose();
  tuned.dispose();
});

test("a model that was fine-tuned on conversations answers them: accuracy 1 where it was 0, loss below 0.1 nats, and RL finds nothing left to gain", async () => {
  const { rows, perProblem } = await evaluateModels({ tuned }, { set });
  expect(rows[0]).toMatchObject({ accuracy: { value: 1 } });
  expect(rows[0]!.nllPerToken.value).toBeLessThan(0.1);
  expect(perProblem.find(({ id }) => id === example.id)!.promptTokens).toBe(promptIds(example, tuned.tokenizer).length);
  const read = await crossPerplexityOf({ tuned }, set, { samples: 1 });
  expect(read.find(({ writer }) => writer === "reference")!.nats.value).toBeLessThan(0.1);
  const rl = await trainRl(tuned, set, { steps: 1, promptsPerStep: 4, groupSize: 4, temperature: 0.5 });
  expect(rl.history[0]!.metrics["reward"]).toBe(1);
  rl.model.dispose();
});

test("a conversation, or several, is asked by its messages; special tokens in a text are text", async () => {
  const asked = conversations.map((messages) => messages.slice(0, 3));
  const said = await complete(tuned, asked);
  expect(said.map(({ completion, finished }) => [completion, finished])).toEqual(
    ["r!", "b!", "g!", "g!"].map((text) => [text, true]),
  );
  const [one] = await complete(tuned, asked[0]!);
  expect(one).toEqual(said[0]);
  expect(one!.prompt).toBe("<|user|>hi<|end|><|assistant|>ho<|end|><|user|>red<|end|><|assistant|>");
  expect((await complete(tuned, ["red", "hi"], { maxNewTokens: 1 })).map(({ prompt }) => prompt)).toEqual([
    "red",
    "hi",
  ]);
  await expect(complete(tuned, [{ role: "user" }] as never)).rejects.toMatchObject({ code: "DATA_INVALID" });
  const plain = await init({ layers: 1, width: 16, heads: 2, vocab: tokenizerWith(), seed: 0 });
  await expect(complete(plain, asked)).rejects.toMatchObject({ code: "TEMPLATE_MISSING" });
  plain.dispose();
});

test("samples along the way are judged by a verifier that takes its time: a wrong answer is no reward", async () => {
  const slow = { ...set, verify: async () => Promise.resolve(false) };
  const run = await trainSft(blank, set, {
    steps: 1,
    batch: 2,
    learningRate: 1e-4,
    samples: { set: slow, every: 1, maxNewTokens: 2 },
  });
  expect(run.history[0]!.sample).toMatchObject({ reward: 0 });
  run.model.dispose();
});
