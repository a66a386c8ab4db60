// The laboratory as a cell or a script imports it: `import { world, model, pretrain, sft, rl, evaluate, probe, chart } from "blankslate"`.

export { world } from "./world/worlds.ts";
export { rewards } from "./world/rewards.ts";
export { evaluate, pretrain, rl, sft } from "./report/lab.ts";
export type { FitOptions } from "./report/lab.ts";
export { chart } from "./report/charts.ts";
export { probe } from "./report/probe.ts";
export { Finding } from "./report/finding.ts";
export { Figure } from "./report/chart/figure.ts";
export { Run } from "./report/run.ts";
export { Score } from "./report/score.ts";
export { manifest } from "./report/manifest/manifest.ts";
export type { Manifest, ManifestData } from "./report/manifest/manifest.ts";
export { frameOf } from "./report/frame.ts";
export { table } from "./report/table.ts";
export { summarize } from "./report/summarize.ts";
export { engineStatus, startEngine, useEngine } from "./tensor/backend.ts";
export * as tf from "./tensor/tf.ts";
export { fold, key } from "./core/rng.ts";
export type { Key } from "./core/rng.ts";
export type { Interval } from "./core/table.ts";
export { data } from "./data/data-sets.ts";
export type { Example, ExampleSet, Reward, Verify } from "./data/example.ts";
export { model } from "./model/models.ts";
export type { Model } from "./model/model.ts";
export { tokenizer } from "./tokenizer/tokenizers.ts";
export type { Tokenizer } from "./tokenizer/tokenizer.ts";
export type { World } from "./world/world.ts";
