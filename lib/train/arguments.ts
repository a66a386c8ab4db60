// A model and data as they come into a training: what is none of them is told by what it is, not by what breaks on it later.
import { fault } from "../core/errors.ts";
import { shown } from "../core/options.ts";
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
export function checkModel(value: Model): void {
  const { parameters, config, model } = looseOf(value);
  if (typeof looseOf(parameters)["values"] !== "function" || typeof config !== "object")
    throw fault(
      "NOT_A_MODEL",
      `the model is ${model === undefined ? shown(value) : "a run"}.`,
      model === undefined
        ? "model.init and model.load give one; both are awaited."
        : "a run holds its model: write run.model.",
    );
  refuseDisposed(value);
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
