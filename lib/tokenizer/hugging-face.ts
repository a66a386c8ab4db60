// Any tokenizer.json of Hugging Face as a tokenizer of ours: ids and texts are those of their tokenizers library (pipeline/). What is added:
// text never turns into special tokens unless `encodeMarked` is asked for it, spaces are never "cleaned up" (decode(encode(text)) must be the
// text), and an id or a special token that is not there is an error.
// Words: marked = text in which special tokens are written out and meant as such, e.g. a rendered chat template.
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fault, hasCode } from "../core/errors.ts";
import { checkOptions, type Rules, text as aText } from "../core/options.ts";
import { isRecord } from "../core/record.ts";
import { invalid } from "./pipeline/component.ts";
import type { Json } from "./pipeline/component.ts";
import { parsePipeline } from "./pipeline/pipeline.ts";
import type { IsPlain, Token } from "./pipeline/pipeline.ts";
import type { Tokenizer } from "./tokenizer.ts";

export interface HuggingFaceTokenizer extends Tokenizer {
  /** Name -> id of every special token. */
  readonly specials: ReadonlyMap<string, number>;
  /** Jinja text that lays a conversation out (chat.ts); undefined where the tokenizer has none. */
  readonly chatTemplate: string | undefined;
  /** As `encode`, but special tokens written in the text become special tokens: never for text that others wrote. */
  encodeMarked(text: string): number[];
  /** As `decode`, with special tokens written out. */
  decodeMarked(ids: readonly number[]): string;
  /** As `encodeMarked`, but text in the ranges that `isPlain` names; tokens with their places. @returns special tokens too */
  tokens(text: string, isPlain?: IsPlain): Token[];
  /** The vocabulary's own spelling of a token (byte-level: one letter per byte). */
  token(id: number): string;
  /** Name of a role ("bos_token", "unk_token", ...) -> token, of the roles that the files name. */
  readonly roles: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
}

/** Names of the roles that a special token can play; those given here win over tokenizer_config.json. */
export interface TokenRoles {
  readonly eos?: string;
  readonly bos?: string;
  readonly pad?: string;
}

const ROLES: Rules<TokenRoles> = { eos: aText, bos: aText, pad: aText };

/** The largest published one, of a vocabulary of 262,144, has 34 MB. */
const MAX_TOKENIZER_BYTES = 64 * 2 ** 20;
const FILES = {
  tokenizer: "tokenizer.json",
  config: "tokenizer_config.json",
  template: "chat_template.jinja",
} as const;

function parseObject(text: string, name: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(`${name} is not JSON.`, error);
  }
  if (isRecord(value)) return value;
  throw invalid(`${name} is not a JSON object.`);
}

/** tokenizer_config.json writes a token as its text, or as an object with it. */
function tokenText(value: unknown): string | undefined {
  const text = isRecord(value) ? value["content"] : value;
  return typeof text === "string" ? text : undefined;
}

/** One template, or several by name, of which the one named default is meant. */
function templateOf(value: unknown): string | undefined {
  if (!Array.isArray(value)) return tokenText(value);
  const named = value.find((one: unknown) => isRecord(one) && one["name"] === "default") as Json | undefined;
  return tokenText(named?.["template"]);
}

/** Roles by their names in the configuration file, those alone that somebody names. */
function namedRoles(config: Json, given: TokenRoles): Record<string, string> {
  const named: Record<string, string> = {};
  for (const role of ["bos", "eos", "unk", "sep", "pad", "cls", "mask"]) {
    const text = given[role as keyof TokenRoles] ?? tokenText(config[`${role}_token`]);
    if (text !== undefined) named[`${role}_token`] = text;
  }
  return named;
}

/** Tokens that transformers takes as special because the configuration names them. */
function specialNames(config: Json): ReadonlySet<string> {
  const more = ["additional_special_tokens", "extra_special_tokens"].flatMap((field) =>
    Object.values(config[field] ?? {}).flatMap((token) => tokenText(token) ?? []),
  );
  return new Set([...Object.values(namedRoles(config, {})), ...more]);
}

/**
 * @param tokenizerText text of tokenizer.json
 * @param configText    text of tokenizer_config.json
 * @param template      chat template; default: the configuration's own
 * @throws TOKENIZER_INVALID      the files are not what they should be
 * @throws TOKENIZER_UNSUPPORTED  tokenizer.json asks for what is not computed here
 * @throws SPECIAL_TOKEN_MISSING  no end token is named, or a named one is not in the vocabulary
 * @throws UNKNOWN_TOKEN          (decode) an id that is not in the vocabulary
 * @throws UNENCODABLE            (encode) text for which the vocabulary has no token
 */
