// SFT on conversations: which tokens count, and that nothing else does.
import { beforeAll, describe, expect, test } from "vitest";
import { chats } from "../../../lib/data/chats.ts";
import type { ChatExample } from "../../../lib/data/chats.ts";
import { init } from "../../../lib/model/init.ts";
import type { Model } from "../../../lib/model/model.ts";
import { trainBpe } from "../../../lib/tokenizer/bpe.ts";
import { parseTokenizer } from "../../../lib/tokenizer/hugging-face.ts";
import type { HuggingFaceTokenizer } from "../../../lib/tokenizer/hugging-face.ts";
import { encodeConversation } from "../../../lib/train/conversation.ts";
import { trainPretrain, trainSft } from "../../../lib/train/sft.ts";
import { engines, useEngineNamed } from "../engines.ts";
import { reversals, tinyModel } from "./task.ts";

const MARKED = `{% for m in messages %}{% if m.role == "assistant" %}A:{% generation %}{{ m.content }}
{% endgeneration %}{% else %}{{ m.role }}:{{ m.content }}
{% endif %}{% endfor %}{% if add_generation_prompt %}A:{% endif %}`;
const PLAIN = MARKED.replaceAll(/\{% (end)?generation %\}/gu, "");
const REWRITING = PLAIN.replace("A:{{ m.content }}", "A:{% if loop.last %}{{ m.content }}{% endif %}");

/** A byte-level tokenizer with a chat template. */
function tokenizerWith(template: string): HuggingFaceTokenizer {
  const { files } = trainBpe(["user: one and two\nA: three"], { vocabSize: 270 });
  return parseTokenizer(
    files["tokenizer.json"]!,
    JSON.stringify({ ...JSON.parse(files["tokenizer_config.json"]!), chat_template: template }),
  );
}
const conversation = [
  { role: "user", content: "one?" },
  { role: "assistant", content: "two" },
  { role: "user", content: "three?" },
  { role: "assistant", content: "four" },
];
const set = chats("chats", [conversation]);
const example = set.examples[0] as ChatExample;

test.each([
  ["with generation blocks", MARKED],
  ["without them", PLAIN],
])("a template %s: exactly the assistant's two turns are targets", (_, template) => {
  const tokenizer = tokenizerWith(template);
  const { tokens, targets, promptLength } = encodeConversation(example, tokenizer);
  const text = (counts: number) => tokenizer.decode([...tokens].filter((_id, i) => targets![i] === counts));
  expect(text(1)).toBe("two\nfour\n");
  expect(text(0)).toBe("user:one?\nA:user:three?\nA:");
  expect(tokenizer.decode([...tokens.subarray(0, promptLength)])).toBe("user:one?\nA:");
});

test("a template that rewrites earlier turns, and a tokenizer without one, are refused", () => {
  const code = (tokenizer: Parameters<typeof encodeConversation>[1]) => {
    try {
      return encodeConversation(example, tokenizer);
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  expect(code(tokenizerWith(REWRITING))).toBe("CHAT_MASK_UNSUPPORTED");
  expect(code(trainBpe(["one"], { vocabSize: 262 }))).toBe("TEMPLATE_MISSING");
});

describe.each(engines)("on %s", (engine) => {
  let model: Model;
  beforeAll(async () => {
    await useEngineNamed(engine);
    model = await init({ layers: 1, width: 32, heads: 2, maxLength: 64, vocab: tokenizerWith(PLAIN), seed: 0 });
    return () => model.dispose();
  });
  const options = { steps: 30, batch: 1, learningRate: 1e-2 };

  test("SFT learns what the assistant says: its tokens' loss falls below 0.5; a pre-training step counts every token but the first", async () => {
    const run = await trainSft(model, set, {
      ...options,
      heldOut: { set: chats("other", [conversation.slice(0, 2)]), every: 30 },
    });
    const { tokens, targets } = encodeConversation(example, model.tokenizer);
    const counted = targets!.reduce((sum, x) => sum + x, 0);
    expect(run.history[0]!.metrics["targets"]).toBe(counted);
    expect(run.history.at(-1)!.metrics["loss"]).toBeLessThan(0.5);
    expect(Number.isFinite(run.history.at(-1)!.metrics["heldOutLoss"])).toBe(true);
    const whole = await trainPretrain(model, set, { ...options, steps: 1 });
    expect(whole.history[0]!.metrics["targets"]).toBe(tokens.length - 1);
    for (const made of [run, whole]) made.model.dispose();
  });

  test("T12: a held-out conversation that is trained on, spelt otherwise, refuses the run", async () => {
    const spelt = conversation.map(({ role, content }) => ({ role, content: ` ${content.toUpperCase()}` }));
    const run = trainSft(model, set, { ...options, heldOut: { set: chats("kept", [spelt]), every: 1 } });
    await expect(run).rejects.toMatchObject({ code: "TRAINED_ON" });
  });

  test("T7: a batch in which nothing counts has loss 0, says so, and moves no weight; an empty completion counts its end token", async () => {
    const silent = chats("silent", [[{ role: "user", content: "anyone there?" }]]);
    const run = await trainSft(model, silent, { ...options, steps: 2, weightDecay: 0 });
    for (const { metrics } of run.history) expect(metrics).toMatchObject({ loss: 0, gradientNorm: 0, targets: 0 });
    expect(await run.model.hash()).toBe(await model.hash());
    const tiny = await tinyModel(0);
    const empty = { ...reversals(1, 1), examples: [{ id: "e", prompt: "a >", completion: "", meta: {} }] };
    const ended = await trainSft(tiny, empty, { ...options, steps: 1 });
    expect(ended.history[0]!.metrics["targets"]).toBe(1);
    expect(ended.history[0]!.metrics["loss"]).toBeGreaterThan(1);
    for (const made of [run.model, ended.model, tiny]) made.dispose();
  });
});
