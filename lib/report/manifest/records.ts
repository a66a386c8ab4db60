// What happened in this process: every training and every evaluation that the laboratory ran, as plain JSON, in the order they ended.
// lab.ts writes here and manifest.ts reads; nothing is computed from it, and no model is kept alive by it.
import type { ExampleSet } from "../../data/example.ts";
import { hashExamples, isStream } from "../../data/stream.ts";
import type { ExampleStream } from "../../data/stream.ts";
import type { ScoreRow, Scores } from "../../eval/scores.ts";
import type { ModelConfig } from "../../model/config.ts";
import type { Model } from "../../model/model.ts";
import type { TrainRun } from "../../train/run.ts";

export interface ModelRecord {
  /** SHA-256 of names, shapes and float32 bits. */
  readonly weights: string;
  readonly parameters: number;
  readonly tokenizer: string;
  readonly config: ModelConfig;
}
export interface DatasetRecord {
  readonly name: string;
  readonly examples: number;
  /** SHA-256 of ids, prompts and completions in their order. */
  readonly content: string;
}
export interface TrainingRecord {
  readonly kind: TrainRun["kind"];
  readonly from: ModelRecord;
  readonly to: ModelRecord;
  readonly data: DatasetRecord;
  readonly options: unknown;
  readonly stopped: TrainRun["stopped"];
  readonly steps: number;
  readonly tokens: number;
  readonly seconds: number;
  /** Of the last step. */
  readonly metrics: Readonly<Record<string, number>>;
}
export interface EvaluationRecord {
  readonly models: Readonly<Record<string, ModelRecord>>;
  readonly sets: Readonly<Record<string, DatasetRecord>>;
  readonly options: Scores["options"];
  readonly stopped: Scores["stopped"];
  /** Every metric with its interval; `problems` is the n that the interval is over. */
  readonly rows: readonly ScoreRow[];
  readonly comparisons: Scores["comparisons"];
}

export const trainings: TrainingRecord[] = [];
export const evaluations: EvaluationRecord[] = [];

// A model and a set never change once made, so each is hashed once: 1 M parameters take 3 ms, 10,000 examples 5 ms.
const models = new WeakMap<Model, Promise<ModelRecord>>();
const sets = new WeakMap<ExampleSet["examples"], string>();

function modelRecord(model: Model): Promise<ModelRecord> {
  const known = models.get(model);
  if (known) return known;
  const { config, parameterCount, tokenizer } = model;
  const record = model
    .hash()
    .then((weights) => ({ weights, parameters: parameterCount, tokenizer: tokenizer.hash, config }));
  models.set(model, record);
  return record;
}

async function datasetRecord(data: ExampleSet | ExampleStream): Promise<DatasetRecord> {
  const { name } = data;
  if (isStream(data)) {
    const { examples, hash } = await data.survey();
    return { name, examples, content: hash };
  }
  const { examples } = data;
  const content = sets.get(examples) ?? hashExamples(examples);
  sets.set(examples, content);
  return { name, examples: examples.length, content };
}

export async function recordTraining(
  model: Model,
  data: ExampleSet | ExampleStream,
  run: TrainRun<unknown>,
): Promise<void> {
  const { kind, options, stopped, tokens, seconds, history } = run;
  const [from, to] = [await modelRecord(model), await modelRecord(run.model)];
  const metrics = history.at(-1)?.metrics ?? {};
  const record = await datasetRecord(data);
  trainings.push({
    kind,
    from,
    to,
    data: record,
    options,
    stopped,
    steps: history.length,
    tokens,
    seconds,
    metrics,
  });
}

export async function recordEvaluation(
  given: Readonly<Record<string, Model>>,
  on: Readonly<Record<string, ExampleSet>>,
  scores: Scores,
): Promise<void> {
  const named = await Promise.all(
    Object.entries(given).map(async ([name, model]) => [name, await modelRecord(model)] as const),
  );
  const asked = await Promise.all(
    Object.entries(on).map(async ([name, set]) => [name, await datasetRecord(set)] as const),
  );
  const { options, stopped, rows, comparisons } = scores;
  evaluations.push({
    models: Object.fromEntries(named),
    sets: Object.fromEntries(asked),
    options,
    stopped,
    rows,
    comparisons,
  });
}
