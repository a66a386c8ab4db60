// Any tokenizer.json of Hugging Face as a tokenizer of ours, by their own library. What is added: text never turns into special tokens
// unless `encodeMarked` is asked for it, spaces are never "cleaned up" (decode(encode(text)) must be the text), and an id or a special
// token that is not there is an error.
// Words: marked = text in which special tokens are written out and meant as such, e.g. a rendered chat template.
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { fault, hasCode } from "../core/errors.ts";
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
  /** The vocabulary's own spelling of a token (byte-level: one letter per byte). */
  token(id: number): string;
  /** Whether every token is a run of bytes spelled in GPT-2's alphabet. */
  readonly byteLevel: boolean;
  readonly files: Readonly<Record<string, string>>;
}

/** Names of the roles that a special token can play; those given here win over tokenizer_config.json. */
export interface TokenRoles {
  readonly eos?: string;
  readonly bos?: string;
  readonly pad?: string;
}

/** The largest published one, of a vocabulary of 262,144, has 34 MB. */
const MAX_TOKENIZER_BYTES = 64 * 2 ** 20;
const FILES = {
  tokenizer: "tokenizer.json",
  config: "tokenizer_config.json",
  template: "chat_template.jinja",
} as const;

type Json = Readonly<Record<string, unknown>>;
interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

const invalid = (fact: string, cause?: unknown) =>
  fault("TOKENIZER_INVALID", fact, "fetch the file again, or save it anew with the tokenizers library.", cause);
const isRecord = (x: unknown): x is Json => typeof x === "object" && x !== null && !Array.isArray(x);

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

function addedTokens(json: Json): AddedToken[] {
  const added = json["added_tokens"] ?? [];
  if (!Array.isArray(added)) throw invalid("tokenizer.json has added_tokens that are no list.");
  return added.map((token: unknown) => {
    if (!isRecord(token) || typeof token["content"] !== "string" || !Number.isSafeInteger(token["id"]))
      throw invalid(`tokenizer.json has the added token ${JSON.stringify(token)}.`);
    return { ...token, id: token["id"] as number, content: token["content"], special: token["special"] === true };
  });
}

/** The model without its special tokens, so that no text can be one of them. A list (unigram) keeps them: its ids are positions. */
function withoutSpecials(model: Json, specials: ReadonlyMap<string, number>): Json {
  const { vocab, unk_token: unknown } = model;
  if (!isRecord(vocab)) return model;
  const kept = Object.entries(vocab).filter(([token]) => token === unknown || !specials.has(token));
  return { ...model, vocab: Object.fromEntries(kept) };
}

const isByteLevel = (decoder: unknown): boolean =>
  isRecord(decoder) &&
  (decoder["type"] === "ByteLevel" ||
    (decoder["type"] === "Sequence" &&
      Array.isArray(decoder["decoders"]) &&
      decoder["decoders"].length === 1 &&
      isByteLevel(decoder["decoders"][0])));

function makeLibrary(json: Json, what: string): Library {
  try {
    return new Library(json, { clean_up_tokenization_spaces: false });
  } catch (error) {
    throw invalid(`${what} describes a tokenizer that is not understood.`, error);
  }
}

/**
 * @param tokenizerText text of tokenizer.json
 * @param configText    text of tokenizer_config.json
 * @param template      chat template; default: the configuration's own
 * @throws TOKENIZER_INVALID      the files are not what they should be
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
  const added = addedTokens(json);
  const specials = new Map(added.flatMap(({ content, id, special }) => (special ? [[content, id] as const] : [])));
  const model = isRecord(json["model"]) ? json["model"] : {};
  const marked = makeLibrary(json, FILES.tokenizer);
  const plain = makeLibrary(
    { ...json, model: withoutSpecials(model, specials), added_tokens: added.filter((token) => !token.special) },
    FILES.tokenizer,
  );
  const vocabulary = marked.get_vocab(true);
  const vocabSize = Math.max(...vocabulary.values()) + 1;
  const unknownId = typeof model["unk_token"] === "string" ? vocabulary.get(model["unk_token"]) : model["unk_id"];
  const forbidden = new Set(specials.values());
  forbidden.delete(unknownId as number);

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

  const encodeWith = (library: Library, text: string, allowed: (id: number) => boolean): number[] => {
    const ids: readonly (number | undefined)[] =
      text === "" ? [] : library.encode(text, { add_special_tokens: false }).ids;
    if (ids.every((id) => id !== undefined && allowed(id))) return ids as number[];
    throw fault(
      "UNENCODABLE",
      `there is no plain token for a part of ${JSON.stringify(text.slice(0, 80))}.`,
      "leave it out.",
    );
  };
  const decode = (ids: readonly number[], keep: (id: number) => boolean): string => {
    const wrong = ids.find((id) => marked.id_to_token(id) === undefined);
    if (wrong !== undefined)
      throw fault(
        "UNKNOWN_TOKEN",
        `token id ${wrong} is not in the vocabulary of ${vocabSize}.`,
        "was the text encoded with another tokenizer?",
      );
    const kept = ids.filter(keep);
    return kept.length === 0 ? "" : marked.decode(kept, { skip_special_tokens: false });
  };
  const specialIds = new Set(specials.values());
  const ids = { eosId, bosId: role("bos") ?? eosId, padId: role("pad") ?? eosId };
  const chatTemplate = roles.chatTemplate ?? tokenText(config["chat_template"]);
  return {
    ...ids,
    vocabSize,
    specials,
    chatTemplate,
    byteLevel: isByteLevel(json["decoder"]) && !json["normalizer"],
    hash: createHash("sha256")
      .update(JSON.stringify({ kind: "tokenizer.json", json, ids }))
      .digest("hex"),
    encode: (text) => encodeWith(plain, text, (id) => !forbidden.has(id)),
    encodeMarked: (text) => encodeWith(marked, text, () => true),
    decode: (sequence) => decode(sequence, (id) => !specialIds.has(id)),
    decodeMarked: (sequence) => decode(sequence, () => true),
    token: (id) => marked.id_to_token(id) as string,
    files: {
      [FILES.tokenizer]: tokenizerText,
      [FILES.config]: `${JSON.stringify({ ...config, ...named(marked, ids) }, null, 2)}\n`,
      ...(chatTemplate !== undefined && { [FILES.template]: chatTemplate }),
    },
  };
}

/** The roles as the configuration file writes them, so that a saved tokenizer is read as the same one. */
function named(
  library: Library,
  ids: Pick<Tokenizer, "eosId" | "bosId" | "padId">,
): Record<string, string | undefined> {
  return {
    eos_token: library.id_to_token(ids.eosId),
    bos_token: library.id_to_token(ids.bosId),
    pad_token: library.id_to_token(ids.padId),
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
 * @throws TOKENIZER_INVALID, SPECIAL_TOKEN_MISSING  see parseTokenizer
 */
export async function loadTokenizer(folder: string, roles: TokenRoles = {}): Promise<HuggingFaceTokenizer> {
  const tokenizer = await findTokenizer(folder, roles);
  if (tokenizer) return tokenizer;
  throw fault("TOKENIZER_MISSING", `${join(folder, FILES.tokenizer)} is not there.`, "name a folder that holds one.");
}
