// A real task learned from nothing: arithmetic word problems by a blank slate of 0.3 M parameters, with a vocabulary of its own.
import { describe, expect, test } from "vitest";
import { data } from "../../../lib/data/data-sets.ts";
import type { LoadedSet } from "../../../lib/data/examples.ts";
import { init } from "../../../lib/model/init.ts";
import { findNative } from "../../../lib/tensor/native/start.ts";
import { trainBpe } from "../../../lib/tokenizer/bpe.ts";
import { trainSft } from "../../../lib/train/sft.ts";
import { useEngineNamed } from "../engines.ts";
import { hasShared, sharedPath } from "../fixtures.ts";
import { ngramLoss } from "./ngram.ts";

const MAX_TOKENS = 160;
const TOKEN_BUDGET = 650_000;

describe.skipIf(!hasShared || !findNative())("GSM8K (skipped without ../shared or the native engine)", () => {
  test("650,000 tokens of SFT on BPE text: held-out loss falls all the way and ends below a unigram and a 5-gram", async () => {
    await useEngineNamed("tensorflow");
    const all = await data.gsm8k(sharedPath("data", "gsm8k", "train.jsonl"));
    const unseen = await data.gsm8k(sharedPath("data", "gsm8k", "test.jsonl"));
    const texts = all.examples.flatMap(({ prompt, completion }) => [prompt, completion]);
    const vocab = trainBpe(texts, { vocabSize: 1024 });
    const short = (set: LoadedSet, n: number): LoadedSet => {
      const fits = set.examples.filter(
        (e) => vocab.encode(e.prompt).length + vocab.encode(e.completion).length < MAX_TOKENS,
      );
      return { ...set, examples: fits.slice(0, n) };
    };
    const train = short(all, Infinity);
    const heldOut = short(unseen, 100);

    const blank = await init({
      arch: "llama",
      layers: 2,
      width: 96,
      heads: 4,
      tied: true,
      maxLength: MAX_TOKENS,
      vocab,
      seed: 0,
    });
    const options = { batch: 8, learningRate: 3e-3, schedule: "wsd", heldOut: { set: heldOut, every: 60 } } as const;
    const run = await trainSft(blank, train, { ...options, steps: 600 });
    expect(run.tokens).toBeLessThanOrEqual(TOKEN_BUDGET);

    const curve = run.history.flatMap(({ metrics }) => metrics["heldOutLoss"] ?? []);
    const smoothed = curve.slice(1).map((loss, i) => (loss + (curve[i] as number)) / 2);
    expect(curve).toHaveLength(10);
    for (const [i, loss] of smoothed.slice(1).entries()) expect(loss).toBeLessThan(smoothed[i] as number);

    // The baselines see every training example, however few of them the budget has reached.
    const predicted = (set: LoadedSet) =>
      set.examples.map(({ prompt, completion }) => {
        const ids = vocab.encode(prompt);
        return { tokens: [...ids, ...vocab.encode(completion), vocab.eosId], from: ids.length };
      });
    const [seen, asked] = [predicted(train), predicted(heldOut)];
    const [unigram, fiveGram] = [1, 5].map((n) => ngramLoss(n, seen, asked, vocab.vocabSize)) as [number, number];
    const learned = curve.at(-1) as number;
    console.info(
      `GSM8K, nats per token: unigram ${unigram.toFixed(2)}, 5-gram ${fiveGram.toFixed(2)}, model ${learned.toFixed(2)}; ${run.seconds.toFixed(0)} s`,
    );
    expect(fiveGram).toBeLessThan(unigram);
    expect(learned).toBeLessThan(fiveGram);
    for (const model of [blank, run.model]) model.dispose();
  }, 400_000);
});
