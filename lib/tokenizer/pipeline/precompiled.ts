// SentencePiece's table of replacements, as T5's and XLM-R's files carry it: a double-array trie over UTF-8 bytes, and the texts to write.
// Source: spm_precompiled (Rust) and tokenizers, normalizers/precompiled.rs; the trie is Darts'.
import { invalid } from "./component.ts";
import { graphemes, letterEdits } from "./edits.ts";
import type { Edit } from "./edits.ts";

/** Longer graphemes are looked up letter by letter. */
const MAX_GRAPHEME_BYTES = 5;

/**
 * @param base64 length of the trie in bytes (u32), the trie (u32 each), the texts, each with a zero behind it
 * @returns the edits of a text
 */
export function parseCharsMap(base64: string): (text: string) => readonly Edit[] {
  const bytes = Buffer.from(base64, "base64");
  const size = bytes.length >= 4 ? bytes.readUInt32LE(0) : -1;
  if (size < 0 || size % 4 !== 0 || 4 + size > bytes.length)
    throw invalid("tokenizer.json has a precompiled_charsmap that is cut off.");
  const trie = Uint32Array.from({ length: size / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  const texts = bytes.subarray(4 + size);
  const write = (text: string): string | undefined => {
    const at = shortest(trie, Buffer.from(text));
    if (at === undefined) return undefined;
    const end = texts.indexOf(0, at);
    return texts.toString("utf8", at, end < 0 ? texts.length : end);
  };
  return (text) => {
    const edits: Edit[] = [];
    for (const { segment, index } of graphemes(text)) {
      const whole = Buffer.byteLength(segment) <= MAX_GRAPHEME_BYTES ? write(segment) : undefined;
      if (whole !== undefined) edits.push([index, index + segment.length, whole]);
      else for (const [from, to, by] of letterEdits(segment, write)) edits.push([index + from, index + to, by]);
    }
    return edits;
  };
}

const offsetOf = (unit: number) => (unit >>> 10) << ((unit & 0x200) >>> 6);

/** @returns the value of the shortest key that the bytes begin with */
function shortest(trie: Uint32Array, key: Uint8Array): number | undefined {
  let at = offsetOf(trie[0] ?? 0);
  for (const byte of key) {
    if (byte === 0) return undefined;
    at ^= byte;
    const unit = trie[at] ?? 0;
    if ((unit & 0x8000_00ff) >>> 0 !== byte) return undefined;
    at ^= offsetOf(unit);
    if ((unit >>> 8) & 1) return (trie[at] ?? 0) & 0x7fff_ffff;
  }
  return undefined;
}
