// How commands speak: colours only where a terminal shows them (NO_COLOR and FORCE_COLOR are obeyed), marks, aligned facts.
import { homedir } from "node:os";
import { sep } from "node:path";
import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** For commands that a reader copies: what npx runs is on nobody's PATH. */
export const COMMAND = process.env["npm_command"] === "exec" ? "npx blankslate" : "blankslate";

/** Colours text for stdout. */
export const paint = (style: Style, text: string): string => styleText(style, text, { stream: process.stdout });
export const bold = (text: string): string => paint("bold", text);
export const faint = (text: string): string => paint("dim", text);

export const MARKS = { ok: "✓", fail: "✗", note: "•" } as const;
const MARK_STYLES = { ok: "green", fail: "red", note: "yellow" } as const;

/** @example markLine("ok", "Kernel installed") // "✓ Kernel installed" */
export function markLine(mark: keyof typeof MARKS, text: string): string {
  return `${paint(MARK_STYLES[mark], MARKS[mark])} ${text}`;
}

export function say(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** Names in one faint column, what they are in the next. */
export function facts(rows: readonly (readonly [string, string])[], indent = "  "): string {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${indent}${faint(name.padEnd(width))}  ${value}`).join("\n");
}

/**
 * Breaks a line of prose between words; a line with columns (two spaces in a row) stays as it is.
 * @example wrapWords("one two three", 8) // ["one two", "three"]
 */
export function wrapWords(line: string, width: number): string[] {
  if (line.length <= width || / {2}/.test(line.trim())) return [line];
  const lines: string[] = [];
  let open = "";
  for (const word of line.split(" ")) {
    if (open !== "" && open.length + 1 + word.length > width) {
      lines.push(open);
      open = word;
    } else {
      open = open === "" ? word : `${open} ${word}`;
    }
  }
  return [...lines, open];
}

/** @example shortPath(homedir() + sep + "results") // "~/results" */
export function shortPath(path: string): string {
  const home = homedir();
  return home !== "/" && (path === home || path.startsWith(home + sep)) ? `~${path.slice(home.length)}` : path;
}

/** @example [12, 8_300, 83_000].map(duration) // ["12 ms", "8.3 s", "1 min 23 s"] */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