export function parseTokenizer(
  tokenizerText: string,
  configText = "{}",
  roles: TokenRoles & { readonly chatTemplate?: string | undefined } = {},
): HuggingFaceTokenizer {
  const json = parseObject(tokenizerText, FILES.tokenizer);
  const config = parseObject(configText, FILES.config);
  const pipeline = parsePipeline(json, specialNames(config));
  const { vocabulary } = pipeline;
  const specials = new Map(
    pipeline.added.flatMap(({ content, id, special }) => (special ? [[content, id] as const] : [])),
  );
  let vocabSize = 0;
  for (const id of vocabulary.values()) vocabSize = Math.max(vocabSize, id + 1);

  const role = (name: keyof TokenRoles): number | undefined => {
    const text = roles[name] ?? tokenText(config[`${name}_token`]);
    if (text === undefined) return undefined;
    const id = vocabulary.get(text);
    if (id !== undefined) return id;
    throw fault("SPECIAL_TOKEN_MISSING", `the ${name} token "${text}" is not in the vocabulary.`, "name one that is.");
  };
  const eosId = role("eos");
  if (eosId === undefined)
    throw fault(
      "SPECIAL_TOKEN_MISSING",
      "tokenizer_config.json names no eos_token.",
      `give one as { eos: … }; special tokens are ${[...specials.keys()].slice(0, 8).join(", ")}.`,
    );

  const decode = (ids: readonly number[], keep: (id: number) => boolean): string => {
    const wrong = ids.find((id) => pipeline.spelling(id) === undefined);
    if (wrong !== undefined)
      throw fault(
        "UNKNOWN_TOKEN",
        `token id ${wrong} is not in the vocabulary of ${vocabSize}.`,
        "was the text encoded with another tokenizer?",
      );
    return pipeline.decode(ids.filter(keep));
  };
  const specialIds = new Set(specials.values());
  const ids = { eosId, bosId: role("bos") ?? eosId, padId: role("pad") ?? eosId };
  const chatTemplate = roles.chatTemplate ?? templateOf(config["chat_template"]);
  const named = namedRoles(config, roles);
  const idsOf = (text: string, isPlain?: IsPlain) => pipeline.encode(text, isPlain).map(({ id }) => id);
  return {
    ...ids,
    vocabSize,
    specials,
    chatTemplate,
    roles: named,
    hash: createHash("sha256")
      .update(JSON.stringify({ kind: "tokenizer.json", json, ids }))
      .digest("hex"),
    encode: (text) => idsOf(text, () => true),
    encodeMarked: (text) => idsOf(text),
    tokens: (text, isPlain) => pipeline.encode(text, isPlain),
    decode: (sequence) => decode(sequence, (id) => !specialIds.has(id)),
    decodeMarked: (sequence) => decode(sequence, () => true),
    token: (id) => pipeline.spelling(id) as string,
    files: {
      [FILES.tokenizer]: tokenizerText,
      [FILES.config]: `${JSON.stringify({ ...config, ...named }, null, 2)}\n`,
      ...(chatTemplate !== undefined && { [FILES.template]: chatTemplate }),
    },
  };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > MAX_TOKENIZER_BYTES)
      throw invalid(`${path} has ${size} bytes; at most ${MAX_TOKENIZER_BYTES} are read.`);
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}

/** @returns the tokenizer of a folder, or undefined where it has none; otherwise as `loadTokenizer` */
export async function findTokenizer(folder: string, roles: TokenRoles = {}): Promise<HuggingFaceTokenizer | undefined> {
  const [text, config, chatTemplate] = await Promise.all(
    [FILES.tokenizer, FILES.config, FILES.template].map((name) => readText(join(folder, name))),
  );
  return text === undefined ? undefined : parseTokenizer(text, config, { ...roles, chatTemplate });
}

/**
 * Reads tokenizer.json, tokenizer_config.json and chat_template.jinja of a model's folder.
 * @param roles where the folder's own configuration names no end, begin or padding token; without them begin and padding are the end token
 * @throws TOKENIZER_MISSING  the folder has no tokenizer.json
 * @throws TOKENIZER_INVALID, TOKENIZER_UNSUPPORTED, SPECIAL_TOKEN_MISSING  see parseTokenizer
 */
export async function loadTokenizer(folder: string, roles: TokenRoles = {}): Promise<HuggingFaceTokenizer> {
  checkOptions("tokenizer.load", roles, ROLES);
  const tokenizer = await findTokenizer(folder, roles);
  if (tokenizer) return tokenizer;
  throw fault("TOKENIZER_MISSING", `${join(folder, FILES.tokenizer)} is not there.`, "name a folder that holds one.");
}
