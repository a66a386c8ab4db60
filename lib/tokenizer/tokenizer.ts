// What a model needs of a tokenizer. Implementations: word-level for worlds (word.ts), any tokenizer.json (hugging-face.ts), byte-level
// BPE trained on a text (bpe.ts).

export interface Tokenizer {
  readonly vocabSize: number;
  readonly padId: number;
  readonly bosId: number;
  readonly eosId: number;
  /** Ids of the text alone: no begin or end token is added, and special tokens written in the text are plain text (or refused). */
  encode(text: string): number[];
  /** Text of ids; special tokens are left out. */
  decode(ids: readonly number[]): string;
  /** SHA-256 of the vocabulary and rules, hex. */
  readonly hash: string;
  /** Name -> text of the files that stand beside a model's weights and that other libraries read; none for a closed vocabulary of words. */
  readonly files?: Readonly<Record<string, string>>;
}
