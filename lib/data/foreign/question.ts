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

export type Answer =
  | { readonly type: "rows"; readonly rows: readonly ForeignRow[]; readonly done: boolean }
  | { readonly type: "refused"; readonly reason: string };
