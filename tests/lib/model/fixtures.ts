// Reads the model fixtures that lie beside the repository; a checkout without them skips, CI must have them.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseSafetensors } from "../../../lib/data/safetensors.ts";
import type { SafetensorsFile } from "../../../lib/data/safetensors.ts";
import { namedFromFile, parseConfig } from "../../../lib/model/hugging-face.ts";
import { makeModel } from "../../../lib/model/model.ts";
import type { Model } from "../../../lib/model/model.ts";
import { wordTokenizer } from "../../../lib/tokenizer/word.ts";
import * as tf from "../../../lib/tensor/tf.ts";

const SHARED = join(import.meta.dirname, "../../../../shared/fixtures");
export const hasFixtures = existsSync(SHARED);
if (!hasFixtures && process.env["CI"]) throw new Error(`${SHARED} is missing, and this is CI`);

export const modelNames: readonly string[] = hasFixtures
  ? readdirSync(join(SHARED, "models"), { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? [e.name] : []))
  : [];

export const readJson = (...path: string[]): unknown => JSON.parse(readFileSync(join(SHARED, ...path), "utf8"));

interface Parity {
  readonly loss: number;
  readonly grad_norm: number;
  readonly adamw: {
    readonly losses: readonly number[];
    readonly grad_norms_before_clip: readonly number[];
    readonly loss_after_step_3: number;
    readonly unstable_flat_indices: Readonly<Record<string, readonly number[]>>;
  };
  readonly greedy: readonly { readonly prompt: number[]; readonly generated: number[] }[];
  readonly completion_logprobs: readonly {
    readonly prompt: number[];
    readonly completion: number[];
    readonly [temperature: string]: unknown;
  }[];
}

/** A tokenizer of `size` ids that stands for a model whose text does not matter. */
export const numberTokenizer = (size: number) => wordTokenizer(Array.from({ length: size - 3 }, (_, i) => `w${i}`));

export interface Fixture {
  readonly model: Model;
  readonly parity: Parity;
  readonly reference: SafetensorsFile;
  readonly weights: SafetensorsFile;
}

export function readFixture(name: string, configFile = "config.json"): Fixture {
  const folder = join(SHARED, "models", name);
  const config = parseConfig(readJson("models", name, configFile) as Readonly<Record<string, unknown>>);
  const weights = parseSafetensors(readFileSync(join(folder, "model.safetensors")));
  const named = namedFromFile(config, weights.tensors);
  const model = makeModel(config, numberTokenizer(config.vocabSize), named);
  tf.dispose([...named.values()]);
  return {
    model,
    weights,
    parity: readJson("models", name, "parity.json") as Parity,
    reference: parseSafetensors(readFileSync(join(folder, "reference.safetensors"))),
  };
}
