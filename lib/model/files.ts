// Models in folders, as Hugging Face lays them out: config.json and model.safetensors, in one file or in shards named by an index.
// A folder of ours holds its tokenizer (where it has files) and says in tokenizer.sha256 which one its ids mean; another one is refused.
import { existsSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { fault, hasCode } from "../core/errors.ts";
import {
  above,
  checkOptions,
  oneOf,
  record,
  required,
  type Rule,
  type Rules,
  seed as aSeed,
  text,
} from "../core/options.ts";
import { isRecord } from "../core/record.ts";
import { recoverDirectory, writeDirectoryAtomic, writeFileAtomic } from "../core/files.ts";
import { hubSnapshot } from "../data/hub/snapshot.ts";
import { parseSafetensors } from "../data/safetensors.ts";
import type { SafetensorsEntry } from "../data/safetensors.ts";
import { startEngine } from "../tensor/backend.ts";
import * as tf from "../tensor/tf.ts";
import { findTokenizer } from "../tokenizer/hugging-face.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import {
  ADAPTER_CONFIG,
  ADAPTER_WEIGHTS,
  adapterConfigJson,
  adapterFromFiles,
  encodeAdapter,
} from "./adapter-files.ts";
import { parseConfig, toConfigJson } from "./config-json.ts";
import { encodeModel, INDEX, namedFromFile, refuseUnknownWeights, WEIGHTS } from "./hugging-face.ts";
import type { SaveOptions } from "./hugging-face.ts";
import { initModel } from "./init.ts";
import { makeModel } from "./model.ts";
import type { Model } from "./model.ts";

const TOKENIZER_MARK = "tokenizer.sha256";
/** In an adapter's folder of ours: the hash of the frozen weights. */
const BASE_MARK = "base.sha256";

/** @throws MODEL_MISSING  the folder has no such file */
async function readRequired(folder: string, name: string): Promise<Buffer> {
  const bytes = await readOptional(folder, name);
  if (bytes) return bytes;
  throw missing(folder, name);
}

const missing = (folder: string, name: string) =>
  fault(
    "MODEL_MISSING",
    `${join(folder, name)} is not there.`,
    "name a folder with config.json and model.safetensors.",
  );

