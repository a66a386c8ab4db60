// Added tokens: names that are looked for in the text itself, before words are.
// Source: tokenizers, tokenizer/added_vocabulary.rs.
import { isRecord } from "../../core/record.ts";
import { invalid, refuseOthers, unsupported } from "./component.ts";
import type { Json } from "./component.ts";
import { Trie } from "./trie.ts";

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Looked for in the normalized text. */
  readonly normalized: boolean;
}

const FLAGS = ["special", "single_word", "lstrip", "rstrip", "normalized"] as const;

export function parseAdded(json: Json): AddedToken[] {
  const added = json["added_tokens"] ?? [];
  if (!Array.isArray(added)) throw invalid("tokenizer.json has added_tokens that are no list.");
  return added.map((token: unknown) => {
    if (!isRecord(token) || typeof token["content"] !== "string" || !Number.isSafeInteger(token["id"]))
      throw invalid(`tokenizer.json has the added token ${JSON.stringify(token)}.`);
    refuseOthers(token, "added token", `id content ${FLAGS.join(" ")}`);
    const flags = Object.fromEntries(FLAGS.map((name) => [name, token[name] === true])) as Record<
      (typeof FLAGS)[number],
      boolean
    >;
    return { ...flags, id: token["id"] as number, content: token["content"] };
  });
}

/** Tokens that are named as special are so, whatever tokenizer.json says of them, and are looked for like added ones. */
export function withSpecials(
  added: readonly AddedToken[],
  names: ReadonlySet<string>,
  vocabulary: ReadonlyMap<string, number>,
): AddedToken[] {
  const known = new Set(added.map(({ content }) => content));
  const others = Array.from(names).flatMap((content): AddedToken[] => {
    const id = known.has(content) ? undefined : vocabulary.get(content);
    if (id === undefined) return [];
    return [{ id, content, special: true, single_word: false, lstrip: false, rstrip: false, normalized: false }];
  });
  return [...added.map((token) => (names.has(token.content) ? { ...token, special: true } : token)), ...others];
}

/**
 * The tokenizers library numbers added tokens itself: by the vocabulary, or the next number.
 * @throws TOKENIZER_UNSUPPORTED  a file says another one
 */
export function checkIds(added: readonly AddedToken[], vocabulary: ReadonlyMap<string, number>): void {
  let next = vocabulary.size;
  for (const { content, id } of added) {
    const known = vocabulary.get(content);
    const given = known ?? next;
    if (id !== given)
      throw unsupported(`tokenizer.json gives the added token ${JSON.stringify(content)} the id ${id}, not ${given}.`);
    if (known === undefined) next = id + 1;
  }
}

/** A part of a text: an added token's, or what stands between. */
export interface Part {
  readonly from: number;
  readonly to: number;
  readonly token: AddedToken | undefined;
}

const ENDS_IN_WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const BEGINS_WITH_WORD = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const SPACE_BEHIND = /^\p{White_Space}*/u;

export class Finder {
  readonly #trie = new Trie();
  readonly #tokens: readonly AddedToken[];

  /** @param names what each token is looked for as */
  constructor(tokens: readonly AddedToken[], names: readonly string[]) {
    this.#tokens = tokens;
    names.forEach((name, i) => this.#trie.add(name, i));
  }

  /**
   * The longest name at the leftmost place, and so on.
   * @param isPlain whether the name in a range is text there, and no token
   */
  parts(text: string, isPlain: (token: AddedToken, from: number, to: number) => boolean): Part[] {
    if (this.#tokens.length === 0) return text === "" ? [] : [{ from: 0, to: text.length, token: undefined }];
    const parts: Part[] = [];
    let done = 0;
    for (let at = 0; at < text.length;) {
      let found: { readonly token: AddedToken; readonly end: number } | undefined;
      this.#trie.prefixes(text, at, (end, i) => (found = { token: this.#tokens[i] as AddedToken, end }));
      if (!found) {
        at += 1;
        continue;
      }
      const { token, end } = found;
      const start = at;
      at = end;
      if (isPlain(token, start, end) || (token.single_word && isInWord(text, start, end))) continue;
      const from = token.lstrip ? Math.max(done, start - spaceBefore(text, start)) : start;
      const to = token.rstrip ? end + (SPACE_BEHIND.exec(text.slice(end))?.[0].length ?? 0) : end;
      if (done < from) parts.push({ from: done, to: from, token: undefined });
      parts.push({ from, to, token });
      done = to;
    }
    if (done < text.length) parts.push({ from: done, to: text.length, token: undefined });
    return parts;
  }
}

/** A letter may be two units long. */
const isInWord = (text: string, start: number, end: number) =>
  ENDS_IN_WORD.test(text.slice(Math.max(0, start - 2), start)) || BEGINS_WITH_WORD.test(text.slice(end, end + 2));

function spaceBefore(text: string, end: number): number {
  let start = end;
  while (start > 0 && SPACE.test(text[start - 1] as string)) start -= 1;
  return end - start;
}
const SPACE = /^\p{White_Space}$/u;
