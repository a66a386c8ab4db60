// The runs that are killed and resumed: kinds of training, families of models, and settings that keep a place or a state of their own.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { chats } from "../../../../lib/data/chats.ts";
import { fileStream } from "../../../../lib/data/file-stream.ts";
import { mix } from "../../../../lib/data/mix.ts";
import type { ExampleSet, Verify } from "../../../../lib/data/example.ts";
import { lora } from "../../../../lib/model/adapter.ts";
import { init, initModel } from "../../../../lib/model/init.ts";
import type { InitOptions } from "../../../../lib/model/init.ts";
import type { Model } from "../../../../lib/model/model.ts";
import { parseTokenizer } from "../../../../lib/tokenizer/hugging-face.ts";
import { trainBpe } from "../../../../lib/tokenizer/bpe.ts";
import type { CheckpointOptions } from "../../../../lib/train/checkpoint.ts";
import { trainRl } from "../../../../lib/train/rl.ts";
import type { RlOptions } from "../../../../lib/train/rl.ts";
import type { TrainRun, Watch } from "../../../../lib/train/run.ts";
import { trainPretrain, trainSft } from "../../../../lib/train/sft.ts";
import type { SftOptions } from "../../../../lib/train/sft.ts";
import { reversals, tinyModel, vocab } from "../task.ts";

export interface Places {
  readonly steps: number;
  readonly checkpoint: CheckpointOptions | null;
  readonly resumeFrom: string | null;
}
type Run = (model: Model, places: Places, watch: Watch, folder: string) => Promise<TrainRun<object>>;

export interface Trial {
  readonly model: () => Promise<Model>;
  readonly run: Run;
}

const data = reversals(200, 1);
/** Comes round within a few steps, in the middle of which the checkpoints are. */
const few = reversals(20, 1);
const seen = new Set(data.examples.map(({ prompt }) => prompt));
const kept = distinct(reversals(400, 2), 6);

function distinct(set: ExampleSet<Verify>, n: number): ExampleSet<Verify> {
  return { ...set, name: "kept", examples: set.examples.filter(({ prompt }) => !seen.has(prompt)).slice(0, n) };
}

const small = (sizes: Partial<InitOptions>) => () =>
  init({ layers: 2, width: 32, heads: 2, maxLength: 32, vocab, seed: 0, ...sizes });
const adapted = (sizes: Partial<InitOptions>, targets: "all" | undefined) => async () => {
  const base = await small(sizes)();
  const model = await lora(base, { rank: 2, seed: 3, ...(targets && { targets }) });
  base.dispose();
  return model;
};

const sft =
  (options: Partial<SftOptions> = {}, set: ExampleSet = data): Run =>
  (model, places, watch) =>
    trainSft(model, set, { batch: 8, learningRate: 3e-3, ...options, ...places }, watch);
const rl =
  (options: RlOptions = {}, set: ExampleSet = data): Run =>
  (model, places, watch) =>
    trainRl(
      model,
      set,
      { promptsPerStep: 4, groupSize: 4, maxNewTokens: 5, klWeight: 0.1, ...options, ...places },
      watch,
    );

/** A mixture of a shuffled stream out of a file and a set in memory. */
const mixture: Run = async (model, places, watch, folder) => {
  const file = join(folder, "rows.jsonl");
  writeFileSync(
    file,
    reversals(30, 5)
      .examples.map((example) => JSON.stringify(example))
      .join("\n"),
  );
  const columns = { prompt: "prompt", completion: "completion" };
  const stream = fileStream(file, columns, { shuffleBuffer: 7, seed: 4 });
  const both = await mix({ file: stream, memory: few }, { weights: { file: 2, memory: 1 }, seed: 6 });
  const options: Omit<SftOptions, keyof Places> = {
    batch: 7,
    microBatch: 3,
    learningRate: 3e-3,
    schedule: "wsd",
    pack: true,
    recompute: true,
    labelSmoothing: 0.1,
    zLoss: 1e-3,
    heldOut: { set: kept, every: 3 },
    samples: { set: kept, every: 2, maxNewTokens: 4 },
  };
  return trainSft(model, both, { ...options, ...places }, watch);
};

