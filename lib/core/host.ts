// What the laboratory asks of the place it runs in: show something, and say when to stop. The kernel's executor installs a host
// under HOST_SYMBOL; without one (a plain Node script) `host()` gives the terminal. Neither side imports the other.

/** MIME type -> data, as Jupyter's display_data carries it: strings, or JSON for types that end in "+json". */
export type MimeBundle = { readonly [mime: string]: unknown };

export interface Host {
  /** "notebook" draws bundles; "terminal" has only text lines, the last of which can be redrawn. */
  readonly kind: "notebook" | "terminal";
  /**
   * Shows a bundle in the cell that is running here (or that started this code). The first call with a displayId displays, later
   * calls with the same one update in place.
   */
  display(bundle: MimeBundle, options?: { readonly displayId?: string }): void;
  /**
   * Runs long work that watches its signal. While it runs, the first interrupt aborts the signal instead of stopping the code, so
   * that the work can return what it has; a second one, or no return within GRACE_MS, stops it like any other code.
   */
  cooperate<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** The cells that ran in this process, in that order; a script has none. */
  cells?(): readonly { readonly count: number; readonly source: string }[];
}

/** How long cooperating work may take to return after an interrupt: longer than the longest training step. */
export const GRACE_MS = 5_000;

export const HOST_SYMBOL = Symbol.for("blankslate.host");
/** A value with this method (sync or async) says how it is shown: Deno's convention, kept. */
export const DISPLAY_SYMBOL = Symbol.for("Jupyter.display");

/** Whether the terminal's last line is one that is being redrawn. */
let redrawing = false;

const terminal: Host = {
  kind: "terminal",
  display(bundle, options) {
    const text = bundle["text/plain"];
    if (typeof text !== "string") return;
    const redraw = options?.displayId !== undefined && process.stderr.isTTY;
    const clear = redraw || redrawing ? "\r\x1b[2K" : "";
    // A line that wraps could not be redrawn.
    const line = (text.split("\n")[0] ?? "").slice(0, (process.stderr.columns || 80) - 1);
    process.stderr.write(redraw ? clear + line : `${clear}${text}\n`);
    redrawing = redraw;
  },
  async cooperate(work) {
    const controller = new AbortController();
    const stop = () => controller.abort();
    process.once("SIGINT", stop);
    try {
      return await work(controller.signal);
    } finally {
      process.removeListener("SIGINT", stop);
    }
  },
};

/** @returns the kernel's host inside a cell, the terminal's in a script */
export function host(): Host {
  return (globalThis as { [HOST_SYMBOL]?: Host })[HOST_SYMBOL] ?? terminal;
}
