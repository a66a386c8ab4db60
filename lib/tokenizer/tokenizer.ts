// What a model needs of a tokenizer. Implementations: word-level (word.ts); more come with real models.

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
}