const TEMPLATE = `{% for m in messages %}{{ m.role }}:{{ m.content }}
{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}`;
const spoken = () => {
  const { files } = trainBpe(["user: one and two", "assistant: three"], { vocabSize: 270 });
  const settings = { ...JSON.parse(files["tokenizer_config.json"] as string), chat_template: TEMPLATE };
  return parseTokenizer(files["tokenizer.json"] as string, JSON.stringify(settings));
};
const conversations = chats(
  "chats",
  Array.from({ length: 9 }, (_, i) => [
    { role: "user", content: `say ${i}` },
    { role: "assistant", content: `${i}`.repeat(1 + (i % 3)) },
    { role: "user", content: "again" },
    { role: "assistant", content: `${i}${i}` },
  ]),
);

export const TRIALS: Readonly<Record<string, Trial>> = {
  sft: { model: () => tinyModel(0), run: sft() },
  rl: { model: () => tinyModel(0), run: rl() },
  ppo: { model: () => tinyModel(0), run: rl({ algorithm: "ppo" }) },
  "sft of qwen3 on a mixture of a shuffled stream and a set, packed, in micro-batches, recomputed, wsd, held out, with samples":
    { model: small({ arch: "qwen3", kvHeads: 1, tied: true }), run: mixture },
  "dapo of an adapted gpt_neox, prompts coming round, two epochs, exact KL, overlong, a token forced": {
    model: adapted({ arch: "gpt_neox" }, "all"),
    run: rl(
      {
        algorithm: "dapo",
        promptsPerStep: 3,
        epochs: 2,
        kl: "exact",
        microBatch: 5,
        warmup: 3,
        force: function first(said) {
          return said.length === 0 ? vocab.encode("a")[0] : undefined;
        },
        // Half of what is said at random, so that groups differ and others are drawn in their place.
        reward: function hasB(_, completion) {
          return completion.includes("b") ? 1 : 0;
        },
      },
      few,
    ),
  },
  "sft of an adapted gpt_neox": { model: adapted({ arch: "gpt_neox" }, undefined), run: sft({ microBatch: 3 }, few) },
  "sft of conversations": {
    model: () => init({ layers: 1, width: 32, heads: 2, maxLength: 64, vocab: spoken(), seed: 0 }),
    run: sft({ batch: 4, pack: true }, conversations),
  },
  "sft that stops early": {
    model: () => tinyModel(0),
    run: sft({
      learningRate: 0.3,
      schedule: "constant",
      warmup: 0,
      heldOut: { set: kept, every: 1 },
      earlyStopping: { patience: 4, minImprovement: 10 },
    }),
  },
  "pre-training, linear": {
    model: small({ arch: "llama" }),
    run: (model, places, watch) =>
      trainPretrain(model, few, { batch: 6, learningRate: 3e-3, schedule: "linear", ...places }, watch),
  },
  "sft with a window of attention and stretched positions": {
    model: async () => {
      const plain = await small({ arch: "mistral", kvHeads: 1 })();
      const { config } = plain;
      plain.dispose();
      const ropeScaling = { type: "linear", factor: 2 } as const;
      return initModel({ ...config, ropeScaling, window: { tokens: 4, layers: [1] } }, vocab, 0);
    },
    run: sft({ recompute: true }),
  },
  ...Object.fromEntries(
    (["gpt2", "llama", "qwen3", "olmo2", "gpt_neox"] as const).flatMap((arch) => [
      [`sft of ${arch}`, { model: small({ arch }), run: sft({}, few) }],
      [`rl of ${arch}`, { model: small({ arch }), run: rl({ algorithm: "gspo" }, few) }],
    ]),
  ),
  ...Object.fromEntries(
    (["dr-grpo", "cispo", "rloo", "reinforce", "reinforce++", "expert-iteration"] as const).map((algorithm) => [
      algorithm,
      { model: () => tinyModel(0), run: rl({ algorithm, stop: ["c"] }, few) },
    ]),
  ),
};
