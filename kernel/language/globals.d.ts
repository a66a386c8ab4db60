// What every cell can use without importing it: the executor puts these on globalThis (kernel/execute/executor/api.ts, input.ts).
// console, fetch, require, process and the rest come from Node's own types.

interface BlankslateDisplayOptions {
  /** Names what is shown: the next display with the same name replaces it. */
  readonly displayId?: string;
  /** Says whether this replaces; by default it does when the name was shown before. */
  readonly update?: boolean;
  readonly metadata?: { readonly [mime: string]: unknown };
  /** The value is a bundle already: MIME type -> data. */
  readonly raw?: boolean;
}

interface BlankslateDisplay {
  /** Shows a value in the cell's output as a last expression is shown. A promise only when the value draws itself asynchronously. */
  (value: unknown, options?: BlankslateDisplayOptions): void | Promise<void>;
  /** Empties the cell's output; with `wait` only when the next output comes. */
  clear(options?: { readonly wait?: boolean }): void;
  /** Shows a value in the front end's pager. */
  page(value: unknown): void | Promise<void>;
  text(data: unknown, options?: BlankslateDisplayOptions): void;
  html(data: unknown, options?: BlankslateDisplayOptions): void;
  markdown(data: unknown, options?: BlankslateDisplayOptions): void;
  latex(data: unknown, options?: BlankslateDisplayOptions): void;
  svg(data: unknown, options?: BlankslateDisplayOptions): void;
  /** Bytes, or their base64. */
  png(data: unknown, options?: BlankslateDisplayOptions): void;
  jpeg(data: unknown, options?: BlankslateDisplayOptions): void;
  gif(data: unknown, options?: BlankslateDisplayOptions): void;
  pdf(data: unknown, options?: BlankslateDisplayOptions): void;
  json(data: unknown, options?: BlankslateDisplayOptions): void;
  javascript(data: unknown, options?: BlankslateDisplayOptions): void;
}

/** Shows values in the cell's output. */
declare var display: BlankslateDisplay;

/** What the last cell with a result gave. */
// oxlint-disable-next-line no-explicit-any -- of whatever type that was
declare var _: any;

/** Asks the reader for a line of text; null when the question was cancelled. */
declare function prompt(text?: unknown, initial?: unknown, options?: { readonly password?: boolean }): string | null;
declare function confirm(text?: unknown): boolean;
declare function alert(text?: unknown): void;

/** A value that shows itself as what its tag says; `String(value)` is its text. */
interface BlankslateShown {
  readonly mime: string;
  toString(): string;
}
/** HTML to show; what stands in the holes is escaped, markup of these tags goes in as it is. */
declare function html(strings: TemplateStringsArray, ...holes: readonly unknown[]): BlankslateShown;
/** An SVG image to show; what stands in the holes is escaped. */
declare function svg(strings: TemplateStringsArray, ...holes: readonly unknown[]): BlankslateShown;
/** Markdown to show. */
declare function md(strings: TemplateStringsArray, ...holes: readonly unknown[]): BlankslateShown;
/** LaTeX to show; a backslash is a backslash. */
declare function latex(strings: TemplateStringsArray, ...holes: readonly unknown[]): BlankslateShown;

/** The display API of Deno's kernel, for cells written there; there is no other `Deno` here. */
declare namespace Deno {
  namespace jupyter {
    /** The name of the method by which a value shows itself. */
    const $display: unique symbol;
    function display(
      value: unknown,
      options?: { readonly raw?: boolean; readonly update?: boolean; readonly display_id?: string },
    ): Promise<void>;
    /** @returns the value as what front ends show: MIME type -> data */
    function format(value: unknown): Promise<{ readonly [mime: string]: unknown }>;
    /** The bytes of an image, or the file that holds them. */
    function image(source: string | Uint8Array): Uint8Array;
    function html(strings: TemplateStringsArray, ...holes: readonly unknown[]): BlankslateShown;
    function md(strings: TemplateStringsArray, ...holes: readonly unknown[]): BlankslateShown;
    function svg(strings: TemplateStringsArray, ...holes: readonly unknown[]): BlankslateShown;
  }
}