async function readOptional(folder: string, name: string): Promise<Buffer | undefined> {
  try {
    return await readFile(join(folder, name));
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}

function parseJson(bytes: Buffer, path: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw fault("CONFIG_INVALID", `${path} is not JSON.`, "fetch the file again.", error);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw fault("CONFIG_INVALID", `${path} is not a JSON object.`, "fetch the file again.");
}

/** As readRequired, for files beyond the 2 GB that Node reads at once. */
async function readLarge(folder: string, name: string): Promise<Uint8Array> {
  let file: FileHandle;
  try {
    file = await open(join(folder, name));
  } catch (error) {
    if (hasCode(error, "ENOENT")) throw missing(folder, name);
    throw error;
  }
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    let at = 0;
    while (at < bytes.length) {
      const { bytesRead } = await file.read(bytes, at, Math.min(READ_BYTES, bytes.length - at), at);
      // Shorter than it was a moment ago: the parser says what is missing.
      if (bytesRead === 0) return bytes.subarray(0, at);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

const READ_BYTES = 2 ** 28;

/**
 * @returns every tensor of the folder, from one file or from all shards
 * @throws MODEL_MISSING, PATH_ESCAPES, SAFETENSORS_*
 */
export async function readWeights(folder: string): Promise<ReadonlyMap<string, SafetensorsEntry>> {
  const index = await readOptional(folder, INDEX);
  if (!index) return parseSafetensors(await readLarge(folder, WEIGHTS)).tensors;
  const { weight_map: map } = parseJson(index, join(folder, INDEX));
  const shards = new Set(Object.values((map ?? {}) as Readonly<Record<string, unknown>>).map(String));
  const tensors = new Map<string, SafetensorsEntry>();
  for (const shard of shards) {
    // The index may come from anyone; the file itself may be a link, as the hub's cache has them.
    if (!/^[\w.-]+\.safetensors$/u.test(shard))
      throw fault("PATH_ESCAPES", `${INDEX} names a file ${JSON.stringify(shard)}.`, "fetch the file again.");
    for (const [name, entry] of parseSafetensors(await readLarge(folder, shard)).tensors) tensors.set(name, entry);
  }
  return tensors;
}

const TOKENIZER: Rule = { may: "a tokenizer", holds: (value) => isRecord(value) && "vocabSize" in value };

export interface LoadOptions {
  /** Default: the tokenizer that lies in the folder. */
  readonly vocab?: Tokenizer;
  /** Of an adapter: the model that it was trained on. */
  readonly base?: Model;
  /** On the hub: branch, tag or commit; default "main". */
  readonly revision?: string;
}

const LOAD: Rules<LoadOptions> = { vocab: TOKENIZER, base: record, revision: text };

/**
 * Reads a model folder: ours, or one saved by transformers (families: families.ts; float32, float16 or bfloat16), or an adapter's
 * folder: ours, or one saved by peft; or "owner/name" on the Hugging Face hub, which is downloaded once and found again offline.
 * @param from a folder; where there is none of that name and it is of that form, a name on the hub
 * @returns the model in float32; the caller disposes it
 * @throws ADAPTER_BASE_MISSING, ADAPTER_BASE_OTHER, ADAPTER_*  see adapter-files.ts
 * @throws HUB_MISSING, HUB_UNREACHABLE, HUB_DAMAGED  see hubSnapshot
 * @throws MODEL_MISSING       the folder or a file of it is not there
 * @throws TOKENIZER_MISSING   no tokenizer is given and the folder has none
 * @throws TOKENIZER_MISMATCH  the model was saved with another tokenizer, or has fewer ids than this one
 * @throws CONFIG_UNSUPPORTED, CONFIG_INVALID, WEIGHT_MISSING, WEIGHT_SHAPE, SAFETENSORS_*
 */
export async function load(from: string, asked: LoadOptions = {}): Promise<Model> {
  const options = checkOptions("model.load", asked, LOAD);
  await startEngine();
  const folder = await folderOf(from, options.revision);
  const adapter = await readOptional(folder, ADAPTER_CONFIG);
  if (adapter) return loadAdapter(folder, parseJson(adapter, join(folder, ADAPTER_CONFIG)), options.base);
  const config = parseConfig(parseJson(await readRequired(folder, "config.json"), join(folder, "config.json")));
  const vocab = options.vocab ?? (await findTokenizer(folder));
  if (!vocab)
    throw fault("TOKENIZER_MISSING", `${folder} has no tokenizer.json.`, "give the model's tokenizer as { vocab: … }.");
  const mark = await readMark(folder, TOKENIZER_MARK);
  const mismatch = (fact: string) =>
    fault(
      "TOKENIZER_MISMATCH",
      fact,
      "give the tokenizer that the model was trained with: other ids mean other words.",
    );
  if (mark !== undefined && mark !== vocab.hash) throw mismatch(`${folder} was saved with another tokenizer.`);
  if (vocab.vocabSize > config.vocabSize)
    throw mismatch(`the tokenizer has ${vocab.vocabSize} ids, the model ${config.vocabSize}.`);
  const weights = await readWeights(folder);
  refuseUnknownWeights(config, weights);
  const named = namedFromFile(config, weights);
  const model = makeModel(config, vocab, named);
  tf.dispose([...named.values()]);
  return model;
}

/** Of a repository on the hub: what a model, its tokenizer or an adapter needs. */
const WANTED =
  /^(config\.json|model(-\d+-of-\d+)?\.safetensors|model\.safetensors\.index\.json|tokenizer(_config)?\.json|chat_template\.jinja|adapter_config\.json|adapter_model\.safetensors)$/u;

async function folderOf(from: string, revision?: string): Promise<string> {
  if (from === "") throw fault("MODEL_MISSING", "the folder's name is empty.", "name a folder, or a model on the hub.");
  await recoverDirectory(from);
  if (existsSync(from) || !/^[\w][\w.-]*\/[\w][\w.-]*$/u.test(from)) return from;
  const repository = { type: "model", name: from, ...(revision !== undefined && { revision }) } as const;
  return (await hubSnapshot(repository, (path) => WANTED.test(path))).folder;
}

const readMark = async (folder: string, name: string) => (await readOptional(folder, name))?.toString("utf8").trim();

async function loadAdapter(folder: string, json: Readonly<Record<string, unknown>>, base?: Model): Promise<Model> {
  if (!base)
    throw fault(
      "ADAPTER_BASE_MISSING",
      `${folder} is an adapter: it holds what was learned, not the model.`,
      "load the model that it was trained on, and give it as { base: … }.",
    );
  const mark = await readMark(folder, BASE_MARK);
  if (mark !== undefined && mark !== (await frozenHash(base)))
    throw fault(
      "ADAPTER_BASE_OTHER",
      `${folder} was trained on another model.`,
      "give the model that it was trained on: on another one it means nothing.",
    );
  return adapterFromFiles(base, json, parseSafetensors(await readRequired(folder, ADAPTER_WEIGHTS)).tensors);
}

const SAVE: Rules<SaveOptions> = { dtype: oneOf("F32", "F16", "BF16"), maxShardBytes: above(0) };

/**
 * Writes a model folder that transformers and `load` read, whole or not at all; an older one of that name is replaced. Of a model with
 * an adapter it writes the adapter alone, as peft does; `merge` first to have the whole. The tokenizer of a folder whose vocabulary was trained
 * here is read in Python by `PreTrainedTokenizerFast.from_pretrained`: the `AutoTokenizer` of transformers 5 cuts words by Qwen's own rule wherever the
 * model is a qwen2, whatever tokenizer.json says, and gives other ids without a word.
 */
export async function save(model: Model, folder: string, options: SaveOptions = {}): Promise<void> {
  checkOptions("model.save", options, SAVE);
  await writeDirectoryAtomic(folder, (part) => writeModelFiles(model, part, options));
}

/** The files of a model, into a folder that is being made. */
export async function writeModelFiles(model: Model, folder: string, options: SaveOptions = {}): Promise<void> {
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  if (model.adapter) {
    await writeFileAtomic(join(folder, ADAPTER_WEIGHTS), await encodeAdapter(model));
    await writeFileAtomic(join(folder, ADAPTER_CONFIG), json(adapterConfigJson(model)));
    await writeFileAtomic(join(folder, BASE_MARK), `${await frozenHash(model)}\n`);
  } else {
    for await (const { name, bytes } of encodeModel(model, options)) await writeFileAtomic(join(folder, name), bytes);
    await writeFileAtomic(join(folder, "config.json"), json(toConfigJson(model.config, options.dtype)));
  }
  for (const [name, text] of Object.entries(model.tokenizer.files ?? {}))
    await writeFileAtomic(join(folder, name), text);
  await writeFileAtomic(join(folder, TOKENIZER_MARK), `${model.tokenizer.hash}\n`);
}

async function frozenHash({ config, tokenizer, parameters }: Model): Promise<string> {
  const frozen = makeModel(config, tokenizer, parameters);
  try {
    return await frozen.hash();
  } finally {
    frozen.dispose();
  }
}

export interface BlankOptions {
  /** Whose configuration and tokenizer it has. */
  readonly like: Model;
  /** Of the random weights. */
  readonly seed: number | string;
}

const BLANK: Rules<BlankOptions> = { like: required(record), seed: required(aSeed) };

/**
 * The blank twin of a model: same configuration and tokenizer, random weights.
 * @returns the model; the caller disposes it
 */
export async function blank(options: BlankOptions): Promise<Model> {
  const { like, seed } = checkOptions("model.blank", options, BLANK);
  await startEngine();
  return initModel(like.config, like.tokenizer, seed);
}
