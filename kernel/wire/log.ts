// The kernel's log: one line per event on stderr, which Jupyter shows in the server's terminal. No key, signature or cell text may
// enter a line: callers pass facts about messages, not their bytes.

/** Longest line; a refused message may name fields of any length. */
const MAX_LINE = 500;

// Whoever read the log may end before the kernel does. Unheard, each error would be logged, and be the next one.
process.stderr.on("error", () => undefined);

/** Writes one line, whatever the text holds. */
export function log(line: string): void {
  const safe = line.replace(/\p{Cc}+/gu, " ").slice(0, MAX_LINE);
  process.stderr.write(`[blankslate] ${safe}\n`);
}
