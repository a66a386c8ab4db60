// A model and data as they come into a training: what is none of them is told by what it is, not by what breaks on it later.
import { fault } from "../core/errors.ts";
import { checked, checkOptions, named, required, shown } from "../core/options.ts";
import { isRecord } from "../core/record.ts";
import type { ExampleSet } from "../data/example.ts";
import type { ExampleStream } from "../data/stream.ts";
import { type Model, refuseDisposed } from "../model/model.ts";

type Loose = Readonly<Record<string, unknown>>;
const looseOf = (value: unknown): Loose => (isRecord(value) ? value : {});

/**
 * @throws NOT_A_MODEL     says what it is instead
 * @throws MODEL_DISPOSED  its weights are gone
 */
export function checkModel(value: Model, name = "the model"): void {
  const { parameters, config, model } = looseOf(value);
  if (typeof looseOf(parameters)["values"] !== "function" || typeof config !== "object")
    throw fault(
      "NOT_A_MODEL",
      `${name} is ${model === undefined ? shown(value) : "a run"}.`,
      model === undefined
        ? "model.init and model.load give one; both are awaited."
        : "a run holds its model: write run.model.",
    );
  refuseDisposed(value, name);
}

const isSet = ({ examples, verify }: Loose) => Array.isArray(examples) && typeof verify === "function";

/** @throws NOT_EXAMPLES  says what it is instead */
export function checkData(value: ExampleSet | ExampleStream, name = "the data", streams = true): void {
  const loose = looseOf(value);
  if (isSet(loose) || (streams && typeof loose["open"] === "function")) return;
  const what = typeof loose["open"] === "function" ? "a stream" : shown(value);
  const hint = Array.isArray(value)
    ? "data.rows(list, { prompt, completion }) makes a set of a list."
    : what === "a stream"
      ? "`await stream.take(n)` makes a set of it."
      : "a set of examples is what data.jsonl and its like give, awaited, and what a world's train() and test() give.";
  throw fault("NOT_EXAMPLES", `${name} is ${what}.`, hint);
}

/** As options. */
export const MODEL = checked("a model", checkModel);
export const EXAMPLES = checked("a set of examples", (value: ExampleSet, name) => checkData(value, name, false));
export const MODELS = named(MODEL);
export const SETS = named(EXAMPLES);

/** @throws NOT_EXAMPLES; EMPTY_DATA  there is none in it */
export function checkProblems(set: ExampleSet, name = "the set"): void {
  checkData(set, name, false);
  if (set.examples.length === 0) throw fault("EMPTY_DATA", `${name} has no examples.`, "give at least one problem.");
}

/** By name. @throws NOT_A_MODEL, MODEL_DISPOSED  says which; EMPTY_DATA  there is none */
export function checkModels(models: Readonly<Record<string, Model>>, least = 1): void {
  if (typeof looseOf(looseOf(models)["parameters"])["values"] === "function")
    throw fault("NOT_A_MODEL", "the models are one model.", "give it a name: { tuned: model }.");
  checkOptions("the call", { models }, { models: required(MODELS) });
  if (Object.keys(models).length < least) throw fault("EMPTY_DATA", "there is no model.", "give one, by its name.");
}

/** By name. @throws NOT_EXAMPLES  says which */
export function checkSets(sets: Readonly<Record<string, ExampleSet>>): void {
  if (isSet(looseOf(sets))) throw fault("NOT_EXAMPLES", "the sets are one set.", "give it a name: { test: set }.");
  checkOptions("the call", { sets }, { sets: required(SETS) });
}
