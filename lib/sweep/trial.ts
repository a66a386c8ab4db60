// The laboratory's own trial: from one JSON configuration to one directory of artefacts, and nothing else. It reads no notebook, no environment
// and no clock, so the same configuration gives the same numbers wherever it runs; a sweep runs it in processes of its own.
import { join } from "node:path";
import { fault } from "../core/errors.ts";
import {
  checkOptions,
  named,
  record,
  required,
  type Rules,
  seed as aSeed,
  shaped,
  text,
  whole,
  without,
} from "../core/options.ts";
import { writeFileAtomic } from "../core/files.ts";
import { EVALUATE_RULES, evaluateModels } from "../eval/evaluate.ts";
import type { EvaluateOptions } from "../eval/scores.ts";
import { save } from "../model/files.ts";
import { init, INIT_RULES, type InitOptions } from "../model/init.ts";
import type { Model } from "../model/model.ts";
import { RL_RULES, type RlOptions, trainRl } from "../train/rl.ts";
import type { TrainRun, Watch } from "../train/run.ts";
import { SFT_RULES, type SftOptions, trainPretrain, trainSft } from "../train/sft.ts";
import type { World } from "../world/world.ts";
import { world } from "../world/worlds.ts";

type Fit = Omit<SftOptions, "seed" | "heldOut" | "checkpoint" | "resumeFrom" | "forkFrom"> & {
  /** How many the world draws; default 8,000. */
  readonly examples?: number;
};

/** JSON: what a trial is, whole. */
export interface TrialConfig {
  /** A world by its name in `world`, and its options. */
  readonly world: { readonly name: Exclude<keyof typeof world, "mixture">; readonly options?: object };
  readonly model: Omit<InitOptions, "vocab" | "seed" | "maxLength"> & { readonly maxLength?: number };
  /** Of weights, data order and samples. */
  readonly seed: number | string;
  /** Each stage that is named runs, in this order. */
  readonly pretrain?: Fit;
  readonly sft?: Fit;
  readonly rl?: Omit<RlOptions, "seed" | "reward" | "checkpoint" | "resumeFrom" | "forkFrom"> & {
    readonly prompts?: number;
  };
  readonly evaluate?: Omit<EvaluateOptions, "seed" | "cache" | "trainedOn"> & {
    /** Name -> shift of the world's law; default the plain test. */
    readonly sets?: Readonly<Record<string, object>>;
    /** Problems of each set; default 256. */
    readonly n?: number;
  };
}

const FIT = shaped<Fit>({
  ...without(SFT_RULES, "seed", "heldOut", "checkpoint", "resumeFrom", "forkFrom"),
  examples: whole(1),
});
const RULES: Rules<TrialConfig> = {
  world: required(shaped<TrialConfig["world"]>({ name: required(text), options: record })),
  model: required(shaped<TrialConfig["model"]>(without(INIT_RULES, "vocab", "seed"))),
  seed: required(aSeed),
  pretrain: FIT,
  sft: FIT,
  rl: shaped<NonNullable<TrialConfig["rl"]>>({
    ...without(RL_RULES, "seed", "reward", "checkpoint", "resumeFrom", "forkFrom"),
    prompts: whole(1),
  }),
  evaluate: shaped<NonNullable<TrialConfig["evaluate"]>>({
    ...without(EVALUATE_RULES, "seed", "cache", "trainedOn"),
    sets: named(record),
    n: whole(1),
  }),
};

/**
 * @returns the configuration's world
 * @throws OPTION_UNKNOWN, OPTION_MISSING, OPTION_INVALID, BAD_TRIAL, BAD_WORLD  it is none; nothing was computed
 */
