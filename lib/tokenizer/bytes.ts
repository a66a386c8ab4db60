// GPT-2's alphabet for bytes: one printable letter each, so that a vocabulary of byte strings can be written as text.
// Source: openai/gpt-2, encoder.py, bytes_to_unicode.

const isPrintable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;

/** Letter of every byte, 0..255. */
export const BYTE_LETTERS: readonly string[] = (() => {
  let moved = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : 256 + moved++));
})();

/** Most words of most texts: their letters stand for themselves, but for a space before them. */
const PLAIN = /^ ?[!-~]+$/u;
const SPACE = BYTE_LETTERS[32] as string;

/** @returns the UTF-8 bytes of a text, one letter each */
export function byteLetters(text: string): string {
  if (PLAIN.test(text)) return text.startsWith(" ") ? SPACE + text.slice(1) : text;
  return Array.from(new TextEncoder().encode(text), (byte) => BYTE_LETTERS[byte]).join("");
}
