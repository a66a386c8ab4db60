// What is said between a reader and its thread.

export type ForeignFormat = "parquet" | "arrow";

/** A row's values: text, numbers, booleans, null, and lists and objects of them. */
export type ForeignRow = Readonly<Record<string, unknown>>;

export type Question =
  | {
      readonly type: "open";
      readonly format: ForeignFormat;
      readonly path: string;
      /** Which to decode; all when left out. */
      readonly columns: readonly string[] | undefined;
    }
  | { readonly type: "more" };

/** To each question, when it can be answered. */
export interface Answers {
  /** What stands before the rows could be read; decoded they take `bytes`, as the file says, 0 when it does not. */
  readonly open: { readonly type: "opened"; readonly bytes: number };
  readonly more: { readonly type: "rows"; readonly rows: readonly ForeignRow[]; readonly done: boolean };
}

export type Answer = Answers[keyof Answers] | Refusal;

export interface Refusal {
  readonly type: "refused";
  readonly reason: string;
}