export function worldOf(config: TrialConfig): World {
  const { world: wanted, evaluate } = checkOptions("trial", config, RULES);
  const { mixture: _, ...worlds } = world;
  const make = Object.hasOwn(worlds, wanted.name) ? worlds[wanted.name] : undefined;
  if (!make)
    throw fault("BAD_TRIAL", `there is no world "${wanted.name}".`, `worlds are ${Object.keys(worlds).join(", ")}.`);
  const task: World = make(wanted.options);
  for (const shift of Object.values(evaluate?.sets ?? {})) task.longest(shift);
  return task;
}

/** A row of results: plain values by name. */
export type TrialResult = Readonly<Record<string, number | string | null>>;

const loss = (run: TrainRun<unknown>, metric: string): number | null => {
  const values = run.history
    .slice(-Math.max(1, Math.floor(run.history.length / 10)))
    .flatMap((r) => r.metrics[metric] ?? []);
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
};

/**
 * Initialises, trains and evaluates one model, as its configuration says.
 * @param outDir gets `config.json`, `scores.json`, and the trained weights under `model/`
 * @returns loss or reward of each stage's last tenth, and each set's accuracy with its interval, pass@k and loss
 * @throws BAD_TRIAL no such world; what the stages throw
 * @example await trial({ world: { name: "modular" }, model: { layers: 1, width: 32, heads: 2 }, seed: 0, sft: { steps: 10, batch: 8, learningRate: 1e-3 } }, "out")
 */
export async function trial(config: TrialConfig, outDir: string, watch: Watch = {}): Promise<TrialResult> {
  const { seed } = config;
  const task = worldOf(config);
  const { sets: shifts = { test: {} }, n = 256, ...evaluation } = config.evaluate ?? {};
  const sets = Object.fromEntries(Object.entries(shifts).map(([name, shift]) => [name, task.test({ n, ...shift })]));
  const longest = [{}, ...Object.values(shifts)].map((shift) => task.longest(shift));
  const room = Math.max(...longest.map((l) => l.prompt)) + 2 * Math.max(...longest.map((l) => l.completion));
  await writeFileAtomic(join(outDir, "config.json"), `${JSON.stringify(config, undefined, 2)}\n`);

  let model = await init({ maxLength: Math.ceil(room / 8) * 8, ...config.model, vocab: task.vocab, seed });
  const measured: Record<string, number | string | null> = {};
  const stage = async (run: Promise<TrainRun<unknown>>, name: string, metric: string) => {
    const before: Model = model;
    const done = await run;
    model = done.model;
    before.dispose();
    watch.signal?.throwIfAborted();
    measured[`${name} ${metric}`] = loss(done, metric);
    measured[`${name} tokens`] = done.tokens;
  };
  try {
    if (config.pretrain) {
      const { examples = 8000, ...options } = config.pretrain;
      await stage(trainPretrain(model, task.pretrainCorpus(examples), { ...options, seed }, watch), "pretrain", "loss");
    }
    if (config.sft) {
      const { examples = 8000, ...options } = config.sft;
      await stage(trainSft(model, task.train(examples), { ...options, seed }, watch), "sft", "loss");
    }
    if (config.rl) {
      const { prompts = 128, ...options } = config.rl;
      await stage(trainRl(model, task.prompts(prompts), { ...options, seed }, watch), "rl", "reward");
    }
    const scores = await evaluateModels({ model }, sets, { ...evaluation, seed }, { signal: watch.signal });
    watch.signal?.throwIfAborted();
    for (const row of scores.rows) {
      const { value, low, high } = row.accuracy;
      Object.assign(measured, { [row.set]: value, [`${row.set} low`]: low, [`${row.set} high`]: high });
      for (const [k, pass] of Object.entries(row.passAt)) if (k !== "1") measured[`${row.set} pass@${k}`] = pass.value;
      measured[`${row.set} nats per token`] = row.nllPerToken.value;
    }
    const { rows, comparisons, options } = scores;
    await writeFileAtomic(join(outDir, "scores.json"), `${JSON.stringify({ rows, comparisons, options })}\n`);
    await save(model, join(outDir, "model"));
    return measured;
  } finally {
    model.dispose();
  }
}
